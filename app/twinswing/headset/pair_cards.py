"""What is said of two golfers side by side: a sign over each, what sets them apart, both speeds on one timeline."""

from typing import Protocol

import numpy as np

from twinswing.headset.canvas import ACCENT, ALARM, FAINT, INK, RAISED, WARM, Canvas, Rgb
from twinswing.headset.card import Card, Pin
from twinswing.headset.frames import FloatArray
from twinswing.stage.pair_scene import PairScene
from twinswing.stage.plant_text import shortened
from twinswing.swing.compare import DIFFERS, Comparison
from twinswing.swing.compare_words import lines_of
from twinswing.swing.model import SwingSession
from twinswing.swing.readable import event_label
from twinswing.swing.series import SpeedSeries, hand_speed, head_speed
from twinswing.timeline.playhead import Playhead

SIGN_M, COMPARED_M, SPEEDS_M = (0.74, 0.16), (0.86, 0.66), (0.56, 0.36)
_SIGN_SCALE = 2.0  # read from where both are seen, four metres away
_SIGN_HEIGHT_M = 2.3  # over a cap, under a raised club
_RGB: dict[str, Rgb] = {"A": ALARM, "B": ACCENT}
_MPH = 2.23694
_STEP_S = 0.1


class PairState(Protocol):
    """Whose swings."""

    @property
    def session(self) -> SwingSession:
        """Swing A."""

    @property
    def head(self) -> Playhead:
        """Where on A's timeline one is."""

    @property
    def scene(self) -> PairScene:
        """Where they stand."""


def name_of(session: SwingSession) -> str:
    """Return what a swing is called: its file's name."""
    return "a swing" if session.path is None else session.path.stem


def make_signs(state: PairState, other: SwingSession) -> list[Card]:
    """Make the sign over each golfer; `turn_signs` turns them to the eyes."""
    return [_sign(state, "A", state.session, 0.0), _sign(state, "B", other, float(state.scene.offset_m[0]))]


def _sign(state: PairState, letter: str, session: SwingSession, x_m: float) -> Card:
    def at_s() -> float:
        return state.head.t_s if letter == "A" else float(state.scene.warp.to_b(state.head.t_s))

    def key() -> object:
        return (_event_near(session, at_s()), round(state.head.t_s / _STEP_S))

    sensed = head_speed(session.club)
    of, speed = ("head", sensed) if sensed is not None else ("hands", hand_speed(session.body))

    def paint(canvas: Canvas, _over: str | None) -> None:
        paint_sign(canvas, letter, session, at_s())
        if speed is not None:
            paint_speed(canvas, of, speed, at_s())

    card = Card(f"sign {letter}", *SIGN_M, key, paint)
    card.fixed = True
    pose = np.diag([_SIGN_SCALE, _SIGN_SCALE, _SIGN_SCALE, 1.0])
    side = -1.0 if session.body is not None and session.body.handed == "left" else 1.0
    pose[:3, 3] = (x_m, 0.6 * side, _SIGN_HEIGHT_M)
    card.pin = Pin("world", pose)
    return card


def turn_signs(signs: list[Card], head: FloatArray) -> None:
    """Turn each sign about the upright axis so that it faces a head (a pose in the world)."""
    for card in signs:
        place = card.pin.pose[:3, 3]
        off = head[:2, 3] - place[:2]
        away = float(np.hypot(*off))
        if away < 1e-3:
            continue
        x, y = (off / away).tolist()
        pose = np.eye(4)
        pose[:3, :3] = np.array([[-y, 0.0, x], [x, 0.0, y], [0.0, 1.0, 0.0]]) * _SIGN_SCALE
        pose[:3, 3] = place
        card.pin = Pin("world", pose)


def _event_near(session: SwingSession, t_s: float) -> str:
    near = min(((abs(e.t_s - t_s), n) for n, e in session.events.items()), default=(9.0, ""))
    return near[1] if near[0] < 0.02 else ""


def paint_sign(canvas: Canvas, letter: str, session: SwingSession, t_s: float) -> None:
    """Paint a golfer's letter, file and time."""
    canvas.box(14, 16, 86, canvas.height - 16, _RGB[letter], 10)
    canvas.text(letter, 50, canvas.height / 2 + 22, 60, RAISED, align=0.5)
    canvas.text(shortened(name_of(session), 26), 104, 66, 44)
    impact = session.events.get("impact")
    zero = impact.t_s if impact else session.span_s()[0]
    event = _event_near(session, t_s)
    canvas.text(event_label(event) if event else f"{t_s - zero:+.2f} s", 104, 126, 34, WARM if event else FAINT)


def paint_speed(canvas: Canvas, of: str, speed: SpeedSeries, t_s: float) -> None:
    """Paint the speed of club or hands on a golfer's sign; none where none is known: before the series and after it."""
    now = float(np.interp(t_s, speed.t_s, speed.value, left=np.nan, right=np.nan)) * _MPH
    if np.isfinite(now):
        canvas.text(f"{of} {now:.0f} mph", canvas.width - 24, 126, 34, INK, align=1.0)


def paint_compared(canvas: Canvas, found: Comparison) -> None:
    """Paint phases and measures of both, and which differences are larger than their uncertainty."""
    columns = (330.0, 520.0, canvas.width - 28.0)
    canvas.text("Side by side", 28, 48, 32)
    for x, title in zip(columns, ("A", "B", "B against A"), strict=True):
        canvas.text(title, x, 48, 26, _RGB.get(title, FAINT), align=1.0)
    y, left_out = 100.0, 0
    for d, line in zip(found.ordered, lines_of(found), strict=True):
        if y > canvas.height - 72:
            left_out += 1
            continue
        canvas.text(shortened(line.label, 18), 28, y, 26)
        for x, (value, sigma) in zip(columns, (line.a, line.b), strict=False):
            canvas.text(value, x, y, 26, align=1.0)
            canvas.text(sigma, x, y + 28, 24, FAINT, align=1.0)
        colour = WARM if line.verdict == DIFFERS else FAINT
        canvas.text(" ".join(line.difference), columns[2], y, 26, colour, align=1.0)
        canvas.text(line.verdict, columns[2], y + 28, 24, colour, align=1.0)
        canvas.text(d.a.source, 28, y + 28, 24, FAINT)
        y += 72
    if not found.ordered:
        canvas.text("No phase and no measure in common.", 28, y, 26, FAINT)
    last = found.notes[0] if found.notes else f"{left_out} more: twinswing compare" if left_out else ""
    if last:
        canvas.text(shortened(last, 64), 28, canvas.height - 16, 24, FAINT)


def paint_speeds(canvas: Canvas, a: SpeedSeries, b: SpeedSeries, state: PairState) -> None:
    """Paint both speeds over A's time, B's stretched so that events meet."""
    canvas.text("A", 24, 42, 28, _RGB["A"])
    canvas.text("B", 54, 42, 28, _RGB["B"])
    canvas.text(f"mph, {a.source}" if a.source == b.source else f"mph, {a.source}; {b.source}", canvas.width - 24, 42, 24, FAINT, align=1.0)  # fmt: skip  # noqa: E501
    left, right, top, bottom = 24.0, canvas.width - 24.0, 72.0, canvas.height - 30.0
    start, end = state.head.span_s
    highest = max(float(np.nanmax(np.concatenate([a.value, b.value]), initial=1.0)), 0.5)
    canvas.line(np.array([[left, bottom], [right, bottom]]), RAISED, 2)
    for letter, t_s, value in (("A", a.t_s, a.value), ("B", state.scene.warp.to_a(b.t_s), b.value)):
        x = left + (right - left) * (t_s - start) / max(end - start, 1e-6)
        y = bottom - (bottom - top) * value / highest
        keep = np.isfinite(y) & (x >= left) & (x <= right)
        if keep.sum() > 1:
            step = max(int(keep.sum()) // 400, 1)
            canvas.line(np.stack([x[keep], y[keep]], 1)[::step], _RGB[letter], 3)
    now_x = left + (right - left) * state.head.fraction
    canvas.line(np.array([[now_x, top - 8], [now_x, bottom]]), INK, 2)


def make_pair_cards(state: PairState, other: SwingSession, found: Comparison) -> tuple[Card, Card | None]:
    """Make the card of what sets them apart, and that of their speeds where both have one."""
    compared = Card("compared", *COMPARED_M, lambda: None, lambda canvas, _over: paint_compared(canvas, found))
    pairs = [
        (head_speed(state.session.club), head_speed(other.club)),
        (hand_speed(state.session.body), hand_speed(other.body)),
    ]
    for a, b in pairs:
        if a is not None and b is not None:
            return compared, Card(
                "speed", *SPEEDS_M, lambda: round(state.head.t_s / _STEP_S),
                lambda canvas, _over, a=a, b=b: paint_speeds(canvas, a, b, state),  # type: ignore[misc]
            )  # fmt: skip
    return compared, None
