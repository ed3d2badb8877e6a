"""The club's shaft in the pictures: a thin line that starts at the hands and was not there before.

The pose model does not see the club. A shaft is straight, thinner than anything else that moves, and goes through both
fists; at full speed the shutter smears it to a narrow fan. So the change against the usual picture is looked at along
every ray from the hands, and a line is where it exceeds what lies to either side, without a gap from the hands on. That
can be something else (a crease, the edge of an arm): up to three lines a frame are kept, and who knows how the club
turns chooses.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.ball import pictures_between
from twinswing.body.landmarks import LANDMARK, PoseTrack

FloatArray = NDArray[np.float64]
FloatImage = NDArray[np.float32]

_FINGERS = [LANDMARK[f"{side}_{part}"] for side in ("left", "right") for part in ("index", "pinky", "thumb")]
_LEG_M = 0.82  # hip joint to ankle of an adult who is 1.75 m tall (Drillis and Contini)


@dataclass(frozen=True)
class ShaftParams:
    """How the shaft is looked for; lengths in metres at the golfer.

    before_s, after_s : span about the guessed impact: a slow swing's address, and the follow-through.
    dense_s    : before and after impact where every picture is looked at; elsewhere none nearer than spaced_s.
    work_px    : pictures are shrunk to this many pixels a metre: a shaft is 1.5 pixels wide then.
    reach_m    : the shaft passes the middle of the fingers' landmarks within this.
    step_m, turn_rad : grid of lines.
    near_m, far_m, along_m : the line is sampled from beyond the fists to short of the head.
    flank_m    : a still shaft is thinner than this to either side.
    fans_rad   : widths of smeared shafts; 40 rad/s during 1/250 s turn 9 degrees.
    beside_rad : what lies beside a fan.
    floor      : least grain of a picture, grey levels.
    contrast   : of the grain, that counts fully.
    doubt      : contrast, of the full one, that is as likely not to be there.
    least_m    : shorter lines aren't kept.
    apart_rad  : lines of one picture.
    arm_rad    : of the forearms, where an arm's own edges would be found.
    lines, parts : lines kept a picture, and points along each.
    usual      : pictures, evenly along the hands' way, that the usual picture is the median of.
    """

    before_s: float = 1.4
    after_s: float = 0.45
    dense_s: tuple[float, float] = (0.36, 0.16)
    spaced_s: float = 1.0 / 61.0
    work_px: float = 150.0
    reach_m: float = 0.06
    step_m: float = 0.015
    turn_rad: float = float(np.deg2rad(1.5))
    near_m: float = 0.17
    far_m: float = 0.82
    along_m: float = 0.025
    flank_m: float = 0.03
    fans_rad: tuple[float, ...] = (0.09, 0.18, 0.32)
    beside_rad: float = 0.07
    floor: float = 2.0
    contrast: float = 4.0
    doubt: float = 0.25
    least_m: float = 0.1
    apart_rad: float = 0.21
    arm_rad: float = 0.21
    lines: int = 3
    parts: int = 4
    usual: int = 25


@dataclass(frozen=True)
class ShaftTrack:
    """Lines through the hands in m pictures, at most C a picture, the clearest first, with K points along each.

    t_s      : the pictures' times, shape (m,); a row's own shutter delay is not in them.
    points_px: points on the shaft's axis, from the hands outward, upright picture, shape (m, C, K, 2); NaN where none.
    sigma_px : half the width that they were found within, shape (m, C, K).
    seen_m   : length at the golfer over which the line is clear, shape (m, C); 0 where there is no line.
    px_per_m : the picture's scale at the golfer that this was found with.
    """

    t_s: FloatArray
    points_px: FloatArray
    sigma_px: FloatArray
    seen_m: FloatArray
    px_per_m: float


def find_shaft(video: Path, pose: PoseTrack, impact_s: float, params: ShaftParams | None = None) -> ShaftTrack | None:
    """Look for the shaft in the pictures about a guessed impact; None where hands or scale are not known.

    Reads those pictures once more; raises nothing for a clip that was read before. The camera has to stand still: where
    it moves, all changes, and little is found.
    """
    params = params or ShaftParams()
    scale = _scale(pose, impact_s)
    if not np.isfinite(scale) or scale <= 0.0:
        return None
    chosen = _choose(pose, impact_s, params)
    hands = pose.image_px[:, _FINGERS].astype(np.float64)
    known = chosen & np.isfinite(hands).all((1, 2))
    if known.sum() < 8:
        return None
    centre = np.full((pose.frames, 2), np.nan)
    centre[known] = hands[known].mean(axis=1)
    reach = (params.far_m + 0.15) * scale
    low = np.floor(np.nanmin(centre, axis=0) - reach).astype(int).clip(0)
    high = np.ceil(np.nanmax(centre, axis=0) + reach).astype(int)
    high = np.minimum(high, [pose.width_px, pose.height_px])
    shrink = min(1.0, params.work_px / scale)
    frames: list[int] = []
    pictures: list[NDArray[np.uint8]] = []
    first, last = (float(t) for t in pose.t_s[np.flatnonzero(known)[[0, -1]]])
    for t_s, picture in pictures_between(video, first, last, pose):
        at = int(np.clip(np.searchsorted(pose.t_s, t_s - 1e-6), 0, pose.frames - 1))
        if not known[at] or abs(pose.t_s[at] - t_s) > 1e-4:
            continue
        part = picture[low[1] : high[1], low[0] : high[0]]
        if shrink < 1.0:
            size = (max(round(part.shape[1] * shrink), 8), max(round(part.shape[0] * shrink), 8))
            part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        frames.append(at)
        pictures.append(part.copy())
    if len(frames) < 8:
        return None
    where = (centre[frames] - low) * shrink
    arms = [_forearms(pose, i) for i in frames]
    found = shaft_lines(pictures, where, arms, scale * shrink, params)
    return ShaftTrack(pose.t_s[frames], found[0] / shrink + low, found[1] / shrink, found[2], scale)


def shaft_lines(
    pictures: list[NDArray[np.uint8]], hands_px: FloatArray, arms_rad: list[FloatArray], px_per_m: float,
    params: ShaftParams | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray]:  # fmt: skip
    """Return points (m, C, K, 2), their half widths (m, C, K), both in pixels, and clear lengths (m, C), metres.

    pictures : of one size, (height, width, 3). hands_px : the fists' middle, shape (m, 2). arms_rad : directions from
    the hands, in the picture, in which no line is looked for.
    """
    params = params or ShaftParams()
    rays = _Rays(px_per_m, params)
    usual = _usual(pictures, hands_px, params)
    shape = (len(pictures), params.lines, params.parts)
    points, widths, seen = np.full((*shape, 2), np.nan), np.full(shape, np.nan), np.zeros(shape[:2])
    for i, picture in enumerate(pictures):
        change = cv2.absdiff(picture, usual).astype(np.float32)
        size = np.sqrt(np.einsum("hwc,hwc->hw", change, change))
        grain = max(float(np.median(size)), params.floor)
        size = np.asarray(cv2.GaussianBlur(size, (3, 3), 0.7), dtype=np.float32)
        kept = 0
        for line in rays.lines(size, grain, hands_px[i], arms_rad[i]):
            traced = rays.trace(size, grain, hands_px[i], line)
            if traced is not None and not any(_same(traced[0], points[i, k], params) for k in range(kept)):
                points[i, kept], widths[i, kept], seen[i, kept] = *traced, line.seen_m
                kept += 1
    return points, widths, seen


@dataclass(frozen=True)
class _Line:
    """A line of the grid: direction, distance from the hands' middle, width as a fan, clear length and its end."""

    angle_rad: float
    aside_m: float
    fan_rad: float
    seen_m: float
    end_m: float


class _Rays:
    """All lines through the hands, sampled at once."""

    def __init__(self, px_per_m: float, params: ShaftParams) -> None:
        self._p, self._scale = params, px_per_m
        count = round(2.0 * np.pi / params.turn_rad)
        self._turn = 2.0 * np.pi / count
        self._angles = np.arange(count) * self._turn
        self._flank = round(params.flank_m / params.step_m)
        most = round(params.reach_m / params.step_m) + self._flank
        self._aside = np.arange(-most, most + 1) * params.step_m
        self._along = np.arange(params.near_m, params.far_m, params.along_m)
        way = np.stack([np.cos(self._angles), np.sin(self._angles)], axis=-1)
        side = np.stack([-way[:, 1], way[:, 0]], axis=-1)
        grid = way[None, :, None] * self._along[:, None] + side[None, :, None] * self._aside[:, None, None, None]
        self._shape = grid.shape[:3]
        flat = (grid * px_per_m).reshape(-1, len(self._along), 2).astype(np.float32)
        self._x, self._y = np.ascontiguousarray(flat[..., 0]), np.ascontiguousarray(flat[..., 1])

    def lines(self, size: FloatImage, grain: float, hand: FloatArray, arms_rad: FloatArray) -> list[_Line]:
        """Return the clearest lines of a picture's change, at most `lines`, clearest first."""
        p = self._p
        x, y = self._x + np.float32(hand[0]), self._y + np.float32(hand[1])
        all_rays = cv2.remap(size, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0.0)
        rays = all_rays.reshape(self._shape)
        off = np.abs(np.angle(np.exp(1j * (self._angles[:, None] - arms_rad)))).min(axis=1) < p.arm_rad
        inner = rays[self._flank : -self._flank]
        fans = (0.0, *p.fans_rad)
        found = []
        for fan in fans:
            above = self._above(rays, inner, fan)
            full = p.contrast * grain / (1.0 if fan == 0.0 else 1.5)
            clear = np.clip(above / full, -1.0, 1.0) - p.doubt
            length = np.cumsum(clear, axis=-1) * np.float32(p.along_m)
            length[:, off] = 0.0
            found.append(length)
        best = np.stack([length.max(axis=-1) for length in found])
        best[1:] -= 0.03  # a still line is a fan, too: take the simpler where both do
        kept: list[_Line] = []
        for _ in range(p.lines):
            fan_at, aside_at, angle_at = np.unravel_index(int(np.argmax(best)), best.shape)
            length_m = float(best[fan_at, aside_at, angle_at])
            if length_m < p.least_m or (kept and length_m < 0.35 * kept[0].seen_m):
                break
            end = self._along[int(np.argmax(found[fan_at][aside_at, angle_at]))]
            kept.append(_Line(float(self._angles[angle_at]), float(self._aside[self._flank + aside_at]), fans[fan_at],
                              length_m, float(end)))  # fmt: skip
            near = np.abs(np.angle(np.exp(1j * (self._angles - self._angles[angle_at])))) < p.apart_rad
            best[:, :, near] = -1.0
        return kept

    def _above(self, rays: FloatImage, inner: FloatImage, fan_rad: float) -> FloatImage:
        """Return how far each sample exceeds what lies to either side of a line as wide as that."""
        if fan_rad == 0.0:
            return np.asarray(inner - np.maximum(rays[: -2 * self._flank], rays[2 * self._flank :]))
        half = max(round(0.5 * fan_rad / self._turn), 1)
        around = np.concatenate([inner[:, -half - 1 :], inner, inner[:, :half]], axis=1)
        total = np.cumsum(around, axis=1, dtype=np.float32)
        mean = (total[:, 2 * half + 1 :] - total[:, : -2 * half - 1]) / np.float32(2 * half + 1)
        beside = round((0.5 * fan_rad + self._p.beside_rad) / self._turn)
        return np.asarray(mean - np.maximum(np.roll(inner, beside, 1), np.roll(inner, -beside, 1)))

    def trace(
        self, size: FloatImage, grain: float, hand: FloatArray, line: _Line
    ) -> tuple[FloatArray, FloatArray] | None:
        """Return the middle of a line in each part of its length, (K, 2), and half its width there, (K,), pixels."""
        p = self._p
        angle, aside = line.angle_rad, line.aside_m
        edges = np.linspace(p.near_m, max(line.end_m, p.near_m + 0.08), p.parts + 1)
        middle = 0.5 * (edges[1:] + edges[:-1])
        for last in (False, True):
            way = np.array([np.cos(angle), np.sin(angle)])
            side = np.array([-way[1], way[0]])
            across, width = self._across(size, grain, hand, (way, side, aside), line.fan_rad, edges)
            good = np.isfinite(across)
            if good.sum() < 2:
                return None
            slope, at = np.polyfit(middle[good], across[good], 1)
            miss = np.abs(across - slope * middle - at)
            # A head, a shoe or a glove takes a part's middle aside; one part of four may be dropped.
            if good.sum() > 2 and np.nanmax(miss) > max(0.012, 0.25 * line.fan_rad * 0.5):
                keep = good & (miss < np.nanmax(miss))
                slope, at = np.polyfit(middle[keep], across[keep], 1)
                good = good & (np.abs(across - slope * middle - at) < max(0.02, 0.25 * line.fan_rad))
                if good.sum() < 2:
                    return None
            if not last:
                angle, aside = angle + float(np.arctan(slope)), float(at * np.cos(np.arctan(slope)))
        points = hand + (middle[:, None] * way + across[:, None] * side) * self._scale
        points[~good] = np.nan
        return points, np.where(good, width * self._scale, np.nan)

    def _across(
        self, size: FloatImage, grain: float, hand: FloatArray, line: tuple[FloatArray, FloatArray, float],
        fan_rad: float, edges: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:  # fmt: skip
        """Return where across a line its middle is in each part and how wide it is, metres; NaN where it is unclear."""
        way, side, aside = line
        parts = len(edges) - 1
        middle = 0.5 * (edges[1:] + edges[:-1])
        half = self._p.flank_m + 0.5 * fan_rad * middle
        u = np.linspace(-2.0, 2.0, 41)
        along = edges[:-1, None] + (np.arange(8) + 0.5) / 8.0 * np.diff(edges)[:, None]
        off = aside + half[:, None] * u
        grid = hand + self._scale * (along[:, :, None, None] * way + off[:, None, :, None] * side)
        xy = grid.reshape(parts * 8, 41, 2).astype(np.float32)
        sampled = cv2.remap(size, np.ascontiguousarray(xy[..., 0]), np.ascontiguousarray(xy[..., 1]), cv2.INTER_LINEAR)
        profile = sampled.reshape(parts, 8, 41).mean(axis=1)
        left, right = np.median(profile[:, :8], axis=1), np.median(profile[:, -8:], axis=1)
        base = left[:, None] + (right - left)[:, None] * (u + 2.0) / 4.0
        weight = np.where(np.abs(u) < 1.3, np.maximum(profile - base - 0.5 * grain, 0.0), 0.0)
        peak = weight.max(axis=1, keepdims=True)
        weight = np.where(weight > 0.3 * peak, weight, 0.0)
        total = np.maximum(weight.sum(axis=1), 1e-9)
        centre = (weight * off).sum(axis=1) / total
        spread = np.sqrt((weight * (off - centre[:, None]) ** 2).sum(axis=1) / total)
        unclear = peak[:, 0] < 1.5 * grain
        return np.where(unclear, np.nan, centre), np.where(unclear, np.nan, spread)


def _same(one: FloatArray, other: FloatArray, params: ShaftParams) -> bool:
    """Tell whether two lines' points, each (K, 2), lie the same way: one line that was met twice."""
    a, b = (np.diff(p[np.isfinite(p[:, 0])][[0, -1]], axis=0)[0] for p in (one, other))
    between = np.arctan2(a[0] * b[1] - a[1] * b[0], a @ b)
    return bool(abs(between) < 0.5 * params.apart_rad)


def _usual(pictures: list[NDArray[np.uint8]], hands_px: FloatArray, params: ShaftParams) -> NDArray[np.uint8]:
    """Return the median of pictures that are spread along the hands' way: a club at rest would else be in it."""
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(hands_px, axis=0), axis=1))])
    pick = np.unique(np.searchsorted(way, np.linspace(0.0, way[-1], params.usual)).clip(0, len(pictures) - 1))
    return np.asarray(np.median(np.stack([pictures[i] for i in pick]), axis=0), dtype=np.uint8)


def _choose(pose: PoseTrack, impact_s: float, params: ShaftParams) -> NDArray[np.bool_]:
    """Tell which pictures are looked at, shape (n,)."""
    since = pose.t_s - impact_s
    inside = (since > -params.before_s) & (since < params.after_s)
    dense = (since > -params.dense_s[0]) & (since < params.dense_s[1])
    chosen = np.zeros(pose.frames, dtype=bool)
    last = -np.inf
    for i in np.flatnonzero(inside):
        if dense[i] or pose.t_s[i] - last > params.spaced_s:
            chosen[i] = True
            last = float(pose.t_s[i])
    return chosen


def _scale(pose: PoseTrack, impact_s: float) -> float:
    """Return pixels per metre at the golfer, from the legs' height near a moment."""
    near = np.abs(pose.t_s - impact_s) < 1.0
    if not near.any():
        return float("nan")
    height = {
        part: pose.image_px[near][:, [LANDMARK[f"{side}_{part}"] for side in ("left", "right")], 1]
        for part in ("hip", "ankle")
    }
    return float(np.nanmedian(height["ankle"]) - np.nanmedian(height["hip"])) / _LEG_M


def _forearms(pose: PoseTrack, frame: int) -> FloatArray:
    """Return the directions from both wrists to their elbows in the picture, radians, shape (2,)."""
    out = []
    for side in ("left", "right"):
        x, y = pose.image_px[frame, LANDMARK[f"{side}_elbow"]] - pose.image_px[frame, LANDMARK[f"{side}_wrist"]]
        out.append(np.arctan2(y, x) if np.isfinite(x) and np.isfinite(y) else np.inf)
    return np.array([a for a in out if np.isfinite(a)] or [100.0], dtype=np.float64)
