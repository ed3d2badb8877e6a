"""All measures of a swing, each with its standard deviation and where it came from; what cannot be told, with why.

Tempo and speeds are here, what is read at the P positions and at the ball in `measure_parts`. What is measured, and
what it is held against, is declared in `assets/measures.toml`.
"""

from dataclasses import dataclass

import numpy as np

from twinswing.body.skeleton import BodyMotion
from twinswing.club.delivery import Delivery
from twinswing.club.model import ClubMotion
from twinswing.swing.events import FoundSwing
from twinswing.swing.measure_parts import Measured, measure_parts, merged
from twinswing.swing.measure_table import measure_table
from twinswing.swing.model import Measure, SwingSession
from twinswing.swing.positions import times_of_found, times_of_session
from twinswing.swing.series import SpeedSeries, hand_speed, head_speed, segment_speeds


@dataclass(frozen=True)
class MeasureParams:
    """Uncertainties that the data can't show by themselves, mostly errors against exact swings.

    hand_speed_share : of the value; stature is assumed (5 %), depth is weak.
    scale_share      : of slow motion's factor: real downswings take 0.22 to 0.35 s.
    head_per_hand    : head speed against the hands' peak speed as a camera gives it, and 1 sigma as a share. Tour
                       players' hands reach 9 to 11 m/s, their heads 40 (7 iron) to 50 m/s (driver); exact swings
                       have 4.1 to 4.2, and 4.8 to 7 when 30 frames a second blunt the hands' peak.
    """

    hand_speed_share: float = 0.12
    scale_share: float = 0.18
    head_per_hand: tuple[float, float] = (4.8, 0.27)


def measure_swing(
    swing: FoundSwing,
    body: BodyMotion | None = None,
    club: ClubMotion | None = None,
    params: MeasureParams | None = None,
) -> dict[str, Measure]:
    """Return what can be said of a swing; what its events or parts don't allow is left out (`measured_swing` has why).

    In slow motion by an unknown factor durations and speeds are left out: only ratios, lengths and angles are the
    swing's own. `time_scale` then says how slow it seems: clip seconds per real second.
    """
    return measured_swing(swing, body, club, params=params).measures


def measured_swing(
    swing: FoundSwing,
    body: BodyMotion | None = None,
    club: ClubMotion | None = None,
    *,
    read: Delivery | None = None,
    clock_sigma_s: float | None = None,
    params: MeasureParams | None = None,
) -> Measured:
    """Return all measures of a swing that was just found, and why each of the others that are declared is lacking.

    read          : what the club's sensor read at the ball. clock_sigma_s : of the club's time on the video's.
    """
    params = params or MeasureParams()
    found = _tempo(swing, "club+video" if club is not None and club.source != "video" else "video")
    if swing.slow_motion:
        # By how much the golfer's downswing differs from the usual one, and how well its two ends are known.
        ends = [swing.moments[name].sigma for name in ("top", "impact") if name in swing.moments]
        share = float(np.linalg.norm([params.scale_share, *(np.array(ends) / swing.anchors.sweep)]))
        sigma = share * swing.time_scale
        found["time_scale"] = Measure(swing.time_scale, "1", sigma, "video (a downswing of the usual time is assumed)")
    else:
        found |= _speeds(swing, body, club, params)
    times = times_of_found(swing, body, club)
    parts = measure_parts(times, body, club, read=read, clock_sigma_s=clock_sigma_s)
    return _together(merged(found, parts.measures), parts.missing, slow=swing.slow_motion)


def measured_session(session: SwingSession) -> Measured:
    """Return all measures of a recorded swing: as its analysis stored them, and what that did not know of yet.

    A recording of an older analysis gets the measures that its body, club and events allow.
    """
    if session.missing:
        return Measured(dict(session.measures), dict(session.missing))
    clock = session.alignment.sigma_s if session.alignment is not None else None
    times = times_of_session(session)
    parts = measure_parts(times, session.body, session.club, read=session.delivery, clock_sigma_s=clock)
    return _together(merged(parts.measures, session.measures), parts.missing, slow=times.slow_motion)


def _together(measures: dict[str, Measure], lacking: dict[str, str], *, slow: bool) -> Measured:
    """Put measures and reasons in the table's order; in slow motion without seconds and speeds."""
    missing = {n: why for n, why in lacking.items() if n not in measures}
    if slow:
        timed = [n for n, m in measures.items() if m.unit in ("s", "m/s", "rad/s")]
        missing |= dict.fromkeys(timed, "the clip is in slow motion by an unknown factor")
        measures = {n: m for n, m in measures.items() if n not in timed}
    else:
        missing.pop("time_scale", None)
    order = {name: k for k, name in enumerate(measure_table())}
    return Measured(measures, dict(sorted(missing.items(), key=lambda item: order.get(item[0], len(order)))))


def _speeds(
    swing: FoundSwing, body: BodyMotion | None, club: ClubMotion | None, params: MeasureParams
) -> dict[str, Measure]:
    found: dict[str, Measure] = {}
    hands = _hand_speed(swing, body, params) if body is not None else None
    head = _head_speed(swing, club) if club is not None else None
    if hands is not None:
        found["hand_speed_peak_mps"] = hands
        head = head or _head_by_hands(hands, params)
    if head is not None:
        found["head_speed_mps"] = head
    turn = _club_turn(swing, club) if club is not None else None
    if turn is not None:
        found["club_turn_peak_radps"] = turn
    return found


def _tempo(swing: FoundSwing, source: str) -> dict[str, Measure]:
    """Backswing, downswing and their ratio; uncertainty from the events' own."""
    e, sigma = swing.events, swing.sigma_s
    found: dict[str, Measure] = {}
    if "top" not in e:
        return found
    spans: dict[str, tuple[float, float]] = {}
    for name, first, last in (("backswing_s", "address", "top"), ("downswing_s", "top", "impact")):
        if first in e and last in e:
            spans[name] = (e[last].t_s - e[first].t_s, float(np.hypot(sigma[first], sigma[last])))
    if not swing.slow_motion:
        found |= {name: Measure(value, "s", s, source) for name, (value, s) in spans.items()}
    if len(spans) == 2 and spans["downswing_s"][0] > 0.0:
        (back, _), (down, _) = spans["backswing_s"], spans["downswing_s"]
        # Ratio (T - A) / (I - T): the top's error enters both parts, with opposite signs.
        ratio = back / down
        parts = (sigma["address"] / down, sigma["top"] * (1.0 + ratio) / down, sigma["impact"] * ratio / down)
        found["tempo_ratio"] = Measure(ratio, "1", float(np.sqrt(np.sum(np.square(parts)))), source)
    return found


def _peak(series: SpeedSeries | None, first_s: float, last_s: float) -> float | None:
    """Return the largest value within a span, None where nothing was seen in it."""
    if series is None:
        return None
    inside = (series.t_s >= first_s) & (series.t_s <= last_s)
    return float(series.value[inside].max()) if inside.any() else None


def _downswing(swing: FoundSwing) -> tuple[float, float] | None:
    e = swing.events
    return (e["top"].t_s, e["impact"].t_s) if "top" in e and "impact" in e else None


def _hand_speed(swing: FoundSwing, body: BodyMotion, params: MeasureParams) -> Measure | None:
    """Return the hands' peak speed in the downswing."""
    span = _downswing(swing)
    peak = _peak(hand_speed(body), *span) if span is not None else None
    return None if peak is None else Measure(peak, "m/s", params.hand_speed_share * peak, body.source)


def _head_by_hands(hands: Measure, params: MeasureParams) -> Measure:
    """Estimate head speed from the hands': a camera hardly ever sees the head just before impact."""
    ratio, share = params.head_per_hand
    value = ratio * hands.value
    sigma = value * float(np.hypot(share, hands.sigma / max(hands.value, 1e-9)))
    return Measure(value, "m/s", sigma, f"{hands.source} (from the hands' speed)")


def _head_speed(swing: FoundSwing, club: ClubMotion) -> Measure | None:
    """Return head speed just before impact: the fastest of the last 15 ms, as the ball slows the head afterwards.

    None for a club whose motion was only guessed from the arms.
    """
    if club.source == "video" or "impact" not in swing.events or len(club.t_s) < 3:
        return None
    impact = swing.events["impact"].t_s
    step = float(np.median(np.diff(club.t_s)))
    peak = _peak(head_speed(club), impact - max(0.015, 1.5 * step), impact + 0.5 * step)
    if peak is None:
        return None
    # The lever from hands to head dominates: its error over its length, and the rate's own scale of about 2 %.
    share = max(float(np.interp(impact, club.t_s, club.sigma_m)) / club.spec.length_m, 0.02)
    return Measure(peak, "m/s", share * peak, club.source)


def _club_turn(swing: FoundSwing, club: ClubMotion) -> Measure | None:
    """Return the shaft's fastest turn in the downswing, as its sensor has it; the sensor's scale is good to 2 %."""
    span = _downswing(swing)
    if club.source == "video" or span is None:
        return None
    peak = _peak(segment_speeds(None, club).get("club"), *span)
    return (
        None if peak is None else Measure(float(np.radians(peak)), "rad/s", 0.02 * float(np.radians(peak)), club.source)
    )
