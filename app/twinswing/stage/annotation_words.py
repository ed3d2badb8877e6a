"""What annotations say, set as text: plates of glyphs about a place, and how these keep off each other."""

import textwrap
from dataclasses import dataclass

import numpy as np

from twinswing.stage.annotation_parts import FloatArray, Label, Rgb, is_light
from twinswing.stage.plant_labels import Block
from twinswing.stage.plant_text import DISC, PLATE, RING, SQUARE, Atlas, Rows, load_atlas, shape_row, shortened


@dataclass(frozen=True)
class WordStyle:
    """How words are set, text pixels (a 540th of a picture's height, see `text_px`).

    text_em, value_em, detail_em : sizes of a remark, of a measured value, and of what is said beside it.
    line_chars, lines            : a remark's longest line, and how many are shown; the whole text is in the panel.
    caption_chars, caption_lines : the same for what is said of no place, at the picture's foot.
    lift_px                      : of a plate above its place. dot_px: half of the mark at the place.
    scale                        : of all of it, for pictures that are shown smaller than they are.
    wave                         : a waveform's width and height; bars: how many strokes it is shown with.
    """

    text_em: float = 15.0
    value_em: float = 18.0
    detail_em: float = 12.5
    line_chars: int = 34
    lines: int = 3
    caption_chars: int = 54
    caption_lines: int = 3
    pad_px: tuple[float, float] = (9.0, 6.0)
    lift_px: float = 14.0
    dot_px: float = 5.0
    wave: tuple[float, float] = (120.0, 20.0)
    bars: int = 30
    gap_px: float = 5.0
    scale: float = 1.0
    ink: Rgb = (0.97, 0.975, 0.98)
    faint: Rgb = (0.74, 0.77, 0.79)
    plate: tuple[float, float, float, float] = (0.07, 0.085, 0.095, 0.86)


STYLE = WordStyle()
_TRIED_AT_ONCE = 64  # places for a plate: most have one among the nearest
_KIND_WORDS = {"drill": "Drill", "voice": "Voice note", "pair": "Before and after", "rating": "Rating"}


def text_px(width_px: int, height_px: int) -> float:
    """Return how many pixels of a picture a text pixel is: 540 to its height, and 480 to its width at least."""
    return float(np.clip(min(height_px / 540.0, width_px / 480.0), 0.4, 4.0))


def wrapped(text: str, chars: int, lines: int) -> list[str]:
    """Break a text into lines of so many characters; what does not fit ends with an ellipsis."""
    out: list[str] = []
    for line in text.splitlines():
        out += textwrap.wrap(line, chars, break_long_words=True) if line.strip() else []
    if len(out) > lines:
        out = out[:lines]
        out[-1] = shortened(out[-1] + "…", chars) if len(out[-1]) < chars else out[-1][: chars - 1].rstrip() + "…"
    return out


def set_label(
    label: Label, *, caption: bool = False, style: WordStyle = STYLE, who: str = "", atlas: Atlas | None = None
) -> Block:
    """Set a label's words: on a plate above its place, or, a caption, on one whose foot is at its place.

    who: is written before a caption's words. atlas: its glyphs; the small one by default. The block's box is the
    plate; a mark at the place lies outside of it.
    """
    atlas = atlas or load_atlas()
    chars, most = (style.caption_chars, style.caption_lines) if caption else (style.line_chars, style.lines)
    over = _KIND_WORDS.get(label.kind, "") if caption or label.kind in ("drill", "voice") else ""
    over = " · ".join(part for part in (who, over) if part)
    lines: list[tuple[str, float, Rgb]] = [(over, style.detail_em, style.faint)] if over else []
    if label.read_out:
        lines.append((label.read_out, style.value_em, style.ink))
    lines += [(line, style.text_em, style.ink) for line in wrapped(label.text, chars, most)]
    if label.detail:
        lines.append((label.detail, style.detail_em, style.faint))
    stars = style.text_em if label.rating else 0.0
    wave = style.wave if label.peaks else (0.0, 0.0)
    pad_x, pad_y = style.pad_px
    inner = max([atlas.width(text, em) for text, em, _ in lines] + [5.6 * stars, wave[0], 4.0])
    tall = sum(1.28 * em for _, em, _ in lines) + 1.35 * stars + (wave[1] + 4.0 if wave[1] else 0.0)
    width, height = inner + 2 * pad_x, tall + 2 * pad_y
    foot = 0.0 if caption else style.lift_px
    box = np.array([-width / 2, foot, width / 2, foot + height])
    parts = [shape_row(PLATE, (box[0], box[1]), (box[2], box[3]), label.rgb)]
    y, x = box[3] - pad_y, box[0] + pad_x
    for text, em, rgb in lines:
        y -= 1.28 * em
        parts.append(atlas.place(text, x, y + 0.34 * em, em, rgb))
    if stars:
        y -= 1.35 * stars
        parts.append(_rating(label, x, y + 0.2 * stars, stars, style))
    if wave[1]:
        y -= wave[1] + 4.0
        parts.append(_waveform(label, x, y + 2.0, style))
    return Block(np.concatenate(parts), box)


def mark_rows(label: Label, box: FloatArray, style: WordStyle = STYLE) -> Rows:
    """Return the rows of the mark at a label's place, and of the line to its plate, which stands at `box`."""
    d = style.dot_px
    edge: Rgb = (0.05, 0.06, 0.07) if is_light(label.rgb) else (0.97, 0.97, 0.97)
    left, bottom, right, top = box.tolist()
    parts = []
    # From the place straight up or down to the plate's height, then across; a square's sign fills 0.8 of its box.
    y = bottom + 1.0 if bottom > 0 else top - 1.0 if top < 0 else 0.0
    if abs(y) > d:
        parts.append(shape_row(SQUARE, (-1.6, min(y, 0.0)), (1.6, max(y, 0.0)), label.rgb))
    if left > 0 or right < 0:
        x = left + 1.0 if left > 0 else right - 1.0
        y = y if y else 0.0
        parts.append(shape_row(SQUARE, (min(x, 0.0), y - 1.6), (max(x, 0.0), y + 1.6), label.rgb))
    parts.append(shape_row(DISC, (-d * 1.75, -d * 1.75), (d * 1.75, d * 1.75), edge))
    parts.append(shape_row(DISC, (-d * 1.25, -d * 1.25), (d * 1.25, d * 1.25), label.rgb))
    return np.concatenate(parts)


def _rating(label: Label, x: float, y: float, em: float, style: WordStyle) -> Rows:
    """Five signs, as many of them full as the rating: told apart without colour."""
    rows = []
    for i in range(5):
        full = i < label.rating
        left = x + i * 1.12 * em
        rgb = label.rgb if full and is_light(label.rgb) else style.ink if full else style.faint
        rows.append(shape_row(DISC if full else RING, (left, y), (left + em, y + em), rgb))
    return np.concatenate(rows)


def _waveform(label: Label, x: float, y: float, style: WordStyle) -> Rows:
    """Bars as high as the loudest of their part; those that were heard in the annotation's colour."""
    peaks = np.asarray(label.peaks, dtype=np.float64)
    edges = np.linspace(0, len(peaks), style.bars + 1)
    low = np.minimum(edges[:-1].astype(int), len(peaks) - 1)
    loud = np.maximum.reduceat(peaks, low) if len(peaks) >= style.bars else peaks[low]
    loud = loud / max(float(loud.max()), 1e-6)
    step, tall = style.wave[0] / style.bars, style.wave[1]
    heard = label.rgb if is_light(label.rgb) else style.ink
    rows = []
    for i, part in enumerate(loud.tolist()):
        half = max(1.0, 0.5 * tall * part) / 0.8
        middle, left = y + tall / 2, x + i * step
        done = label.played is None or i < label.played * style.bars
        rows.append(
            shape_row(SQUARE, (left, middle - half), (left + 0.8 * step, middle + half), heard if done else style.faint)
        )
    return np.concatenate(rows)


def arranged(
    places_px: FloatArray, boxes: FloatArray, size_px: tuple[int, int], scale: float, style: WordStyle = STYLE,
    taken: FloatArray | None = None,
) -> FloatArray:  # fmt: skip
    """Return how far to move each plate so that none covers another and all lie in the picture, shape (n, 2), text px.

    places_px: of the labels, pixels from the picture's top left, shape (n, 2). boxes: (left, bottom, right, top) about
    the place, text pixels, y up, shape (n, 4). scale: pixels a text pixel. taken: rectangles (left, top, right,
    bottom), pixels, that are to be left free.
    """
    moves = np.zeros((len(boxes), 2))
    gap = style.gap_px * scale
    kept = np.zeros((0, 4)) if taken is None else np.asarray(taken, dtype=np.float64).reshape(-1, 4)
    width, height = size_px
    # From the lowest up, so that those above it make way for it upward.
    for i in np.argsort(-places_px[:, 1], kind="stable").tolist():
        left, bottom, right, top = boxes[i] * scale
        x, y = places_px[i]
        wide, tall = right - left, top - bottom
        wanted = np.array([_within(x + left, wide, width, gap), _within(y - top, tall, height, gap)])
        at = _free(wanted, np.array([wide, tall]), kept, np.array([width, height]), gap)
        kept = np.concatenate([kept, [[*at, at[0] + wide, at[1] + tall]]])
        moves[i] = (at[0] - x - left) / scale, (y - top - at[1]) / scale
    return moves


def _within(start: float, size: float, whole: float, gap: float) -> float:
    """Move a stretch into the picture; one that is larger stands in its middle."""
    return float(np.clip(start, gap, whole - gap - size)) if size < whole - 2 * gap else (whole - size) / 2


def _free(wanted: FloatArray, size: FloatArray, others: FloatArray, picture: FloatArray, gap: float) -> FloatArray:
    """Return the free place (left, top) nearest to the wanted one for a plate; the wanted one where there is none.

    Free places touch: their edges lie along the wanted place, or along another plate's.
    """
    if not len(others):
        return wanted
    corners = [
        np.concatenate([[wanted[k]], others[:, k] - gap - size[k], others[:, k + 2] + gap]) for k in (0, 1)
    ]  # fmt: skip
    xs, ys = (c[(c >= min(gap, wanted[k])) & (c + size[k] <= max(picture[k] - gap, wanted[k] + size[k]))]
              for k, c in enumerate(corners))  # fmt: skip
    tried = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    # Aside costs more than up or down, where a plate stays over what it speaks of.
    cost = np.abs(tried - wanted) @ np.array([1.6, 1.0])
    tried = tried[np.argsort(cost, kind="stable")]
    near = gap * 0.99
    for start in range(0, len(tried), _TRIED_AT_ONCE):
        some = tried[start : start + _TRIED_AT_ONCE, None]
        low, high = some - near, some + size + near
        clash = np.any(np.all((low < others[None, :, 2:]) & (high > others[None, :, :2]), axis=2), axis=1)
        if not clash.all():
            return np.asarray(some[int(np.argmin(clash)), 0])
    return wanted
