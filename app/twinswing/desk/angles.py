"""The golfer's angles over the scene or the real video, read out with how sure they are."""

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from twinswing.desk.actions import Action
from twinswing.desk.addons import Addon
from twinswing.desk.annotate_canvas import Canvas
from twinswing.review.measure import read_out
from twinswing.review.model import Annotation
from twinswing.stage.annotation_shapes import Around, Layout, on_picture
from twinswing.stage.joint_angles import joint_angles
from twinswing.swing.model import SwingSession

if TYPE_CHECKING:
    from twinswing.desk.base import BaseDesk

# An angle less sure than this, one sigma, tells no bent knee from a straight one.
_WORTH_RAD = 0.6


class Angles(Addon):
    """The tool; `shown` while the angles are wanted."""

    actions = (Action("angles", ("a",), "Angles of arms, knees and hips", "Show"),)

    def __init__(self) -> None:
        self.shown = False
        self._desk: BaseDesk | None = None
        self._angles: tuple[Annotation, ...] = ()
        self._around = Around()
        self._layout = Layout()

    def attached(self, desk: "BaseDesk") -> None:
        """Take the window."""
        self._desk = desk

    def opened(self) -> None:
        """Take the golfer who is shown now."""
        session = getattr(self._desk, "session", None)
        body = session.body if isinstance(session, SwingSession) else None
        self._angles = () if body is None else joint_angles(body)
        self._around, self._layout = Around(body=body), Layout()

    def do(self, name: str) -> bool:
        """Show or hide the angles."""
        if name != "angles":
            return False
        if not self._angles and self._desk is not None:
            self._desk.notify_user("This recording has no golfer to read angles from.")
        self.shown = not self.shown
        return True

    def draw_scene(self) -> None:
        """Draw over the scene, through the camera of this frame."""
        desk = self._desk
        if not self.shown or not self._angles or desk is None or desk.viewport.pinhole is None:
            return
        left, top, width, height = desk.viewport.rect
        canvas = Canvas(imgui.get_background_draw_list(), (left, top, left + width, top + height), desk.ui.fonts)
        # Where the joints are seen too badly an angle would only be a plate that says so.
        told = tuple(angle for angle in self._angles if self._is_known(angle, desk.t_ns))
        seen = self._layout.shapes(told, desk.t_ns, self._around).world
        placed = [on_picture(drawing, desk.viewport.pinhole, "main") for drawing in seen]
        canvas.show([drawing for drawing in placed if drawing is not None])

    def _is_known(self, angle: Annotation, t_ns: int) -> bool:
        read = read_out(angle, t_ns, self._around.body)
        return read is not None and read.sigma < _WORTH_RAD
