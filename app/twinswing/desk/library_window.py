"""The window that opens on the library: its recordings as cards, found, sorted, described, opened."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import panda3d.core as p3d

from twinswing.desk.base import BaseDesk
from twinswing.desk.library_actions import KEY_TO_ACTION, REPEATING
from twinswing.desk.library_settings import LibrarySettings
from twinswing.desk.library_state import LibraryState
from twinswing.desk.library_textures import ThumbTextures
from twinswing.desk.library_thumbs import thumb_path
from twinswing.desk.library_ui import LibraryInterface
from twinswing.desk.library_worker import LibraryWorker, ThumbWish
from twinswing.desk.panels.library_context import LibraryContext
from twinswing.desk.settings import Settings
from twinswing.desk.viewport import SceneRegion
from twinswing.errors import TwinswingError
from twinswing.resources import bundled_recording
from twinswing.review.library_about import write_about
from twinswing.review.library_index import LibraryIndex
from twinswing.review.library_model import Row
from twinswing.review.library_place import LibraryPlace
from twinswing.review.library_query import Query
from twinswing.review.library_scan import refresh

_FOCUS_FRAMES = 4  # Dear ImGui gives a field the keyboard in the second frame after it was asked
_EDITS_S = 0.008  # of a frame for writing what was said of many recordings
_AHEAD = 2  # pages of cards below whose thumbnails are made beforehand


class LibraryDesk(BaseDesk):
    """The window.

    worker: the helper that scans and makes thumbnails; it belongs to the caller and may serve a later window.
    """

    def __init__(
        self, place: LibraryPlace, worker: LibraryWorker, settings: LibrarySettings, *, offscreen: bool = False
    ) -> None:
        super().__init__(Settings(settings.width_px, settings.height_px), offscreen=offscreen)
        self.place, self.worker = place, worker
        self.index = LibraryIndex(place.index)
        self.state = LibraryState(self.index)
        self.chosen_settings = settings
        self.viewport: SceneRegion = SceneRegion(self.win, self.graphicsEngine, 0)
        self._rest_scene()
        self.ui: LibraryInterface = LibraryInterface(self, place.folder)
        self.thumbs = ThumbTextures(self.ui.texture)
        self._context = LibraryContext(
            self.state, place.folder, card_px=settings.card_px, plays=settings.plays, details=settings.details
        )
        self._edits: deque[Callable[[], None]] = deque()
        self._focusing = 0
        self.set_title("Library")
        if self.index.rebuilt:
            self.notify_user(self.index.rebuilt)
        self._bind(KEY_TO_ACTION, REPEATING)

    def _rest_scene(self) -> None:
        """Nothing is drawn in 3D here; what would be cleared sixty times a second is put to rest."""
        self.viewport.place((0, 0, 1, 1))
        self.viewport.region.set_active(False)
        self.viewport.buffer.set_active(False)
        self.shadows.buffer.set_active(False)

    # -- one frame -----------------------------------------------------------------------------------------------

    def settle(self, frames: int, timeout_s: float = 60.0) -> None:
        """Draw frames until the panels have found their places, the scan is done and thumbnails in sight are there."""
        end = time.perf_counter() + timeout_s
        while frames > 0 or (self._waits() and time.perf_counter() < end):
            self.step()
            frames -= 1
            if frames < 0:
                time.sleep(0.01)  # what is waited for is made by others, who need the processor

    def _waits(self) -> bool:
        return bool(self.worker.scanning or self.worker.waiting or self.thumbs.waiting or self._edits)

    def advance(self, dt_s: float) -> None:
        """Take in what the helper found and made, and carry on with what is to be written."""
        self._context.clock_s += dt_s
        self.worker.poll()
        for path in self.worker.made:
            self.thumbs.made(path)
        self.worker.made.clear()
        end = time.perf_counter() + _EDITS_S
        while self._edits and time.perf_counter() < end:
            self._edits.popleft()()
        self.state.refresh()
        self._focusing -= 1

    def _draw_panels(self) -> None:
        context = self._context
        context.do, context.thumb, context.open_path = self.do, self._thumb, self.open_path
        context.notice, context.recent = self.notice, self.settings.recent
        context.status = self._status()
        context.searching = self._focusing > 0
        self.ui.frame(context)
        self._want_thumbs()

    def _status(self) -> str:
        if self.worker.error:
            return self.worker.error
        done, total = self.worker.scanned
        if total:
            return f"reading {done:,} of {total:,}"
        return self.worker.problems[0] if self.worker.problems else ""

    def _draw_scene(self) -> None:
        pass

    def _thumb(self, row: Row) -> Any | None:
        return self.thumbs.get(self._thumb_path(row)) if row.fingerprint else None

    def _thumb_path(self, row: Row) -> Path:
        return thumb_path(self.place.thumbs, row.fingerprint, has_video=row.has_video)

    def _want_thumbs(self) -> None:
        """Let the thumbnails in sight be read, and those that are not there, and of the next pages, be made."""
        first, last = self._context.visible
        page = max(last - first, 1)
        current = self.state.current
        rows = [row for row in self.state.rows(first, last) if row is not None and row.fingerprint]
        seen = rows if current is None or not current.fingerprint else [current, *rows]
        self.thumbs.want([self._thumb_path(row) for row in seen])
        ahead = [row for row in self.state.rows(last, last + _AHEAD * page) if row is not None and row.fingerprint]
        known = {self._thumb_path(row): row for row in seen if self.thumbs.is_absent(self._thumb_path(row))}
        known |= {self._thumb_path(row): row for row in ahead}
        self.worker.wish([ThumbWish.of(row) for row in known.values() if row.here and row.kind != "unreadable"])

    # -- what every window can tell ------------------------------------------------------------------------------

    @property
    def path(self) -> Path | None:
        """Nothing is replayed here."""
        return None

    @property
    def t_ns(self) -> int:
        """There is no playhead."""
        return 0

    @property
    def playing(self) -> bool:
        """There is no playhead."""
        return False

    def seek_ns(self, t_ns: int) -> None:
        """There is no playhead."""

    @property
    def scene_root(self) -> p3d.NodePath | None:
        """There is no scene."""
        return None

    # -- actions -------------------------------------------------------------------------------------------------

    def do(self, name: str) -> None:
        """Do one of the actions of library_actions.py, or what a panel asks for ("tag:WORD", "person:IDENT" ...)."""
        head, colon, rest = name.partition(":")
        columns, page = self._context.columns, self._context.page
        steps = {"left": -1, "right": 1, "up": -columns, "down": columns}
        if head.removeprefix("extend_") in steps:
            self.state.move(steps[head.removeprefix("extend_")], extend=head.startswith("extend_"))
        elif colon and head in self._said:
            self._said[head](self, rest)
        elif name in ("page_up", "page_down"):
            self.state.move(columns * page * (1 if name == "page_down" else -1))
        elif name in ("first", "last"):
            self.state.put_cursor(0 if name == "first" else len(self.state.idents) - 1)
        elif name in self._simple:
            self._simple[name](self)

    def _open(self) -> None:
        row = self.state.current
        if row is None:
            return
        if row.kind == "unreadable":
            self.notify_user(row.reason)
        elif not row.path.is_file():
            self.notify_user(f"{row.path.name} is not there any more.")
            self.worker.rescan()
        else:
            self.next_path, self.closed = row.path, True

    def open_path(self, path: Path) -> None:
        """Open a recording that was chosen from a list of files."""
        self.ui.files_open = False
        if path.suffix.lower() != ".mcap":
            self.notify_user(f"{path.name}: expected a recording (.mcap) or a video")
            return
        self.next_path, self.closed = path, True

    def _search(self) -> None:
        self._focusing = _FOCUS_FRAMES

    def _leave_search(self) -> None:
        if self.state.idents:
            self.state.put_cursor(max(self.state.cursor, 0))

    def _clear(self) -> None:
        self._context.search_text = ""
        self.state.ask(Query(sort=self.state.query.sort, descending=self.state.query.descending))

    def _escape(self) -> None:
        if self.escape():
            return
        if self._context.search_text or self.state.query != Query():
            self._clear()
        else:
            self.state.choose_none()

    def _resize_cards(self, factor: float) -> None:
        self._context.card_px = min(max(self._context.card_px * factor, 132.0), 380.0)
        self.state.moved = True

    def _toggle(self, what: str) -> None:
        setattr(self._context, what, not getattr(self._context, what))

    def _save_picture(self) -> None:
        path = Path.cwd() / f"library-{time.strftime('%H%M%S')}.png"
        self.notify_user(f"Saved {path.name}" if self.save_picture(path) else f"{path} cannot be written")

    def _focus(self, field: str) -> None:
        if self.state.current is not None:
            self._context.details = True
            self.ui.details.focus = field

    def _mark(self) -> None:
        self.state.put_cursor(self.state.cursor, toggle=True)

    # -- what is said of recordings ------------------------------------------------------------------------------

    def say(self, change: Callable[[Row], dict[str, Any]]) -> None:
        """Say something of every chosen recording (the cursor's, where none is); written a few at a time."""
        rows = self.state.chosen_rows() or ([self.state.current] if self.state.current else [])
        for row in rows:
            if row is not None and row.kind != "unreadable":
                self._edits.append(lambda row=row: self._write(row, change(row)))  # type: ignore[misc]

    def _write(self, row: Row, changes: dict[str, Any]) -> None:
        if row.recorded_source == "file":
            # Adding to a file changes its date, which is all that is known of when this was recorded.
            changes = {"recorded_unix_ns": row.recorded_unix_ns, "recorded_source": "file", **changes}
        try:
            write_about(row.path, **changes)
            refresh(self.index, row.path)
        except (TwinswingError, OSError) as error:
            self.notify_user(f"{row.name}: {error}")

    def _add_tag(self, word: str) -> None:
        self.say(lambda row: {"tags": (*row.tags, word)})

    def _remove_tag(self, word: str) -> None:
        self.say(lambda row: {"tags": tuple(tag for tag in row.tags if tag != word)})

    def _demo(self, name: str) -> None:
        path = bundled_recording(name)
        if not path.is_file():
            self.notify_user(f"{path} is not there; install Twinswing again.")
            return
        self.next_path, self.closed = path, True

    _said: ClassVar[dict[str, Callable[["LibraryDesk", str], None]]] = {
        "tag": _add_tag,
        "untag": _remove_tag,
        "title": lambda self, text: self.say(lambda _: {"title": text}),
        "person": lambda self, ident: self.say(lambda _: {"person": ident}),
        "club": lambda self, club: self.say(lambda _: {"club": club}),
        "rate": lambda self, number: self.say(lambda _: {"rating": int(number)}),
        "demo": _demo,
    }
    _simple: ClassVar[dict[str, Callable[["LibraryDesk"], None]]] = {
        "open": _open,
        "mark": _mark,
        "all": lambda self: self.state.choose_all(),
        "search": _search,
        "leave_search": _leave_search,
        "clear": _clear,
        "tag": lambda self: self._focus("tag"),
        "rename": lambda self: self._focus("title"),
        "rescan": lambda self: self.worker.rescan(),
        "details": lambda self: self._toggle("details"),
        "plays": lambda self: self._toggle("plays"),
        "larger": lambda self: self._resize_cards(1.12),
        "smaller": lambda self: self._resize_cards(1 / 1.12),
        "help": lambda self: self.toggle_help(),
        "fullscreen": lambda self: self.toggle_fullscreen(),
        "screenshot": _save_picture,
        "escape": _escape,
    }

    # -- ending --------------------------------------------------------------------------------------------------

    def library_settings(self) -> LibrarySettings:
        """Return what is to be remembered."""
        now, context = self.current_settings(), self._context
        return replace(
            self.chosen_settings, width_px=now.width_px, height_px=now.height_px, card_px=round(context.card_px),
            plays=context.plays, details=context.details,
        )  # fmt: skip

    def shut(self) -> None:
        """Write what is left to be written, and close the window."""
        while self._edits:
            self._edits.popleft()()
        self.thumbs.close()
        self.index.close()
        super().shut()
