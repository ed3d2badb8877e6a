"""The eight GolfDB events of one swing, from the pose alone.

The anchors (top and impact) come from the hands' sweep. Every other event has two independent opinions about its
frame: what the body does (the lead arm passes level, the hands begin to move ...), and where in the swing's own time it
usually lies. Both have a sigma and are fused by it, so that a blurred or hidden arm falls back on the usual time, and
a golfer of unusual tempo is followed where the picture is clear. All of it is in units of the swing's own duration:
slow motion needs nothing more.
"""

from dataclasses import dataclass, field, replace
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from twinswing.body.landmarks import PoseTrack
from twinswing.body.motion import PictureMotion
from twinswing.errors import InputError
from twinswing.swing.anchors import AnchorParams, Anchors, find_anchors
from twinswing.swing.clubside import ClubSideParams, club_side, level_by_side
from twinswing.swing.model import EVENT_NAMES, Event
from twinswing.swing.signals import SignalParams, SwingSignals, swing_signals
from twinswing.swing.stillness import StillnessParams, find_onset, find_pause, find_rest, picture_change
from twinswing.swing.takeaway import LONGEST_TAKEAWAY, find_takeaway
from twinswing.swing.view import ViewParams, Viewpoint, find_viewpoint

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class EventParams:
    """Usual places of events, in shares of the downswing (top to impact), with one standard deviation of them.

    mid_downswing      : after the top; the lead arm is level a little past half way down.
    mid_follow_through : after impact; the club turns by 90 degrees at its full speed.
    finish             : after impact; hands behind the neck, body still.
    finish_s           : the same in seconds, of real time: how long the club takes to come round depends less on the
                         downswing's own duration than a share of that has it.
    level_arm_sigma    : of mid-backswing by wrist and shoulder in the picture, downswings; either may be hidden.
    mid_backswing      : share of the way in time from address to the top.
    toe_up_height      : where the shaft is level in the backswing, the hands have risen this share of the way from
                         address to the shoulder (hands beside the trail thigh).
    toe_up_before      : downswings before mid-backswing.
    toe_up             : share of the way in time from address to the top.
    takeaway           : downswings from address to toe-up.
    top_sigma          : of the top, downswings: by the hands alone (the club turns back earlier), and with the picture.
    felt_sigma         : of address, downswings, in landmarks, which wander by a centimetre or two while he stands.
    fall_sigma         : of impact, where the hands' fall ends, downswings.
    return_trunks      : of the hands' place at impact against address: hips and hands both are a hand's breadth ahead.
    real_downswing_s   : of full swings, centre and the longest that still is real time.
    """

    mid_downswing: tuple[float, float] = (0.56, 0.07)
    mid_follow_through: tuple[float, float] = (0.26, 0.09)
    finish: tuple[float, float] = (1.95, 0.3)
    finish_s: tuple[float, float] = (0.53, 0.07)
    level_arm_sigma: float = 0.15
    mid_backswing: tuple[float, float] = (0.65, 0.055)
    toe_up_height: tuple[float, float] = (0.34, 0.13)
    toe_up_before: tuple[float, float] = (0.55, 0.2)
    toe_up: tuple[float, float] = (0.47, 0.06)
    takeaway: tuple[float, float] = (1.6, 0.5)
    fall_sigma: float = 0.09
    top_sigma: tuple[float, float] = (0.15, 0.09)
    felt_sigma: float = 0.6
    return_trunks: float = 0.2
    real_downswing_s: tuple[float, float] = (0.27, 0.45)
    signals: SignalParams = field(default_factory=SignalParams)
    anchors: AnchorParams = field(default_factory=AnchorParams)
    view: ViewParams = field(default_factory=ViewParams)
    stillness: StillnessParams = field(default_factory=StillnessParams)
    club_side: ClubSideParams = field(default_factory=ClubSideParams)


@dataclass(frozen=True)
class Moment:
    """A frame number with a fraction, and one standard deviation of it in frames."""

    frame: float
    sigma: float


@dataclass(frozen=True)
class FoundSwing:
    """What was found of one swing.

    events     : as far as the clip shows them.
    sigma_s    : one standard deviation of each event's time, seconds of the clip.
    moments    : the same events as fractional frames.
    sweep_s    : the downswing's duration in clip seconds.
    time_scale : clip seconds per real second; 1 in real time, 8 for 240 per second shown at 30. For slow motion it is
                 an assumption: that the downswing took the usual time.
    slow_motion: the clip was slowed down.
    """

    events: dict[str, Event]
    sigma_s: dict[str, float]
    moments: dict[str, Moment]
    viewpoint: Viewpoint
    anchors: Anchors
    signals: SwingSignals
    sweep_s: float
    time_scale: float
    slow_motion: bool
    warnings: tuple[str, ...] = ()


def find_events(pose: PoseTrack, motion: PictureMotion | None = None, params: EventParams | None = None) -> FoundSwing:
    """Find the eight events. Raises InputError where the clip shows no swing.

    motion : what moved in the pictures, of the same frames; shows the moments at which only the club moves.
    """
    params = params or EventParams()
    signals = swing_signals(pose, params.signals)
    anchors = find_anchors(signals, params.anchors)
    if anchors is None:
        raise InputError(
            "Expected a golf swing, found no moment at which the hands sweep down from shoulder height and up again "
            f"in {len(signals.t_s)} frames."
        )
    change = None
    if motion is not None and motion.frames == pose.frames:
        change = picture_change(motion, signals, anchors, params.stillness)
    anchors = _sharpened(anchors, change, params.stillness)
    first = find_viewpoint(pose, signals, anchors, None, params.view)
    moments = _moments(signals, anchors, change, first.handed, params)
    if motion is not None and change is not None:
        moments |= _shaft_level(pose, motion, signals, anchors, moments, params)
    at = round(moments["address"].frame) if "address" in moments else None
    viewpoint = find_viewpoint(pose, signals, anchors, at, params.view)
    if viewpoint.handed != first.handed:
        moments = _moments(signals, anchors, change, viewpoint.handed, params)
    return _found(signals, anchors, viewpoint, moments, params)


def _found(
    signals: SwingSignals, anchors: Anchors, viewpoint: Viewpoint, moments: dict[str, Moment], params: EventParams
) -> FoundSwing:
    sweep_s = _sweep_s(signals.t_s, anchors)
    slow = sweep_s > params.real_downswing_s[1]
    return settled(
        FoundSwing(
            events={},
            sigma_s={},
            moments=moments,
            viewpoint=viewpoint,
            anchors=anchors,
            signals=signals,
            sweep_s=sweep_s,
            time_scale=sweep_s / params.real_downswing_s[0] if slow else 1.0,
            slow_motion=slow,
        )
    )


def settled(swing: FoundSwing) -> FoundSwing:
    """Return a swing with events, deviations and warnings made from its moments, which are put in order first."""
    t = swing.signals.t_s
    moments = _in_order(swing.moments, len(t))
    frames = np.arange(len(t))
    steps = np.gradient(t)
    # GolfDB counts a frame as found within a thirtieth of the swing (4.4 downswings), at least one frame.
    tolerance = max(round(4.4 * swing.anchors.sweep / 30.0), 1)
    events, sigma_s = {}, {}
    for name, m in moments.items():
        at = int(np.clip(round(m.frame), 0, len(t) - 1))
        sigma = float(np.hypot(m.sigma, 1.0 / np.sqrt(12.0)))  # a frame is shown for its whole length
        sigma_s[name] = sigma * float(np.interp(m.frame, frames, steps))
        events[name] = Event(at, float(np.interp(m.frame, frames, t)), round(_within(tolerance + 0.5, sigma), 3))
    said = _warnings(swing.anchors, moments, swing.viewpoint, swing.slow_motion)
    return replace(swing, events=events, sigma_s=sigma_s, moments=moments, warnings=said)


def _sharpened(anchors: Anchors, change: FloatArray | None, params: StillnessParams) -> Anchors:
    """Put the top where the picture pauses: the hands begin down while the club still goes back, or hang there."""
    if change is None or not np.isfinite(anchors.top):
        return anchors
    pause = find_pause(change, anchors.top, anchors.sweep, params)
    if pause is None:
        return anchors
    top = 0.8 * pause + 0.2 * anchors.top
    return replace(anchors, top=top, sweep=anchors.sweep + (anchors.top - top))


def _within(tolerance: float, sigma: float) -> float:
    """Return the share of a normal distribution within +-tolerance."""
    return erf(tolerance / max(sigma, 1e-6) / sqrt(2.0))


def _sweep_s(t: FloatArray, anchors: Anchors) -> float:
    """Return the downswing's duration in clip seconds."""
    frames = np.arange(len(t))
    end = anchors.impact if np.isfinite(anchors.impact) else float(len(t) - 1)
    return float(np.interp(end, frames, t) - np.interp(end - anchors.sweep, frames, t))


def _warnings(anchors: Anchors, moments: dict[str, Moment], viewpoint: Viewpoint, slow: bool) -> tuple[str, ...]:
    said = []
    if anchors.others:
        places = ", ".join(str(v) for v in sorted(anchors.others))
        said.append(f"The clip shows more than one swing; the fullest was taken; others: frame {places}.")
    missing = [n.replace("_", "-") for n in EVENT_NAMES if n not in moments]
    if missing:
        said.append(f"Outside the clip or not to be seen: {', '.join(missing)}.")
    if slow:
        said.append("The clip is in slow motion by an unknown factor; times are its own, not the swing's.")
    if viewpoint.certainty < 0.6:
        said.append(f"Which way the golfer plays is uncertain; {viewpoint.handed}-handed was taken.")
    return tuple(said)


def fuse(*opinions: tuple[float, float]) -> Moment:
    """Weigh (frame, sigma) opinions by their variance; one that disagrees widens the result."""
    place = np.array([o[0] for o in opinions])
    weight = 1.0 / np.square([o[1] for o in opinions])
    mean = float(np.sum(place * weight) / np.sum(weight))
    inner = 1.0 / float(np.sum(weight))
    spread = float(np.sum(weight * (place - mean) ** 2) / np.sum(weight)) if len(opinions) > 1 else 0.0
    return Moment(mean, float(np.sqrt(inner + 0.5 * spread)))


def _moments(
    s: SwingSignals, a: Anchors, change: FloatArray | None, handed: str, params: EventParams
) -> dict[str, Moment]:
    """Return every event that the clip shows."""
    found: dict[str, Moment] = {}
    unit = a.sweep
    lead = s.shoulders[:, 0 if handed == "right" else 1, 1]
    gap = gaussian_filter1d(s.height - lead, max(0.03 * unit, 0.5), mode="nearest")
    if np.isfinite(a.top):
        found["top"] = Moment(a.top, max(params.top_sigma[0 if change is None else 1] * unit, 0.4))
        found |= _backswing(s, a, change, gap, params)
    if np.isfinite(a.impact):
        found["impact"] = _impact(s, a, found.get("address"), params)
        a = replace(a, impact=found["impact"].frame)
        found |= _downswing(a, gap, params)
        found |= _after(s, a, change, params)
    return found


def _backswing(
    s: SwingSignals, a: Anchors, change: FloatArray | None, gap: FloatArray, params: EventParams
) -> dict[str, Moment]:
    """Find address, toe-up and mid-backswing before the top; each only where the clip shows what precedes it."""
    found: dict[str, Moment] = {}
    top = round(a.top)
    begin = max(int(top - 9.0 * a.sweep), 0)
    level = _last_rise(gap, begin, top, 0.0)
    if level is None:
        return found
    seen = (level, max(params.level_arm_sigma * a.sweep, 0.4))
    found["mid_backswing"] = Moment(*seen)
    low = begin + int(np.argmin(s.height[begin : int(level) + 1]))
    lowest = float(s.height[low])
    shoulder = float(np.median(s.height[int(level) : int(level) + 2] - gap[int(level) : int(level) + 2]))
    goal = lowest + params.toe_up_height[0] * (shoulder - lowest)
    toe = _last_rise(gaussian_filter1d(s.height, max(0.05 * a.sweep, 0.5), mode="nearest"), begin, int(level) + 1, goal)
    if toe is None or shoulder - lowest < 0.5:
        return found  # the clip starts with the hands already up
    slope = max(float(np.gradient(s.height)[int(toe) : int(toe) + 2].mean()), 0.1 / a.sweep)
    spread = float(np.clip(params.toe_up_height[1] * (shoulder - lowest) / slope, 0.6, 0.5 * a.sweep))
    usual, usual_sigma = (v * a.sweep for v in params.toe_up_before)
    up = fuse((toe, spread), (level - usual, usual_sigma))
    address = _address(s, a, change, begin, up.frame, params)
    if address is not None:
        found["address"] = address
        found["mid_backswing"] = fuse(seen, _between(address, a.top, *params.mid_backswing))
        up = fuse((toe, spread), (level - usual, usual_sigma), _between(address, a.top, *params.toe_up))
    if up.frame >= 0.0:
        found["toe_up"] = up
    return found


def _between(address: Moment, top: float, share: float, sigma: float) -> tuple[float, float]:
    """Return the frame at a share of the way from address to the top, and its sigma."""
    way = top - address.frame
    return address.frame + share * way, float(np.hypot(sigma * way, (1.0 - share) * address.sigma))


def _shaft_level(
    pose: PoseTrack, motion: PictureMotion, s: SwingSignals, a: Anchors, moments: dict[str, Moment], params: EventParams
) -> dict[str, Moment]:
    """Sharpen toe-up by the side of the hands on which the picture moves."""
    if "toe_up" not in moments:
        return {}
    level = moments["mid_backswing"].frame
    start = moments["address"].frame if "address" in moments else level - LONGEST_TAKEAWAY * a.sweep
    first, last = max(int(start), 0), min(round(level + 0.3 * a.sweep), pose.frames - 1)
    usual = moments["toe_up"]
    side = club_side(pose, motion, s, first, last, params.club_side)
    return {"toe_up": Moment(*level_by_side(side, first, (usual.frame, usual.sigma), a.sweep, params.club_side))}


def _address(
    s: SwingSignals, a: Anchors, change: FloatArray | None, begin: int, toe_up: float, params: EventParams
) -> Moment | None:
    """Find the last still moment: in the picture, or else in the landmarks, whose rest is less sure."""
    if change is not None:
        first = max(begin, int(toe_up - LONGEST_TAKEAWAY * a.sweep))
        seen = find_onset(change, a, first, int(toe_up), params.stillness)
        if seen is not None:
            return Moment(*seen)
    felt = find_takeaway(s, begin, toe_up, a.sweep)
    usual, sigma = (v * a.sweep for v in params.takeaway)
    if felt is None:
        # No rest stands out, but the clip begins well before a takeaway can have.
        return Moment(toe_up - usual, sigma) if toe_up - usual > sigma else None
    address = fuse((felt[0], float(np.hypot(felt[1], params.felt_sigma * a.sweep))), (toe_up - usual, sigma))
    return address if address.frame >= 0.0 else None


def _impact(s: SwingSignals, a: Anchors, address: Moment | None, params: EventParams) -> Moment:
    """Fuse the end of the hands' fall with their return to where they were at address, where the picture shows it.

    Seen face-on the hands cross their place at address at full speed; seen down the line they turn around there.
    """
    fall = (a.impact, max(params.fall_sigma * a.sweep, 0.4))
    if address is None:
        return Moment(*fall)
    at = round(address.frame)
    home = float(np.median(s.hands[max(at - 2, 0) : at + 3, 0]))
    across = gaussian_filter1d(s.hands[:, 0], max(0.03 * a.sweep, 0.4), mode="nearest")
    first, last = max(int(a.impact - 0.6 * a.sweep), 0), min(int(a.impact + 0.6 * a.sweep) + 1, len(across) - 1)
    way = float(np.sign(across[last] - across[first]))
    passed = _last_rise(way * across, first, last, way * home)
    speed = abs(float(across[last] - across[first])) / (1.2 * a.sweep)
    if passed is None or speed * a.sweep < 0.7:
        return Moment(*fall)
    return fuse(fall, (passed, max(params.return_trunks / speed, 0.4)))


def _downswing(a: Anchors, gap: FloatArray, params: EventParams) -> dict[str, Moment]:
    """Find mid-downswing: the last time before impact that the lead wrist falls past the lead shoulder."""
    usual = a.impact - (1.0 - params.mid_downswing[0]) * a.sweep
    if usual < 0.0:
        return {}
    opinions = [(usual, max(params.mid_downswing[1] * a.sweep, 0.3))]
    begin = max(int(a.impact - 1.2 * a.sweep), 0)
    level = _last_rise(-gap, begin, int(a.impact) + 1, 0.0)
    if level is not None:
        opinions.append((level, max(0.07 * a.sweep, 0.3)))
    elif begin == 0 and not np.isfinite(a.top):
        return {}  # already past level when the clip starts
    return {"mid_downswing": fuse(*opinions)}


def _after(s: SwingSignals, a: Anchors, change: FloatArray | None, params: EventParams) -> dict[str, Moment]:
    """Find mid-follow-through and finish, as far as the clip goes on."""
    found: dict[str, Moment] = {}
    n = len(s.t_s)
    through = a.impact + params.mid_follow_through[0] * a.sweep
    if through <= n - 0.5:
        found["mid_follow_through"] = Moment(through, max(params.mid_follow_through[1] * a.sweep, 0.35))
    sigma = params.finish[1] * a.sweep
    opinions = [(a.impact + params.finish[0] * a.sweep, sigma)]
    step_s = float(np.median(np.diff(s.t_s)))
    if a.sweep * step_s <= 1.3 * params.real_downswing_s[0]:  # surely real time
        opinions.append((a.impact + params.finish_s[0] / step_s, params.finish_s[1] / step_s))
    usual = fuse(*opinions)
    rest = find_rest(change, a, params.stillness) if change is not None else None
    if rest is not None:
        finish = fuse(*opinions, (rest, sigma))
        # The picture has come to rest inside the clip, so the finish is in it, even where it usually takes longer.
        found["finish"] = Moment(min(finish.frame, n - 1.0), finish.sigma)
    elif usual.frame <= n - 0.5:
        found["finish"] = usual
    return found


def _last_rise(values: FloatArray, begin: int, end: int, level: float) -> float | None:
    """Return where values last rise through a level between two frames, with a fraction; None where they don't."""
    part = values[begin : end + 1] - level
    rises = np.flatnonzero((part[:-1] < 0.0) & (part[1:] >= 0.0))
    if not len(rises):
        return None
    i = int(rises[-1])
    return begin + i + float(-part[i] / (part[i + 1] - part[i]))


def _in_order(moments: dict[str, Moment], frames: int) -> dict[str, Moment]:
    """Keep events inside the clip and in GolfDB's order, half a frame apart at least."""
    kept: dict[str, Moment] = {}
    last = -1.0
    for name in EVENT_NAMES:
        if name not in moments:
            continue
        m = moments[name]
        place = max(m.frame, last + 0.5)
        if place > frames - 0.5:
            continue
        kept[name] = Moment(max(place, 0.0), m.sigma if place == m.frame else m.sigma + place - m.frame)
        last = place
    return kept
