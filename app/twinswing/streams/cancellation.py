"""Cancellation that a library lost."""

import asyncio


def end_if_cancelled() -> None:
    """Raise CancelledError where this task was told to end and something on the way swallowed it.

    Before Python 3.12 `asyncio.wait_for`, which the clients of brokers and servers use, returns a result that comes in
    the same moment as the cancellation, and forgets the latter.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
