"""MTConnect's units, and how they turn into SI."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SiUnit:
    """value in `unit` = factor * value + offset."""

    unit: str
    factor: float = 1.0
    offset: float = 0.0


_TURN = 2.0 * math.pi
_DEGREE = math.pi / 180.0
_INCH = 0.0254
_FOOT = 0.3048

# MTConnect Part 2, units and nativeUnits. A percentage stays one, as a person reads a load.
_UNITS: dict[str, SiUnit] = {
    "AMPERE": SiUnit("A"),
    "CELSIUS": SiUnit("K", 1.0, 273.15),
    "COULOMB": SiUnit("C"),
    "COUNT": SiUnit("1"),
    "COUNT/SECOND": SiUnit("1/s"),
    "CUBIC_MILLIMETER": SiUnit("m3", 1e-9),
    "CUBIC_MILLIMETER/SECOND": SiUnit("m3/s", 1e-9),
    "DECIBEL": SiUnit("dB"),
    "DEGREE": SiUnit("rad", _DEGREE),
    "DEGREE/SECOND": SiUnit("rad/s", _DEGREE),
    "DEGREE/SECOND^2": SiUnit("rad/s2", _DEGREE),
    "DEGREE/MINUTE": SiUnit("rad/s", _DEGREE / 60.0),
    "FAHRENHEIT": SiUnit("K", 5.0 / 9.0, 273.15 - 32.0 * 5.0 / 9.0),
    "FOOT": SiUnit("m", _FOOT),
    "FOOT/MINUTE": SiUnit("m/s", _FOOT / 60.0),
    "FOOT/SECOND": SiUnit("m/s", _FOOT),
    "FOOT/SECOND^2": SiUnit("m/s2", _FOOT),
    "GALLON/MINUTE": SiUnit("m3/s", 0.003785411784 / 60.0),
    "GRAM": SiUnit("kg", 1e-3),
    "GRAM/INCH": SiUnit("kg/m", 1e-3 / _INCH),
    "HERTZ": SiUnit("Hz"),
    "HOUR": SiUnit("s", 3600.0),
    "INCH": SiUnit("m", _INCH),
    "INCH/MINUTE": SiUnit("m/s", _INCH / 60.0),
    "INCH/REVOLUTION": SiUnit("m", _INCH),
    "INCH/SECOND": SiUnit("m/s", _INCH),
    "INCH/SECOND^2": SiUnit("m/s2", _INCH),
    "INCH_POUND": SiUnit("N m", 0.1129848290276167),
    "JOULE": SiUnit("J"),
    "KELVIN": SiUnit("K"),
    "KILOGRAM": SiUnit("kg"),
    "KILOPASCAL": SiUnit("Pa", 1e3),
    "KILOWATT": SiUnit("W", 1e3),
    "KILOWATT_HOUR": SiUnit("J", 3.6e6),
    "LITER": SiUnit("m3", 1e-3),
    "LITER/MINUTE": SiUnit("m3/s", 1e-3 / 60.0),
    "LITER/SECOND": SiUnit("m3/s", 1e-3),
    "MEGAPASCAL": SiUnit("Pa", 1e6),
    "METER/MINUTE": SiUnit("m/s", 1.0 / 60.0),
    "METER/SECOND^2": SiUnit("m/s2"),
    "MICRO_RADIAN": SiUnit("rad", 1e-6),
    "MILLIGRAM": SiUnit("kg", 1e-6),
    "MILLIMETER": SiUnit("m", 1e-3),
    "MILLIMETER/MINUTE": SiUnit("m/s", 1e-3 / 60.0),
    "MILLIMETER/REVOLUTION": SiUnit("m", 1e-3),
    "MILLIMETER/SECOND": SiUnit("m/s", 1e-3),
    "MILLIMETER/SECOND^2": SiUnit("m/s2", 1e-3),
    "MILLIMETER/SECOND^3": SiUnit("m/s3", 1e-3),
    "MINUTE": SiUnit("s", 60.0),
    "NEWTON": SiUnit("N"),
    "NEWTON_METER": SiUnit("N m"),
    "OHM": SiUnit("ohm"),
    "PASCAL": SiUnit("Pa"),
    "PASCAL/SECOND": SiUnit("Pa/s"),
    "PASCAL_SECOND": SiUnit("Pa s"),
    "PERCENT": SiUnit("%"),
    "PH": SiUnit("pH"),
    "POUND": SiUnit("kg", 0.45359237),
    "POUND/INCH^2": SiUnit("Pa", 6894.757293168361),
    "RADIAN": SiUnit("rad"),
    "RADIAN/MINUTE": SiUnit("rad/s", 1.0 / 60.0),
    "RADIAN/SECOND": SiUnit("rad/s"),
    "RADIAN/SECOND^2": SiUnit("rad/s2"),
    "REVOLUTION/MINUTE": SiUnit("rad/s", _TURN / 60.0),
    "REVOLUTION/SECOND": SiUnit("rad/s", _TURN),
    "REVOLUTION/SECOND^2": SiUnit("rad/s2", _TURN),
    "SECOND": SiUnit("s"),
    "SIEMENS/METER": SiUnit("S/m"),
    "SQUARE_INCH": SiUnit("m2", _INCH * _INCH),
    "SQUARE_MILLIMETER": SiUnit("m2", 1e-6),
    "TESLA": SiUnit("T"),
    "TORR": SiUnit("Pa", 133.32236842105263),
    "VOLT": SiUnit("V"),
    "VOLT_AMPERE": SiUnit("VA"),
    "VOLT_AMPERE_REACTIVE": SiUnit("var"),
    "WATT": SiUnit("W"),
    "WATT_SECOND": SiUnit("J"),
    "YARD": SiUnit("m", 0.9144),
}


def to_si(units: str) -> SiUnit | None:
    """Return how MTConnect units turn into SI; None where they are unknown, and the value stays as it is."""
    return _UNITS.get(units.upper())


def native_to_units(native: str, units: str, scale: float = 1.0) -> tuple[float, float]:
    """Return (factor, offset) by which an agent turns a value of `nativeUnits` and `nativeScale` into `units`.

    Units that are unknown, of different kinds, or the same are left as they are, but for the scale.
    """
    divided = 1.0 / scale if scale else 1.0
    here, there = to_si(native), to_si(units)
    if native.upper() == units.upper() or here is None or there is None or here.unit != there.unit:
        return divided, 0.0
    factor = here.factor / there.factor
    return factor * divided, (here.offset - there.offset) / there.factor
