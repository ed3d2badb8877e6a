"""A thread that waits for ever, or an encoder's error that nobody hears of, loses a user's recording."""

import threading

import pytest

from twinswing.body.lanes import side_by_side


def test_every_consumer_gets_every_item_in_order():
    a, b = [], []
    assert list(side_by_side(range(50), [a.append, b.append])) == list(range(50))
    assert a == b == list(range(50))


def test_work_overlaps():
    both = threading.Barrier(2, timeout=10)
    seen = []

    def wait(item):
        both.wait()
        seen.append(item)

    for item in side_by_side(range(4), [wait]):  # passes only if the consumer runs while we hold an item
        both.wait()
        seen.append(item)
    assert sorted(seen) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_the_makers_error_comes_after_its_items():
    def make():
        yield from range(20)
        raise RuntimeError("the file broke off")

    got = []
    with pytest.raises(RuntimeError, match="broke off"):
        got.extend(side_by_side(make(), [lambda item: None]))
    assert got == list(range(20))


def test_a_consumers_error_stops_the_work_and_is_raised():
    def full(item):
        if item == 3:
            raise OSError("the disk is full")

    taken = []
    with pytest.raises(OSError, match="disk is full"):
        taken.extend(side_by_side(range(10_000), [full]))
    assert len(taken) < 100


@pytest.mark.parametrize("leave_at", [0, 1, 30])
def test_leaving_early_ends_all_threads(leave_at):
    before = threading.active_count()
    for item in side_by_side(range(1_000_000), [lambda item: None]):
        if item == leave_at:
            break
    assert threading.active_count() == before


def test_the_maker_never_runs_far_ahead():
    made = 0

    def make():
        nonlocal made
        for i in range(200):
            made += 1
            yield i

    for taken, _ in enumerate(side_by_side(make())):
        assert made - taken <= 12
