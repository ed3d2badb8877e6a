"""A golfer's club order in the plant: it is made, piece by piece, and a recording knows for whom."""

import datetime
from pathlib import Path

import pytest

from twinswing.club.catalogue import standard_club
from twinswing.club.fitting import GolferFacts, Known, fit_club
from twinswing.club.order_file import ClubOrder, OrderedClub, order_text, read_order
from twinswing.errors import InputError
from twinswing.plant.load import find_plant, load_plant, parse_plant
from twinswing.plant.model import Plant
from twinswing.plant.simulation import Simulation
from twinswing.plant.work_orders import with_order


@pytest.fixture(scope="module")
def works() -> Plant:
    return load_plant(find_plant("club_works"))


@pytest.fixture
def order(tmp_path: Path) -> ClubOrder:
    facts = GolferFacts(Known(1.85, 0.01), head_speed_mps=Known(46.0, 0.5))
    fitted = (fit_club("driver", facts), fit_club("iron", facts))
    path = tmp_path / "o.toml"
    path.write_text(order_text("B-7", "Ana", datetime.date(2027, 3, 1), fitted, facts), encoding="utf-8")
    return read_order(path)


def test_a_golfers_order_goes_through_the_plant_and_is_done(works: Plant, order: ClubOrder) -> None:
    """Both clubs are on machines within the shift, each on its own route, and both orders end."""
    simulation = Simulation(with_order(works, order), 1, warmup_s=3600.0)
    seen: dict[str, set[str]] = {"B-7/driver": set(), "B-7/iron": set()}
    done = 0
    for minute in range(0, 16 * 60, 2):
        simulation.advance(minute * 60.0)
        for run in simulation.units:
            for piece in run.inside:
                if piece.order.name in seen:
                    seen[piece.order.name].add(run.unit.path)
                    done = max(done, minute)
    for where in seen.values():
        assert any(path.startswith("milling/") for path in where)
        assert any("calibrate" in path for path in where)  # it gets a sensor
        assert any(path.startswith("assembly/") for path in where)
        assert any(path.startswith("dispatch/") for path in where)
    assert done < 15 * 60  # the last of it left the last machine


def test_a_plants_text_with_an_order_is_read_back_with_it(works: Plant, order: ClubOrder) -> None:
    """What a recording keeps says what was made and for whom."""
    given = with_order(works, order)
    again = parse_plant(given.text, "again")
    assert again.work_orders == given.work_orders
    assert "for Ana" in again.work_orders[0].about
    assert len(again.items) == len(works.items)


def test_an_order_that_the_plant_cannot_make_or_has_is_refused(works: Plant, order: ClubOrder) -> None:
    """A hybrid has no route here; one order is not taken twice; without a sensor it is the plain product."""
    hybrid = ClubOrder("C", "Bo", order.date, (OrderedClub(standard_club("hybrid")),))
    with pytest.raises(InputError, match="hybrid with a sensor"):
        with_order(works, hybrid)
    with pytest.raises(InputError, match="twice"):
        with_order(with_order(works, order), order)
    plain = ClubOrder("D", "Bo", order.date, (OrderedClub(standard_club("wedge"), sensor=False),))
    assert with_order(works, plain).work_orders[0].product == "wedge"


def test_a_plants_file_with_a_wrong_order_names_the_line(works: Plant) -> None:
    """The product is checked against the routes."""
    text = works.text + '\n[[work_orders]]\nname = "X"\nproduct = "drivr"\n'
    with pytest.raises(InputError, match=rf"line {text.count(chr(10))}.*drivr.*did you mean 'driver'"):
        parse_plant(text, "file")
