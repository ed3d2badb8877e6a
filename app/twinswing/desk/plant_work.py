"""What takes longer than a frame may: done in a thread beside the window, kept by what it was asked for."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from twinswing.errors import TwinswingError

T = TypeVar("T")

_KEPT = 256  # answers: a screenful of trends over some dozens of windows


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What is known of a question: its value, None while it is worked on, or the sentence that says why there is none.

    fresh: whether it is the answer to exactly this question, not to the one that was asked before in its place.
    """

    value: T | None = None
    error: str = ""
    fresh: bool = False


class Worker:
    """One thread that answers questions in the order in which their places came up; a frame asks and never waits.

    A question is a place (where on the screen its answer goes: "oee", "trend/3") and a key (what is asked). While the
    answer to a new key is worked on, the place shows the answer that it had: nothing flickers as the playhead moves. Of
    one place only the newest question is worked on: what has been scrubbed past is not computed.
    """

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._answers: OrderedDict[tuple[str, Hashable], Answer[Any]] = OrderedDict()
        self._last: dict[str, Answer[Any]] = {}
        self._waiting: OrderedDict[str, tuple[Hashable, Callable[[], Any]]] = OrderedDict()
        self._working: tuple[str, Hashable] | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="plant-work", daemon=True)
        self._thread.start()

    def ask(self, place: str, key: Hashable, work: Callable[[], T]) -> Answer[T]:
        """Return what is known, and let `work` be done if it is not known yet."""
        with self._lock:
            known = self._answers.get((place, key))
            if known is not None:
                self._answers.move_to_end((place, key))
                self._last[place] = known
                self._waiting.pop(place, None)
                return known
            if self._working != (place, key):
                # A place that waits keeps its turn, or one that asks anew each frame would never let others in.
                self._waiting[place] = (key, work)
                self._lock.notify_all()
            last = self._last.get(place)
            return Answer() if last is None else Answer(last.value, last.error)

    @property
    def busy(self) -> bool:
        """Whether something is being worked on or waits for it."""
        with self._lock:
            return self._working is not None or bool(self._waiting)

    def settle(self, timeout_s: float) -> bool:
        """Wait until nothing is left to do (for pictures and tests); return whether that came true."""
        with self._lock:
            return self._lock.wait_for(lambda: self._working is None and not self._waiting, timeout_s)

    def forget(self) -> None:
        """Drop all answers: another plant is shown."""
        with self._lock:
            self._answers.clear()
            self._last.clear()
            self._waiting.clear()

    def close(self) -> None:
        """End the thread after what it is working on."""
        with self._lock:
            self._stopped = True
            self._waiting.clear()
            self._lock.notify_all()
        self._thread.join(10.0)

    def _run(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._stopped or bool(self._waiting))
                if self._stopped:
                    return
                place, (key, work) = self._waiting.popitem(last=False)
                self._working = (place, key)
            answer = _answer(work)
            with self._lock:
                self._answers[place, key] = answer
                self._last[place] = answer
                while len(self._answers) > _KEPT:
                    self._answers.popitem(last=False)
                self._working = None
                self._lock.notify_all()


def _answer(work: Callable[[], Any]) -> Answer[Any]:
    try:
        return Answer(work(), fresh=True)
    except (TwinswingError, OSError, ValueError, ArithmeticError, LookupError) as error:
        # A panel says so in its place; the window and its other panels go on.
        return Answer(
            None,
            f"{type(error).__name__}: {error}" if not isinstance(error, TwinswingError) else str(error),
            fresh=True,
        )
