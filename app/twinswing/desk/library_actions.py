"""What a user can do in the library's window, with the key for each."""

from twinswing.desk.actions import Action

_CHOOSE = (
    Action("left", ("arrow_left",), "Left", "Choose", repeat=True),
    Action("right", ("arrow_right",), "Right", "Choose", repeat=True),
    Action("up", ("arrow_up",), "Up", "Choose", repeat=True),
    Action("down", ("arrow_down",), "Down", "Choose", repeat=True),
    Action("extend_left", ("shift-arrow_left",), "Choose more", "Choose", repeat=True),
    Action("extend_right", ("shift-arrow_right",), "Choose more", "Choose", repeat=True),
    Action("extend_up", ("shift-arrow_up",), "Choose more, a row", "Choose", repeat=True),
    Action("extend_down", ("shift-arrow_down",), "Choose more, a row", "Choose", repeat=True),
    Action("first", ("home",), "The first", "Choose"),
    Action("last", ("end",), "The last", "Choose"),
    Action("page_up", ("page_up",), "A page up", "Choose", repeat=True),
    Action("page_down", ("page_down",), "A page down", "Choose", repeat=True),
    Action("mark", ("space",), "Add to those chosen, or not", "Choose"),
    Action("all", ("control-a",), "Choose all", "Choose"),
)
_DO = (
    Action("open", ("enter",), "Open", "Recording"),
    Action("compare", ("c",), "Compare the two chosen", "Recording"),
    Action("tag", ("t",), "Add a tag", "Recording"),
    Action("rename", ("f2",), "Give it a name", "Recording"),
    *(
        Action(f"rate:{n}", (str(n),), "Rate it, 1 to 5" if n else "Take the rating away", "Recording")
        for n in range(6)
    ),
    Action("delete", ("delete",), "Delete", "Recording"),
)
_FIND = (
    Action("search", ("/", "control-f"), "Search", "Find"),
    Action("filters", ("f",), "Filters", "Find"),
    Action("clear", ("backspace",), "Show all", "Find"),
    Action("trends", ("r",), "Trends", "Find"),
    Action("new_golfer", ("n",), "New golfer", "Find"),
    Action("import", ("i", "control-o"), "Add videos or recordings", "Find"),
    Action("imports", ("q",), "The queue", "Find"),
    Action("rescan", ("f5",), "Look through the folder again", "Find"),
)
_WINDOW = (
    Action("details", ("d",), "Details", "Window"),
    Action("plays", ("m",), "Thumbnails move, or not", "Window"),
    Action("larger", ("+", "="), "Larger cards", "Window", repeat=True),
    Action("smaller", ("-",), "Smaller cards", "Window", repeat=True),
    Action("help", ("?", "shift-/", "f1"), "This help", "Window"),
    Action("fullscreen", ("f11",), "Full screen", "Window"),
    Action("screenshot", ("f12",), "Save a picture", "Window"),
    Action("escape", ("escape",), "Close what is open", "Window"),
)

ACTIONS: tuple[Action, ...] = _CHOOSE + _DO + _FIND + _WINDOW
KEY_TO_ACTION: dict[str, str] = {key: action.name for action in ACTIONS for key in action.keys}
REPEATING: frozenset[str] = frozenset(key for action in ACTIONS if action.repeat for key in action.keys)
# What the help leaves out: a key that does the same as its neighbour, the other way round.
_UNSAID = {"extend_left", "extend_up", *(f"rate:{n}" for n in range(1, 5))}


def groups() -> dict[str, list[Action]]:
    """Return the actions by the help overlay's columns, in order."""
    columns: dict[str, list[Action]] = {}
    for action in ACTIONS:
        if action.name not in _UNSAID:
            columns.setdefault(action.group, []).append(action)
    return columns
