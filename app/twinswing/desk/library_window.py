"""The window that opens on the library: its recordings as cards, found, sorted, described, opened."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import panda3d.core as p3d
from imgui_bundle import imgui

from twinswing.desk.base import BaseDesk
from twinswing.desk.library_actions import KEY_TO_ACTION, REPEATING
from twinswing.desk.library_deeds import LibraryDeeds, now_unix_ns, today
from twinswing.desk.library_runner import ImportRunner
from twinswing.desk.library_settings import LibrarySettings
from twinswing.desk.library_state import LibraryState
from twinswing.desk.library_textures import ThumbTextures
from twinswing.desk.library_ui import LibraryInterface
from twinswing.desk.library_worker import LibraryWorker, ThumbWish
from twinswing.desk.panels.library_context import LibraryContext
from twinswing.desk.panels.library_dialogs import DeleteDialog, ProfileDialog, delete_lines
from twinswing.desk.settings import Settings
from twinswing.desk.viewport import SceneRegion
from twinswing.errors import TwinswingError
from twinswing.resources import bundled_recording
from twinswing.review.library_about import write_about
from twinswing.review.library_index import LibraryIndex
from twinswing.review.library_model import Golfer, Row
from twinswing.review.library_place import LibraryPlace
from twinswing.review.library_query import Query, rows_of, select
from twinswing.review.library_scan import refresh

_FOCUS_FRAMES = 4  # Dear ImGui gives a field the keyboard in the second frame after it was asked
_EDITS_S = 0.008  # of a frame for writing what was said of many recordings
_ALWAYS = frozenset({"escape", "fullscreen", "screenshot", "delete_golfer"})  # also while a dialog is open
_AHEAD = 2  # pages of cards below whose thumbnails are made beforehand


class LibraryDesk(BaseDesk):
    """The window.

    worker: the helper that scans and makes thumbnails; runner: what works on the queue of imports. Both belong to the
    caller and serve a later window as well. compared: what the next window is to compare, once this one has closed.
    """

    def __init__(
        self,
        place: LibraryPlace,
        worker: LibraryWorker,
        settings: LibrarySettings,
        *,
        runner: ImportRunner | None = None,
        offscreen: bool = False,
    ) -> None:
        super().__init__(Settings(settings.width_px, settings.height_px), offscreen=offscreen)
        self.place, self.worker, self.runner = place, worker, runner
        self.compared: tuple[Path, ...] = ()
        self.index = LibraryIndex(place.index)
        self.deeds = LibraryDeeds(place, self.index, runner)
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
        self._dropped: list[Path] = []
        self._finished = 0 if runner is None else runner.finished
        self._focusing = 0
        self._titled = ""
        if self.index.rebuilt:
            self.notify_user(self.index.rebuilt)
        self._bind(KEY_TO_ACTION, REPEATING)
        self.accept("enter", self._on_enter)

    def resume(self, former: "LibraryDesk") -> None:
        """Show what an earlier window showed: its question, its cursor, its panels."""
        self.state.ask(former.state.query)
        self._context.search_text = former._context.search_text
        self._context.queue_open = former._context.queue_open
        self.ui.trends.open, self.ui.trends.measure = former.ui.trends.open, former.ui.trends.measure
        if former.state.current_ident in self.state.idents:
            self.state.put_cursor(self.state.idents.index(former.state.current_ident))

    def _rest_scene(self) -> None:
        """Nothing is drawn in 3D here; what would be cleared sixty times a second is put to rest.

        The scene's buffer goes on at a pixel's size: without a display it is what makes the driver carry out a frame's
        commands, which it otherwise piles up in memory (1 MB a frame with Mesa's software renderer).
        """
        self.viewport.place((0, 0, 1, 1))
        self.viewport.region.set_active(False)
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
        self._follow_imports()
        self._name_window()
        if self._dropped:
            dropped, self._dropped = self._dropped, []
            self.notify_user(self.deeds.add(dropped, self.state.golfer(self.state.query.person)))
            self._context.queue_open = self.runner is not None
        self.state.refresh()
        self._focusing -= 1

    def _name_window(self) -> None:
        """Say in the window's title how much of the library is in sight."""
        shown, total = len(self.state.idents), self.state.choices.total
        title = "Library" if shown == total else f"Library: {shown:,} of {total:,}"
        if title != self._titled:
            self._titled = title
            self.set_title(title)

    def _follow_imports(self) -> None:
        if self.runner is None:
            return
        self._context.imports = self.runner.shown
        if self.runner.finished != self._finished:
            self._finished = self.runner.finished
            self.worker.rescan()

    def _draw_panels(self) -> None:
        context = self._context
        context.do, context.thumb, context.open_path = self.do, self._thumb, self.open_path
        context.pictureless = self._pictureless
        context.notice, context.recent = self.notice, self.settings.recent
        context.status = self._status()
        context.searching = self._focusing > 0
        self.ui.frame(context)
        self._want_thumbs()

    def _status(self) -> str:
        if self.worker.error:
            return self.worker.error
        if self.runner is not None and self.runner.problem:
            return self.runner.problem
        done, total = self.worker.scanned
        if total:
            return f"reading {done:,} of {total:,}"
        # Before anything was added there is no folder, and nothing is amiss.
        return self.worker.problems[0] if self.worker.problems and self.state.choices.total else ""

    def _draw_scene(self) -> None:
        pass

    def _thumb(self, row: Row) -> Any | None:
        return self.thumbs.get(self.deeds.thumbs_of(row)) if row.fingerprint else None

    def _pictureless(self, row: Row) -> bool:
        return not row.fingerprint or self.deeds.thumbs_of(row) in self.worker.failed

    def _want_thumbs(self) -> None:
        """Let the thumbnails in sight be read, and those that are not there, and of the next pages, be made."""
        first, last = self._context.visible
        page = max(last - first, 1)
        current = self.state.current
        rows = [row for row in self.state.rows(first, last) if row is not None and row.fingerprint]
        seen = rows if current is None or not current.fingerprint else [current, *rows]
        self.thumbs.want([self.deeds.thumbs_of(row) for row in seen])
        ahead = [row for row in self.state.rows(last, last + _AHEAD * page) if row is not None and row.fingerprint]
        missing = {path: row for row in seen if self.thumbs.is_absent(path := self.deeds.thumbs_of(row))}
        # Asked for once: the helper's answer would otherwise be followed by the same question in the next frame.
        missing |= {path: row for row in ahead if (path := self.deeds.thumbs_of(row)) not in self.worker.there}
        self.worker.wish([ThumbWish.of(row) for row in missing.values() if row.here and row.kind != "unreadable"])

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
        if self.ui.dialog is not None and not colon and name not in _ALWAYS:
            return  # a key that the dialog below the hand does not mean
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

    def _on_enter(self) -> None:
        """Open what is chosen; in the search box, let go of the keyboard first.

        Not left to the box itself: a press that is shorter than a frame passes Dear ImGui by.
        """
        if not self.ui.wants_keys:
            self.do("open")
        elif self._context.search_active:
            self._focusing = 0
            imgui.internal.clear_active_id()
            self._leave_search()

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
        """Take a file that was dropped or chosen: what lies in the library is shown, all else is added to it."""
        self.ui.files_open = False
        if not self.state.find(path):
            self._dropped.append(path)

    def _compare(self) -> None:
        rows = self.state.chosen_rows()
        if len(rows) != 2 or any(row.kind != "swing" for row in rows):
            self.notify_user("Choose two swings to compare them: Ctrl and a click, or Space, adds one.")
            return
        older, newer = sorted(rows, key=lambda row: row.recorded_unix_ns)
        self.compared, self.closed = (older.path, newer.path), True

    def _delete(self) -> None:
        rows = self.state.chosen_rows() or ([self.state.current] if self.state.current else [])
        if not rows:
            return
        title = f"Delete {rows[0].name}?" if len(rows) == 1 else f"Delete {len(rows):,} recordings?"

        def carry_out(originals: bool) -> None:
            self.notify_user(self.deeds.delete(rows, originals=originals))

        self.ui.dialog = DeleteDialog(title, delete_lines(rows), self.deeds.originals(rows), carry_out)

    def _delete_golfer(self, ident: str) -> None:
        golfer = self.state.golfer(ident)
        if golfer is None:
            return
        idents = select(self.index, Query(person=ident))
        rows = list(rows_of(self.index, idents).values())

        def carry_out(originals: bool) -> None:
            self.notify_user(self.deeds.delete_golfer(golfer, originals=originals))
            self._clear()

        lines = ["The profile and all recordings of this golfer:", *delete_lines(rows)] if rows else ["The profile."]
        self.ui.dialog = DeleteDialog(f"Delete {golfer.name}?", lines, self.deeds.originals(rows), carry_out)

    def _edit_golfer(self, golfer: Golfer | None, *, assign: bool = False) -> None:
        def save(fresh: Golfer) -> None:
            self.deeds.save(fresh)
            if assign:
                self.say(lambda _: {"person": fresh.ident})

        self.ui.dialog = ProfileDialog(golfer, today(), now_unix_ns(), save)

    def _toggle_filters(self) -> None:
        self.ui.dialog = None if self.ui.dialog is self.ui.filters else self.ui.filters

    def _toggle_trends(self) -> None:
        self.ui.trends.open = not self.ui.trends.open
        self.state.moved = True

    def _show_trend(self, measure: str) -> None:
        self.ui.trends.measure, self.ui.trends.open = measure, True

    def _show_import(self, ident: str) -> None:
        item = next((item for item in self._context.imports if str(item.ident) == ident), None)
        if item is not None and item.out is not None:
            self._clear()
            if not self.state.find(item.out):
                self.notify_user(f"{item.out.name} is not in the library any more.")

    def _search(self) -> None:
        self._focusing = _FOCUS_FRAMES

    def _leave_search(self) -> None:
        if self.state.idents:
            self.state.put_cursor(max(self.state.cursor, 0))

    def _clear(self) -> None:
        self._context.search_text = ""
        self.state.ask(Query(sort=self.state.query.sort, descending=self.state.query.descending))

    def _escape(self) -> None:
        if self.ui.dialog is not None:
            self.ui.dialog = None
            return
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
            with self.index.writing():
                # Two windows that add to one file at once would spoil it; the index lets one of them at a time.
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
        "golfer": lambda self, ident: self._edit_golfer(self.state.golfer(ident)),
        "new_golfer": lambda self, _: self._edit_golfer(None, assign=True),
        "delete_golfer": _delete_golfer,
        "trend": _show_trend,
        "cancel": lambda self, ident: self.runner.cancel(int(ident)) if self.runner else None,
        "retry": lambda self, ident: self.runner.retry(int(ident)) if self.runner else None,
        "show": _show_import,
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
        "compare": _compare,
        "delete": _delete,
        "new_golfer": lambda self: self._edit_golfer(None),
        "filters": _toggle_filters,
        "trends": _toggle_trends,
        "import": lambda self: self.toggle_files(),
        "imports": lambda self: self._toggle("queue_open"),
        "clear_imports": lambda self: self.runner.clear() if self.runner else None,
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
