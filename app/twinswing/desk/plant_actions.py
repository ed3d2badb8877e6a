"""What a user can do in the plant's window, with the key for each: one table for keys, help and tests."""

from twinswing.desk.actions import Action

BOOKMARKS = 9

_TIME = (
    Action("play_pause", ("space",), "Play or pause", "Time"),
    Action("live", ("l",), "Live: stay at the newest", "Time"),
    Action("back", ("arrow_left",), "10 s back", "Time", repeat=True),
    Action("forward", ("arrow_right",), "10 s forward", "Time", repeat=True),
    Action("back_long", ("shift-arrow_left",), "5 min back", "Time", repeat=True),
    Action("forward_long", ("shift-arrow_right",), "5 min forward", "Time", repeat=True),
    Action("slower", ("arrow_down", "["), "Slower", "Time"),
    Action("faster", ("arrow_up", "]"), "Faster", "Time"),
    Action("previous_alarm", (",", "page_up"), "To the alarm before", "Time", repeat=True),
    Action("next_alarm", (".", "page_down"), "To the next alarm", "Time", repeat=True),
    Action("go_start", ("home",), "To the start", "Time"),
    Action("go_end", ("end",), "To the end", "Time"),
)
_FIND = (
    Action("search", ("/",), "Search a unit", "Find"),
    Action("go_to", ("g",), "Go to the unit chosen", "Find"),
    Action("worst", ("w",), "Go to the worst unit", "Find"),
    Action("follow", ("f",), "Follow its order", "Find"),
    Action("view:overview", ("o",), "The whole plant", "Find"),
    Action("view:top", ("t",), "From above", "Find"),
    Action("view:floor", ("v",), "From the floor", "Find"),
    *(Action(f"bookmark:{n}", (str(n),), "", "Find") for n in range(1, BOOKMARKS + 1)),
    *(Action(f"keep:{n}", (f"control-{n}",), "", "Find") for n in range(1, BOOKMARKS + 1)),
)
_SEE = (
    Action("heat", ("h",), "Heat map: the next one", "See"),
    Action("toggle:xray", ("x",), "X-ray", "See"),
    Action("toggle:section", ("c",), "Section: cut the hall open", "See"),
    Action("toggle:tape", ("m",), "Measuring tape", "See"),
    Action("toggle:labels", ("n",), "Names of units", "See"),
    Action("toggle:panels", ("b",), "Panels", "See"),
)
_ALARMS = (
    Action("acknowledge", ("a",), "Acknowledge", "Alarms"),
    Action("acknowledge_all", ("shift-a",), "Acknowledge all in the list", "Alarms"),
    Action("shelve", ("s",), "Shelve for a while", "Alarms"),
)
_WINDOW = (
    Action("files", ("control-o",), "Open a recording", "Window"),
    Action("help", ("?", "shift-/", "f1"), "This help", "Window"),
    Action("reset_layout", ("control-0",), "Panels back to places", "Window"),
    Action("fullscreen", ("f11",), "Full screen", "Window"),
    Action("screenshot", ("f12",), "Save a picture", "Window"),
    Action("escape", ("escape",), "Close what is open", "Window"),
)

ACTIONS: tuple[Action, ...] = _TIME + _FIND + _SEE + _ALARMS + _WINDOW
KEY_TO_ACTION: dict[str, str] = {key: action.name for action in ACTIONS for key in action.keys}
REPEATING: frozenset[str] = frozenset(key for action in ACTIONS if action.repeat for key in action.keys)

# Nine keys alike make one line of the help.
_TOGETHER = (Action("", ("1-9",), "To a bookmark", "Find"), Action("", ("Ctrl+1-9",), "Keep a bookmark", "Find"))


def groups(more: tuple[Action, ...] = ()) -> dict[str, list[Action]]:
    """Return the actions by the help overlay's columns, in order; `more` are those of the window's tools."""
    columns: dict[str, list[Action]] = {}
    for action in (*(a for a in ACTIONS if a.label), *_TOGETHER, *more):
        columns.setdefault(action.group, []).append(action)
    return columns
