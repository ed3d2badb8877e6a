"""A session's states to their ends, and waiting for a runtime that went away."""

import pytest

from twinswing.headset.lifecycle import BackOff, Do, Lifecycle, State


def walk(*states: State) -> tuple[Lifecycle, list[Do]]:
    life, done = Lifecycle(), []
    for state in states:
        life, do = life.to(state)
        done.append(do)
    return life, done


def test_a_whole_life_begins_and_ends_once():
    life, done = walk(
        State.IDLE, State.READY, State.SYNCHRONIZED, State.VISIBLE, State.FOCUSED, State.VISIBLE, State.SYNCHRONIZED,
        State.STOPPING, State.IDLE, State.EXITING,
    )  # fmt: skip
    assert [do for do in done if do is not Do.NOTHING] == [Do.BEGIN, Do.END, Do.LEAVE]
    assert not life.running


def test_a_session_that_was_stopped_begins_again_when_it_is_ready_again():
    life, done = walk(State.IDLE, State.READY, State.SYNCHRONIZED, State.STOPPING, State.IDLE, State.READY)
    assert done[-1] is Do.BEGIN
    assert life.running


@pytest.mark.parametrize("state", [State.IDLE, State.READY, State.VISIBLE, State.FOCUSED, State.STOPPING])
def test_loss_ends_it_from_anywhere(state):
    life, done = walk(State.READY, state, State.LOSS_PENDING)
    assert done[-1] is Do.GIVE_BACK
    assert not life.running


def test_input_is_taken_only_with_the_users_attention():
    assert walk(State.READY, State.FOCUSED)[0].takes_input
    assert not walk(State.READY, State.FOCUSED, State.VISIBLE)[0].takes_input
    assert not walk(State.FOCUSED)[0].takes_input


def test_a_runtime_is_looked_for_less_and_less_often_and_at_once_after_it_was_there():
    back, now, waits = BackOff(), 0.0, []
    for _ in range(8):
        assert back.is_due(now)
        back = back.failed(now)
        waits.append(back.due_s - now)
        assert not back.is_due(back.due_s - 0.01)
        now = back.due_s
    assert waits == [1, 2, 4, 8, 15, 15, 15, 15]
    assert back.succeeded().is_due(0.0)
