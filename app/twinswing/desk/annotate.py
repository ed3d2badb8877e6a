"""Annotating in a window: the tool that carries palette, card, list, marks on the timeline, mouse and keys."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from direct.showbase.DirectObject import DirectObject
from imgui_bundle import imgui

from twinswing.desk import layout, theme
from twinswing.desk.actions import Action
from twinswing.desk.addons import Addon, PictureRect, TimelineLane
from twinswing.desk.annotate_board import Board
from twinswing.desk.annotate_canvas import Box, Canvas
from twinswing.desk.annotate_site import Spot, site_of
from twinswing.desk.annotate_sound import Voices, is_sound
from twinswing.desk.annotate_surface import CAMERA, PictureSurface, Pointer, Surface
from twinswing.desk.open_review import OpenReview
from twinswing.desk.panels.annotate_card import Card
from twinswing.desk.panels.annotate_icons import TOOLS
from twinswing.desk.panels.annotate_lane import Lane
from twinswing.desk.panels.annotate_list import NAME, AnnotationList
from twinswing.desk.panels.annotate_palette import draw_palette, icon_button, press_tool
from twinswing.desk.viewport import Rect
from twinswing.review.model import PINNED_KINDS
from twinswing.stage.annotation_shapes import Around, Layout, Shapes, colour_of
from twinswing.swing.coaching import bundled_drills

if TYPE_CHECKING:
    from twinswing.desk.base import BaseDesk

_GROUP = "Annotate"
_LETTERS = {letter: kind for kind, (_, letter, _) in TOOLS.items()}
_STARS = ("1", "2", "3", "4", "5")
_NO_SITE: Any = None  # until the window comes, with `attached`
_ROOMY_PX = 360.0  # in a narrower picture only what is chosen is said in words
_PICTURE_WORDS = 0.85  # in the small picture words are a little smaller


class Annotate(Addon):
    """The tool. `board` has what a person does, `voices` what is spoken and heard."""

    actions = (
        Action("annotate:note", ("q",), "A note here and now", _GROUP),
        Action("annotate:tools", ("e",), "The tools; then a letter each", _GROUP),
        Action("annotate:list", ("u",), "All annotations", _GROUP),
        Action("annotate:next", ("j",), "The next annotation", _GROUP, repeat=True),
        Action("annotate:previous", ("shift-j",), "The one before", _GROUP, repeat=True),
        Action("annotate:flip", ("tab",), "Flip before and after", _GROUP),
        Action("annotate:undo", ("control-z",), "Take back", _GROUP, repeat=True),
        Action("annotate:redo", ("control-y", "shift-control-z", "control-shift-z"), "Do again", _GROUP, repeat=True),
        Action("annotate:delete", ("delete", "backspace"), "Delete the chosen one", _GROUP),
    )
    keys = (*_LETTERS, "x", "h", "shift-v", *_STARS)
    toolbar_px = 44.0

    def __init__(self, review: OpenReview) -> None:
        self._review = review
        self.board = Board(review, None, _NO_SITE)
        self._desk: BaseDesk | None = None
        self.voices = Voices(self.board)
        self._layout = Layout()
        self._around = Around()
        self._base = Around()
        self._shapes = Shapes()
        self._scene = Surface(self.board)
        self._picture = PictureSurface(self.board)
        self._pointer = Pointer(self.board)
        self._card = Card(sorted(drill.name for drill in bundled_drills()))
        self._list = AnnotationList()
        self._lane = Lane()
        self._over: Surface | None = None  # what the mouse is over
        self._at = (-1.0, -1.0)
        self._docked = 0
        self._events = DirectObject()  # its own, since the windows have theirs for these keys
        self._covering: list[Box] = []

    @property
    def _fonts(self) -> dict[str, Any]:
        assert self._desk is not None
        return self._desk.ui.fonts

    # -- what the window tells -----------------------------------------------------------------------------------

    def attached(self, desk: "BaseDesk") -> None:
        """Take the window."""
        self._desk = self.board.desk = desk
        self.board.site = site_of(desk)
        self._review.on_replaced(self.board.forget)
        self._events.accept("enter", self._on_ending, [True])
        self._events.accept("escape", self._on_ending, [False])

    def _on_ending(self, entered: bool) -> None:
        if self.board.writing is not None or self.voices.choosing_file or self.board.selected:
            self._card.entered, self._card.escaped = entered, not entered

    def opened(self) -> None:
        """Lay annotations out by what is shown now."""
        self._base = self._around = self.board.site.around()
        self._layout = Layout()

    def leaving(self) -> None:
        """Put into the document what is being typed, spoken or coded."""
        if self.board.writing is not None:
            self.board.written()
        self.voices.settle()

    def closed(self) -> None:
        """End the sound's threads."""
        self._events.ignore_all()
        self.voices.close()

    def advance(self, dt_s: float) -> None:  # noqa: ARG002
        """Take in what the sound's thread has done; let voices be heard at their time."""
        desk = self._desk
        if desk is None or desk.scene_root is None:
            return
        self.voices.poll()
        self.voices.follow(desk.t_ns, playing=desk.playing)
        self._review.drawing = self.board.draft() or self.board.grabbed

    # -- keys ----------------------------------------------------------------------------------------------------

    def do(self, name: str) -> bool:
        """Do one of `actions`."""
        head, _, what = name.partition(":")
        if head != "annotate":
            return False
        if self._desk is None or self._desk.scene_root is None:
            return True
        board = self.board
        match what:
            case "note":
                board.write("text", opener="q")
            case "tools":
                board.palette = not board.palette and board.may()
                if not board.palette:
                    board.hand.take("")
            case "list":
                board.listed = not board.listed
                self._docked = 0
            case "next" | "previous":
                board.step(1 if what == "next" else -1)
            case "flip":
                board.flip()
            case "undo":
                board.undo()
            case "redo":
                board.redo()
            case "delete":
                board.delete()
        return True

    def takes_key(self, key: str) -> bool:
        """Take letters for tools while the palette is open, stars while one rates, and all before a field is there."""
        board = self.board
        # A field has the keyboard some frames after it was opened, and Dear ImGui says so one frame later still: what
        # comes before is text (`panels.annotate_card` takes it in) and no action.
        if board.writing is not None or self.voices.choosing_file:
            return True
        if key == "v" and self.voices.recording is not None:
            self.voices.stop(keep=True)
            return True
        if board.hand.tool == "rating" and key in _STARS:
            board.rate(int(key))
            return True
        if not board.palette:
            return False
        if key == "x" and board.site.body is not None:
            board.hand.pin = not board.hand.pin
        elif key == "h":
            board.ground = not board.ground
        elif key == "shift-v":
            self.voices.choosing_file = board.may()
        elif key in _LETTERS:
            press_tool(board, self.voices, _LETTERS[key])
        else:
            return False
        return True

    def escape(self) -> bool:
        """Leave off one thing."""
        if self.voices.recording is not None:
            self.voices.stop(keep=False)
            return True
        if self.voices.choosing_file:
            self.voices.choosing_file = False
            self.board.hand.take("")
            return True
        return self.board.leave()

    def dropped(self, path: Path) -> bool:
        """Take a sound file as a voice note at the playhead."""
        if not is_sound(path) or self._desk is None or self._desk.scene_root is None:
            return False
        self.voices.from_file(path)
        return True

    # -- mouse ---------------------------------------------------------------------------------------------------

    def pressed(self, button: int, x_px: float, y_px: float) -> bool:
        """Draw, choose or grab; the other buttons stay the camera's."""
        return button == 1 and self._pointer.press(self._scene, (x_px, y_px), self._around)

    def moved(self, x_px: float, y_px: float) -> None:
        """Follow."""
        if (x_px, y_px) != self._at:
            self._at = (x_px, y_px)
            self._pointer.move((x_px, y_px), self._around)

    def released(self, button: int, x_px: float, y_px: float) -> None:  # noqa: ARG002
        """Let go."""
        self._pointer.release((x_px, y_px))

    def _hover(self) -> None:
        """Note what lies under the mouse, once it has moved."""
        mouse = imgui.get_io().mouse_pos
        at = (mouse.x, mouse.y)
        desk = self._desk
        assert desk is not None
        if self._pointer.holds:
            return
        over_scene = desk.viewport.contains(*at) and not desk.ui.wants_mouse
        self._over = self._scene if over_scene else self._over if self._over is self._picture else None
        if self._over is None:
            self.board.hovered, self.board.hand.hover = "", None
            return
        if at != self._at:
            self._at = at
            self._pointer.hover(self._over, at)
        self.board.hovered = "" if self.board.hand.tool else self._over.hit(at)

    # -- what is drawn -------------------------------------------------------------------------------------------

    def draw_on_toolbar(self) -> None:
        """Draw the button that opens the tools."""
        side = imgui.get_frame_height()
        imgui.set_cursor_pos_x(imgui.get_cursor_pos_x() + 6)
        if icon_button("annotate", "pen", "Annotate (E); a note at once (Q)", lit=self.board.palette, side=side):
            self.do("annotate:tools")

    def draw_panels(self) -> None:
        """Draw palette, card and list, and lay out what is seen in this frame."""
        desk = self._desk
        if desk is None or desk.scene_root is None:
            return
        played = self.voices.played_s
        self._around = (
            self._base if not played else Around(self._base.body, self._base.machines, self._base.aspects, played)
        )
        self._shapes = self._layout.shapes(self.board.shown(desk.t_ns), desk.t_ns, self._around)
        scene = _room(desk.viewport.rect)
        palette = draw_palette(self.board, self.voices, scene, self._fonts) if self.board.palette else None
        self._card.draw(self.board, self.voices, scene, self._fonts)
        self._covering = [box for box in (palette, self._card.box) if box is not None]
        if self.board.listed:
            self._draw_list()
        if not imgui.is_mouse_hovering_rect(*_corners(self._picture.area), False):
            self._over = None if self._over is self._picture else self._over
        self._hover()

    def _draw_list(self) -> None:
        # Its first place is beside the measures, or what a plant's window has there.
        node = imgui.internal.dock_builder_get_central_node(layout.DOCK_ID)
        beside = next((w for name in ("Measures", "Alarms") if (w := imgui.internal.find_window_by_name(name))), None)
        if beside is not None and beside.dock_id and node is not None:
            imgui.set_next_window_dock_id(beside.dock_id, imgui.Cond_.first_use_ever)
        if self._docked < 2:
            imgui.set_next_window_focus()
        self._docked += 1
        imgui.set_next_window_size(imgui.ImVec2(320, 420), imgui.Cond_.first_use_ever)
        if imgui.begin(NAME, None, imgui.WindowFlags_.no_collapse)[0]:
            self._list.draw(self.board, self._fonts, self._around)
        imgui.end()

    def draw_on_timeline(self, lane: TimelineLane) -> None:
        """Draw the marks."""
        self._lane.draw(self.board, self.voices, lane)

    def draw_scene(self) -> None:
        """Draw over the scene, through the camera of this frame."""
        desk = self._desk
        if desk is None or desk.scene_root is None or desk.viewport.pinhole is None:
            return
        left, top, width, height = desk.viewport.rect
        self._scene.area = (left, top, left + width, top + height)
        self._scene.camera = desk.viewport.pinhole
        canvas = Canvas(imgui.get_background_draw_list(), self._scene.area, self._fonts)
        self._draw_on(canvas, self._scene)

    def draw_on_picture(self, rect: PictureRect) -> None:
        """Draw on the camera's picture, and take the mouse there."""
        if rect.width < 20.0 or self._desk is None:
            return
        self._picture.lie_at(rect)
        canvas = Canvas(imgui.get_window_draw_list(), self._picture.area, self._fonts, _PICTURE_WORDS)
        self._draw_on(canvas, self._picture)
        self._mouse_on_picture(rect)

    def _draw_on(self, canvas: Canvas, surface: Surface) -> None:
        board, t_ns = self.board, self.board.desk.t_ns
        chosen = board.chosen if not board.hand.tool else None
        points = None if chosen is None else surface.handles(chosen, t_ns, self._around)
        if points is not None:
            canvas.keep_free(points)
        canvas.cover(self._covering)
        few = surface.area[2] - surface.area[0] < _ROOMY_PX
        drawings = surface.drawings(self._shapes)
        said = self._shapes.captions if surface is self._scene else ()
        card = self._card.box
        above = 0.0 if card is None else card[3] - card[1] + 8.0
        lit = {"selected": board.selected, "hovered": board.hovered}
        canvas.show(drawings, said, **lit, few_words=few, above_px=above)
        surface.placed = canvas.placed
        if chosen is not None and points is not None and chosen.layer not in board.hidden:
            canvas.handles(points, colour_of(chosen), hollow=bool(chosen.pins))
        hand = board.hand
        spot = hand.hover if hand.tool and self._over is surface else None
        if spot is not None and hand.pin and spot.joint and (hand.tool in PINNED_KINDS or not hand.spots):
            at = surface.joint_px(spot.joint, t_ns)
            if at is not None:
                canvas.caught(*at, spot.joint)
        for one in hand.spots:
            self._draw_spot(canvas, surface, one)

    def _draw_spot(self, canvas: Canvas, surface: Surface, spot: Spot) -> None:
        """Draw a place that was pressed already."""
        if spot.world_m is not None:
            pixels = surface.world_px(np.asarray(spot.world_m)[None])
        else:
            pixels = surface.to_px(np.asarray(spot.point)[None]) if surface.is_picture else None
        if pixels is not None and self.board.hand.tool != "freehand":
            rgb = theme.rgba_of(self.board.colour)[:3]
            canvas.handles(pixels, rgb, hollow=self.board.hand.pin and bool(spot.joint))

    def _mouse_on_picture(self, rect: PictureRect) -> None:
        mouse = imgui.get_io().mouse_pos
        at = (mouse.x, mouse.y)
        if self._pointer.holds and self._over is self._picture:
            if at != self._at:
                self._at = at
                self._pointer.move(at, self._around)
            if not imgui.is_mouse_down(imgui.MouseButton_.left):
                self._pointer.release(at)
            return
        if not rect.hovered:
            return
        self._over = self._picture
        if imgui.is_mouse_clicked(imgui.MouseButton_.left):
            self._pointer.press(self._picture, at, self._around)


def _room(scene: Rect) -> Rect:
    """Return where the tools may lie: all that the panels leave, also where the scene is narrower than that."""
    node = imgui.internal.dock_builder_get_central_node(layout.DOCK_ID)
    if node is None:
        return scene
    return int(node.pos.x), int(node.pos.y), max(int(node.size.x), 1), max(int(node.size.y), 1)


def _corners(area: tuple[float, float, float, float]) -> tuple[Any, Any]:
    return imgui.ImVec2(*area[:2]), imgui.ImVec2(*area[2:])


__all__ = ["CAMERA", "Annotate"]
