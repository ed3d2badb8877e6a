"""Unit states (until plant.states)."""

from collections.abc import Sequence

from twinswing.plant.history import History, Snapshot
from twinswing.plant.model import Plant, Role, Unit
from twinswing.plant.states import UnitState
from twinswing.streams.observations import Quality

_BY_VALUE = {state.value: state for state in UnitState}
_ROLES = (Role.AVAILABILITY, Role.EXECUTION, Role.REASON)
_EXECUTION = {
    "ACTIVE": UnitState.RUNNING, "READY": UnitState.IDLE, "INTERRUPTED": UnitState.HELD, "FEED_HOLD": UnitState.HELD,
    "WAIT": UnitState.STARVED, "STOPPED": UnitState.IDLE, "OPTIONAL_STOP": UnitState.HELD,
    "PROGRAM_STOPPED": UnitState.IDLE, "PROGRAM_COMPLETED": UnitState.IDLE, "PROGRAM_OPTIONAL_STOP": UnitState.HELD,
}  # fmt: skip


def _state(said: dict[Role, tuple[str, int]]) -> UnitState:
    if Role.EXECUTION not in said or said[Role.EXECUTION][1] == Quality.STALE:
        return UnitState.UNKNOWN
    if said.get(Role.AVAILABILITY, ("", 0))[0] == "UNAVAILABLE":
        return UnitState.OFF
    text, quality = said[Role.EXECUTION]
    if quality == Quality.UNAVAILABLE:
        return UnitState.OFF
    if text == "ACTIVE":
        return UnitState.RUNNING
    return _BY_VALUE.get(said.get(Role.REASON, ("", 0))[0], _EXECUTION.get(text, UnitState.UNKNOWN))


def states_at(plant: Plant, snapshot: Snapshot, texts: Sequence[str]) -> tuple[UnitState, ...]:
    """Return each unit's state."""
    out = []
    for unit in plant.units:
        said = {}
        for role in _ROLES:
            item = unit.by_role.get(role)
            if item is not None:
                n = plant.item_number[item.path]
                code = int(snapshot.text[n])
                if snapshot.since_ns[n] >= 0 or code >= 0:
                    said[role] = (texts[code] if code >= 0 else "", int(snapshot.quality[n]))
        out.append(_state(said))
    return tuple(out)


def states_over(history: History, unit: Unit, span_ns: tuple[int, int]) -> list[tuple[int, UnitState]]:
    """Return when each state began."""
    rows = []
    for role in _ROLES:
        item = unit.by_role.get(role)
        if item is None:
            continue
        seen = history.changes(history.plant.item_number[item.path], *span_ns)
        for t, code, q in zip(seen.t_ns.tolist(), seen.text.tolist(), seen.quality.tolist(), strict=True):
            rows.append((max(t, span_ns[0]), role, history.texts[code] if code >= 0 else "", q))
    rows.sort(key=lambda r: r[0])
    said: dict[Role, tuple[str, int]] = {}
    out = [(span_ns[0], UnitState.UNKNOWN)]
    for t, role, text, q in rows:
        said[role] = (text, q)
        state = _state(said)
        if out and out[-1][0] == t:
            out[-1] = (t, state)
        else:
            out.append((t, state))
    return out
