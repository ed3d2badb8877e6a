"""Units that a plant's file may speak in, and how they become the SI units that are kept inside."""

from typing import NamedTuple


class Conversion(NamedTuple):
    """value in `unit` (SI) = factor * value there + offset."""

    unit: str
    factor: float = 1.0
    offset: float = 0.0


_TURN = 6.283185307179586
_G0 = 9.80665  # standard gravity, exactly, by the 3rd CGPM

# Percent stays percent: loads, fills and overrides are read, limited and compared in it everywhere on a shop floor.
CONVERSIONS: dict[str, Conversion] = {
    **{unit: Conversion(unit) for unit in ("1", "%", "W", "VA", "var", "J", "K", "m", "m/s", "m/s2", "rad", "rad/s")},
    **{unit: Conversion(unit) for unit in ("s", "Hz", "A", "V", "Pa", "N", "N.m", "kg", "m3", "m3/s", "ohm")},
    "pieces": Conversion("1"),
    "kW": Conversion("W", 1e3),
    "MW": Conversion("W", 1e6),
    "Wh": Conversion("J", 3.6e3),
    "kWh": Conversion("J", 3.6e6),
    "MWh": Conversion("J", 3.6e9),
    "kJ": Conversion("J", 1e3),
    "MJ": Conversion("J", 1e6),
    "degC": Conversion("K", 1.0, 273.15),
    "°C": Conversion("K", 1.0, 273.15),
    "degF": Conversion("K", 5.0 / 9.0, 273.15 - 32.0 * 5.0 / 9.0),
    "mm": Conversion("m", 1e-3),
    "um": Conversion("m", 1e-6),
    "in": Conversion("m", 0.0254),
    "mm/s": Conversion("m/s", 1e-3),
    "mm/min": Conversion("m/s", 1e-3 / 60.0),
    "m/min": Conversion("m/s", 1.0 / 60.0),
    "g0": Conversion("m/s2", _G0),
    "deg": Conversion("rad", _TURN / 360.0),
    "deg/s": Conversion("rad/s", _TURN / 360.0),
    "rpm": Conversion("rad/s", _TURN / 60.0),
    "ms": Conversion("s", 1e-3),
    "min": Conversion("s", 60.0),
    "h": Conversion("s", 3600.0),
    "kHz": Conversion("Hz", 1e3),
    "mA": Conversion("A", 1e-3),
    "kV": Conversion("V", 1e3),
    "kPa": Conversion("Pa", 1e3),
    "MPa": Conversion("Pa", 1e6),
    "bar": Conversion("Pa", 1e5),
    "mbar": Conversion("Pa", 1e2),
    "psi": Conversion("Pa", 6894.757293168361),
    "kN": Conversion("N", 1e3),
    "g": Conversion("kg", 1e-3),
    "t": Conversion("kg", 1e3),
    "l": Conversion("m3", 1e-3),
    "l/min": Conversion("m3/s", 1e-3 / 60.0),
    "m3/h": Conversion("m3/s", 1.0 / 3600.0),
}
