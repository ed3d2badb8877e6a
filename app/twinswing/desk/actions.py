"""What a user can do in the window, with the key for each: one table for keys, menus, help and tests."""

from dataclasses import dataclass

from twinswing.swing.model import EVENT_NAMES


@dataclass(frozen=True)
class Action:
    """One thing that can be done.

    name  : what the window is told.
    keys  : Panda3D key names, modifiers in its own order ("control-", "shift-").
    label : for the help overlay.
    group : the help overlay's column.
    repeat: holding the key does it again.
    """

    name: str
    keys: tuple[str, ...]
    label: str
    group: str
    repeat: bool = False


EVENT_LABELS: dict[str, str] = {
    "address": "Address",
    "toe_up": "Toe up",
    "mid_backswing": "Mid backswing",
    "top": "Top",
    "mid_downswing": "Mid downswing",
    "impact": "Impact",
    "mid_follow_through": "Mid follow-through",
    "finish": "Finish",
}

_PLAY = (
    Action("play_pause", ("space",), "Play or pause", "Time"),
    Action("step_back", ("arrow_left",), "One frame back", "Time", repeat=True),
    Action("step_forward", ("arrow_right",), "One frame forward", "Time", repeat=True),
    Action("slower", ("arrow_down", "["), "Slower", "Time"),
    Action("faster", ("arrow_up", "]"), "Faster", "Time"),
    Action("go_start", ("home",), "To the start", "Time"),
    Action("go_end", ("end",), "To the end", "Time"),
    Action("previous_event", (",", "page_up"), "Previous event", "Time", repeat=True),
    Action("next_event", (".", "page_down"), "Next event", "Time", repeat=True),
    Action("loop", ("l",), "Loop: swing, downswing, this phase", "Time"),
)
_EVENTS = tuple(
    Action(f"event:{name}", (str(i + 1),), EVENT_LABELS[name], "Events") for i, name in enumerate(EVENT_NAMES)
)
_VIEWS = (
    Action("view:face-on", ("f",), "Face-on", "Views"),
    Action("view:down-the-line", ("d",), "Down the line", "Views"),
    Action("view:top", ("t",), "From above", "Views"),
    Action("view:golfer", ("g",), "Golfer's eyes", "Views"),
    Action("view:video", ("v",), "Over the video", "Views"),
    Action("view:oblique", ("o",), "Oblique", "Views"),
)
_SHOW = (
    Action("toggle:trail", ("r",), "Club-head trail", "Show"),
    Action("toggle:plane", ("p",), "Swing plane", "Show"),
    Action("toggle:skeleton", ("k",), "Skeleton", "Show"),
    Action("toggle:screen", ("s",), "Video screen", "Show"),
    Action("toggle:pip", ("i",), "Picture in picture", "Show"),
    Action("toggle:plots", ("b",), "Plots", "Show"),
    Action("toggle:measures", ("m",), "Measures", "Show"),
)
_WINDOW = (
    Action("files", ("control-o",), "Open a recording or a video", "Window"),
    Action("help", ("?", "shift-/", "f1"), "This help", "Window"),
    Action("reset_layout", ("control-0",), "Panels back to their places", "Window"),
    Action("fullscreen", ("f11",), "Full screen", "Window"),
    Action("screenshot", ("f12",), "Save a picture", "Window"),
    Action("escape", ("escape",), "Close what is open", "Window"),
)

ACTIONS: tuple[Action, ...] = _PLAY + _EVENTS + _VIEWS + _SHOW + _WINDOW
KEY_TO_ACTION: dict[str, str] = {key: action.name for action in ACTIONS for key in action.keys}
REPEATING: frozenset[str] = frozenset(key for action in ACTIONS if action.repeat for key in action.keys)

_KEY_LABELS = {
    "arrow_left": "Left",
    "arrow_right": "Right",
    "arrow_up": "Up",
    "arrow_down": "Down",
    "page_up": "PgUp",
    "page_down": "PgDn",
    "control-o": "Ctrl+O",
    "control-0": "Ctrl+0",
    "shift-/": "?",
    "shift-arrow_left": "Sh+Left",
    "shift-arrow_right": "Sh+Right",
    "shift-a": "Sh+A",
    "shift-arrow_up": "Sh+Up",
    "shift-arrow_down": "Sh+Down",
    "control-a": "Ctrl+A",
    "backspace": "Bksp",
}


def key_label(key: str) -> str:
    """Return a key's name as a keyboard shows it."""
    if key in _KEY_LABELS:
        return _KEY_LABELS[key]
    held, _, plain = key.rpartition("-")
    if held in ("control", "shift"):
        return f"{'Ctrl' if held == 'control' else 'Sh'}+{key_label(plain)}"
    return key.upper() if len(key) == 1 else key.capitalize()


def groups(more: tuple[Action, ...] = ()) -> dict[str, list[Action]]:
    """Return the actions by the help overlay's columns, in order; `more` are those of the window's tools."""
    columns: dict[str, list[Action]] = {}
    for action in (*ACTIONS, *more):
        columns.setdefault(action.group, []).append(action)
    return columns
