"""The plant's window for real: an X server, keys and mouse, and the pictures that come of them."""

from collections.abc import Iterator

import numpy as np
import pytest

from tests.conftest import wait_until
from tests.desk.plant import recorded_shop
from tests.desk.window import Picture, RealWindow
from twinswing.desk.plant_layout import LISTS_PX, SIDE_PX, TIMELINE_PX
from twinswing.desk.settings import Settings, save_settings

pytestmark = pytest.mark.window

SIZE = (1000, 700)


@pytest.fixture(scope="module")
def window(display: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealWindow]:
    home = tmp_path_factory.mktemp("home")
    save_settings(home / "twinswing" / "plant-desk.json", Settings(*SIZE))
    recording = recorded_shop(tmp_path_factory.mktemp("plant") / "shop.mcap")
    shown = RealWindow(recording, display, home, wait_until)
    yield shown
    shown.close()


def scene_of(picture: Picture) -> Picture:
    """Cut out the picture of the hall: below the toolbar, left of the unit, above the lists."""
    height, width = picture.shape[:2]
    return picture[60 : int(height - TIMELINE_PX - LISTS_PX - 10), 10 : int(width - SIDE_PX - 10)]


def difference(a: Picture, b: Picture) -> float:
    """Root mean square of the difference, grey levels."""
    return float(np.sqrt(np.mean((a.astype(float) - b.astype(float)) ** 2)))


def settled(window: RealWindow) -> tuple[Picture, float]:
    """Look until four pictures in a row are the same: keys arrive late on a busy machine, and then the camera flies."""
    last, t_s = window.picture()
    same = 0
    for _ in range(60):
        fresh, t_s = window.picture()
        same = same + 1 if difference(scene_of(last), scene_of(fresh)) < 0.3 else 0
        if same == 3:
            return fresh, t_s
        last = fresh
    pytest.fail("the picture did not come to rest")


def test_arrows_and_alarm_keys_move_time_as_said(window: RealWindow) -> None:
    window.key("Home")
    assert window.picture()[1] == 0.0
    window.key("Right", "Right", "Right", "Left")
    assert window.picture()[1] == pytest.approx(20.0)
    window.key("shift+Right")
    assert window.picture()[1] == pytest.approx(320.0)
    window.key("period")
    assert window.picture()[1] == pytest.approx(1200.0, abs=1.0)
    window.key("End")
    assert window.picture()[1] == pytest.approx(3600.0)


def test_space_plays_at_sixty_times_and_pauses(window: RealWindow) -> None:
    window.key("Home", "space")
    wait_until(lambda: window.picture()[1] > 20.0, 20, "the playhead moving")
    window.key("space")
    first, second = window.picture()[1], window.picture()[1]
    assert first == second


def test_the_track_takes_the_playhead_with_the_mouse(window: RealWindow) -> None:
    window.key("Home")
    picture, _ = settled(window)
    height, width = picture.shape[:2]
    with window.pressed(width // 2, height - 46):
        wait_until(lambda: window.picture()[1] > 1000.0, 20, "the playhead following the mouse")
    assert window.picture()[1] == pytest.approx(1800.0, rel=0.05)


def test_red_is_seen_only_when_something_is_wrong(window: RealWindow) -> None:
    def red(picture: Picture) -> int:
        scene = scene_of(picture).astype(int)
        return int(((scene[..., 0] > 180) & (scene[..., 1] < 90) & (scene[..., 2] < 90)).sum())

    window.key("o", "Home")
    wait_until(lambda: red(window.picture()[0]) == 0, 20, "the calm hall at the start")
    window.key("End")
    wait_until(lambda: red(window.picture()[0]) > 40, 20, "the failed mill at the end")
    window.key("Home")
    wait_until(lambda: red(window.picture()[0]) == 0, 20, "the calm hall again")


def test_a_click_chooses_the_machine_and_escape_leaves_it(window: RealWindow) -> None:
    window.key("o", "Home", "Escape", "Escape")
    before, _ = settled(window)
    window.key("g")  # with nothing chosen there is nowhere to go
    assert difference(scene_of(settled(window)[0]), scene_of(before)) < 0.5
    height, width = scene_of(before).shape[:2]
    # The middle mill stands in the middle of the hall, and the hall in the middle of the picture; the point is on its
    # front, a little above the floor.
    window.xdotool("mousemove", "--window", window.id, str(10 + width // 2), str(60 + height // 2 - 24))
    window.picture()
    window.xdotool("click", "1")
    chosen, _ = settled(window)
    side = np.s_[80:300, int(before.shape[1] - SIDE_PX + 10) :]
    assert difference(chosen[side], before[side]) > 8.0
    window.key("g")
    near, _ = settled(window)
    assert difference(scene_of(near), scene_of(before)) > 15.0
    window.key("o", "Escape")
    after, _ = settled(window)
    assert difference(after[side], before[side]) < 4.0


def test_xray_heat_section_and_names_change_the_picture_and_change_it_back(window: RealWindow) -> None:
    window.key("o", "End")
    before, _ = settled(window)
    for key in ("x", "c", "n"):
        window.key(key)
        assert difference(scene_of(settled(window)[0]), scene_of(before)) > 1.0, key
        window.key(key)
        assert difference(scene_of(settled(window)[0]), scene_of(before)) < 1.0, key
    window.key("h")
    assert difference(scene_of(settled(window)[0]), scene_of(before)) > 3.0
    window.key("h", "h")
    assert difference(scene_of(settled(window)[0]), scene_of(before)) < 1.0


def test_a_search_by_slash_takes_letters_from_the_keys_and_goes_to_the_unit(window: RealWindow) -> None:
    window.key("o", "Home", "Escape")
    before, _ = settled(window)
    window.key("slash")
    for _ in range(4):
        window.picture()  # the box takes the keyboard within some frames
    window.xdotool("type", "lathe")
    window.key("Return")
    wait_until(lambda: difference(scene_of(window.picture()[0]), scene_of(before)) > 8.0, 20, "the camera at the lathe")
    assert settled(window)[1] == 0.0  # l and h were letters, not actions
    window.key("Escape", "Escape", "o")
    wait_until(lambda: difference(scene_of(window.picture()[0]), scene_of(before)) < 1.0, 20, "the whole hall again")


def test_the_help_lies_over_everything_until_escape(window: RealWindow) -> None:
    before, _ = settled(window)
    window.key("question")
    helped, _ = settled(window)
    assert difference(scene_of(before), scene_of(helped)) > 10.0
    window.key("Escape")
    wait_until(lambda: difference(scene_of(before), scene_of(window.picture()[0])) < 0.8, 20, "the hall without help")
