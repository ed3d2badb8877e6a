"""Numbers as people read them."""

import pytest

from twinswing.swing.model import EVENT_NAMES, Measure
from twinswing.swing.readable import event_label, label_of, shown, shown_difference


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
        ("hand_speed_peak_mps", "Hand speed peak"),
        ("club_turn_peak_radps", "Club turn peak"),
        ("thorax_turn_top_rad", "Thorax turn top"),
        ("face_to_mean_rad", "Face to mean"),
    ],
)
def test_a_name_loses_its_unit_and_nothing_else(name: str, label: str) -> None:
    assert label_of(name) == label


def test_events_read_as_coaches_write_them() -> None:
    assert [event_label(name) for name in EVENT_NAMES] == [
        "Address", "Toe-up", "Mid-backswing", "Top", "Mid-downswing", "Impact", "Mid-follow-through", "Finish"
    ]  # fmt: skip
