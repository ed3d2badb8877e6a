"""The bundled works: its floor plan holds together, its alarms are rated as ISA-18.2 wants, its orders can be made."""

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from twinswing.plant.load import find_plant, load_plant
from twinswing.plant.model import Plant, Priority, Role


@pytest.fixture(scope="module")
def works() -> Plant:
    return load_plant(find_plant("club_works"))


def corners(thing, margin: float = 0.0) -> np.ndarray:
    """Return a footprint's corners, (4, 2) metres."""
    w, d = thing.size_m[0] / 2 + margin, thing.size_m[1] / 2 + margin
    c, s = math.cos(thing.yaw_rad), math.sin(thing.yaw_rad)
    own = np.array([[-w, -d], [w, -d], [w, d], [-w, d]])
    return own @ np.array([[c, s], [-s, c]]) + np.array(thing.position_m[:2])


def apart(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two convex quadrilaterals share no ground (separating axes)."""
    for shape in (a, b):
        for edge in np.roll(shape, -1, axis=0) - shape:
            normal = np.array([-edge[1], edge[0]])
            if (a @ normal).max() <= (b @ normal).min() + 1e-9 or (b @ normal).max() <= (a @ normal).min() + 1e-9:
                return True
    return False


def strips(plant: Plant) -> list[np.ndarray]:
    """Return the corners of each straight part of each aisle."""
    out = []
    for aisle in plant.aisles:
        for start, end in zip(aisle.points_m, aisle.points_m[1:], strict=False):
            a, b = np.array(start), np.array(end)
            along = (b - a) / np.linalg.norm(b - a)
            side = np.array([-along[1], along[0]]) * aisle.width_m / 2
            out.append(np.array([a - side, b - side, b + side, a + side]))
    return out


def test_nothing_stands_in_another_thing_in_an_aisle_or_outside(works: Plant) -> None:
    things = [*works.units, *works.buffers]
    # A hand's breadth on each side: things that touch look like one and leave no room for a guard.
    prints = [corners(thing, 0.1) for thing in things]
    for (one, a), (other, b) in combinations(zip(things, prints, strict=True), 2):
        assert apart(a, b), f"{one.path} stands in {other.path}"
    for thing, a in zip(things, prints, strict=True):
        assert (a >= 0.0).all(), f"{thing.path} leaves the hall"
        assert (a <= np.array(works.hall_m[:2])).all(), f"{thing.path} leaves the hall"
        assert thing.size_m[2] < works.hall_m[2]
        for strip in strips(works):
            assert apart(a, strip), f"{thing.path} stands in an aisle"


def test_meters_stand_where_nothing_else_does(works: Plant) -> None:
    for meter in works.meters:
        x, y, _ = meter.position_m
        place = np.array([[x - 0.4, y - 0.3], [x + 0.4, y - 0.3], [x + 0.4, y + 0.3], [x - 0.4, y + 0.3]])
        for thing in (*works.units, *works.buffers):
            assert apart(place, corners(thing)), f"{meter.name} stands in {thing.path}"
        assert all(apart(place, strip) for strip in strips(works)), f"{meter.name} stands in an aisle"


def test_it_is_a_works_of_about_forty_units_that_says_what_staff_need(works: Plant) -> None:
    assert 38 <= len(works.units) <= 52
    for unit in works.units:
        assert {Role.EXECUTION, Role.REASON, Role.GOOD, Role.SCRAP, Role.CONDITION, Role.POWER} <= set(unit.by_role)
        assert all(item.source == "sim" and item.address == item.path for item in unit.items)
    used = {path for route in works.routes for step in route.steps for path in step.units}
    assert used == {unit.path for unit in works.units}
    assert {buffer.path for buffer in works.buffers} == {s.buffer for r in works.routes for s in r.steps} - {""}


def test_alarm_priorities_are_spread_as_isa_18_2_wants(works: Plant) -> None:
    counted = Counter(limit.priority for item in works.items for limit in item.limits)
    total = sum(counted.values())
    assert counted[Priority.HIGH] / total == pytest.approx(0.05, abs=0.03)
    assert counted[Priority.MEDIUM] / total == pytest.approx(0.15, abs=0.05)
    assert counted[Priority.LOW] / total == pytest.approx(0.80, abs=0.06)
    assert all(limit.message for item in works.items for limit in item.limits)


def test_milling_is_the_bottleneck_of_a_balanced_line(works: Plant) -> None:
    """The load of each step by its mean cycle alone: milling is well above every other."""
    share = sum(route.share for route in works.routes)
    hours: dict[str, float] = {}
    for route in works.routes:
        for step in route.steps:
            rate = sum(
                works.unit_by_path[path].behaviour.batch / works.unit_by_path[path].behaviour.cycle_s.mean
                for path in step.units
            )
            hours[step.name] = hours.get(step.name, 0.0) + route.share / share * step.cycle_factor / (rate * 3600.0)
    ordered = sorted(hours, key=hours.__getitem__)
    assert ordered[-1] == "mill"
    assert hours[ordered[-2]] < 0.85 * hours["mill"]
    assert 30.0 < 1.0 / hours["mill"] < 45.0
