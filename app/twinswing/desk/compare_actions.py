"""What a user can do in the window of several swings: a swing's own actions, without those it has no panels for."""

from twinswing.desk.actions import ACTIONS, Action

_NOT_HERE = frozenset({"toggle:screen", "toggle:pip", "files"})
_OWN = (
    Action("ghosts", ("x",), "Ghosts, or side by side", "Compare"),
    Action("clock", ("c",), "Event by event, or in real time from impact", "Compare"),
    Action("next_other", ("tab",), "Compare with the next swing", "Compare"),
    Action("next_gap", ("y",), "To where the bodies differ most", "Compare"),
)
ALL: tuple[Action, ...] = (*(a for a in ACTIONS if a.name not in _NOT_HERE), *_OWN)
KEY_TO_ACTION: dict[str, str] = {key: action.name for action in ALL for key in action.keys}
REPEATING: frozenset[str] = frozenset(key for action in ALL if action.repeat for key in action.keys)


def groups(more: tuple[Action, ...] = ()) -> dict[str, list[Action]]:
    """Return the actions by the help overlay's columns, in order; `more` are those of the window's tools."""
    columns: dict[str, list[Action]] = {}
    for action in (*ALL, *more):
        columns.setdefault(action.group, []).append(action)
    return columns
