"""Numbers as people read them."""

from dataclasses import replace

import numpy as np
import pytest

from twinswing.body.skeleton import JOINT
from twinswing.swing.model import EVENT_NAMES, GolferInfo, Measure
from twinswing.swing.readable import event_label, label_of, readable_speeds, shown, shown_difference
from twinswing.truth.build import make_swing
from twinswing.truth.session import session_of


@pytest.mark.parametrize(
    ("value", "unit", "sigma", "read"),
    [
        (44.704, "m/s", 0.44704, ("100.0 mph", "± 1.0")),
        (1.5707963, "rad", 0.0872665, ("90°", "± 5")),
        (0.254, "s", 0.02, ("0.25 s", "± 0.02")),
        (3.04, "1", 0.2, ("3.0 : 1", "± 0.2")),
        (0.123, "m", 0.02, ("12 cm", "± 2")),
        (7.25, "N", 0.5, ("7.25 N", "± 0.5")),
        (0.254, "s", float("nan"), ("0.25 s", "± not known")),
    ],
)
def test_measures_are_in_everyday_units(value: float, unit: str, sigma: float, read: tuple[str, str]) -> None:
    assert shown(Measure(value, unit, sigma, "video")) == read


def test_differences_have_a_sign() -> None:
    assert shown_difference(-4.4704, "m/s", 0.44704) == "-10.0 mph ± 1.0"
    assert shown_difference(0.9, "1", 0.4) == "+0.9 ± 0.4"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("head_speed_mps", "Head speed at impact"),
        ("hand_speed_peak_mps", "Hand speed, peak"),
        ("club_turn_peak_radps", "Shaft turn, peak"),
        ("thorax_turn_top_rad", "Thorax turn, top (P4)"),
        ("pelvis_sway_p6_m", "Pelvis sway, P6"),
        ("spine_tilt_mid_follow_through_rad", "Spine angle, mid-follow-through (P8)"),
        ("elbow_bend_deg", "Elbow bend"),
        ("face_to_mean_rad", "Face to mean"),
    ],
)
def test_a_measure_is_called_as_coaches_call_it(name: str, label: str) -> None:
    assert label_of(name) == label


def test_events_read_as_coaches_write_them() -> None:
    assert [event_label(name) for name in EVENT_NAMES] == [
        "Address", "Toe-up", "Mid-backswing", "Top", "Mid-downswing", "Impact", "Mid-follow-through", "Finish"
    ]  # fmt: skip


def test_speeds_that_one_camera_cannot_know_are_not_shown():
    swing = session_of(make_swing())
    golfer = GolferInfo(frames_with_pose=100, handed="right", view="down-the-line")
    # Half a hip's and a shoulder's width: what one camera leaves open through depth.
    unsure = np.full_like(swing.body.sigma_m, 0.3)
    filmed = replace(swing, golfer=golfer, body=replace(swing.body, source="video", sigma_m=unsure))
    assert set(readable_speeds(filmed)) == {"lead arm", "club"}, "turns through depth are left out as measures are"
    joints_m = swing.body.joints_m.copy()
    shoulder, wrist = JOINT["left_shoulder"], JOINT["left_wrist"]
    joints_m[40:50, wrist] = joints_m[40:50, shoulder] + 0.4 * (joints_m[40:50, wrist] - joints_m[40:50, shoulder])
    pointing = replace(filmed, body=replace(filmed.body, joints_m=joints_m))
    arm = readable_speeds(pointing)["lead arm"].value
    assert np.isnan(arm[40:50]).all()
    until_impact = np.flatnonzero(swing.body.t_s <= swing.events["impact"].t_s)
    assert np.isfinite(np.delete(arm[until_impact], np.s_[40:50])).all(), "the lead arm is long up to impact"
    assert np.isfinite(readable_speeds(swing)["lead arm"].value).all(), "what is exact is shown whole"
    assert "pelvis" in readable_speeds(swing)
