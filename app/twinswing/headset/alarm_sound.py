"""Which alarms are heard, from where and how loud, as arithmetic: what plays them is `alarm_voice`.

An alarm calls while its cause stands and no one has acknowledged it (ISA-18.2), in the sound of its priority. Of many,
only a few of the gravest call at once: in a flood of alarms a choir would say nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twinswing.headset.frames import FloatArray, rigid_inverse
from twinswing.plant.alarms import Alarm, AlarmState
from twinswing.plant.model import Plant

Place = tuple[float, float, float]
SOUNDS: Mapping[int, str] = {1: "alarm_low", 2: "alarm_medium", 3: "alarm_high"}


@dataclass(frozen=True)
class SoundParams:
    """How alarms call.

    every_s   : between the calls of one alarm, by rank (1 low to 3 high). Medical alarms, the strictest, repeat high
                ones every 2.5 to 15 s, medium ones every 2.5 to 30 s and low ones not within 15 s (IEC 60601-1-8).
    most      : alarms that call at once; people tell about three sources apart.
    full_m    : within which one is as loud as it gets; beyond, half as loud at twice as far.
    height_m  : of the place that calls over the floor: a machine's lamp.
    apart_s   : between the first calls of two alarms, so that each is heard.
    """

    every_s: tuple[float, float, float] = (20.0, 10.0, 5.0)
    most: int = 3
    full_m: float = 2.0
    height_m: float = 1.6
    apart_s: float = 0.9


@dataclass(frozen=True)
class Call:
    """An alarm that is to be heard: its key, its rank, and the place in the world (m) that it calls from."""

    key: str
    rank: int
    place_m: Place | None

    @property
    def sound(self) -> str:
        """The name of its sound."""
        return SOUNDS[self.rank]


def calling(alarms: Iterable[Alarm], plant: Plant, params: SoundParams | None = None) -> tuple[Call, ...]:
    """Return the alarms that call, the gravest and then the newest first; one of no unit calls from everywhere."""
    params = params or SoundParams()
    waiting = [alarm for alarm in alarms if alarm.state is AlarmState.UNACKNOWLEDGED]
    waiting.sort(key=lambda alarm: (-alarm.rank, -alarm.occurrence.raised_ns, alarm.occurrence.key))
    out = []
    for alarm in waiting[: params.most]:
        unit = plant.unit_by_path.get(alarm.occurrence.unit)
        place = None if unit is None else (*unit.position_m[:2], unit.position_m[2] + params.height_m)
        out.append(Call(f"{alarm.occurrence.key}@{alarm.occurrence.raised_ns}", alarm.rank, place))
    return tuple(out)


@dataclass(frozen=True)
class Rota:
    """When each alarm called last, by its key, seconds of any clock; and when any did."""

    called_s: Mapping[str, float] = field(default_factory=dict)
    last_s: float = -1e9

    def next(
        self, calls: Iterable[Call], now_s: float, params: SoundParams | None = None
    ) -> tuple["Rota", tuple[Call, ...]]:
        """Take the alarms that call now; return those that begin a call. What calls no more is forgotten."""
        params = params or SoundParams()
        kept, begun, last_s = {}, [], self.last_s
        for call in calls:
            before = self.called_s.get(call.key)
            due = before is None or now_s - before >= params.every_s[call.rank - 1]
            if due and now_s - last_s >= params.apart_s:
                begun.append(call)
                before = last_s = now_s
            if before is not None:
                kept[call.key] = before
        return Rota(kept, last_s), tuple(begun)


def heard_from(head: FloatArray, place_m: Place | None) -> NDArray[np.float64]:
    """Return a place as ears have it: to the right, ahead, up, in the viewer's metres, shape (3,).

    head: its pose in the world; its scale is the viewer's, so that in a table model a machine is heard on the table.
    """
    if place_m is None:
        return np.zeros(3)
    x, y, z, _ = rigid_inverse(head) @ np.array([*place_m, 1.0])
    return np.array([x, -z, y])


def loudness(from_m: NDArray[np.float64], params: SoundParams | None = None) -> float:
    """Return how loud something there is, 0 to 1: the inverse of the distance beyond `full_m`."""
    params = params or SoundParams()
    return params.full_m / max(float(np.linalg.norm(from_m)), params.full_m)


def balance(from_m: NDArray[np.float64]) -> float:
    """Return which ear it is nearer to: -1 left, 0 both, 1 right: the sine of its angle off straight ahead."""
    across = float(np.hypot(from_m[0], from_m[1]))
    return float(from_m[0]) / across if across > 1e-6 else 0.0
