"""Where a clip cuts to another scene, and which frames merely repeat the one before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Thumbs = NDArray[np.uint8]


@dataclass(frozen=True)
class CutRule:
    """What counts as a cut and as a repeat, on thumbnails of about 32 x 32 pixels.

    shift_px     : motion of the whole picture that is allowed for, so that a shaken camera is no cut (a tenth of it).
    unlike       : 1 - correlation of neighbours, after shift, brightness and contrast are taken out. Swings that were
                   looked at stay below 0.18; cuts reach 0.35 and more.
    recoloured   : share of the colour histogram that changed; swings stay below 0.04, cuts lie above 0.1.
    new_colours  : enough beside `unlike`, when no neighbour's colours change a quarter as much.
    wholly_unlike: enough by itself: cuts between scenes of like colours.
    stands_out   : a cut is this many times its neighbours' change; a pan or a whip of the camera is not.
    flash_frames : a change that is undone within this many frames was a flash or a damaged frame.
    still        : a repeat changes less than this share of what frames before and after it do ...
    grain        : ... and by at most this many grey levels anywhere (a re-encoded copy is not exact).
    """

    shift_px: int = 3
    unlike: float = 0.25
    recoloured: float = 0.08
    new_colours: float = 0.2
    wholly_unlike: float = 0.6
    stands_out: float = 2.0
    flash_frames: int = 3
    still: float = 0.3
    grain: int = 3


def find_cuts(thumbs: Thumbs, rule: CutRule | None = None) -> tuple[int, ...]:
    """Return the first frame of each new scene, from thumbnails of shape (n, h, w, 3)."""
    rule = rule or CutRule()
    n = len(thumbs)
    if n < 2:
        return ()
    unlike = unlikeness(thumbs[:-1], thumbs[1:], 0)
    far = np.flatnonzero(unlike > rule.unlike)  # shifting is only worth its cost where it can matter
    unlike[far] = unlikeness(thumbs[far], thumbs[far + 1], rule.shift_px)
    colour = recolouring(thumbs[:-1], thumbs[1:])
    found: list[int] = []
    for i in np.flatnonzero(unlike > rule.unlike):
        if colour[i] < rule.recoloured and unlike[i] < rule.wholly_unlike:
            continue
        around = np.r_[max(0, i - 6) : i, i + 1 : min(i + 7, n - 1)]
        lone = not len(around) or unlike[i] > rule.stands_out * np.median(unlike[around])
        new_colours = colour[i] > rule.new_colours and colour[i] > 4.0 * np.median(colour[np.r_[around, i]])
        if not lone and not new_colours:
            continue
        first = int(i) + 1
        if found and first - found[-1] <= rule.flash_frames and not _differs(thumbs, found[-1] - 1, first, rule):
            found.pop()  # back to the scene before: a flash
            continue
        found.append(first)
    return tuple(found)


def _differs(thumbs: Thumbs, a: int, b: int, rule: CutRule) -> bool:
    return bool(unlikeness(thumbs[a : a + 1], thumbs[b : b + 1], rule.shift_px)[0] > rule.unlike)


def unlikeness(a: Thumbs, b: Thumbs, shift_px: int) -> FloatArray:
    """Return 1 - the best correlation of two stacks of pictures over small shifts, shape (n,)."""
    grey_a, grey_b = (x.astype(np.float32).mean(-1) for x in (a, b))
    m = shift_px
    height, width = grey_a.shape[1:]
    inner, norm_inner = _centred(grey_a[:, m : height - m, m : width - m])
    best = np.full(len(a), -1.0)
    for dy in range(2 * m + 1):
        for dx in range(2 * m + 1):
            moved, norm = _centred(grey_b[:, dy : dy + height - 2 * m, dx : dx + width - 2 * m])
            best = np.maximum(best, np.einsum("nyx,nyx->n", inner, moved) / (norm_inner * norm))
    return np.asarray(1.0 - best)


def _centred(x: NDArray[np.float32]) -> tuple[NDArray[np.float32], FloatArray]:
    """Take the mean out; return also the norm, with a floor that keeps a blank picture's grain from correlating."""
    x = x - x.mean((1, 2), keepdims=True)
    return x, np.sqrt(np.einsum("nyx,nyx->n", x, x)) + 20.0


def recolouring(a: Thumbs, b: Thumbs) -> FloatArray:
    """Return the share of the colour histograms (8 levels a channel) that differs, 0 to 1, shape (n,)."""
    return np.asarray(0.5 * np.abs(_histograms(a) - _histograms(b)).sum(1))


def _histograms(x: Thumbs) -> FloatArray:
    n = len(x)
    level = (x >> 5).reshape(n, -1, 3).astype(np.int64) + np.array([0, 8, 16]) + 24 * np.arange(n)[:, None, None]
    counts = np.bincount(level.ravel(), minlength=24 * n).reshape(n, 24)
    return np.asarray(counts / counts.sum(1, keepdims=True))


def find_repeats(thumbs: Thumbs, rule: CutRule | None = None) -> NDArray[np.bool_]:
    """Return which frames show the same picture as the one before, shape (n,).

    A frame that equals its predecessor is one. A re-encoded copy differs a little; it counts when frames on both sides
    change much more, so that a golfer who stands still does not.
    """
    rule = rule or CutRule()
    n = len(thumbs)
    repeats = np.zeros(n, dtype=np.bool_)
    if n < 2:
        return repeats
    change = np.abs(thumbs[1:].astype(np.int16) - thumbs[:-1])
    mean, most = change.mean((1, 2, 3)), change.max((1, 2, 3))
    padded = np.pad(mean, 3)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 3)
    before, after = windows[: n - 1].max(1), windows[4 : n + 3].max(1)
    copy = (mean < rule.still * np.minimum(before, after)) & (most <= rule.grain)
    repeats[1:] = (most == 0) | copy
    return repeats
