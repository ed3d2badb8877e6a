"""Tools that a window carries beside what it shows: annotating, reviewing together, speaking to it.

A window knows none of them by name. It tells each of them when a recording is shown, a frame is drawn, a key or the
mouse is used; each of them reads the window through `BaseDesk` and takes only what is its own.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twinswing.desk.actions import Action

if TYPE_CHECKING:
    from twinswing.desk.base import BaseDesk


@dataclass(frozen=True)
class PictureRect:
    """Where in the window the camera's picture is drawn in this frame: window pixels, from the top left.

    hovered: whether the mouse is over it and no other panel lies above.
    """

    left: float
    top: float
    width: float
    height: float
    hovered: bool

    def to_window(self, x: float, y: float) -> tuple[float, float]:
        """Map a place in the picture (0 to 1 from its left and top edge) to window pixels."""
        return self.left + x * self.width, self.top + y * self.height

    def to_picture(self, x_px: float, y_px: float) -> tuple[float, float]:
        """Map window pixels to a place in the picture, 0 to 1 from its left and top edge; outside for what is not on
        it."""
        return (x_px - self.left) / max(self.width, 1.0), (y_px - self.top) / max(self.height, 1.0)


@dataclass(frozen=True)
class TimelineLane:
    """The free strip of a timeline in this frame, where tools put their marks: window pixels, from the top left.

    left, right      : where `start_ns` and `end_ns` lie, the first and last session time that the track shows.
    """

    left: float
    right: float
    top: float
    bottom: float
    start_ns: int
    end_ns: int

    def x_of(self, t_ns: float) -> float:
        """Return where a session time lies; outside for what the track does not show."""
        return self.left + (self.right - self.left) * (t_ns - self.start_ns) / max(self.end_ns - self.start_ns, 1)

    def t_of(self, x_px: float) -> int:
        """Return the session time at a place, within what the track shows, nanoseconds."""
        share = min(max((x_px - self.left) / max(self.right - self.left, 1.0), 0.0), 1.0)
        return self.start_ns + round(share * (self.end_ns - self.start_ns))


class Addon:
    """One tool. What it does not need it leaves as it is here.

    actions: what a user can do with it, with keys and labels for the help; no key of the windows' own.
    toolbar_px : how much of the toolbar's width it needs; 0 for none.
    keys   : Panda3D key names that it may want first while it is at work (`takes_key`), the windows' own among them.
    """

    actions: tuple[Action, ...] = ()
    keys: tuple[str, ...] = ()
    toolbar_px: float = 0.0

    def attached(self, desk: "BaseDesk") -> None:
        """Take the window that carries it; called once."""

    def opened(self) -> None:
        """Note that the window shows another recording now (`desk.path`)."""

    def leaving(self) -> None:
        """Keep what is to be kept: the recording shown is about to be replaced, or the window is closing."""

    def closed(self) -> None:
        """End threads and processes: the window is closing. Nothing is called afterwards."""

    def advance(self, dt_s: float) -> None:
        """Let the viewer's time pass, before the panels are drawn."""

    def draw_panels(self) -> None:
        """Draw Dear ImGui windows, after the window's own."""

    def draw_on_toolbar(self) -> None:
        """Draw into the toolbar, on its line, `toolbar_px` wide."""

    def draw_on_picture(self, rect: PictureRect) -> None:
        """Draw on the camera's picture, into Dear ImGui's current window."""

    def draw_on_timeline(self, lane: TimelineLane) -> None:
        """Draw marks into the timeline's free strip, in Dear ImGui's current window."""

    def draw_scene(self) -> None:
        """Put into the scene what is to be seen in this frame, after the window's own."""

    def do(self, name: str) -> bool:  # noqa: ARG002  (here and below: what a tool does not need)
        """Do an action by its name; return whether it was one of this tool's."""
        return False

    def takes_key(self, key: str) -> bool:  # noqa: ARG002
        """Take a press of a key before the window does; return whether it was taken."""
        return False

    def dropped(self, path: Path) -> bool:  # noqa: ARG002
        """Take a file that was dropped on the window; return whether it was taken."""
        return False

    def escape(self) -> bool:
        """Leave off what is being done; return whether there was something."""
        return False

    def pressed(self, button: int, x_px: float, y_px: float) -> bool:  # noqa: ARG002
        """Take a press of a mouse button over the scene; True keeps it from the camera until it is released."""
        return False

    def moved(self, x_px: float, y_px: float) -> None:
        """Follow the mouse, window pixels, between a press that was taken and its release."""

    def released(self, button: int, x_px: float, y_px: float) -> None:
        """End what a press that was taken began."""
