"""Turns a simulation into what its machines would say: observations of every item, by its role.

States, pieces, counts and levels are told when they change; load, temperature and their like at the ticks, and only
when they moved by what a person could tell apart. What changes twice within one moment is told once.
"""

from dataclasses import dataclass, replace

import numpy as np

from twinswing.plant.model import DataItem, Plant, Role, UnitKind
from twinswing.plant.simulation_floor import Place, UnitRun
from twinswing.plant.simulation_random import Purpose, generator
from twinswing.plant.simulation_signals import WARNING_WEAR, Numbers, Signals
from twinswing.plant.states import UnitState
from twinswing.streams.observations import ConditionLevel, ItemKind, Observation, Quality
from twinswing.timeline.clock import NS_PER_S

# MTConnect's Execution; the reason beside it says why.
EXECUTION = {
    UnitState.RUNNING: "ACTIVE",
    UnitState.SETUP: "INTERRUPTED",
    UnitState.WAITING: "WAIT",
    UnitState.FAILED: "STOPPED",
}
RESTING = "READY"

# The machine's own code and words of what usually stops a machine of its kind.
FAULTS: dict[UnitKind, tuple[str, str]] = {
    UnitKind.PRESS: ("H-204", "Hydraulic pressure too low: stroke stopped"),
    UnitKind.FURNACE: ("F-118", "Door not shut: heating stopped"),
    UnitKind.MILL: ("M-410", "Tool broken: cycle stopped"),
    UnitKind.LATHE: ("L-402", "Bar feeder jammed"),
    UnitKind.POLISHER: ("P-131", "Belt torn"),
    UnitKind.INSERT: ("N-220", "Adhesive nozzle blocked"),
    UnitKind.SAW: ("S-105", "Blade guard open"),
    UnitKind.EMBED: ("E-310", "Sensor not seated"),
    UnitKind.CALIBRATE: ("C-501", "Reference axis lost its position"),
    UnitKind.ASSEMBLY: ("A-150", "Gripper did not close"),
    UnitKind.BENDING: ("B-230", "Clamp force not reached"),
    UnitKind.INSPECTION: ("Q-320", "Camera gives no picture"),
    UnitKind.PACKING: ("K-140", "Carton jammed"),
    UnitKind.WASHER: ("W-160", "Pump ran dry"),
}
FAULT_ELSE = ("G-100", "Stopped by its guard")
BEARING_CODE = "SP-BRG"
BEARING_WARNING = "Spindle bearing: vibration is four times that of a sound one, plan its exchange"
BEARING_FAULT = "Spindle bearing seized: spindle stopped"

# The smallest difference that is told, in SI units (load in percent).
STEP = {Role.LOAD: 1.0, Role.TEMPERATURE: 0.1, Role.VIBRATION: 2e-5, Role.SPEED: 1.0, Role.PRESSURE: 1e4}


@dataclass(frozen=True, slots=True)
class Rates:
    """How often the varying items are told: every `tick_s`, and the slower ones every so many ticks.

    One second is what a controller's data server gives; temperatures and counters move slower.
    """

    tick_s: float = 1.0
    load_ticks: int = 1
    vibration_ticks: int = 2
    slow_ticks: int = 5  # temperature, pressure
    energy_ticks: int = 10


class _Channel:
    """One item: turns a value in the item's unit into the source's, and tells it when it is another."""

    __slots__ = ("address", "factor", "last", "offset", "step")

    def __init__(self, item: DataItem, step: float = 0.0) -> None:
        self.address = item.address
        self.factor = item.factor
        self.offset = item.offset
        self.step = step
        self.last: float | str | None = None

    def say(self, out: list[Observation], t_ns: int, value: float | str) -> None:
        if self.step and not isinstance(value, str):
            # Division first: 3 * 0.1 is not 0.3, and clean decimals compress.
            value = round(round(value / self.step) * self.step, 9)
        if value == self.last:
            return
        self.last = value
        if not isinstance(value, str) and (self.factor != 1.0 or self.offset != 0.0):
            value = (value - self.offset) / self.factor
        out.append(Observation(self.address, t_ns, value))


class PlantRows:
    """Watches a simulation and keeps what its items say until it is drained.

    source: only items of that source; None for all. start_unix_ns: the clock's time at simulated time zero.
    """

    def __init__(
        self, plant: Plant, seed: int, start_unix_ns: int = 0, source: str | None = None, rates: Rates | None = None
    ) -> None:
        self.rates = rates or Rates()
        self._plant = plant
        self._start = start_unix_ns
        self._signals = Signals(plant.units, generator(seed, "signals", Purpose.SIGNAL))
        self._out: list[Observation] = []
        self._begun = False
        self._ticks = 0
        self._tick_at = 0
        self._at = 0
        self._units: dict[int, UnitRun] = {}  # touched at `_at`
        self._levels: dict[int, Place] = {}
        self._runs: list[UnitRun] = []
        self._ran = np.zeros(len(plant.units), dtype=np.int64)
        self._good = [(0, 0)] * len(plant.units)  # counts at the beginning
        self._power: list[int] = [0] * len(plant.units)  # W, held until the next
        self._power_at: list[int] = [0] * len(plant.units)
        self._energy: list[int] = [0] * len(plant.units)  # W ns
        self._faults: list[str] = [""] * len(plant.units)
        self._warned: list[bool] = [False] * len(plant.units)

        def mine(item: DataItem | None) -> bool:
            return item is not None and (source is None or item.source == source)

        self._channels = [
            {
                item.role: _Channel(item, STEP.get(item.role, 0.0) * (0.01 if _is_part(item) else 1.0))
                for item in unit.by_role.values()
                if mine(item)
            }
            for unit in plant.units
        ]
        self._mute = [i for unit in plant.units for i in unit.items if i.role is Role.OTHER and mine(i)]
        self._level = {b.path: _Channel(b.level) for b in plant.buffers if b.level is not None and mine(b.level)}
        self._meters = [
            ({item.role: _Channel(item) for item in meter.items if mine(item)}, _measured(plant, meter.measures))
            for meter in plant.meters
        ]

    def begin(self, runs: list[UnitRun], places: list[Place], now_ns: int) -> None:
        """Start to tell, with the whole state of the plant at this moment; counters start from zero."""
        self._begun, self._runs, self._at, self._tick_at = True, runs, now_ns, now_ns
        elapsed = np.array([max(sum(run.time_in(now_ns).values()), 1) for run in runs])
        self._ran = np.array([run.ran_ns(now_ns) for run in runs], dtype=np.int64)
        self._signals.settle(self._ran / elapsed)
        self._good = [(run.good, run.scrap) for run in runs]
        self._power_at = [now_ns] * len(runs)
        t = self._start + now_ns
        for run, channels in zip(runs, self._channels, strict=True):
            for role, text in ((Role.AVAILABILITY, "AVAILABLE"), (Role.CONDITION, ConditionLevel.NORMAL.value)):
                if role in channels:
                    channels[role].say(self._out, t, text)
            self.touch_unit(run, now_ns)
        for item in self._mute:
            self._out.append(Observation(item.address, t, None, Quality.UNAVAILABLE))
        for place in places:
            self.touch_place(place, now_ns)
        self._flush()
        self._tell(t, now_ns)

    def retime(self, tick_s: float) -> None:
        """Tell varying items at another pace from now on."""
        self.rates = replace(self.rates, tick_s=tick_s)

    def touch_unit(self, unit: UnitRun, t_ns: int) -> None:
        """Note that a unit is other than before."""
        if self._begun:
            self._at = t_ns
            self._units[unit.number] = unit

    def touch_place(self, place: Place, t_ns: int) -> None:
        """Note that a buffer's level is other than before."""
        if self._begun and place.buffer is not None:
            self._at = t_ns
            self._levels[place.number] = place

    def moment_over(self) -> None:
        """Tell what is other than before; called before time goes on."""
        self._flush()

    def tick(self, now_ns: int) -> None:
        """Tell what varies all the time, at this moment."""
        dt_ns = now_ns - self._tick_at
        if dt_ns <= 0:
            return
        ran = np.array([run.ran_ns(now_ns) for run in self._runs], dtype=np.int64)
        runs = np.array([run.state is UnitState.RUNNING for run in self._runs])
        wear = np.array([run.wear(now_ns) for run in self._runs])
        used = np.array([_tool_used(run) for run in self._runs])
        self._signals.step(dt_ns / NS_PER_S, (ran - self._ran) / dt_ns, runs, used, wear)
        self._ran, self._tick_at = ran, now_ns
        self._ticks += 1
        for number in np.flatnonzero(wear >= WARNING_WEAR):
            self._warn(int(number), now_ns)
        self._tell(self._start + now_ns, now_ns)

    def drain(self) -> list[Observation]:
        """Return what was said since the last call, in order of time."""
        out, self._out = self._out, []
        return out

    def energy_j(self, number: int, now_ns: int) -> float:
        """Return a unit's energy since the beginning: the exact integral of the power that was told."""
        held = self._power[number] * (now_ns - self._power_at[number])
        return (self._energy[number] + held) / NS_PER_S

    # At a change

    def _flush(self) -> None:
        t = self._start + self._at
        for number, run in self._units.items():
            self._tell_unit(number, run, t)
        for place in self._levels.values():
            channel = self._level.get(place.buffer.path) if place.buffer is not None else None
            if channel is not None:
                channel.say(self._out, t, float(len(place.queue)))
        self._units.clear()
        self._levels.clear()

    def _tell_unit(self, number: int, run: UnitRun, t: int) -> None:
        channels = self._channels[number]
        runs = run.state is UnitState.RUNNING
        pieces = run.inside
        values: dict[Role, float | str] = {
            Role.EXECUTION: EXECUTION.get(run.state, RESTING),
            Role.REASON: "" if runs else run.state.value,
            Role.MODE: "MANUAL" if run.state in (UnitState.SETUP, UnitState.FAILED) else "AUTOMATIC",
            Role.PROGRAM: run.program,
            Role.ORDER: ",".join(dict.fromkeys(piece.order.name for piece in pieces)),
            Role.PIECE: ",".join(piece.serial for piece in pieces),
            Role.GOOD: float(run.good - self._good[number][0]),
            Role.SCRAP: float(run.scrap - self._good[number][1]),
        }
        for role, value in values.items():
            if role in channels:
                channels[role].say(self._out, t, value)
        if run.unit.behaviour.tool_life_pieces and Role.TOOL_LIFE in channels:
            channels[Role.TOOL_LIFE].say(self._out, t, _tool_left(run))
        if Role.TOOL in channels:
            channels[Role.TOOL].say(self._out, t, f"T{1 + (run.tool_number - 1) % 24:02d}")
        if run.fault != self._faults[number]:
            self._tell_fault(number, run, t)
        self._tell_drive(number, runs, t)

    def _tell_fault(self, number: int, run: UnitRun, t: int) -> None:
        before, self._faults[number] = self._faults[number], run.fault
        channel = self._channels[number].get(Role.CONDITION)
        if channel is None:
            return
        if run.fault:
            code, message = _fault(run, run.fault)
            self._out.append(Observation(channel.address, t, ConditionLevel.FAULT.value, code=code, message=message))
            return
        # What is repaired clears by its own code: the warning of a bearing stays through other stops.
        code, _ = _fault(run, before)
        self._out.append(Observation(channel.address, t, ConditionLevel.NORMAL.value, code=code))
        if before == "bearing":
            self._warned[number] = False

    def _warn(self, number: int, now_ns: int) -> None:
        channel = self._channels[number].get(Role.CONDITION)
        if channel is not None and not self._warned[number] and not self._faults[number]:
            self._warned[number] = True
            self._out.append(
                Observation(
                    channel.address,
                    self._start + now_ns,
                    ConditionLevel.WARNING.value,
                    code=BEARING_CODE,
                    message=BEARING_WARNING,
                )
            )

    def _tell_drive(self, number: int, runs: bool, t: int) -> None:
        """Tell load, speed and power, which jump with the state; the power is held until it is told anew."""
        channels, signals = self._channels[number], self._signals
        power = signals.power_w(number, runs)
        if power != self._power[number]:
            at = t - self._start
            self._energy[number] += self._power[number] * (at - self._power_at[number])
            self._power[number], self._power_at[number] = power, at
        if Role.POWER in channels:
            channels[Role.POWER].say(self._out, t, float(power))
        if Role.LOAD in channels:
            part = 0.01 if channels[Role.LOAD].step < 1.0 else 1.0
            load = float(signals.load_nominal_pct[number] * signals.load[number]) if runs else 0.0
            channels[Role.LOAD].say(self._out, t, part * load)
        if Role.SPEED in channels:
            channels[Role.SPEED].say(self._out, t, float(signals.speed_nominal[number]) if runs else 0.0)

    # At a tick

    def _tell(self, t: int, now_ns: int) -> None:
        rates, signals, ticks = self.rates, self._signals, self._ticks
        due: list[tuple[Role, Numbers]] = []
        if ticks % rates.vibration_ticks == 0:
            due.append((Role.VIBRATION, signals.vibration_mps))
        if ticks % rates.slow_ticks == 0:
            due += [(Role.TEMPERATURE, signals.temperature_k), (Role.PRESSURE, signals.pressure_pa)]
        with_energy = ticks % rates.energy_ticks == 0
        for number, channels in enumerate(self._channels):
            if ticks % rates.load_ticks == 0 and self._runs[number].state is UnitState.RUNNING:
                self._tell_drive(number, True, t)
            for role, values in due:
                if role in channels:
                    channels[role].say(self._out, t, float(values[number]))
            if with_energy and Role.ENERGY in channels:
                channels[Role.ENERGY].say(self._out, t, float(round(self.energy_j(number, now_ns))))
        for meter, measured in self._meters:
            if Role.POWER in meter and ticks % rates.load_ticks == 0:
                meter[Role.POWER].say(self._out, t, float(sum(self._power[i] for i in measured)))
            if with_energy and Role.ENERGY in meter:
                total = sum(self.energy_j(i, now_ns) for i in measured)
                meter[Role.ENERGY].say(self._out, t, float(round(total)))


def _is_part(item: DataItem) -> bool:
    """Whether a load or a level is told as a part of one, not in percent."""
    return item.role is Role.LOAD and item.unit == "1" and item.kind is ItemKind.SAMPLE


def _fault(run: UnitRun, fault: str) -> tuple[str, str]:
    """Return code and words of what has failed."""
    return (BEARING_CODE, BEARING_FAULT) if fault == "bearing" else FAULTS.get(run.unit.kind, FAULT_ELSE)


def _tool_left(run: UnitRun) -> float:
    """Return what is left of the tool's life in the item's unit: percent, a part of one, or pieces."""
    item = run.unit.by_role[Role.TOOL_LIFE]
    left, life = max(run.tool_left, 0), run.unit.behaviour.tool_life_pieces
    if item.unit == "%":
        return round(100.0 * left / life, 1)
    return round(left / life, 4) if item.high is not None and item.high <= 1.0 else float(left)


def _tool_used(run: UnitRun) -> float:
    life = run.unit.behaviour.tool_life_pieces
    return 1.0 - max(run.tool_left, 0) / life if life else 0.5


def _measured(plant: Plant, measures: tuple[str, ...]) -> list[int]:
    """Return the numbers of the units that a meter measures: each once, named itself or by its line or area."""
    return [
        number
        for number, unit in enumerate(plant.units)
        if any(unit.path == path or unit.path.startswith(path + "/") for path in measures)
    ]
