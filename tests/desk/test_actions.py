"""One table of keys serves the window, the help and the documentation: it must not contradict itself."""

from collections import Counter

from twinswing.desk.actions import ACTIONS, EVENT_LABELS, KEY_TO_ACTION, groups
from twinswing.swing.model import EVENT_NAMES


def test_no_key_does_two_things() -> None:
    keys = Counter(key for action in ACTIONS for key in action.keys)
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_event_has_its_number() -> None:
    assert [KEY_TO_ACTION[str(i)] for i in range(1, 9)] == [f"event:{name}" for name in EVENT_NAMES]
    assert set(EVENT_LABELS) == set(EVENT_NAMES)


def test_the_help_shows_every_action_once() -> None:
    shown = [action.name for actions in groups().values() for action in actions]
    assert sorted(shown) == sorted(action.name for action in ACTIONS)


def test_a_question_mark_asks_for_help() -> None:
    assert KEY_TO_ACTION["?"] == "help"
