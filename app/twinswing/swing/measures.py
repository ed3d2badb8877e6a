"""First measures of a swing, each with its standard deviation and where it came from."""

from dataclasses import dataclass

import numpy as np

from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.club.model import ClubMotion
from twinswing.swing.events import FoundSwing
from twinswing.swing.model import Measure
from twinswing.swing.series import SpeedSeries, hand_speed, head_speed, segment_speeds


@dataclass(frozen=True)
class MeasureParams:
    """Uncertainties that the data can't show by themselves, mostly errors against exact swings.

    turn_sigma_rad   : of pelvis and thorax turn from one camera, by view. It sees a turn through depth, which the pose
                       model hardly knows, and hides a hip or shoulder at the top: exact swings come back with errors of
                       25 to 40 degrees, real ones down the line with more. Differences of two such turns (X-factor)
                       would say nothing and are left to the club's and better cameras.
    turn_worth_rad   : a turn less certain than this is left out: no golfer's turn could be told from another's by it.
    tilt_sigma_rad   : the spine's lean lies largely in the picture.
    hand_speed_share : of the value; stature is assumed (5 %), depth is weak.
    scale_share      : of slow motion's factor: real downswings take 0.22 to 0.35 s.
    head_per_hand    : head speed against the hands' peak speed as a camera gives it, and 1 sigma as a share. Tour
                       players' hands reach 9 to 11 m/s, their heads 40 (7 iron) to 50 m/s (driver); exact swings
                       have 4.1 to 4.2, and 4.8 to 7 when 30 frames a second blunt the hands' peak.
    """

    turn_sigma_rad: tuple[tuple[str, float], ...] = (("face-on", 0.55), ("oblique", 0.6), ("down-the-line", 0.8))
    turn_worth_rad: float = 0.7
    tilt_sigma_rad: float = 0.09
    hand_speed_share: float = 0.12
    scale_share: float = 0.18
    head_per_hand: tuple[float, float] = (4.8, 0.27)


def measure_swing(
    swing: FoundSwing,
    body: BodyMotion | None = None,
    club: ClubMotion | None = None,
    params: MeasureParams | None = None,
) -> dict[str, Measure]:
    """Return what can be said of a swing; what its events or parts don't allow is left out.

    In slow motion by an unknown factor durations and speeds are left out: only ratios and angles are the swing's own.
    `time_scale` then says how slow it seems: clip seconds per real second.
    """
    params = params or MeasureParams()
    found = _tempo(swing, "club+video" if club is not None and club.source != "video" else "video")
    if body is not None:
        found |= _angles(swing, body, params)
    if swing.slow_motion:
        # By how much the golfer's downswing differs from the usual one, and how well its two ends are known.
        ends = [swing.moments[name].sigma for name in ("top", "impact") if name in swing.moments]
        share = float(np.linalg.norm([params.scale_share, *(np.array(ends) / swing.anchors.sweep)]))
        sigma = share * swing.time_scale
        found["time_scale"] = Measure(swing.time_scale, "1", sigma, "video (a downswing of the usual time is assumed)")
    else:
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


def _turn(body: BodyMotion, left: str, right: str, t_s: float) -> float:
    """Return the azimuth of a left-to-right line, radians, counter-clockwise from above."""
    joints = body.at(t_s)
    line = joints[JOINT[left]] - joints[JOINT[right]]
    return float(np.arctan2(line[1], line[0]))


def _wrapped(angle: float) -> float:
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)


def _angles(swing: FoundSwing, body: BodyMotion, params: MeasureParams) -> dict[str, Measure]:
    """Turn of pelvis and thorax since address, and the spine's lean.

    Turns are positive away from the target, whichever way the golfer plays.
    """
    found: dict[str, Measure] = {}
    e = swing.events
    away = 1.0 if body.handed == "left" else -1.0
    sigma = dict(params.turn_sigma_rad)[swing.viewpoint.view]
    lines = {"pelvis": ("left_hip", "right_hip"), "thorax": ("left_shoulder", "right_shoulder")}
    for at in ("top", "impact"):
        if at not in e or "address" not in e or sigma > params.turn_worth_rad:
            continue
        for name, (left, right) in lines.items():
            turned = _turn(body, left, right, e[at].t_s) - _turn(body, left, right, e["address"].t_s)
            found[f"{name}_turn_{at}_rad"] = Measure(away * _wrapped(turned), "rad", sigma, body.source)
    for at in ("address", "impact"):
        if at in e:
            joints = body.at(e[at].t_s)
            spine = joints[JOINT["neck"]] - joints[JOINT["pelvis"]]
            lean = float(np.arctan2(np.hypot(spine[0], spine[1]), spine[2]))
            found[f"spine_tilt_{at}_rad"] = Measure(lean, "rad", params.tilt_sigma_rad, body.source)
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
