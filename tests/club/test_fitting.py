"""Fitting a club: the trade's charts at their published classes, doubt near their borders, and what is missing."""

import datetime
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.club.catalogue import standard_club
from twinswing.club.fitting import FITTED_KINDS, GolferFacts, Known, fit_club
from twinswing.club.order_file import order_text, read_order, said
from twinswing.errors import InputError

IN, MPH = 0.0254, 0.44704


def _facts(
    height_in: float = 70.0, wrist_in: float = 34.0, hand_in: float = 7.0, speed_mph: float = 90.0
) -> GolferFacts:
    return GolferFacts(
        Known(height_in * IN, 0.01), Known(wrist_in * IN, 0.01), Known(hand_in * IN, 0.002), Known(speed_mph * MPH, 0.3)
    )


@pytest.mark.parametrize(
    ("feet", "inches", "give"),
    [(5, 0, -1.5), (5, 1, -1.5), (5, 2, -1.0), (5, 3, -1.0), (5, 4, -0.5), (5, 6, -0.5), (5, 7, 0.0), (5, 10, 0.0),
     (5, 11, 0.5), (6, 0, 0.5), (6, 1, 1.0), (6, 5, 1.0), (6, 6, 1.5), (6, 9, 1.5)],
)  # fmt: skip
def test_length_follows_the_chart_by_height(feet: int, inches: int, give: float) -> None:
    """Every class of the chart, at both of its ends."""
    fitted = fit_club("iron", _facts(height_in=12 * feet + inches))
    assert fitted.choice("length").give == give
    assert fitted.spec.length_m == pytest.approx(standard_club("iron").length_m + give * IN)


@pytest.mark.parametrize(
    ("wrist_in", "give"),
    [(29, -3), (30, -2), (31, -2), (32, -1), (33, 0), (35, 0), (36, 1), (37, 2), (38, 2), (39, 3), (40, 3)],
)
def test_lie_follows_the_chart_by_wrist_to_floor(wrist_in: float, give: float) -> None:
    """Every class of the chart."""
    fitted = fit_club("iron", _facts(wrist_in=wrist_in))
    assert fitted.choice("lie").give == give
    assert math.degrees(fitted.spec.lie_rad - standard_club("iron").lie_rad) == pytest.approx(give)


@pytest.mark.parametrize(
    ("speed_mph", "flex"),
    [(65, "ladies"), (78, "senior"), (90, "regular"), (101, "stiff"), (110, "extra stiff")],
)
def test_flex_follows_the_drivers_speed(speed_mph: float, flex: str) -> None:
    """In the middle of each class."""
    assert fit_club("driver", _facts(speed_mph=speed_mph)).choice("flex").give == flex


def test_an_irons_own_chart_is_used_for_an_iron_and_its_speed_is_brought_to_the_drivers_for_a_driver() -> None:
    """85 mph with a 7 iron is stiff; a tour's 90 mph with it is a tour's 113 mph with a driver."""
    iron = GolferFacts(head_speed_mps=Known(85 * MPH, 0.3), speed_kind="iron")
    assert fit_club("iron", iron).choice("flex").give == "stiff"
    tour = GolferFacts(head_speed_mps=Known(90 * MPH, 0.3), speed_kind="iron")
    found = fit_club("driver", tour).choice("flex")
    assert found.give == "extra stiff"
    assert "113.1" in found.rule


def test_near_a_border_the_other_class_is_named_and_a_surer_height_makes_it_surer() -> None:
    """Half an inch from the border, one inch away: doubt shrinks with distance and with the error."""
    near = fit_club("iron", _facts(height_in=70.4)).choice("length")
    assert near.others[0][0] == 0.5
    assert near.chance < 0.65
    far = fit_club("iron", _facts(height_in=68.5)).choice("length")
    assert far.chance > 0.99
    assert far.sigma < near.sigma


def test_what_is_missing_is_said_and_the_standard_stays() -> None:
    """Nothing known: the standard club, four sentences; a height that the lie's chart does not hold for."""
    nothing = fit_club("driver", GolferFacts())
    assert nothing.spec == standard_club("driver")
    assert all(choice.missing and choice.give is None for choice in nothing.choices)
    tall = fit_club("iron", _facts(height_in=78.0, wrist_in=38.0)).choice("lie")
    assert tall.give is None
    assert "1.98 m" in tall.missing


@pytest.mark.parametrize("facts", [{"height_m": Known(70.0, 0.1)}, {"hand_m": Known(float("nan"), 0.1)},
                                   {"head_speed_mps": Known(40.0, float("inf"))}])  # fmt: skip
def test_a_measure_in_another_unit_is_refused(facts: dict[str, Known]) -> None:
    """Seventy metres is a golfer in inches."""
    with pytest.raises(InputError):
        GolferFacts(**facts)  # type: ignore[arg-type]


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=100)


@given(golfer=NAMES, kinds=st.sets(st.sampled_from(FITTED_KINDS), min_size=1), height=st.floats(55.0, 80.0))
def test_an_order_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, golfer: str, kinds: set[str], height: float
) -> None:
    """Whatever the golfer is called, quotes and line ends included."""
    fitted = tuple(fit_club(kind, _facts(height_in=height)) for kind in sorted(kinds))
    day = datetime.date(2027, 3, 1)
    path = tmp_path_factory.mktemp("order") / "o.toml"
    path.write_text(order_text("A-1", golfer, day, fitted, _facts(), sensor=False), encoding="utf-8", newline="")
    order = read_order(path)
    assert (order.name, order.golfer, order.date) == ("A-1", golfer, day)
    assert {c.spec.kind: round(c.spec.length_m, 4) for c in order.clubs} == {
        f.kind: round(f.spec.length_m, 4) for f in fitted
    }
    assert not any(c.sensor for c in order.clubs)


@pytest.mark.parametrize(
    ("text", "named"),
    [("", "format"), ("format = 2", "format"), ("format = 1\norder = '../x'", "order"),
     ("format = 1\norder = 'a'\ndate = 'soon'", "date"),
     ("format = 1\norder = 'a'\ndate = 2027-03-01\n[golfer]\nname = 'x'", "at least one club"),
     ("format = 1\norder = 'a'\ndate = 2027-03-01\n[golfer]\nname = 'x'\n[spoon]\n", "spoon"),
     ("format = 1\norder = 'a'\ndate = 2027-03-01\n[golfer]\nname = 'x'\n[iron]\nname = 'i'\nlength_m = 9e9",
      "length_m"),
     ("a = [", "TOML"), ("\0", "TOML"), ("a = " + "[" * 60_000, "TOML"), ("a = 1" + "0" * 20_000, "TOML")],
)  # fmt: skip
def test_what_is_no_order_is_refused_with_what_was_expected(tmp_path: Path, text: str, named: str) -> None:
    """Each mistake names its key."""
    path = tmp_path / "o.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=named):
        read_order(path)


def test_a_choice_is_said_with_its_doubt_and_its_source() -> None:
    """What a golfer reads: how much, how sure, else what, and by which chart."""
    text = said(fit_club("iron", _facts(height_in=70.4)).choice("length"))
    assert "likely" in text
    assert "else +0.5" in text
    assert "chart" in text
