"""Reviewing one recording together with others, in a window: who is there, where they are, what they draw."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from twinswing.desk.actions import Action
from twinswing.desk.addons import Addon, PictureRect
from twinswing.desk.annotate_site import Site, site_of
from twinswing.desk.open_review import OpenReview
from twinswing.desk.together_camera import look_of
from twinswing.desk.together_follow import Following
from twinswing.desk.together_panel import draw_people, draw_pointers
from twinswing.desk.together_shapes import people_shapes
from twinswing.errors import InputError
from twinswing.review import journal
from twinswing.review.checks import from_fields, to_fields
from twinswing.review.model import Annotation, InWorld
from twinswing.review.share_line import LineState, Seen, ShareLine
from twinswing.review.share_protocol import Person, Presence
from twinswing.stage.annotation_parts import Shapes
from twinswing.stage.annotation_scene import AnnotationScene

if TYPE_CHECKING:
    from twinswing.desk.base import BaseDesk


@dataclass(frozen=True)
class TogetherPace:
    """How often what is told.

    tell_s   : between two presences that differ: what the protocol passes on.
    again_s  : a presence is told again after this though nothing changed, for who has just come.
    journal_s: between two writings of what may not be saved yet: what a crash may cost.
    near_m   : an eye this near to one's own is not drawn: one would look through it.
    """

    tell_s: float = 0.05
    again_s: float = 1.0
    journal_s: float = 2.0
    near_m: float = 0.3


PACE = TogetherPace()
_GUEST = "You are a guest here: only a coach draws."


class Together(Addon):
    """The tool. It is in a session from when its recording is opened until that is left, or the session is over."""

    actions = (
        Action("together:panel", ("f2",), "People: show or hide", "Together"),
        Action("together:playhead", ("f3",), "Follow a playhead", "Together"),
        Action("together:camera", ("f4",), "Follow a camera", "Together"),
    )

    def __init__(self, line: ShareLine) -> None:
        """`line` has been started with the annotations that the recording holds."""
        self.line = line
        self.following = Following()
        self.shown = True
        self._desk: BaseDesk | None = None
        self._review: OpenReview | None = None
        self._site: Site | None = None
        self._scene: AnnotationScene | None = None
        self._path: Path | None = None
        self._unlisten: list[Callable[[], None]] = []
        self._in = False
        self._phase = ""
        self._told: Presence | None = None
        self._told_s = self._journal_s = self._clock_s = 0.0
        self._played: tuple[int, float] | None = None
        self._pointer: tuple[float, ...] = ()
        self._on_picture: tuple[float, ...] = ()
        self._hovered: tuple[float, ...] = ()
        self._at_px: tuple[float, float] | None = None
        self._dirty = False
        self._drawn: dict[str, tuple[Mapping[str, str], Annotation]] = {}
        self._shapes: tuple[object, Shapes] = ((), Shapes())

    # -- the window's life ---------------------------------------------------------------------------------------

    def attached(self, desk: "BaseDesk") -> None:
        """Take the window and its annotations."""
        self._desk = desk
        self._review = next(a for a in desk.addons if isinstance(a, OpenReview))

    def opened(self) -> None:
        """Come in with the annotations of what the window shows; only with the recording that the session is of."""
        assert self._desk is not None
        assert self._review is not None
        self._scene = None
        if self._path is not None or self.line.state.ended:
            return
        self._path, self._in = self._desk.path, True
        self._site = site_of(self._desk)
        review = self._review
        review.author, review.held = self.line.name, self.line.serves
        self._recover(review)
        document = review.document
        self._unlisten = [document.on_update(self.line.mail.send), document.listen(self._changed)]
        self.line.mail.send(document.update())
        self._exchange()

    def _changed(self, _: object) -> None:
        self._dirty = True

    def _recover(self, review: OpenReview) -> None:
        """Take in what a session said that ended without saving."""
        assert self._desk is not None
        if not self.line.serves or self._path is None:
            return
        try:
            found = journal.read(journal.journal_of(self._path))
            if found is not None:
                review.document.apply(found[0])
                review.voices.update(found[1])
                self._desk.notify_user("What the last session said, and could not save, was taken up again.")
        except InputError as error:
            self._desk.notify_user(str(error))

    def leaving(self) -> None:
        """Leave the session, and keep what was said."""
        if self._in:
            self._leave()

    def _leave(self) -> None:
        assert self._review is not None
        self.line.stop()
        self._exchange()
        for end in self._unlisten:
            end()
        self._unlisten, self._in = [], False
        review = self._review
        review.held, review.refusal, review.passing = False, "", ()
        self._show(Shapes())
        if review.save() and self.line.serves and self._path is not None:
            journal.journal_of(self._path).unlink(missing_ok=True)

    # -- a frame -------------------------------------------------------------------------------------------------

    def advance(self, dt_s: float) -> None:
        """Take in what others said, tell where one is, and go along with whom one follows."""
        if not self._in:
            return
        assert self._desk is not None
        now_s = time.monotonic()
        self.line.check()
        self._exchange()
        state = self.line.state
        self._note_phase(state)
        if state.ended:
            return
        seen = self._seen()
        ended = self.following.step(self._desk, seen, now_s, dt_s)
        if ended:
            self._desk.notify_user(f"You moved: the {ended} is your own again.")
        self._take_drawings(seen)
        self._tell(now_s)
        if self.line.serves and self._dirty and now_s - self._journal_s >= PACE.journal_s:
            self._keep_journal(now_s)

    def _exchange(self) -> None:
        assert self._review is not None
        try:
            self.line.mail.exchange(self._review.document)
        except InputError as error:
            assert self._desk is not None
            self._desk.notify_user(str(error))

    def _seen(self) -> dict[str, Seen]:
        mine = self.line.state.name
        return {name: seen for name, seen in self.line.seen().items() if name != mine}

    def _note_phase(self, state: LineState) -> None:
        if state.phase == self._phase:
            return
        assert self._desk is not None
        assert self._review is not None
        before, self._phase = self._phase, state.phase
        if state.role == "guest":
            self._review.refusal = _GUEST
        self._review.author = state.name
        if state.phase == "cut":
            self._desk.notify_user("The line is cut. You go on alone; what you say is merged when it is back.")
        elif state.phase == "open" and before == "cut":
            self._desk.notify_user("The line is back: both ends have all of each other.")
        elif state.phase == "over":
            self._leave()
            self._desk.notify_user("The session is over. What was said is kept in your copy.")
        elif state.phase == "refused":
            self._leave()
            self._desk.notify_user(state.reason)

    def _take_drawings(self, seen: dict[str, Seen]) -> None:
        """Let what others have under their hands be seen."""
        assert self._review is not None
        passing: list[Annotation] = []
        drawn: dict[str, tuple[Mapping[str, str], Annotation]] = {}
        for name, found in seen.items():
            drawing = found.presence.drawing or {}
            ident = drawing.get("id", "")
            if ident and ident not in self._review.document:
                # Read when it is said, not in every frame: a long stroke is many points.
                known = self._drawn.get(name)
                if known is None or known[0] is not drawing:
                    known = (drawing, from_fields(ident, {key: text for key, text in drawing.items() if key != "id"}))
                drawn[name] = known
                passing.append(known[1])
        self._drawn = drawn
        if tuple(passing) != self._review.passing:
            self._review.passing = tuple(passing)

    # -- telling -------------------------------------------------------------------------------------------------

    def _tell(self, now_s: float) -> None:
        since_s = now_s - self._told_s
        if since_s < PACE.tell_s:
            return
        presence = self._presence(now_s)
        if presence != self._told or since_s >= PACE.again_s:
            self._told, self._told_s = presence, now_s
            self.line.tell(presence)

    def _presence(self, now_s: float) -> Presence:
        assert self._desk is not None
        assert self._review is not None
        desk, drawing = self._desk, self._review.drawing
        fields = None
        if drawing is not None and not self._review.refusal:
            try:
                fields = {"id": drawing.ident, **to_fields(drawing)}
            except InputError:
                fields = None  # a note without its words yet: there is nothing to be seen of it
        return Presence(
            desk.t_ns, desk.playing, look_of(desk.viewport), self._on_picture or self._pointer, fields,
            self._speed(desk.t_ns, now_s),
        )  # fmt: skip

    def _speed(self, t_ns: int, now_s: float) -> float:
        """Return how fast this end's playhead runs, seconds a second, from how far it came since the last word."""
        assert self._desk is not None
        before, self._played = self._played, (t_ns, now_s) if self._desk.playing else None
        if before is None or self._played is None or not before[1] < now_s < before[1] + 0.5:
            return 0.0
        speed = (t_ns - before[0]) / 1e9 / (now_s - before[1])
        # A loop that begins again is no speed.
        return round(speed, 2) if 0.0 <= speed < 1000.0 else 0.0

    def _keep_journal(self, now_s: float) -> None:
        assert self._review is not None
        assert self._desk is not None
        self._journal_s, self._dirty = now_s, False
        if self._path is None:
            return
        try:
            journal.keep(journal.journal_of(self._path), self._review.document.update(), self._review.voices)
        except OSError as error:
            self._desk.notify_user(f"What is said cannot be kept beside the recording: {error.strerror}")

    # -- drawing -------------------------------------------------------------------------------------------------

    def people(self) -> tuple[tuple[Person, Presence | None], ...]:
        """Return everyone who is there, oneself included, each with where that one was last."""
        seen = self._seen()
        return tuple(
            (person, seen[person.name].presence if person.name in seen else None)
            for person in self.line.state.people
        )  # fmt: skip

    def draw_panels(self) -> None:
        """Draw who is there; note where the mouse points."""
        self._on_picture_before()
        if self._in or self.line.state.ended:
            assert self._desk is not None
            self._point()
            if self.shown:
                draw_people(self, self._desk.viewport.rect)

    def _on_picture_before(self) -> None:
        # What `draw_on_picture` noted in this frame holds until the next one.
        self._on_picture, self._hovered = self._hovered, ()

    def _point(self) -> None:
        """Note the place in the world under the mouse; looked up when the mouse moved."""
        assert self._desk is not None
        mouse, region = imgui.get_mouse_pos(), self._desk.viewport
        if not region.contains(mouse.x, mouse.y) or self._desk.ui.wants_mouse:
            self._pointer, self._at_px = (), None
            return
        now_s = time.monotonic()
        if (mouse.x, mouse.y) == self._at_px or now_s - self._clock_s < PACE.tell_s or self._site is None:
            return
        self._at_px, self._clock_s = (mouse.x, mouse.y), now_s
        pixel = (mouse.x - region.rect[0], mouse.y - region.rect[1])
        spot = self._site.spot(pixel, self._desk.t_ns, InWorld(), ground=False)
        place = None if spot is None else spot.world_m
        self._pointer = () if place is None else tuple(round(float(x), 4) for x in place)

    def draw_on_picture(self, rect: PictureRect) -> None:
        """Draw where others point on the camera's picture, and note where the mouse does."""
        if not self._in:
            return
        if rect.hovered:
            mouse = imgui.get_mouse_pos()
            place = rect.to_picture(mouse.x, mouse.y)
            if all(0.0 <= x <= 1.0 for x in place):
                self._hovered = tuple(round(x, 5) for x in place)
        draw_pointers(rect, self.people())

    def draw_scene(self) -> None:
        """Show others in the scene."""
        if not self._in:
            return
        assert self._desk is not None
        camera = self._desk.viewport.pinhole
        if camera is None:
            return
        key = tuple(
            (person, presence)
            for person, presence in self.people()
            if presence is not None and not self._near(presence)
        )  # fmt: skip
        if key != self._shapes[0]:
            self._shapes = (key, people_shapes(key))
        self._show(self._shapes[1])

    def _near(self, presence: Presence) -> bool:
        assert self._desk is not None
        camera = self._desk.viewport.pinhole
        if camera is None or len(presence.camera) != 6:
            return False
        away = sum((a - b) ** 2 for a, b in zip(presence.camera[:3], camera.position_m, strict=True))
        return bool(away < PACE.near_m**2)

    def _show(self, shapes: Shapes) -> None:
        assert self._desk is not None
        root = self._desk.scene_root
        if root is None:
            return
        if self._scene is None:
            if not shapes.drawings:
                return
            self._scene = AnnotationScene(root)
        self._scene.show(shapes, self._desk.viewport.pinhole)

    # -- actions -------------------------------------------------------------------------------------------------

    def do(self, name: str) -> bool:
        """Show or hide the panel; follow whoever is first in the list, or leave off."""
        if name == "together:panel":
            self.shown = not self.shown
        elif name == "together:playhead":
            self.following.follow_playhead("" if self.following.playhead else self._first())
        elif name == "together:camera":
            self.following.follow_camera("" if self.following.camera else self._first())
        else:
            return False
        return True

    def _first(self) -> str:
        mine = self.line.state.name
        return next((person.name for person in self.line.state.people if person.name != mine), "")
