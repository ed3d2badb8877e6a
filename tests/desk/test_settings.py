"""What the window remembers must come back, and a damaged file must not keep it from opening."""

import json
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from twinswing.desk.settings import Settings, load_settings, save_settings


def test_settings_come_back(tmp_path: Path) -> None:
    file = tmp_path / "below" / "desk.json"
    places = {"Works": {3: ("Mill", (1.0, 2.0, 0.5, -1.5, 0.4, 12.0, 0.6))}}
    settings = Settings(1600, 1000, {"plane": True}, ("/a.mcap",), "[Window][Plots]\nSize=1,2\n", places)
    save_settings(file, settings)
    assert load_settings(file) == settings


def test_a_missing_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.json") == Settings()


def test_recent_files_are_newest_first_and_once() -> None:
    settings = Settings()
    for name in ("a", "b", "a"):
        settings = settings.with_recent(Path(name))
    assert settings.recent == ("a", "b")
    for number in range(40):
        settings = settings.with_recent(Path(str(number)))
    assert len(settings.recent) == 12


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@example({"width_px": float("inf")})
@given(st.dictionaries(st.sampled_from(["width_px", "height_px", "show", "recent", "layout", "places"]), _JSON))
def test_any_content_opens_a_window_of_a_usable_size(stored: dict[str, object]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "desk.json"
        file.write_text(json.dumps(stored))
        settings = load_settings(file)
    assert 640 <= settings.width_px <= 7680
    assert 480 <= settings.height_px <= 4320
