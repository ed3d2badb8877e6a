"""What simulated machines feel like from outside: load, speed, temperature, vibration, pressure and power.

Arrays over a plant's units, one step of any length at a time: every law is solved exactly over the step, so a slow
sampling sees the same machine as a fast one, only less often.

- Load varies about its nominal as a first-order Gauss-Markov process, and rises with the wear of the tool.
- Temperature follows the heat of the load with a first-order lag (a lumped thermal mass).
- Vibration is an RMS velocity; a bearing that wears multiplies it, exponentially in its used running time (exponential
  growth of the fault's indicator is the usual degradation model: Gebraeel et al. 2005, doi:10.1080/07408170590929018).
- Power is the idle power and a part that is proportional to load.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.plant.model import Role, Unit, UnitKind

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shape:
    """A sound machine of a kind while it works: typical of the trade, in SI units, load in percent.

    rest_k is the temperature of what is measured (motor, spindle housing, chamber) at rest, rise_k how far it goes
    above at full duty, lag_s its time constant.
    """

    load_pct: float
    speed_radps: float
    rest_k: float
    rise_k: float
    lag_s: float
    vibration_mps: float
    pressure_pa: float = 6.0e5  # the shop's compressed air


SHAPES: dict[UnitKind, Shape] = {
    UnitKind.PRESS: Shape(62.0, 4.2, 306.0, 24.0, 1200.0, 2.0e-3, 1.8e7),  # hydraulic: 180 bar, 40 strokes a minute
    UnitKind.FURNACE: Shape(70.0, 0.0, 1423.0, -9.0, 420.0, 0.4e-3, 1.02e5),  # 1150 degC for forging; a cold load cools
    UnitKind.MILL: Shape(45.0, 838.0, 300.0, 19.0, 900.0, 0.9e-3),  # 8,000 rpm spindle
    UnitKind.LATHE: Shape(48.0, 251.0, 300.0, 17.0, 900.0, 1.0e-3),  # 2,400 rpm
    UnitKind.POLISHER: Shape(55.0, 188.0, 299.0, 21.0, 600.0, 1.6e-3),  # 1,800 rpm belt
    UnitKind.INSERT: Shape(35.0, 12.0, 296.0, 6.0, 600.0, 0.5e-3),
    UnitKind.SAW: Shape(50.0, 314.0, 297.0, 14.0, 600.0, 1.4e-3),  # 3,000 rpm
    UnitKind.EMBED: Shape(25.0, 6.0, 296.0, 4.0, 600.0, 0.3e-3),
    UnitKind.CALIBRATE: Shape(30.0, 21.0, 295.5, 3.0, 600.0, 0.3e-3),
    UnitKind.ASSEMBLY: Shape(30.0, 8.0, 296.0, 4.0, 600.0, 0.4e-3),
    UnitKind.BENDING: Shape(40.0, 3.0, 296.0, 5.0, 600.0, 0.6e-3, 1.2e7),
    UnitKind.INSPECTION: Shape(20.0, 10.0, 295.0, 2.0, 600.0, 0.2e-3),
    UnitKind.PACKING: Shape(28.0, 10.0, 296.0, 4.0, 600.0, 0.5e-3),
    UnitKind.ROBOT: Shape(38.0, 3.1, 299.0, 13.0, 1200.0, 0.7e-3),
    UnitKind.CONVEYOR: Shape(35.0, 15.0, 298.0, 9.0, 900.0, 0.8e-3),
    UnitKind.STORE: Shape(20.0, 5.0, 295.0, 2.0, 900.0, 0.3e-3),
    UnitKind.WASHER: Shape(45.0, 157.0, 328.0, 4.0, 1200.0, 0.9e-3, 4.0e5),  # bath at 55 degC
    UnitKind.GENERIC: Shape(40.0, 50.0, 298.0, 10.0, 900.0, 0.8e-3),
}

AMBIENT_K = 294.0
LOAD_SD = 0.06  # of nominal: the middle of a cut is steady, its ends are not
LOAD_LAG_S = 20.0  # how long a fluctuation lasts: about a tool path's stretch
TOOL_SPAN = 0.2  # a worn tool takes a fifth more than a fresh one; about one on the average
REST_VIBRATION = 0.12  # of the working one: fans, pumps and the neighbours
VIBRATION_SD = 0.05
HOLD_S = 300.0  # a monitor measures while it turns, and holds the last value through short rests: no alarm chatters
# A sound machine stays below this part of its first alarm limit, whatever the plant's file says; load swings less.
SLACK = {Role.TEMPERATURE: 0.45, Role.VIBRATION: 0.45, Role.LOAD: 0.65}

BEARING_GROWTH = math.log(12.0)  # of vibration from sound to seized
BEARING_WARNS_AT = 4.0  # times the sound vibration
BEARING_LOAD = 0.3  # more load at the end
BEARING_HEAT_K = 42.0  # more temperature at the end
WARNING_WEAR = math.log(BEARING_WARNS_AT) / BEARING_GROWTH


def _limited(units: tuple[Unit, ...], role: Role, values: Numbers, rest: Numbers | float) -> Numbers:
    """Bring working values below the units' own alarm limits, measured from rest."""
    out = values.copy()
    for i, unit in enumerate(units):
        item = unit.by_role.get(role)
        highs = [limit.high for limit in item.limits if limit.high is not None] if item is not None else []
        if highs:
            at_rest = float(np.broadcast_to(rest, out.shape)[i])
            out[i] = min(out[i], at_rest + max((min(highs) - at_rest) * SLACK[role], 0.0))
    return out


class Signals:
    """The units' physics; `step` moves all of them on."""

    def __init__(self, units: tuple[Unit, ...], rng: np.random.Generator) -> None:
        def of(name: str) -> Numbers:
            return np.array([getattr(SHAPES[unit.kind], name) for unit in units], dtype=np.float64)

        self._rng = rng
        self._lag_s = of("lag_s")
        self._rest_k = of("rest_k")
        self._rise_k = _limited(units, Role.TEMPERATURE, self._rest_k + of("rise_k"), self._rest_k) - self._rest_k
        self._vibration = _limited(units, Role.VIBRATION, of("vibration_mps"), 0.0)
        self.load_nominal_pct = _limited(units, Role.LOAD, of("load_pct"), 0.0)
        self.speed_nominal = of("speed_radps")
        self._pressure = of("pressure_pa")
        self.idle_w = np.array([unit.behaviour.power_idle_w for unit in units], dtype=np.float64)
        self.run_w = np.array([unit.behaviour.power_run_w for unit in units], dtype=np.float64)
        self._noise = np.zeros(len(units))
        self._still_s = np.full(len(units), HOLD_S)
        self.load = np.ones(len(units))  # of nominal, while working
        self.temperature_k = self._rest_k.copy()
        self.vibration_mps = self._vibration * REST_VIBRATION
        self.pressure_pa = self._pressure.copy()

    def settle(self, duty: Numbers) -> None:
        """Begin as warm as machines are that have worked at this duty (0 to 1, shape (units,)) for long."""
        self.temperature_k = self._rest_k + self._rise_k * duty

    def step(self, dt_s: float, duty: Numbers, runs: Flags, tool_used: Numbers, wear: Numbers) -> None:
        """Go on by `dt_s`: `duty` is the running part of that time, `runs` who works at its end, shapes (units,).

        tool_used and wear are parts, 0 to 1, of a tool's and a bearing's life.
        """
        count = len(duty)
        keeps = math.exp(-dt_s / LOAD_LAG_S)
        self._noise = keeps * self._noise + math.sqrt(1 - keeps * keeps) * self._rng.standard_normal(count)
        bad = np.expm1(BEARING_GROWTH * wear) / math.expm1(BEARING_GROWTH)
        tool = 1.0 + TOOL_SPAN * (tool_used - 0.5)
        self.load = np.maximum((1.0 + LOAD_SD * self._noise) * tool + BEARING_LOAD * bad, 0.05)
        heat = self._rise_k * self.load + BEARING_HEAT_K * bad
        aim = self._rest_k + heat * duty
        self.temperature_k = aim + (self.temperature_k - aim) * np.exp(-dt_s / self._lag_s)
        working = self._vibration * np.exp(BEARING_GROWTH * wear)
        shake = 1.0 + VIBRATION_SD * self._rng.standard_normal(count)
        turned = runs | (duty > 0)
        self._still_s = np.where(turned, 0.0, self._still_s + dt_s)
        resting = np.where(self._still_s > HOLD_S, self._vibration * REST_VIBRATION, self.vibration_mps)
        self.vibration_mps = np.where(turned, working * np.maximum(shake, 0.5), resting)
        self.pressure_pa = self._pressure * (1.0 + 0.008 * self._rng.standard_normal(count) - 0.02 * runs)

    def power_w(self, number: int, runs: bool) -> int:
        """Return a unit's power now, in whole watts, so that its integral is exact in integers."""
        idle = self.idle_w[number]
        return round(float(idle + (self.run_w[number] - idle) * self.load[number] if runs else idle))
