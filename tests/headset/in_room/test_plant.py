"""A plant in a headset: a unit pointed at, its alarms located, the hall on a table."""

from collections.abc import Iterator

import numpy as np
import pytest

from tests.headset.in_room.conftest import Wearer, wearing
from tests.headset.in_room.remote import Controller, pointing
from twinswing.headset.plant_visit import PlantVisit
from twinswing.plant.recorded import RecordedHistory
from twinswing.resources import bundled_recording


@pytest.fixture(scope="module")
def walker() -> Iterator[Wearer]:
    with RecordedHistory(bundled_recording("club-works-shift.mcap")) as history:
        visit = PlantVisit(history)
        raised = visit._picture.raised_ns
        visit.head = visit.head.seek(float(raised[len(raised) // 2]) / 1e9 + 20.0)
        with wearing(visit) as wearer:
            yield wearer


def test_someone_stands_in_the_aisle_at_life_size(walker: Wearer):
    being, plant = walker.headset.being, walker.headset.visit.plant
    assert being.rig.scale == 1.0
    assert being.head[2, 3] == pytest.approx(1.7, abs=2e-3)
    x, y = being.head[:2, 3]
    assert 0 < x < plant.hall_m[0]
    assert 0 < y < plant.hall_m[1]


def test_a_unit_that_is_pointed_at_and_pressed_shows_its_card(walker: Wearer):
    visit = walker.headset.visit
    head = walker.headset.being.head[:3, 3]
    places = np.array([unit.position_m for unit in visit.plant.units]) + np.array([0.0, 0.0, 0.9])
    hand = np.array([0.2, 2.2, -0.25])  # over the cards
    for number in np.argsort(np.linalg.norm(places - head, axis=1)).tolist():
        at = pointing(hand, walker.to_play(places[number]))
        walker.wear(right=Controller(at))
        over = walker.headset.being.hands[1].over
        if over is not None and over[0] == f"unit:{visit.plant.units[number].path}":
            break
    else:
        pytest.fail("no unit can be pointed at from here")
    assert visit.scene.view.hovered == number
    walker.wear(right=Controller(at, trigger=1.0))
    walker.wear(right=Controller(at))
    assert visit.chosen == number
    assert visit.scene.view.chosen == frozenset({number})


def test_alarms_say_where_they_are_and_a_press_chooses_their_unit(walker: Wearer):
    visit = walker.headset.visit
    visit.chosen = -1
    shown = [alarm for alarm in visit.alarms if alarm.occurrence.unit in visit.plant.unit_by_path]
    assert shown, "this moment of the shift has no alarm"
    target = walker.on_card("alarms", "alarm0")
    walker.point_at(target)
    walker.point_at(target, trigger=1.0)
    walker.point_at(target)
    assert visit.plant.units[visit.chosen].path == visit.alarms[0].occurrence.unit


def test_the_hall_is_put_on_a_table(walker: Wearer):
    being, visit = walker.headset.being, walker.headset.visit
    walker.click("time", "model")
    length, width = visit.plant.hall_m[:2]
    corners = [walker.to_play(np.array([x, y, 0.0])) for x in (0.0, length) for y in (0.0, width)]
    assert np.ptp(np.array(corners), axis=0).max() == pytest.approx(1.1, abs=0.1)
    assert np.array(corners)[:, 1] == pytest.approx(0.52 * 1.7, abs=0.02)
    walker.click("time", "model")
    assert being.rig.scale == 1.0
