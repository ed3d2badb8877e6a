"""Pieces are where the history says they are, and come and go on foot; a snapshot shows it all."""

from dataclasses import replace

import numpy as np
import pytest

from tests.plant.past import told
from tests.stage.plant_kit import item, small_plant
from twinswing.errors import InputError
from twinswing.plant.alarms import AlarmLog
from twinswing.plant.model import Limit, Role, Route, Step
from twinswing.plant.production import trace
from twinswing.stage.plant_pieces import PieceTracker, way_of
from twinswing.stage.plant_snapshot import plant_snapshot, view_at

BASE = small_plant()
PRESS, MILL = BASE.units[0].path, BASE.units[2].path
FORGED, MILLED = BASE.buffers[0], BASE.buffers[1]


def plant():
    """The small plant, its press and mill with pieces and orders, and a route through both."""
    units = []
    for unit in BASE.units:
        more = (item(unit.path, "piece", Role.PIECE, ""), item(unit.path, "order", Role.ORDER, ""))
        hot = item(unit.path, "vibration", Role.VIBRATION, "m/s", 0.0, 0.01)
        hot = replace(hot, limits=(Limit("rough", high=0.006, message="Shakes: look at it."),))
        units.append(replace(unit, items=(*unit.items, *more, hot)) if unit.path in (PRESS, MILL) else unit)
    steps = (
        Step("forge", (PRESS,)),
        Step("mill", (MILL,), FORGED.path),
        Step("polish", (BASE.units[4].path,), MILLED.path),
    )
    return replace(BASE, units=tuple(units), routes=(Route("iron", steps),))


PLANT = plant()
ROWS = [
    (f"{PRESS}/piece", 0.0, "S1"), (f"{PRESS}/piece", 60.0, "S2"), (f"{MILL}/piece", 100.0, "S1"),
    (f"{PRESS}/order", 0.0, "A1"), (f"{PRESS}/order", 60.0, "A2"), (f"{MILL}/order", 100.0, "A1"),
    (f"{MILL}/vibration", 10.0, 0.001), (f"{MILL}/vibration", 120.0, 0.009),
    (f"{MILL}/execution", 0.0, "ACTIVE"), (f"{MILL}/piece", 300.0, None),
]  # fmt: skip


@pytest.fixture(scope="module")
def history():
    return told(PLANT, ROWS)


def pieces(history, t_s: float, followed: str = ""):
    names = frozenset((followed,)) if followed else frozenset()
    return PieceTracker(history).at(history.at(round(t_s * 1e9)), names)


def near(places: np.ndarray, spot, within: float) -> int:
    return int((np.linalg.norm(places[:, :2] - np.array(spot)[:2], axis=1) < within).sum())


def test_a_piece_stands_before_the_unit_that_holds_it(history):
    found = pieces(history, 50.0)
    assert len(found.places) == 1
    assert near(found.places, BASE.units[0].position_m, 2.2) == 1


def test_a_piece_that_left_walks_to_where_it_waits_next_and_is_then_counted_there(history):
    ways = [np.linalg.norm(pieces(history, 60.0 + s).places[-1, :2] - FORGED.position_m[:2]) for s in (0.1, 0.8, 1.6)]
    assert ways == sorted(ways, reverse=True)
    assert len(pieces(history, 60.8).places) == 2
    assert len(pieces(history, 90.0).places) == 1


def test_a_piece_that_came_walks_from_where_it_waited(history):
    mill = BASE.units[2].position_m
    assert near(pieces(history, 100.05).places, FORGED.position_m, 0.5) == 1
    assert near(pieces(history, 130.0).places, mill, 2.2) == 1


def test_no_step_is_longer_than_a_walk(history):
    before = None
    for t_s in np.arange(60.0, 75.0, 0.1):
        found = pieces(history, t_s).places
        if before is not None and len(found) == len(before) == 2:
            assert np.linalg.norm(found[:, :2] - before[:, :2], axis=1).max() < 0.1 * 2.5
        before = found


def test_what_is_stale_is_not_shown_as_there(history):
    assert near(pieces(history, 320.0).places, BASE.units[2].position_m, 2.2) == 0


def test_a_followed_order_and_a_followed_piece_stand_out(history):
    assert pieces(history, 130.0, "A1").followed.tolist() == [False, True]
    assert pieces(history, 130.0, "S2").followed.tolist() == [True, False]


def test_the_way_of_an_order_goes_through_its_units_and_says_how_far_it_is(history):
    visits = trace(history, "A1", 0, round(200e9))
    early, late = way_of(PLANT, visits, round(50e9)), way_of(PLANT, visits, round(150e9))
    assert len(early.points_m) == 2
    assert early.done_m == 0.0
    assert late.done_m == pytest.approx(np.hypot(*np.subtract(*late.points_m)))
    assert way_of(PLANT, visits[:1], 0) is None


def test_the_view_of_a_moment_has_followed_units_and_alarms(history):
    view = view_at(history, round(130e9), "A1")
    assert view.followed == {2}
    assert view.way is not None


def test_a_snapshot_shows_an_alarm_after_it_came_and_not_before(history):
    def red(t_s: float) -> int:
        shown = plant_snapshot(
            history, t_s, MILL, (240, 160), picture=AlarmLog(history.plant).extend(history, history)
        ).astype(int)
        return int((shown[..., 0] - shown[..., 2] > 90).sum())

    assert red(110.0) == 0
    assert red(200.0) > 60


@pytest.mark.parametrize(("t_s", "view", "heat", "said"), [
    (9000.0, "overview", "", "expected a time"), (-5.0, "overview", "", "expected a time"),
    (100.0, "the moon", "", "expected a view"), (100.0, "overview", "charm", "expected a role"),
])  # fmt: skip
def test_a_snapshot_that_cannot_be_is_answered_in_one_sentence(history, t_s, view, heat, said):
    with pytest.raises(InputError, match=said):
        plant_snapshot(history, t_s, view, (64, 48), heat=heat)
