"""Tools in a window: keys, the mouse and the recording reach them, and what they take the camera does not get."""

from pathlib import Path

import pytest

from tests.desk.window import write_recording
from twinswing.desk.actions import Action
from twinswing.desk.addons import Addon, PictureRect
from twinswing.desk.open_review import OpenReview
from twinswing.desk.settings import Settings
from twinswing.desk.window import Desk
from twinswing.review.document import ReviewDocument, new_ident
from twinswing.review.model import Annotation, Span
from twinswing.review.storage import load_document


class Notes(Addon):
    """A tool that notes what it is told."""

    actions = (Action("stamp", ("e",), "Stamp", "Tools"),)

    def __init__(self) -> None:
        self.told: list[str] = []
        self.takes = False

    def opened(self) -> None:
        self.told.append("opened")

    def leaving(self) -> None:
        self.told.append("leaving")

    def closed(self) -> None:
        self.told.append("closed")

    def do(self, name: str) -> bool:
        self.told.append(name)
        return name == "stamp"

    def draw_on_picture(self, rect: PictureRect) -> None:
        assert rect.to_picture(*rect.to_window(0.25, 0.75)) == pytest.approx((0.25, 0.75))
        self.told.append("picture")

    def pressed(self, button: int, x_px: float, y_px: float) -> bool:
        return self.takes

    def released(self, button: int, x_px: float, y_px: float) -> None:
        self.told.append("released")


def test_a_tool_hears_of_keys_the_mouse_the_picture_and_the_end(tmp_path: Path) -> None:
    """Its key does its action, a press that it takes is ended with it, and it may draw on the camera's picture."""
    desk = Desk(Settings(640, 480), offscreen=True, folder=tmp_path)
    tool = Notes()
    try:
        desk.add(tool)
        assert "opened" not in tool.told  # there is nothing to see yet
        desk.open_or_raise(write_recording(tmp_path / "a.mcap"))
        desk.settle(4)
        assert "picture" in tool.told
        assert tool.told.index("opened") < tool.told.index("picture")
        desk.messenger.send("e")
        assert tool.told[-1] == "stamp"
        before = desk.viewport.motion
        tool.takes = True
        desk._on_press(1)
        desk._on_release(1)
        assert tool.told.count("released") == 0  # without a window the pointer is nowhere, so nothing was pressed
        desk._pointer = lambda: (desk.viewport.rect[0] + 5.0, desk.viewport.rect[1] + 5.0)  # type: ignore[method-assign]
        desk._on_press(1)
        desk._on_release(1)
        assert tool.told[-1] == "released"
        assert desk.viewport.motion == before
    finally:
        desk.shut()
    assert tool.told[-2:] == ["leaving", "closed"]


def test_annotations_are_kept_when_the_recording_is_left(tmp_path: Path) -> None:
    """What was said of one recording is in it after another is shown, and the other one starts without it."""
    first, second = write_recording(tmp_path / "a.mcap"), write_recording(tmp_path / "b.mcap")
    desk = Desk(Settings(640, 480), offscreen=True, folder=tmp_path)
    review = OpenReview("Ana")
    try:
        desk.add(review)
        desk.open_or_raise(first)
        review.document.add(Annotation(new_ident(), "text", "Ana", Span.moment(10), text="Wrists"))
        desk.open_or_raise(second)
        assert len(review.document) == 0
        assert [a.text for a in load_document(first).all()] == ["Wrists"]
        review.replace(ReviewDocument())
        assert review.save()
    finally:
        desk.shut()
    assert len(load_document(second)) == 0
