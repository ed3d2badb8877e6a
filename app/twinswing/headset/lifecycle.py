"""What a session's states ask for, and when to try again: without a runtime, a window or a clock."""

from dataclasses import dataclass, replace
from enum import Enum, IntEnum


class State(IntEnum):
    """XrSessionState, with OpenXR's own numbers."""

    UNKNOWN = 0
    IDLE = 1
    READY = 2
    SYNCHRONIZED = 3
    VISIBLE = 4
    FOCUSED = 5
    STOPPING = 6
    LOSS_PENDING = 7
    EXITING = 8


class Do(Enum):
    """What a change of state asks of the application."""

    NOTHING = "nothing"
    BEGIN = "begin the session"
    END = "end the session"
    GIVE_BACK = "give the session back and make a new one later"
    LEAVE = "give the session back for good"


@dataclass(frozen=True)
class Lifecycle:
    """A session as OpenXR's state chart has it.

    running: between xrBeginSession and xrEndSession, where frames are waited for and ended.
    """

    state: State = State.UNKNOWN
    running: bool = False

    def to(self, state: State) -> tuple["Lifecycle", Do]:
        """Take a new state; return what to do about it."""
        match state:
            case State.READY if not self.running:
                return Lifecycle(state, running=True), Do.BEGIN
            case State.STOPPING if self.running:
                return Lifecycle(state, running=False), Do.END
            case State.LOSS_PENDING:
                return Lifecycle(state), Do.GIVE_BACK
            case State.EXITING:
                return Lifecycle(state), Do.LEAVE
        return replace(self, state=state), Do.NOTHING

    @property
    def takes_input(self) -> bool:
        """Tell whether controllers are the application's, not the system menu's."""
        return self.running and self.state == State.FOCUSED


@dataclass(frozen=True)
class BackOff:
    """When to look for a runtime again.

    first_s: a runtime that is restarted is back within a second or two. longest_s: a look costs tens of milliseconds,
    which the window must not feel more often than this.
    """

    first_s: float = 1.0
    longest_s: float = 15.0
    failures: int = 0
    due_s: float = 0.0

    def failed(self, now_s: float) -> "BackOff":
        """Wait twice as long as the last time."""
        wait = min(self.first_s * 2.0 ** min(self.failures, 16), self.longest_s)
        return replace(self, failures=self.failures + 1, due_s=now_s + wait)

    def succeeded(self) -> "BackOff":
        """Begin anew with the shortest wait."""
        return replace(self, failures=0, due_s=0.0)

    def is_due(self, now_s: float) -> bool:
        """Tell whether it is time to look."""
        return now_s >= self.due_s
