"""What is advised: few things, causes first, with the golfer's own numbers; and whether it helped."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from twinswing.errors import InputError
from twinswing.swing.coaching import (
    ALIKE,
    BETTER,
    WORSE,
    Earlier,
    bundled_drills,
    coach,
    own_range,
    progress,
    read_drills,
)  # fmt: skip
from twinswing.swing.faults import LIKELY, UNKNOWN, fault_rules, find_faults
from twinswing.swing.measure_table import measure_table
from twinswing.swing.model import Measure

# A value beyond every limit of each fault.
BEYOND = {
    "sway": {"pelvis_sway_mid_backswing_m": -0.09, "pelvis_sway_top_m": -0.08},
    "reverse_spine": {"spine_side_top_rad": -0.25},
    "hanging_back": {"pelvis_sway_impact_m": -0.01, "neck_past_ankle_finish_m": -0.3},
    "over_the_top": {"sequence_gap_pelvis_thorax_s": -0.03, "club_path_rad": -0.09},
    "casting": {"early_release_s": 0.03, "shaft_lean_rad": -0.1},
    "chicken_wing": {"lead_elbow_impact_rad": 0.9, "lead_elbow_mid_follow_through_rad": 1.2},
    "early_extension": {"pelvis_thrust_impact_m": 0.09},
}


def swung(*faults: str, sigma_share: float = 0.1) -> dict[str, Measure]:
    """Measures of a swing with these faults and nothing else known."""
    return {
        name: Measure(value, measure_table()[name].spec.unit, abs(value) * sigma_share, "video")
        for fault in faults
        for name, value in BEYOND[fault].items()
    }


def advised(measures: Mapping[str, Measure], earlier: tuple[Earlier, ...] = ()) -> list[str]:
    found = coach(find_faults(measures, {}), measures, earlier)
    return [a.finding.fault.name for a in found.advice]


def test_causes_come_before_what_follows_from_them() -> None:
    assert advised(swung("casting", "over_the_top", "sway")) == ["sway", "over_the_top", "casting"]
    assert advised(swung("chicken_wing", "early_extension")) == ["early_extension", "chicken_wing"]
    found = coach(find_faults(swung("sway", "over_the_top"), {}), swung("sway", "over_the_top"))
    assert any(said.startswith("Over the top") for said in found.advice[0].leads_to)
    assert found.advice[1].leads_to == ()


def test_at_most_three_things_and_the_rest_is_counted() -> None:
    measures = swung("sway", "reverse_spine", "hanging_back", "over_the_top", "casting", "chicken_wing")
    found = coach(find_faults(measures, {}), measures)
    assert len(found.advice) == 3
    assert found.advice[0].finding.fault.name == "sway"
    assert "3 more can wait" in found.said


def test_the_order_is_that_of_the_declared_causes_for_any_likely_faults() -> None:
    rules = fault_rules()
    everything = swung(*BEYOND)
    names = advised(everything)
    for early, late in ((a, b) for i, a in enumerate(names) for b in names[i + 1 :]):
        assert early not in {f.fault for f in rules[late].leads_to}


def test_the_reason_has_the_golfers_own_numbers_and_their_uncertainty() -> None:
    measures = swung("early_extension", sigma_share=0.2)
    (advice,) = coach(find_faults(measures, {}), measures).advice
    assert advice.why == "By impact your pelvis has moved 9 ± 2 cm toward the ball."
    assert advice.at == "impact"
    assert advice.drill is not None
    assert "early_extension" in advice.drill.faults


def test_what_is_not_known_is_left_out_of_the_sentence() -> None:
    measures = {"pelvis_sway_top_m": Measure(-0.09, "m", 0.01, "video")}
    (advice,) = coach(find_faults(measures, {}), measures).advice
    assert advice.why == "Your pelvis moves off the ball: at the top 9 ± 1 cm away from the target."
    measures = {"shaft_lean_rad": Measure(-0.1, "rad", 0.02, "club")}
    (advice,) = coach(find_faults(measures, {}), measures).advice
    assert advice.why == "At impact the shaft leans 5.7 ± 1.1° hands behind."


def test_nothing_is_advised_of_a_number_that_is_too_unsure() -> None:
    measures = swung("early_extension", sigma_share=1.0)
    findings = find_faults(measures, {})
    assert findings["early_extension"].verdict == UNKNOWN
    found = coach(findings, measures)
    assert found.advice == ()
    assert "cannot be told" in found.said
    assert find_faults(swung("early_extension"), {})["early_extension"].verdict == LIKELY


# -- drills --------------------------------------------------------------------------------------------------------


def test_every_fault_has_a_drill_with_steps_feel_and_how_often() -> None:
    drills = bundled_drills()
    for fault in fault_rules():
        assert [d for d in drills if fault in d.faults], fault
    for drill in drills:
        assert 2 <= len(drill.steps) <= 6
        assert drill.feel.endswith(".")
        assert drill.often.endswith(".")
    assert len({d.name for d in drills}) == len(drills)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "Turn"\nsteps = ["a", "b"]\nfeel = "as if it was"\nfaults = ["yips"]\noften = "daily"', "yips"),
        ('name = "Turn"\nsteps = ["a"]\nfeel = "as if it was"\nfaults = ["sway"]\noften = "daily"', "steps"),
        ("name = ", "TOML"),
        ("", "name"),
    ],
)
def test_a_drill_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "turn.toml").write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"turn\.toml") as refused:
        read_drills(tmp_path, fault_rules())
    assert said in str(refused.value)


# -- did it help ---------------------------------------------------------------------------------------------------


def before(*values: float, sigma: float = 0.01, club: str | None = None) -> tuple[Earlier, ...]:
    return tuple(
        Earlier(1.7e9 + 86_400.0 * k, {"pelvis_thrust_impact_m": Measure(v, "m", sigma, "video")}, club)
        for k, v in enumerate(values)
    )


def thrust(value: float, sigma: float = 0.01) -> Measure:
    return Measure(value, "m", sigma, "video")


@pytest.mark.parametrize(("now", "verdict"), [(0.02, BETTER), (0.14, WORSE), (0.075, ALIKE), (0.09, ALIKE)])
def test_a_difference_counts_beyond_its_sigma_only(now: float, verdict: str) -> None:
    found = progress("pelvis_thrust_impact_m", thrust(now), before(0.08, 0.082, 0.078), good_sign=-1.0)
    assert found is not None
    assert found.verdict == verdict
    assert found.swings == 3
    assert found.since_unix_s == 1.7e9
    assert verdict in found.said


def test_a_golfer_who_varies_more_is_told_less() -> None:
    steady = progress("pelvis_thrust_impact_m", thrust(0.04), before(0.08, 0.081, 0.079), good_sign=-1.0)
    wild = progress("pelvis_thrust_impact_m", thrust(0.04), before(0.02, 0.14, 0.08), good_sign=-1.0)
    assert steady is not None
    assert wild is not None
    assert steady.verdict == BETTER
    assert wild.verdict == ALIKE
    assert wild.sigma > steady.sigma


def test_many_unsure_swings_are_not_worth_a_sure_one() -> None:
    """One camera errs alike each time: a hundred swings do not make its mean exact."""
    few = progress("pelvis_thrust_impact_m", thrust(0.05, 0.03), before(0.08, 0.08, sigma=0.03), good_sign=-1.0)
    many = progress("pelvis_thrust_impact_m", thrust(0.05, 0.03), before(*[0.08] * 100, sigma=0.03), good_sign=-1.0)
    assert few is not None
    assert many is not None
    assert many.sigma > 0.03


def test_nothing_to_compare_is_no_progress() -> None:
    assert progress("pelvis_thrust_impact_m", thrust(0.05), (), good_sign=-1.0) is None
    other = (Earlier(0.0, {"pelvis_thrust_impact_m": Measure(2.0, "rad", 0.1, "video")}),)
    assert progress("pelvis_thrust_impact_m", thrust(0.05), other, good_sign=-1.0) is None


def test_advice_says_whether_it_helped_with_the_same_club() -> None:
    measures = swung("early_extension")
    found = coach(find_faults(measures, {}), measures, before(0.15, 0.151, 0.149, club="iron"), club="iron")
    (step,) = found.advice[0].progress
    assert step.verdict == BETTER
    assert "3 earlier swings" in step.said
    other = coach(find_faults(measures, {}), measures, before(0.15, club="driver"), club="iron")
    assert other.advice[0].progress == ()


def test_an_own_range_needs_swings_enough() -> None:
    assert own_range("pelvis_thrust_impact_m", before(0.08, 0.09, 0.1)) is None
    found = own_range("pelvis_thrust_impact_m", before(0.06, 0.08, 0.10, 0.08, 0.08))
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.06
    assert found.high > 0.10
    assert replace(before(0.1)[0]).club is None


def test_what_the_coach_says_names_measures_that_there_are() -> None:
    for fault in fault_rules().values():
        for name in re.findall(r"\{(\w+)\}", fault.says):
            assert name in {c.measure for c in fault.when}, f"{fault.name} says {name}, which its rule does not judge"
