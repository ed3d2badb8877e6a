"""Measures at the ten positions against exact swings, each definition computed again from what the swing is made of."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.errors import InputError
from twinswing.swing.measure_parts import Measured, PartParams, measure_parts
from twinswing.swing.measure_table import measure_table
from twinswing.swing.measures import measured_session
from twinswing.swing.model import Measure, SwingSession
from twinswing.swing.positions import POSITIONS, times_of_session
from twinswing.swing.sequence import kinematic_sequence
from twinswing.truth import sequence as truth_sequence
from twinswing.truth.build import make_swing
from twinswing.truth.golfer import DEG, club_of, random_golfer, tour_golfer
from twinswing.truth.mocap import swing_from_c3d
from twinswing.truth.session import session_of
from twinswing.truth.swing import TruthSwing


@cache
def swing(seed: int, handed: str = "right", kind: str = "iron") -> TruthSwing:
    if seed == 0:
        return make_swing(tour_golfer(kind, handed=handed), club_of(kind))
    rng = np.random.default_rng(seed)
    for _ in range(20):
        try:
            return make_swing(random_golfer(rng, kind, handed=handed), club_of(kind))
        except InputError:
            continue
    raise AssertionError("no golfer could be drawn")


@cache
def measured(seed: int, handed: str = "right", kind: str = "iron") -> dict[str, Measure]:
    return measured_session(session_of(swing(seed, handed, kind))).measures


def segment(s: TruthSwing, name: str, t_s: float) -> np.ndarray:
    """A segment's rotation to the world by the generator, at a time."""
    return s.segments[name][int(np.argmin(np.abs(s.t_s - t_s)))]


CASES = [(0, "right"), (3, "right"), (3, "left")]


@pytest.mark.parametrize(("seed", "handed"), CASES)
def test_the_pelvis_turns_as_the_golfer_was_told_to(seed: int, handed: str) -> None:
    s, found = swing(seed, handed), measured(seed, handed)
    golfer = s.golfer
    assert golfer is not None
    # The pelvis's axis across is the hip line; its turn since address is a parameter of the swing.
    impact = -np.degrees(golfer.pelvis_impact_rad)
    assert np.degrees(found["pelvis_turn_impact_rad"].value) == pytest.approx(impact, abs=2.0)
    start, top = s.events_s["address"], s.events_s["top"]
    across = [segment(s, "pelvis", t)[:, 0] * (1.0 if handed == "right" else -1.0) for t in (start, top)]
    # A left-handed golfer's own left axis points away from the target: seen in the mirror, both turn alike.
    turns = [np.arctan2(a[1], a[0] * (1.0 if handed == "right" else -1.0)) for a in across]
    turned = abs(np.angle(np.exp(1j * (turns[1] - turns[0]))))
    assert found["pelvis_turn_top_rad"].value == pytest.approx(turned, abs=0.02)
    assert found["pelvis_turn_top_rad"].value > 0.0 > found["pelvis_turn_impact_rad"].value


@pytest.mark.parametrize(("seed", "handed"), CASES)
def test_places_since_address_are_those_of_the_joints(seed: int, handed: str) -> None:
    s, found = swing(seed, handed), measured(seed, handed)
    away = 1.0 if handed == "right" else -1.0  # which way the golfer stands from the ball
    for event in ("top", "impact", "finish"):
        now, then = (s.joints_at(s.events_s[name]) for name in (event, "address"))
        pelvis = now[JOINT["pelvis"]] - then[JOINT["pelvis"]]
        assert found[f"pelvis_sway_{event}_m"].value == pytest.approx(pelvis[0], abs=2e-3)
        assert found[f"pelvis_lift_{event}_m"].value == pytest.approx(pelvis[2], abs=2e-3)
        hands = [0.5 * (j[JOINT["left_hand"]] + j[JOINT["right_hand"]]) for j in (now, then)]
        moved = hands[0] - hands[1]
        assert found[f"hand_height_{event}_m"].value == pytest.approx(moved[2], abs=2e-3)
        assert found[f"hand_depth_{event}_m"].value == pytest.approx(away * moved[1], abs=2e-3)
    thrust = s.joints_at(s.events_s["impact"])[JOINT["pelvis"]] - s.joints_at(s.events_s["address"])[JOINT["pelvis"]]
    assert found["pelvis_thrust_impact_m"].value == pytest.approx(-away * thrust[1], abs=2e-3)


@pytest.mark.parametrize(("seed", "handed"), CASES)
def test_the_spine_leans_as_its_axis_does(seed: int, handed: str) -> None:
    s, found = swing(seed, handed), measured(seed, handed)
    away = 1.0 if handed == "right" else -1.0
    for event in ("address", "top", "impact"):
        # The thorax's up axis is the trunk's in the generator.
        x, y, z = segment(s, "thorax", s.events_s[event])[:, 2]
        assert found[f"spine_tilt_{event}_rad"].value == pytest.approx(np.arccos(z), abs=0.01)
        assert found[f"spine_forward_{event}_rad"].value == pytest.approx(np.arctan2(-away * y, z), abs=0.01)
        assert found[f"spine_side_{event}_rad"].value == pytest.approx(np.arctan2(-x, z), abs=0.01)
    change = found["spine_forward_top_rad"].value - found["spine_forward_address_rad"].value
    assert found["posture_change_top_rad"].value == pytest.approx(change, abs=1e-9)


@pytest.mark.parametrize(("seed", "handed"), CASES)
def test_x_factor_by_segments_is_the_thorax_s_own_within_its_sigma(seed: int, handed: str) -> None:
    s, found = swing(seed, handed), measured(seed, handed)
    top = s.events_s["top"]
    pelvis, thorax = segment(s, "pelvis", top), segment(s, "thorax", top)
    axis = thorax[:, 2]
    flat = [R[:, 0] - (R[:, 0] @ axis) * axis for R in (pelvis, thorax)]
    apart = np.arctan2(np.linalg.norm(np.cross(*flat)), flat[0] @ flat[1])
    by_segments = found["x_factor_segments_top_rad"]
    assert abs(by_segments.value - apart) < 2.0 * by_segments.sigma
    assert by_segments.sigma >= PartParams().girdle_rad[1]
    # Lines turn further than segments, and the two are named apart.
    assert found["x_factor_lines_top_rad"].value > by_segments.value


def test_a_captured_tour_swing_has_tour_numbers(shared_data) -> None:
    """What the field's figures say of tour players, and the capture's kinematic sequence by the truth's own sum."""
    s = swing_from_c3d(shared_data / "mocap" / "tour_average_iron.c3d")
    found = measured_session(session_of(s)).measures
    degrees = {name: np.degrees(m.value) for name, m in found.items() if m.unit in ("rad", "rad/s")}
    assert 35.0 < degrees["pelvis_turn_top_rad"] < 50.0
    assert 85.0 < degrees["thorax_turn_top_rad"] < 105.0
    assert 30.0 < -degrees["pelvis_turn_impact_rad"] < 50.0
    assert degrees["thorax_tilt_top_rad"] == pytest.approx(36.0, abs=3.0)
    assert 45.0 < degrees["x_factor_lines_top_rad"] < 65.0
    assert 20.0 < degrees["x_factor_segments_top_rad"] < 40.0
    exact = truth_sequence.kinematic_sequence(s)
    assert found["sequence_peak_club_radps"].value == pytest.approx(exact["club"].rate_radps, rel=0.02)
    assert found["sequence_peak_pelvis_radps"].value == pytest.approx(exact["pelvis"].rate_radps, rel=0.08)


@pytest.mark.parametrize(("seed", "handed"), CASES)
def test_arms_and_wrists_are_those_of_bones_and_shaft(seed: int, handed: str) -> None:
    s, found = swing(seed, handed), measured(seed, handed)
    lead = "left" if handed == "right" else "right"
    for event in ("top", "impact"):
        t = s.events_s[event]
        j = s.joints_at(t)
        shoulder, elbow, wrist = (j[JOINT[f"{lead}_{part}"]] for part in ("shoulder", "elbow", "wrist"))
        p = s.golfer.proportions
        span = np.linalg.norm(wrist - shoulder)
        # The law of cosines on the generator's own bone lengths.
        cosine = (span**2 - p.upper_arm_m**2 - p.forearm_m**2) / (2.0 * p.upper_arm_m * p.forearm_m)
        assert found[f"lead_elbow_{event}_rad"].value == pytest.approx(np.arccos(cosine), abs=0.01)
        shaft = s.club_at(t)[1][:, 2]
        forearm = (wrist - elbow) / np.linalg.norm(wrist - elbow)
        assert found[f"wrist_hinge_{event}_rad"].value == pytest.approx(np.arccos(forearm @ shaft), abs=0.02)


def test_a_bowed_wrist_is_positive_for_either_side() -> None:
    """Turning the club about its toe axis so that the head falls behind the hands bows the lead wrist by that angle."""
    for handed in ("right", "left"):
        s = swing(0, handed)
        session = session_of(s)
        assert session.club is not None
        plain = measured(0, handed)["wrist_flexion_impact_rad"].value
        after = session.club.t_s > session.events["mid_downswing"].t_s
        own = Rotation.from_quat(session.club.quaternion, scalar_first=True)
        # About the club's toe axis: the head falls back, away from the face.
        turn = Rotation.from_euler("x", np.where(after, -0.2 if handed == "right" else 0.2, 0.0)[:, None])
        bent = replace(session, club=replace(session.club, quaternion=(own * turn).as_quat(scalar_first=True)))
        times = times_of_session(session)
        bowed = measure_parts(times, bent.body, bent.club).measures["wrist_flexion_impact_rad"].value
        shaft = (own * turn).apply([0.0, 0.0, 1.0])[np.searchsorted(session.club.t_s, session.events["impact"].t_s)]
        lean = np.degrees(np.arctan2(-shaft[0], -shaft[2]))
        assert lean > 10.0, "the hands lead by what the club was turned"
        assert bowed - plain == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize(("seed", "handed"), CASES)
def test_the_sequence_is_the_generators(seed: int, handed: str) -> None:
    s, found = swing(seed, handed), measured(seed, handed)
    exact = truth_sequence.kinematic_sequence(s)
    assert found["sequence_peak_club_radps"].value == pytest.approx(exact["club"].rate_radps, rel=0.01)
    # The hip line is the pelvis's axis across: it turns as the pelvis does, but for the tilt along the line itself.
    assert found["sequence_peak_pelvis_radps"].value == pytest.approx(exact["pelvis"].rate_radps, rel=0.03)
    session = session_of(s)
    sequence = kinematic_sequence(times_of_session(session), session.body, session.club)
    assert sequence.in_order == 1.0
    for name in ("pelvis", "club"):
        assert sequence.peaks[name].t_s == pytest.approx(exact[name].t_s, abs=0.003)
    gap = found["sequence_gap_pelvis_thorax_s"].value
    assert gap == pytest.approx(sequence.peaks["thorax"].t_s - sequence.peaks["pelvis"].t_s)
    assert found["sequence_gain_thorax"].value > 1.0


@pytest.mark.parametrize(("seed", "handed"), CASES)
def test_p6_and_p9_are_where_shaft_and_arm_are_level(seed: int, handed: str) -> None:
    s = swing(seed, handed)
    times = times_of_session(session_of(s))
    lead = "left" if handed == "right" else "right"
    assert set(times.at_s) == set(POSITIONS)
    assert abs(s.club_at(times.at_s["p6"])[1][2, 2]) < 0.01
    joints = s.joints_at(times.at_s["p9"])
    assert joints[JOINT[f"{lead}_wrist"]][2] == pytest.approx(joints[JOINT[f"{lead}_shoulder"]][2], abs=0.01)
    assert times.at_s["mid_downswing"] < times.at_s["p6"] < times.at_s["impact"] < times.at_s["p9"]


# -- uncertainty -----------------------------------------------------------------------------------------------------


def thinned(s: TruthSwing, sigma_m: float, seed: int, source: str = "two cameras") -> SwingSession:
    """An exact swing as a camera system would have it: 120 pictures a second, joints off by what they say."""
    session = session_of(s)
    body = session.body
    assert body is not None
    rng = np.random.default_rng(seed)
    few = slice(None, None, 8)
    n = len(body.t_s[few])

    def errors(joints: int) -> np.ndarray:
        stays, comes = rng.standard_normal((1, joints, 3)), rng.standard_normal((n, joints, 3))
        return np.sqrt(0.75) * stays + np.sqrt(0.25) * comes

    error = np.sqrt(0.5) * errors(1) + np.sqrt(0.5) * errors(23)
    moved = BodyMotion(
        body.t_s[few], body.joints_m[few] + sigma_m * error, np.full((n, 23), sigma_m), body.handed, source
    )
    return replace(session, body=moved)


def test_sigmas_are_the_errors_that_were_put_in() -> None:
    """Joints off as they say they are give measures that are off as they say they are."""
    names = [n for n, listed in measure_table().items() if listed.spec.group in ("Pelvis", "Thorax", "Head")]
    names += [n for n in measure_table() if n.startswith(("spine_side", "x_factor_lines", "lead_arm_height"))]
    inside = []
    for seed in range(6):
        s = swing(seed % 2 * 3)
        exact = measured(seed % 2 * 3)
        times = times_of_session(session_of(s))
        noisy = measure_parts(times, thinned(s, 0.015, seed).body, None).measures
        both = [n for n in names if n in noisy and n in exact and noisy[n].sigma > 1e-3]
        off = np.array([abs(noisy[n].value - exact[n].value) / noisy[n].sigma for n in both])
        inside += list(off < 1.0)
        assert np.mean(off < 3.0) > 0.97
    assert 0.58 < np.mean(inside) < 0.80


def test_larger_errors_give_larger_sigmas_until_nothing_is_told() -> None:
    s = swing(0)
    times = times_of_session(session_of(s))
    sigmas = [
        measure_parts(times, thinned(s, x, 1).body, None).measures["pelvis_sway_top_m"].sigma for x in (0.01, 0.03)
    ]
    assert sigmas[1] == pytest.approx(3.0 * sigmas[0], rel=0.05)
    useless = measure_parts(times, thinned(s, 0.2, 1).body, None)
    assert "pelvis_sway_top_m" not in useless.measures
    assert "cm only" in useless.missing["pelvis_sway_top_m"]


def test_one_camera_knows_less_along_its_ray() -> None:
    s = swing(0)
    times = times_of_session(session_of(s))
    body = thinned(s, 0.03, 1, "video").body
    sigma = {
        view: measure_parts(replace(times, view=view), body, None).measures["pelvis_sway_top_m"].sigma
        for view in ("face-on", "down-the-line")
    }
    assert sigma["down-the-line"] > 2.0 * sigma["face-on"], "down the line a sway is depth"


def test_the_same_swing_gives_the_same_numbers() -> None:
    session = thinned(swing(0), 0.02, 3)
    times = times_of_session(session)
    first, second = (measure_parts(times, session.body, session.club).measures for _ in range(2))
    assert first == second


# -- thin input --------------------------------------------------------------------------------------------------------


def test_without_a_club_only_the_body_is_measured_and_the_reason_is_said() -> None:
    session = replace(thinned(swing(0), 0.01, 1), club=None)
    found = measured_session(session)
    assert "pelvis_turn_top_rad" in found.measures
    for name in ("attack_angle_rad", "wrist_hinge_top_rad", "carry_m", "sequence_peak_club_radps", "early_release_s"):
        assert found.missing[name] == "no club sensor was recorded"
    assert "needs a club" in found.missing["pelvis_turn_p6_rad"]


def test_without_a_body_only_the_club_is_measured() -> None:
    found = measured_session(replace(session_of(swing(0)), body=None))
    assert "attack_angle_rad" in found.measures
    assert found.missing["pelvis_turn_top_rad"] == "no body was found"


def test_without_address_what_is_told_against_it_is_missing() -> None:
    session = session_of(swing(0))
    found = measured_session(replace(session, events={n: e for n, e in session.events.items() if n != "address"}))
    assert "x_factor_lines_top_rad" in found.measures
    assert "pelvis_sway_top_m" not in found.measures
    assert "address" in found.missing["pelvis_sway_top_m"]


def test_of_nothing_nothing_is_measured() -> None:
    found = measured_session(SwingSession())
    assert found.measures == {}
    assert set(found.missing) >= {n for n in measure_table() if n != "time_scale"}
    assert isinstance(found, Measured)


def test_few_pictures_a_second_have_no_sequence() -> None:
    session = thinned(swing(0), 0.01, 1)
    assert session.body is not None
    slow = replace(session.body, t_s=session.body.t_s[::4], joints_m=session.body.joints_m[::4],
                   sigma_m=session.body.sigma_m[::4])  # fmt: skip
    found = measured_session(replace(session, body=slow))
    assert "pictures a second" in found.missing["sequence_peak_pelvis_radps"]
    assert "sequence_peak_club_radps" in found.measures, "the club's own sensor is fast enough"


def test_no_camera_sees_the_back() -> None:
    found = measured_session(thinned(swing(0), 0.001, 1, "video"))
    assert "landmark" in found.missing["spine_curve_address_rad"]
    assert DEG * 5.0 < measured(0)["spine_curve_address_rad"].value < DEG * 20.0
