"""Coaching in a swing's window: what to work at, the faults, and the ghost of a corrected position."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from imgui_bundle import imgui

from twinswing.desk import layout
from twinswing.desk.actions import Action
from twinswing.desk.addons import Addon
from twinswing.desk.library_settings import library_folder
from twinswing.desk.panels.coaching import NAME, draw_coaching
from twinswing.desk.playback import Playback
from twinswing.errors import TwinswingError
from twinswing.review.library_earlier import earlier_of
from twinswing.review.library_place import LibraryPlace
from twinswing.stage.ghost import Ghost
from twinswing.stage.scene import appearance_of
from twinswing.swing.coaching import Earlier, own_range
from twinswing.swing.corrected import Corrected, corrected
from twinswing.swing.faults import LIKELY
from twinswing.swing.measure_table import Range
from twinswing.swing.model import SwingSession
from twinswing.swing.understanding import Understanding, understand

if TYPE_CHECKING:
    from twinswing.desk.base import BaseDesk

_GROUP = "Coaching"


@runtime_checkable
class HoldsRanges(Protocol):
    """A window whose measures can be held against the golfer's own."""

    def hold_against(self, own_ranges: dict[str, Range]) -> None:
        """Show these ranges beside the measures, by their names."""


class Coach(Addon):
    """The tool. `found` is what was understood of the swing that is shown, None until it is.

    Understanding takes a part of a second and reads the library, so a thread of its own does it.
    """

    actions = (
        Action("coach:panel", ("f6",), "What to work at", _GROUP),
        Action("coach:ghost", ("f7",), "The corrected position, as a ghost", _GROUP),
    )

    def __init__(self) -> None:
        self.found: Understanding | None = None
        self.listed = True
        self.ghost: Corrected | None = None
        self.problem = ""
        self._desk: BaseDesk | None = None
        self._node: Ghost | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="coaching")
        self._waiting: tuple[Future[Understanding], SwingSession] | None = None

    def attached(self, desk: "BaseDesk") -> None:
        """Take the window."""
        self._desk = desk

    @property
    def session(self) -> SwingSession | None:
        """The swing that the window shows; None in a plant's window."""
        session = getattr(self._desk, "session", None)
        return session if isinstance(session, SwingSession) else None

    def opened(self) -> None:
        """Begin to understand the swing that the window shows now."""
        self._hide()
        self._node, self.found, self.problem = None, None, ""
        session = self.session
        if session is None or (session.body is None and not session.measures):
            self._waiting = None
            return
        self._waiting = (self._worker.submit(_understood, session, session.path), session)

    def closed(self) -> None:
        """End the thread."""
        self._worker.shutdown(cancel_futures=True)

    def advance(self, dt_s: float) -> None:  # noqa: ARG002
        """Take what was understood."""
        if self._waiting is None or not self._waiting[0].done():
            return
        future, session = self._waiting
        self._waiting = None
        if session is not self.session:
            self.opened()
            return
        try:
            self.found = found = future.result()
        except TwinswingError as error:
            self.problem = str(error)
            return
        own = {name: held for name in found.measures if (held := own_range(name, found.earlier)) is not None}
        if isinstance(self._desk, HoldsRanges):
            self._desk.hold_against(own)

    @property
    def busy(self) -> bool:
        """Tell whether the swing is still being understood."""
        return self._waiting is not None

    def do(self, name: str) -> bool:
        """Show or hide the panel, or go on to the next fault's ghost."""
        if self.session is None:
            return False
        if name == "coach:panel":
            self.listed = not self.listed
        elif name == "coach:ghost":
            self.next_ghost()
        else:
            return False
        return True

    def escape(self) -> bool:
        """Send the ghost away."""
        was = self.ghost is not None
        self._hide()
        return was

    def next_ghost(self) -> None:
        """Show the next likely fault's corrected position, and none after the last."""
        names = [a.finding.fault.name for a in self.found.coaching.advice] if self.found is not None else []
        if self.found is not None:
            names += [n for n, f in self.found.findings.items() if f.verdict == LIKELY and n not in names]
        at = names.index(self.ghost.fault) + 1 if self.ghost is not None and self.ghost.fault in names else 0
        if at < len(names):
            self.show_ghost(names[at])
            return
        self._hide()
        if not names and self._desk is not None:
            words = "The swing is still being read." if self.busy else "No fault is likely: nothing needs correcting."
            self._desk.notify_user(words)

    def show_ghost(self, fault: str) -> None:
        """Go to the position that shows a fault and stand its ghost there."""
        session, found = self.session, self.found
        if session is None or found is None or self._desk is None:
            return
        finding = found.findings[fault]
        ghost = corrected(session, finding.fault, finding.at)
        if ghost is None:
            self._desk.notify_user("This recording does not show that position, so it cannot be corrected.")
            return
        self.ghost = ghost
        self.seek(ghost.t_s)

    def seek(self, t_s: float) -> None:
        """Stop at a time, session seconds."""
        playback, session = getattr(self._desk, "playback", None), self.session
        if isinstance(playback, Playback) and session is not None:
            if playback.head.playing:
                playback.do("play_pause", session)
            playback.seek(t_s)

    def draw_panels(self) -> None:
        """Draw the panel, beside the measures at first."""
        if not self.listed or self.session is None or self._desk is None or self._desk.scene_root is None:
            return
        node = imgui.internal.dock_builder_get_central_node(layout.DOCK_ID)
        beside = imgui.internal.find_window_by_name("Measures")
        if beside is not None and beside.dock_id and node is not None:
            imgui.set_next_window_dock_id(beside.dock_id, imgui.Cond_.first_use_ever)
        imgui.set_next_window_size(imgui.ImVec2(380, 520), imgui.Cond_.first_use_ever)
        if imgui.begin(NAME, None, imgui.WindowFlags_.no_collapse)[0]:
            draw_coaching(self, self._desk.ui.fonts)
        imgui.end()

    def draw_scene(self) -> None:
        """Stand the ghost in the scene."""
        root = self._desk.scene_root if self._desk is not None else None
        if root is None:
            return
        if self._node is None:
            if self.ghost is None:
                return
            session = self.session
            self._node = Ghost(appearance_of(session) if session is not None else None)
            # Where both stand alike the golfer hides the ghost, so that what differs is what is seen.
            self._node.node.set_depth_offset(-1)
            self._node.node.reparent_to(root)
        self._node.show(None if self.ghost is None else self.ghost.joints_m)

    def _hide(self) -> None:
        self.ghost = None
        if self._node is not None:
            self._node.show(None)


def _understood(session: SwingSession, path: Path | None) -> Understanding:
    earlier: list[Earlier] = []
    if path is not None:
        earlier = earlier_of(path, LibraryPlace.of(library_folder()).index)
    return understand(session, earlier)
