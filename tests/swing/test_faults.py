"""The twelve faults: found on exact swings that were made with them, not on clean ones, never beyond the numbers."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.body.skeleton import JOINT
from twinswing.errors import InputError
from twinswing.stage.skeleton import bones
from twinswing.swing.corrected import corrected
from twinswing.swing.faults import LIKELY, NOT_SEEN, UNKNOWN, fault_rules, find_faults, parse_faults, read_faults
from twinswing.swing.geometry import BODY, canonical
from twinswing.swing.measure_table import measure_table
from twinswing.swing.model import Measure, SwingSession
from twinswing.swing.understanding import Understanding, understand
from twinswing.truth.build import make_swing
from twinswing.truth.golfer import FAULTS, club_of, random_golfer
from twinswing.truth.session import session_of

KINDS = ("driver", "iron", "wedge")


@cache
def session(fault: str, seed: int) -> SwingSession:
    """An exact swing with one fault, or none: clubs and sides take turns."""
    rng = np.random.default_rng(200 + seed)
    kind, handed = KINDS[seed % 3], "left" if seed % 2 else "right"
    faults = {fault: 1.0} if fault else {}
    for _ in range(20):
        try:
            return session_of(make_swing(random_golfer(rng, kind, handed=handed, faults=faults), club_of(kind)))
        except InputError:
            continue
    raise AssertionError("no golfer could be drawn")


@cache
def understood(fault: str, seed: int) -> Understanding:
    return understand(session(fault, seed))


def likely(found: Understanding) -> set[str]:
    return {name for name, finding in found.findings.items() if finding.verdict == LIKELY}


def test_there_are_the_twelve_and_every_one_can_be_made() -> None:
    assert set(fault_rules()) == set(FAULTS)
    assert len(FAULTS) == 12


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_was_made_is_found(fault: str) -> None:
    for seed in (FAULTS.index(fault) % 3, FAULTS.index(fault) % 3 + 3):  # once from either side
        assert fault in likely(understood(fault, seed))


@pytest.mark.parametrize("seed", range(6))
def test_a_clean_swing_has_none(seed: int) -> None:
    found = understood("", seed)
    assert {name: f.verdict for name, f in found.findings.items()} == dict.fromkeys(fault_rules(), NOT_SEEN)
    assert found.coaching.advice == ()
    assert "None of the twelve" in found.coaching.said


def test_a_captured_tour_swing_has_none(shared_data) -> None:
    from twinswing.truth.mocap import swing_from_c3d

    swing = swing_from_c3d(shared_data / "mocap" / "tour_average_iron.c3d")
    assert likely(understand(session_of(swing))) == set()


# -- verdicts follow the sigma -------------------------------------------------------------------------------------


def only(name: str, value: float, sigma: float) -> dict[str, Measure]:
    return {name: Measure(value, measure_table()[name].spec.unit, sigma, "video")}


@given(st.floats(-0.3, 0.3), st.floats(1e-4, 0.5))
def test_a_verdict_is_never_surer_than_its_sigma(value: float, sigma: float) -> None:
    finding = find_faults(only("pelvis_thrust_impact_m", value, sigma), {})["early_extension"]
    off = (value - 0.04) / sigma
    assert finding.low == finding.high
    assert (finding.verdict == LIKELY) == (off > 0.99446) or abs(off - 0.9945) < 0.01
    assert (finding.verdict == NOT_SEEN) == (off < -0.99446) or abs(off + 0.9945) < 0.01


def test_near_the_limit_nothing_is_told_and_the_numbers_say_why() -> None:
    finding = find_faults(only("pelvis_thrust_impact_m", 0.05, 0.03), {})["early_extension"]
    assert finding.verdict == UNKNOWN
    assert "5 ± 3 cm toward the ball" in finding.because
    assert "too near to the limit" in finding.because


def test_a_measure_that_lacks_is_named_with_its_reason() -> None:
    finding = find_faults({}, {"pelvis_thrust_impact_m": "no body was found"})["early_extension"]
    assert finding.verdict == UNKNOWN
    assert (finding.low, finding.high) == (0.0, 1.0)
    assert finding.because == "Pelvis thrust, impact (P7): no body was found."


def test_one_of_two_conditions_can_be_enough_or_not() -> None:
    """Over the top needs both, so that a path from inside rules it out; a sway needs either."""
    inside = only("club_path_rad", 0.05, 0.01)
    assert find_faults(inside, {})["over_the_top"].verdict == NOT_SEEN
    across = only("club_path_rad", -0.08, 0.01)
    assert find_faults(across, {})["over_the_top"].verdict == UNKNOWN
    assert find_faults(only("pelvis_sway_top_m", -0.1, 0.01), {})["sway"].verdict == LIKELY
    assert find_faults(only("pelvis_sway_top_m", 0.0, 0.01), {})["sway"].verdict == UNKNOWN


def test_a_left_handed_golfer_comes_over_the_top_from_the_other_side() -> None:
    both = only("club_path_rad", 0.08, 0.01) | only("sequence_gap_pelvis_thorax_s", -0.03, 0.005)
    assert find_faults(both, {}, handed="left")["over_the_top"].verdict == LIKELY
    assert find_faults(both, {}, handed="right")["over_the_top"].verdict == NOT_SEEN


def test_a_limit_can_depend_on_the_club() -> None:
    lean = only("shaft_lean_rad", -0.04, 0.005) | only("early_release_s", 0.005, 0.002)
    assert find_faults(lean, {}, club="iron")["casting"].verdict == LIKELY
    assert find_faults(lean, {}, club="driver")["casting"].verdict == NOT_SEEN


def test_a_number_that_is_none_is_no_number() -> None:
    broken = {"pelvis_thrust_impact_m": Measure(float("nan"), "m", 0.01, "video")}
    assert find_faults(broken, {})["early_extension"].verdict == UNKNOWN


# -- the rules as data ---------------------------------------------------------------------------------------------

RULE = {
    "label": "A", "definition": "B.", "at": "top", "rule": "any", "says": "C.",
    "when": [{"measure": "pelvis_sway_top_m", "below": -0.05, "why": "because it is so"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"at": "noon"}, "no position is called noon"),
        ({"rule": "some"}, "rule"),
        ({"when": []}, "when"),
        ({"when": [{"measure": "shoe_size", "above": 1.0, "why": "because it is so"}]}, "shoe_size"),
        ({"when": [{"measure": "pelvis_sway_top_m", "why": "because it is so"}]}, "one limit"),
        ({"when": [{"measure": "pelvis_sway_top_m", "above": 1.0, "why": ""}]}, "why"),
        ({"ghost": [{"move": "pelvis", "axis": "side", "by": 1.0}]}, "axis"),
        ({"ghost": [{"move": "arm"}]}, "constant"),
        ({"leads_to": [{"fault": "bad luck", "how": "nobody knows"}]}, "no fault there"),
        ({"leads_to": [{"fault": "a", "how": "it goes round"}]}, "circle"),
        ({"color": "red"}, "color"),
    ],
)
def test_a_rule_that_cannot_be_one_is_refused(change: dict, said: str) -> None:
    with pytest.raises(InputError, match=r"rules\.toml") as refused:
        parse_faults({"a": {**RULE, **change}}, "rules.toml")
    assert said in str(refused.value)


def test_a_file_of_no_rules_is_refused(tmp_path: Path) -> None:
    for data in (b"[a", b"\x80", b"a = 1\n"):
        path = tmp_path / "faults.toml"
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"faults\.toml"):
            read_faults(path)


# -- the ghost -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
def test_the_ghost_is_the_golfer_without_the_fault(fault: str) -> None:
    seed = FAULTS.index(fault) % 3 + 3 * (FAULTS.index(fault) % 2)
    shown = session(fault, seed)
    rule = fault_rules()[fault]
    ghost = corrected(shown, rule)
    assert ghost is not None
    assert shown.body is not None
    assert ghost.t_s == shown.events[rule.at].t_s
    now = shown.body.at(ghost.t_s)
    assert 0.015 < ghost.moved_m < 0.5
    # Feet stand where they stood, bones are as long as they were; only a back's line may bend at the lowest rib.
    feet = [JOINT[f"{side}_{part}"] for side in ("left", "right") for part in ("ankle", "heel", "toe")]
    np.testing.assert_allclose(ghost.joints_m[feet], now[feet], atol=1e-12)
    for a, b, _ in bones(shown.body.handed):
        if JOINT["spine"] not in (a, b):
            before, after = (np.linalg.norm(j[a] - j[b]) for j in (now, ghost.joints_m))
            assert after == pytest.approx(before, abs=2e-3)
    # The measure that the rule moves has the value that it asks for, as far as limbs reach.
    address = canonical(shown.body.at(shown.events["address"].t_s), shown.body.handed)
    for move in rule.ghost:
        if move.measure is not None:
            function = BODY[measure_table()[move.measure].key]
            there, here = (canonical(j, shown.body.handed) for j in (ghost.joints_m, now))
            was, now_is = float(function(here, address)), float(function(there, address))
            # Beyond the ball the trail arm, whose hand stays on the grip, reaches no farther.
            left = 0.4 if move.move == "arm" else 0.25
            assert abs(now_is - move.to) < max(left * abs(was - move.to), 1e-3)


def test_without_the_moment_there_is_no_ghost() -> None:
    shown = session("sway", 0)
    rule = fault_rules()["sway"]
    assert corrected(replace(shown, body=None), rule) is None
    assert corrected(replace(shown, events={}), rule) is None
    # What is told against address cannot be put right without it.
    without = {name: e for name, e in shown.events.items() if name != "address"}
    assert corrected(replace(shown, events=without), rule) is None


def test_evidence_is_where_the_fault_was_found() -> None:
    """Posture that is lost on the way down is not to be seen at the top."""
    kept = only("posture_change_top_rad", 0.0, 0.01)
    lost = find_faults(kept | only("posture_change_impact_rad", -0.3, 0.03), {})["loss_of_posture"]
    assert (lost.verdict, lost.at) == (LIKELY, "impact")
    both = find_faults(only("posture_change_top_rad", -0.2, 0.01) | only("posture_change_impact_rad", -0.3, 0.03), {})
    assert both["loss_of_posture"].at == "top"
    # What another measure shows elsewhere does not move a ghost that it could not put right.
    back = find_faults(only("neck_past_ankle_finish_m", -0.4, 0.01), {})["hanging_back"]
    assert (back.verdict, back.at) == (LIKELY, "impact")
    shown = session("loss_of_posture", 0)
    ghost = corrected(shown, lost.fault, lost.at)
    assert ghost is not None
    assert ghost.position == "impact"
    assert ghost.t_s == shown.events["impact"].t_s
