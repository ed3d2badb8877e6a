"""What lies over the scene: help, the file list, a running analysis, a notice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.actions import Action, key_label
from twinswing.desk.panels.context import PanelContext

_KEY_COLUMN_PX = 72.0
_HELP_PX = 1180.0
_GROUP_PX = 285.0  # a key and the longest of the labels
_VIDEO_ENDINGS = {".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm"}


def openable(path: Path) -> bool:
    """Tell whether the window can open a file, by its ending."""
    return path.suffix.lower() == ".mcap" or path.suffix.lower() in _VIDEO_ENDINGS


def _begin(name: str, width: float, height: float) -> None:
    """Begin a dialog in the middle of the window; the caller ends it."""
    display = imgui.get_io().display_size
    imgui.set_next_window_pos(imgui.ImVec2(display.x / 2, display.y / 2), imgui.Cond_.always, imgui.ImVec2(0.5, 0.5))
    imgui.set_next_window_size(imgui.ImVec2(min(width, display.x - 20), min(height, display.y - 20)))
    # Above the docked panels, whichever of them was used last.
    imgui.set_next_window_focus()
    imgui.push_style_var(imgui.StyleVar_.window_border_size, 1.0)
    imgui.push_style_color(imgui.Col_.window_bg, theme.colour((*theme.PANEL[:3], 1.0)))
    imgui.begin(name, None, theme.FIXED_WINDOW)
    imgui.pop_style_color()
    imgui.pop_style_var()


class Dialog(Protocol):
    """What the dialogs of any window need of its state."""

    fonts: dict[str, Any]
    recent: tuple[str, ...]
    notice: str

    @property
    def do(self) -> Callable[[str], None]:
        """Tell the window an action's name."""

    @property
    def open_path(self) -> Callable[[Path], None]:
        """Tell the window to open a file."""


_SWING_HINT = "Mouse: left drag turns, right or middle drag moves, wheel zooms. Drop a video or recording to open it."


def draw_help(context: Dialog, columns: dict[str, list[Action]], hint: str = _SWING_HINT) -> None:
    """Draw every key, by group, and a line on the mouse."""
    shared = _packed(columns, max(int((min(_HELP_PX, imgui.get_io().display_size.x) - 40) // _GROUP_PX), 1))
    rows = max(sum(len(columns[name]) + 2 for name in names) for names in shared)
    _begin("Help", _HELP_PX, 100 + rows * imgui.get_text_line_height_with_spacing())
    imgui.push_font(context.fonts.get("bold"), 0.0)
    imgui.text("Keys")
    imgui.pop_font()
    imgui.same_line(imgui.get_content_region_avail().x - 60)
    if imgui.button("Close"):
        context.do("help")
    imgui.separator()
    if imgui.begin_table("keys", len(shared), imgui.TableFlags_.sizing_stretch_same, imgui.ImVec2(0, 0), 0.0):
        imgui.table_next_row()
        for names in shared:
            imgui.table_next_column()
            for group in names:
                imgui.text_disabled(group)
                for action in columns[group]:
                    imgui.text_colored(theme.colour(theme.ACCENT_BRIGHT), f"{key_label(action.keys[0]):>6}")
                    imgui.same_line(_KEY_COLUMN_PX)
                    imgui.text(action.label)
                imgui.spacing()
        imgui.end_table()
    imgui.spacing()
    imgui.text_disabled(hint)
    imgui.end()


def _packed(groups: dict[str, list[Action]], columns: int) -> list[list[str]]:
    """Return the groups' names in at most so many columns, in order, each below the shortest so far."""
    shared: list[list[str]] = [[] for _ in range(min(columns, max(len(groups), 1)))]
    heights = [0] * len(shared)
    for name, actions in groups.items():
        shortest = heights.index(min(heights))
        shared[shortest].append(name)
        heights[shortest] += len(actions) + 2
    return shared


class FileList:
    """The open dialog: recent files, and the folders below where the last one was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._listed: tuple[Path, list[Path]] | None = None

    def _entries(self) -> list[Path]:
        # Read once a folder, not once a frame.
        if self._listed is None or self._listed[0] != self.folder:
            try:
                found = [p for p in self.folder.iterdir() if not p.name.startswith(".") and (p.is_dir() or openable(p))]
            except OSError:
                found = []
            self._listed = (self.folder, sorted(found, key=lambda p: (not p.is_dir(), p.name.lower())))
        return self._listed[1]

    def refresh(self) -> None:
        """Read the folder again at the next frame."""
        self._listed = None

    def draw(self, context: Dialog) -> None:
        """Draw the dialog."""
        _begin("Open", 760, 460)
        imgui.push_font(context.fonts.get("bold"), 0.0)
        imgui.text("Open a recording or a video")
        imgui.pop_font()
        imgui.same_line(imgui.get_content_region_avail().x - 60)
        if imgui.button("Close"):
            context.do("files")
        imgui.separator()
        half = imgui.get_content_region_avail().x / 2 - 6
        imgui.begin_child("recent", imgui.ImVec2(half, 0))
        imgui.text_disabled("Recent")
        for name in context.recent:
            if imgui.selectable(f"{Path(name).name}##{name}", False)[0]:
                context.open_path(Path(name))
            if imgui.is_item_hovered():
                imgui.set_tooltip(name)
        imgui.end_child()
        imgui.same_line(0, 12)
        imgui.begin_child("folder", imgui.ImVec2(half, 0))
        imgui.text_disabled(str(self.folder))
        if imgui.selectable("..", False)[0]:
            self.folder = self.folder.parent
        for path in self._entries():
            if imgui.selectable(path.name + ("/" if path.is_dir() else ""), False)[0]:
                if path.is_dir():
                    self.folder = path
                else:
                    context.open_path(path)
                break
        imgui.end_child()
        imgui.end()


def draw_job(context: PanelContext) -> None:
    """Draw the running or failed analysis, at the top in the middle."""
    job = context.job
    if job is None:
        return
    display = imgui.get_io().display_size
    imgui.set_next_window_pos(imgui.ImVec2(display.x / 2, 60), imgui.Cond_.always, imgui.ImVec2(0.5, 0.0))
    imgui.set_next_window_size(imgui.ImVec2(440, 0))
    imgui.begin("Analysis", None, theme.FIXED_WINDOW)
    if job.state == "running":
        imgui.text(f"Analysing {job.video.name}")
        imgui.progress_bar(job.fraction, imgui.ImVec2(-80, 0), f"{job.stage}  {job.fraction:.0%}")
        imgui.same_line()
        if imgui.button("Cancel"):
            context.do("cancel_job")
    else:
        imgui.push_text_wrap_pos(0.0)
        imgui.text_colored(theme.colour(theme.ALARM), job.error or "The analysis was cancelled.")
        imgui.pop_text_wrap_pos()
        if imgui.button("Close"):
            context.do("dismiss_job")
    imgui.end()


def draw_notice(context: Dialog) -> None:
    """Draw a short message at the scene's upper left corner, away from the golfer."""
    if not context.notice:
        return
    imgui.set_next_window_pos(imgui.ImVec2(12, 58), imgui.Cond_.always)
    flags = theme.FIXED_WINDOW | imgui.WindowFlags_.always_auto_resize | imgui.WindowFlags_.no_inputs
    imgui.begin("Notice", None, flags)
    imgui.text(context.notice)
    imgui.end()
