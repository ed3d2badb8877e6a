"""Measures at the P positions and over the swing, from body and club, each with the spread of its disturbed copies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.club.delivery import Delivery
from twinswing.club.model import ClubMotion
from twinswing.swing import geometry
from twinswing.swing.delivery import ClubDelivery, delivery_of
from twinswing.swing.flight import ball_flight
from twinswing.swing.geometry import BODY, SINCE_ADDRESS, canonical
from twinswing.swing.measure_table import Listed, measure_table
from twinswing.swing.model import Measure
from twinswing.swing.positions import POSITIONS, SwingTimes
from twinswing.swing.sequence import ORDER, Sequence, gap_draws, kinematic_sequence
from twinswing.swing.series import is_sensed
from twinswing.swing.uncertainty import Draws, ErrorParams, at_times, beyond, draw_bodies, draw_paths, spread, turns

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PartParams:
    """What the data can't show by themselves.

    girdle_rad  : at the top the shoulder line has turned this much further than the thorax that carries it, and one
                  sigma: tour players' X-factors are 55 to 65 deg by lines and 30 to 40 by segments (Cheetham).
    stretch     : the X-factor is at its largest within this part of the downswing.
    clock_sigma_s : club on video where no alignment says better.
    peak_s      : of the club's fastest turn within its own stream: a shaft rings by this.
    struck_s    : an impact known better than this was felt by the club.
    """

    girdle_rad: tuple[float, float] = (0.40, 0.14)
    stretch: float = 0.6
    clock_sigma_s: float = 0.002
    peak_s: float = 0.003
    struck_s: float = 0.006


@dataclass
class Measured:
    """Measures by name, and why each of the others that are declared cannot be given.

    more: what is to be added to a measure's sigma by the table's key.
    """

    measures: dict[str, Measure] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    more: Callable[[str], float] = field(default=lambda _key: 0.0, repr=False, compare=False)

    def put(self, name: str, value: float, sigma: float, source: str) -> None:
        """Take a measure if it is finite and sure enough to say anything; else note why not."""
        listed = measure_table()[name]
        sigma = float(np.hypot(sigma, self.more(listed.key)))
        worth = listed.spec.worth
        if not np.isfinite(value):
            self.missing[name] = "it could not be computed from what was seen"
        elif worth is not None and not sigma <= worth:
            self.missing[name] = f"it is known to {_read(sigma, listed)} only, and {listed.spec.why}"
        else:
            self.measures[name] = Measure(value, listed.spec.unit, sigma, source)
            self.missing.pop(name, None)

    def lack(self, name: str, why: str) -> None:
        """Note why a measure cannot be given, where it has not been."""
        if name not in self.measures:
            self.missing.setdefault(name, why)


def _read(sigma: float, listed: Listed) -> str:
    unit = listed.spec.unit
    factor, text = {
        "rad": (57.29578, "{:.0f} degrees"), "m": (100.0, "{:.0f} cm"), "rad/s": (57.29578, "{:.0f} deg/s"),
        "s": (1e3, "{:.0f} ms"), "m/s": (1.0, "{:.1f} m/s"), "1": (1.0, "{:.1f}"),
    }[unit]  # fmt: skip
    if listed.spec.show == "rpm":
        factor, text = 60.0 / (2.0 * np.pi), "{:.0f} rpm"
    return "± " + text.format(sigma * factor)


def measure_parts(
    times: SwingTimes,
    body: BodyMotion | None,
    club: ClubMotion | None,
    *,
    read: Delivery | None = None,
    clock_sigma_s: float | None = None,
    params: PartParams | None = None,
    errors: ErrorParams | None = None,
) -> Measured:
    """Return all measures that body and club allow at a swing's positions; in slow motion angles and lengths only.

    read          : what the club's sensor read at the ball, where there is that.
    clock_sigma_s : of the club's time on the video's.
    """
    params, errors = params or PartParams(), errors or ErrorParams()
    found = Measured()
    clock = params.clock_sigma_s if clock_sigma_s is None else clock_sigma_s
    if club is not None and club.source == "truth":
        clock = 0.0
    if body is not None and len(body.t_s):
        found.more = partial(beyond, body=body, view=times.view)
        draws = draw_bodies(body, times, errors)
        _at_positions(found, times, body, draws)
        _segments(found, body, times, draws, params)
        _over_the_swing(found, times, body, params, errors)
        _wrists(found, times, body, club, draws)
    _strike(found, times, club, read)
    _sequence(found, times, kinematic_sequence(times, body, club, clock, errors=errors), read, params)
    _name_missing(found, times, body, club)
    return found


def _at_positions(found: Measured, times: SwingTimes, body: BodyMotion, draws: Draws) -> None:
    exact, drawn = canonical(draws.exact, times.handed), canonical(draws.drawn, times.handed)
    address = draws.index("address") if "address" in draws.names else None
    for key, function in BODY.items():
        if key in SINCE_ADDRESS and address is None:
            continue
        a = 0 if address is None else address
        values = function(exact, exact[a])
        spreads = function(drawn, drawn[:, a : a + 1])
        for name, listed in measure_table().items():
            if listed.key != key or listed.position not in draws.names:
                continue
            if key == "spine_curve" and "video" in body.source:
                found.missing[name] = "no camera's landmark lies on the back between hips and shoulders"
                continue
            p = draws.index(listed.position)
            angle = listed.spec.unit == "rad"
            found.put(name, float(values[p]), spread(spreads[:, p], angle=angle), body.source)


def _segments(found: Measured, body: BodyMotion, times: SwingTimes, draws: Draws, params: PartParams) -> None:
    """X-factor by segments: about the trunk's axis, less what the shoulder girdle turns on the thorax by itself."""
    if "top" not in draws.names:
        return
    p = draws.index("top")
    girdle, sigma = params.girdle_rad
    value = float(geometry.about_trunk(canonical(draws.exact[p], times.handed))) - girdle
    seen = spread(geometry.about_trunk(canonical(draws.drawn[:, p], times.handed)), angle=True)
    source = f"{body.source} (the shoulder girdle's own {np.degrees(girdle):.0f} deg assumed)"
    found.put("x_factor_segments_top_rad", value, float(np.hypot(seen, sigma)), source)


def _over_the_swing(
    found: Measured, times: SwingTimes, body: BodyMotion, params: PartParams, errors: ErrorParams
) -> None:
    """Stretch of the X-factor, and the hands' way."""
    if not times.has("top", "impact"):
        return
    top, impact = times.at_s["top"], times.at_s["impact"]
    lines = [JOINT[n] for pair in geometry.LINES.values() for n in pair]
    if times.handed == "left":
        lines = [JOINT[n] for n in ("right_hip", "left_hip", "right_shoulder", "left_shoulder")]
    t, paths = draw_paths(body, times.view, top, top + params.stretch * (impact - top), lines, errors)
    if len(t) > 2:
        mirror = 1.0 if times.handed == "right" else -1.0
        hips, shoulders = paths[:, :, 0] - paths[:, :, 1], paths[:, :, 2] - paths[:, :, 3]
        azimuth = [np.arctan2(-mirror * v[..., 1], v[..., 0]) for v in (hips, shoulders)]
        factor = geometry.wrapped(azimuth[1] - azimuth[0])
        stretch = factor.max(axis=1) - factor[:, min(int(np.searchsorted(t, top)), len(t) - 1)]
        found.put("x_factor_stretch_rad", float(stretch[0]), spread(stretch), body.source)
    both = [JOINT["left_hand"], JOINT["right_hand"]]
    spans = {"hand_path_backswing_m": ("address", "top"), "hand_path_downswing_m": ("top", "impact")}
    for name, (first, last) in spans.items():
        if times.has(first, last):
            ends = times.at_s[first], times.at_s[last]
            _, paths = draw_paths(body, times.view, *ends, both, errors)
            if paths.shape[1] > 2:
                way = np.linalg.norm(np.diff(paths.mean(axis=2), axis=1), axis=2).sum(axis=1)
                found.put(name, float(way[0]), spread(way), body.source)
    _, paths = draw_paths(body, times.view, top + 0.4 * (impact - top), impact, both, errors)
    if paths.shape[1] > 3:
        middle = paths.mean(axis=2)
        normal = np.linalg.svd(middle - middle.mean(axis=1, keepdims=True), full_matrices=False)[2][:, -1]
        slope = np.arctan2(np.hypot(normal[:, 0], normal[:, 1]), np.abs(normal[:, 2]))
        found.put("hand_path_plane_rad", float(slope[0]), spread(slope, angle=True), body.source)


def _wrists(found: Measured, times: SwingTimes, body: BodyMotion, club: ClubMotion | None, draws: Draws) -> None:
    """Lead wrist: hinge in the plane of shaft and leading edge, flexion out of it."""
    if club is None or not is_sensed(club):
        return
    inside = [n for n in draws.names if club.t_s[0] <= times.at_s[n] <= club.t_s[-1]]
    if not inside:
        return
    lead = "left" if times.handed == "right" else "right"
    ends = JOINT[f"{lead}_elbow"], JOINT[f"{lead}_wrist"]
    columns = [draws.index(n) for n in inside]
    out = -1.0 if times.handed == "right" else 1.0
    when = np.array([times.at_s[n] for n in inside])
    rows = np.clip(np.searchsorted(club.t_s, when), 0, len(club.t_s) - 1)
    sigma = at_times(club.t_s, club.sigma_rad, when)

    def angles(joints: FloatArray, R: FloatArray) -> tuple[FloatArray, FloatArray]:
        forearm = joints[..., ends[1], :] - joints[..., ends[0], :]
        own = np.einsum("...ji,...j->...i", R, forearm)  # in the club frame
        flat = np.hypot(own[..., 0], own[..., 2])
        return geometry.between(forearm, R[..., :, 2]), np.arctan2(out * own[..., 1], flat)

    R = Rotation.from_quat(club.quaternion[rows], scalar_first=True).as_matrix()
    hinge, bow = angles(draws.exact[columns], R)
    count = len(draws.drawn)
    noise = np.stack([turns(float(s), count, 60 + k) for k, s in enumerate(sigma)], axis=1)
    hinges, bows = angles(draws.drawn[:, columns], noise @ R)
    start = inside.index("address") if "address" in inside else None
    source = club.source if club.source == "truth" else f"{club.source}, {body.source}"
    for k, position in enumerate(inside):
        name = f"wrist_hinge_{position}_rad"
        if name in measure_table():
            found.put(name, float(hinge[k]), spread(hinges[:, k]), source)
        name = f"wrist_flexion_{position}_rad"
        if name in measure_table() and start is not None:
            found.put(name, float(bow[k] - bow[start]), spread(bows[:, k] - bows[:, start]), source)


def _strike(found: Measured, times: SwingTimes, club: ClubMotion | None, read: Delivery | None) -> None:
    at, sigma = times.at_s.get("impact"), times.sigma_s.get("impact", np.inf)
    delivery = delivery_of(club, at, sigma, times.handed, read)
    names = [n for n, listed in measure_table().items() if listed.spec.group in ("Strike", "Ball")]
    if times.slow_motion and isinstance(delivery, ClubDelivery):
        delivery = "the clip is in slow motion by an unknown factor"
    if not isinstance(delivery, ClubDelivery):
        for name in names:
            found.lack(name, delivery)
        return
    assert club is not None
    for name, value in delivery.value.items():
        found.put(name, value, delivery.sigma[name], delivery.source)
    flight = ball_flight(delivery, club.spec.kind)
    if isinstance(flight, str):
        for name in names:
            found.lack(name, flight)
        return
    for name, value in flight.value.items():
        found.put(name, value, flight.sigma[name], flight.source)


def _sequence(
    found: Measured, times: SwingTimes, sequence: Sequence, read: Delivery | None, params: PartParams
) -> None:
    """Peaks, gaps and gains of the kinematic sequence."""
    for name in ORDER:
        listed = f"sequence_peak_{name}_radps"
        if name in sequence.peaks:
            peak = sequence.peaks[name]
            found.put(listed, peak.rate_radps, peak.rate_sigma_radps, peak.source)
        else:
            found.lack(listed, sequence.missing.get(name, "it was not seen"))
    if "club" in sequence.peaks and "impact" in times.at_s:
        peak = sequence.peaks["club"]
        # On the club's own clock where its blow was felt; else the picture's impact is what is uncertain.
        felt = read is not None or times.sigma_s["impact"] < params.struck_s
        sigma = params.peak_s if felt else times.sigma_s["impact"]
        exact = peak.source == "truth"
        found.put("early_release_s", times.at_s["impact"] - peak.t_s, 0.0 if exact else sigma, peak.source)
    else:
        found.lack("early_release_s", sequence.missing.get("club", "it was not seen"))
    for first, second in pairwise(ORDER):
        gap, gain = f"sequence_gap_{first}_{second}_s", f"sequence_gain_{second}"
        lacking = next((n for n in (first, second) if n not in sequence.peaks), None)
        if lacking is not None:
            for name in (gap, gain):
                found.lack(name, sequence.missing.get(lacking, "it was not seen"))
            continue
        a, b = sequence.peaks[first], sequence.peaks[second]
        source = a.source if a.source == b.source else f"{a.source}, {b.source}"
        late = gap_draws(sequence.drawn, first, second)
        found.put(gap, b.t_s - a.t_s, float(np.std(late)), source)
        more = sequence.drawn[second][0] / np.maximum(sequence.drawn[first][0], 1e-9)
        found.put(gain, b.rate_radps / max(a.rate_radps, 1e-9), float(np.std(more)), source)


def _name_missing(found: Measured, times: SwingTimes, body: BodyMotion | None, club: ClubMotion | None) -> None:
    """Give a reason for every declared measure that nothing was said of."""
    sensed = club is not None and is_sensed(club)
    for name, listed in measure_table().items():
        if name in found.measures or name in found.missing:
            continue
        needs = listed.spec.needs
        if listed.position is not None and listed.position not in times.at_s:
            why = times.missing.get(listed.position, f"{POSITIONS[listed.position]} was not found")
        elif needs in ("club", "both") and not sensed:
            why = "no club sensor was recorded"
        elif needs in ("camera", "both") and body is None:
            why = "no body was found"
        elif listed.key in SINCE_ADDRESS | {"wrist_flexion"} and "address" not in times.at_s:
            why = "address was not found, which it is told against"
        else:
            why = "what it needs was not found in this recording"
        found.missing[name] = why


def merged(first: Mapping[str, Measure], second: Mapping[str, Measure]) -> dict[str, Measure]:
    """Return measures in the table's order, then the rest; the second's where both have one."""
    both = {**first, **second}
    order = [n for n in measure_table() if n in both]
    return {n: both[n] for n in [*order, *(n for n in both if n not in measure_table())]}
