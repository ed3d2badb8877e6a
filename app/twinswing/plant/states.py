"""What a unit is doing, told from its items: the state that is shown, counted and drawn."""

from enum import StrEnum


class UnitState(StrEnum):
    """A unit's state. Time in each adds up to all time, so that losses can be counted (see `oee`)."""

    RUNNING = "running"
    IDLE = "idle"  # could run, has nothing planned
    STARVED = "starved"  # waits for pieces
    BLOCKED = "blocked"  # has no room for its pieces
    SETUP = "setup"  # set-up, tool change
    HELD = "held"  # feed hold, interruption: a short stop
    WAITING = "waiting"  # for an operator
    FAILED = "failed"
    MAINTENANCE = "maintenance"
    OFF = "off"  # not available, by its own word
    UNKNOWN = "unknown"  # stale or never heard


ABNORMAL = frozenset({UnitState.FAILED, UnitState.UNKNOWN})
