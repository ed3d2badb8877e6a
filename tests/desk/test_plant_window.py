"""The plant's window offscreen: everything follows the playhead, alarms are answered, the worker fills the panels."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import wait_until
from tests.desk.plant import LATHE, MILL_1, MILL_2, live_shop, recorded_shop
from twinswing.desk.plant_choices import Bookmark
from twinswing.desk.plant_window import PlantDesk
from twinswing.desk.settings import Settings, load_settings, save_settings
from twinswing.plant.alarms import AlarmState
from twinswing.plant.model import Role
from twinswing.plant.recorded import RecordedHistory
from twinswing.plant.states import UnitState
from twinswing.plant.store import LiveHistory

pytestmark = pytest.mark.window


@pytest.fixture(scope="module")
def history() -> LiveHistory:
    return live_shop()


@pytest.fixture(scope="module")
def desk(history: LiveHistory) -> Iterator[PlantDesk]:
    """One window for the module: Panda3D allows one ShowBase a process."""
    shown = PlantDesk(history, Settings(1100, 720), offscreen=True, act=history.act)
    shown.settle(6)
    yield shown
    shown.shut()


@pytest.fixture(autouse=True)
def fresh(desk: PlantDesk) -> None:
    """Begin each test at the newest with nothing chosen."""
    desk.choices.unit = desk.choices.order = desk.choices.alarm = ""
    desk.choices.heat = None
    desk.do("live")
    desk.settle(2)


def states(desk: PlantDesk) -> dict[str, UnitState]:
    return dict(zip((u.path for u in desk.plant.units), desk._context.states, strict=True))


def settled_until(desk: PlantDesk, condition: object, what: str) -> None:
    def holds() -> bool:
        desk.step()
        return bool(condition())  # type: ignore[operator]

    wait_until(holds, 20, what)


def test_states_alarms_and_the_scene_are_those_of_the_playhead(desk: PlantDesk) -> None:
    assert states(desk) == {MILL_1: UnitState.RUNNING, MILL_2: UnitState.FAILED, LATHE: UnitState.STARVED}
    assert set(desk.data.alarmed) == {MILL_2}
    assert desk.view().priorities.tolist() == [0, 3, 0]
    desk.playback.seek(25 * 60.0)
    desk.settle(2)
    assert states(desk)[MILL_2] is UnitState.RUNNING
    assert desk.view().priorities.tolist() == [0, 3, 0]  # it shakes already
    desk.playback.seek(10 * 60.0)
    desk.settle(2)
    assert set(states(desk).values()) == {UnitState.RUNNING}
    assert desk.view().priorities.tolist() == [0, 0, 0]
    assert not desk.data.alarmed


def test_alarm_keys_go_to_where_it_began(desk: PlantDesk) -> None:
    desk.do("go_start")
    desk.do("next_alarm")
    assert desk.playback.t_s == pytest.approx(20 * 60.0, abs=1.0)


def test_the_worst_unit_is_gone_to_and_its_panel_filled(desk: PlantDesk) -> None:
    before = desk.viewport.flight.current().target_m
    desk.do("worst")
    assert desk.choices.unit == MILL_2
    desk.viewport.flight = desk.viewport.flight.advanced(9.0)
    assert np.allclose(desk.viewport.flight.current().target_m[:2], (12.0, 7.0), atol=1.0)
    assert desk.viewport.flight.current().target_m != before
    settled_until(desk, lambda: not desk.worker.busy, "the panels' answers")
    ribbon = desk.data.ribbon(desk._context)
    assert ribbon is not None
    assert ribbon.unit == MILL_2
    assert desk.data.spans_of(MILL_2)


def test_an_alarm_is_acknowledged_and_shelved_with_a_reason(desk: PlantDesk, history: LiveHistory) -> None:
    assert [a.state for a in desk.data.alarms] == [AlarmState.UNACKNOWLEDGED]
    desk.do("acknowledge")
    settled_until(
        desk, lambda: [a.state for a in desk.data.alarms] == [AlarmState.ACKNOWLEDGED], "the acknowledged alarm"
    )
    assert desk.view().unacknowledged.tolist() == [False, False, False]
    desk.choices.alarm = desk.data.alarms[0].occurrence.key
    desk.do("shelve")
    desk.ui.alarms.reason = "the part is ordered"
    desk.do("confirm_alarm")
    settled_until(desk, lambda: [a.state for a in desk.data.alarms] == [AlarmState.SHELVED], "the shelved alarm")
    assert not desk.data.alarmed
    assert desk.data.alarms[0].note == "the part is ordered"
    desk.do("restore")
    settled_until(desk, lambda: desk.data.alarms[0].state is AlarmState.ACKNOWLEDGED, "the alarm shown again")
    assert [a.kind for a in history.actions()] == ["acknowledge", "shelve", "unshelve"]


def test_an_order_is_followed_through_the_plant(desk: PlantDesk) -> None:
    desk.do(f"unit:{MILL_1}")
    desk.playback.seek(45 * 60.0)
    desk.choices.order = "A1"
    settled_until(desk, lambda: desk.data.visits(desk._context), "the order's visits")
    view = desk.view()
    assert view.way is not None
    assert view.way.points_m[0] == pytest.approx((5.0, 7.0))
    assert view.way.points_m[-1] == pytest.approx((19.0, 7.0))
    assert view.followed == frozenset({2})
    desk.playback.seek(5 * 60.0)
    desk.settle(2)
    assert desk.view().followed == frozenset({0})
    assert desk.view().way.done_m == 0.0  # type: ignore[union-attr]


def test_work_pieces_are_seen_where_they_are_and_on_their_way(desk: PlantDesk) -> None:
    def nearest_m(t_s: float, x_m: float) -> float:
        desk.playback.seek(t_s)
        desk.settle(2)
        places = desk.view().pieces.places
        return float(np.abs(places[:, 0] - x_m).min()) if len(places) else np.inf

    assert nearest_m(10 * 60.0, 5.0) < 2.5, "in the mill"
    assert nearest_m(10 * 60.0, 19.0) > 8.0
    assert nearest_m(50 * 60.0, 19.0) < 2.5, "in the lathe"
    assert nearest_m(58 * 60.0, 19.0) > 8.0, "gone from it"


def test_heat_shows_what_machines_said_at_the_playhead(desk: PlantDesk) -> None:
    desk.choices.heat = Role.VIBRATION
    heat = desk.view().heat
    assert heat is not None
    assert heat.values == pytest.approx([0.002, 0.009, 0.002])
    desk.playback.seek(10 * 60.0)
    desk.settle(2)
    assert desk.view().heat.values == pytest.approx([0.002, 0.002, 0.002])  # type: ignore[union-attr]


def test_panels_are_all_drawn_and_answered_without_an_error(desk: PlantDesk, tmp_path: Path) -> None:
    desk.do("worst")
    pictures = []
    for name in ("Unit", "OEE", "Energy", "Orders", "What-if", "Units", "Sources", "Alarms"):
        desk.choices.front = name
        desk.settle(4)
        path = tmp_path / f"{name}.png"
        assert desk.save_picture(path)
        pictures.append(path.read_bytes())
    assert len(set(pictures)) == len(pictures)
    for place in ("oee", "energy", "health", "alarms"):
        assert place in desk.worker._last
        assert desk.worker._last[place].error == ""


def test_bookmarks_bring_the_camera_back(desk: PlantDesk, tmp_path: Path) -> None:
    desk.do("view:top")
    desk.viewport.flight = desk.viewport.flight.advanced(9.0)
    top = desk.viewport.flight.current()
    desk.do("keep:3")
    desk.do("view:overview")
    desk.viewport.flight = desk.viewport.flight.advanced(9.0)
    assert desk.viewport.flight.current() != top
    desk.do("bookmark:3")
    desk.viewport.flight = desk.viewport.flight.advanced(9.0)
    assert desk.viewport.flight.current() == top
    save_settings(tmp_path / "desk.json", desk.current_settings())
    place = load_settings(tmp_path / "desk.json").places[desk.plant.name][3]
    assert Bookmark.of(place).camera == top, "the next run has it"


def test_a_picture_a_person_and_a_pixel_agree_on_what_is_under_the_mouse(desk: PlantDesk) -> None:
    desk.do("view:overview")
    for _ in range(3):
        desk.step()
    desk.viewport.flight = desk.viewport.flight.advanced(9.0)
    desk.settle(2)
    assert desk.viewport.pinhole is not None
    place = desk.viewport.pinhole.project(np.array([[12.0, 7.0, 1.0]]))[0]
    left, top = desk.viewport.rect[:2]
    desk.clicked(1, left + float(place[0]), top + float(place[1]))
    assert desk.choices.unit == MILL_2


def test_a_lost_source_greys_its_units_and_comes_back(desk: PlantDesk) -> None:
    from twinswing.streams.observations import LinkState, LinkStatus, Observation

    history = desk.history
    assert isinstance(history, LiveHistory)
    end_unix = history.zero_unix_ns + history.span_ns[1]
    history.linked("cell", LinkStatus(LinkState.DOWN, "cell: lost its peer", end_unix + 10**9))
    desk.settle(2)
    assert set(states(desk).values()) == {UnitState.UNKNOWN}
    assert desk._context.links["cell"].state is LinkState.DOWN
    back = [Observation(f"{n}.execution", end_unix + 2 * 10**9, "ACTIVE") for n in ("mill_1", "mill_2", "lathe")]
    history.linked("cell", LinkStatus(LinkState.LIVE, "cell: hears again", end_unix + 2 * 10**9))
    history.observed("cell", back)
    desk.settle(2)
    assert states(desk)[MILL_1] is UnitState.RUNNING


def test_a_recording_cannot_be_answered_and_opens_the_next_file_in_its_own_window(
    desk: PlantDesk, tmp_path: Path
) -> None:
    act, desk._act = desk._act, None
    try:
        desk.do("acknowledge")
        assert "recording" in desk.notice
    finally:
        desk._act = act
    path = recorded_shop(tmp_path / "shop.mcap")
    with RecordedHistory(path) as recorded:
        assert [u.path for u in recorded.plant.units] == [MILL_1, MILL_2, LATHE]
    desk.open_path(path)
    assert desk.next_path == path
    assert desk.closed
    desk.closed = False
