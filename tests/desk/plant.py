"""A plant for the window's tests: two mills and a lathe that were told what to say, live or in a recording.

Over one hour: mill 1 runs. Mill 2 runs, shakes above its limit from minute 20 on and fails from minute 30 on. The lathe
runs for half of the hour and then waits for pieces. An order goes from mill 1 to the lathe at minute 40.
"""

from pathlib import Path

from twinswing.plant.load import parse_plant
from twinswing.plant.model import Plant
from twinswing.plant.recorder import PlantRecorder
from twinswing.plant.store import LiveHistory
from twinswing.streams.observations import LinkState, LinkStatus, Observation

ZERO_UNIX_NS = 1_780_000_000_000_000_000
MINUTE_NS = 60_000_000_000
MILL_1, MILL_2, LATHE = (f"shop/cell/{name}" for name in ("mill_1", "mill_2", "lathe"))

_HEAD = """
[plant]
name = "shop"
label = "Test shop"
hall = [24.0, 14.0, 5.0]
source = "cell"

[sources.cell]
kind = "sim"
"""
_UNIT = """
[areas.shop.lines.cell.units.{name}]
label = "{label}"
kind = "{kind}"
at = [{x}, 7.0]
size = [3.0, 2.4, 2.2]
ideal_cycle_s = 60.0
[areas.shop.lines.cell.units.{name}.items]
execution = {{ address = "{name}.execution" }}
reason = {{ address = "{name}.reason" }}
order = {{ address = "{name}.order" }}
piece = {{ address = "{name}.piece" }}
good = {{ address = "{name}.good" }}
power = {{ address = "{name}.power", unit = "kW", source_unit = "kW", low = 0.0, high = 10.0 }}
condition = {{ address = "{name}.condition" }}
[areas.shop.lines.cell.units.{name}.items.vibration]
address = "{name}.vibration"
unit = "mm/s"
source_unit = "mm/s"
low = 0.0
high = 12.0
limits = [{{ name = "rough", high = 7.1, priority = "high", message = "Stop the spindle" }}]
"""
_UNITS = (("mill_1", "Mill 1", "mill", 5.0), ("mill_2", "Mill 2", "mill", 12.0), ("lathe", "Lathe", "lathe", 19.0))


def shop() -> Plant:
    """Return the plant."""
    text = _HEAD + "".join(_UNIT.format(name=n, label=label, kind=kind, x=x) for n, label, kind, x in _UNITS)
    return parse_plant(text, "shop.toml")


def hour() -> list[Observation]:
    """Return what the machines say in an hour, in order of time."""
    said: list[tuple[float, str, float | str]] = []
    for name, *_ in _UNITS:
        said += [(0, f"{name}.execution", "ACTIVE"), (0, f"{name}.reason", ""), (0, f"{name}.condition", "NORMAL")]
        said += [(m, f"{name}.power", 5.0 + 0.5 * (m % 2)) for m in range(61)]
        said += [(m, f"{name}.good", float(m)) for m in range(31)]
    said += [(m, "mill_1.vibration", 2.0) for m in range(61)] + [(m, "lathe.vibration", 2.0) for m in range(61)]
    said += [(m, "mill_2.vibration", 2.0 if m < 20 else 9.0) for m in range(61)]
    said += [(30, "mill_2.execution", "STOPPED"), (30, "mill_2.reason", "FAILED")]
    said += [(30, "lathe.execution", "READY"), (30, "lathe.reason", "STARVED")]
    said += [(0, "mill_1.order", "A1"), (40, "mill_1.order", "A2"), (40, "lathe.order", "A1"), (55, "lathe.order", "")]
    said += [
        (0, "mill_1.piece", "A1-1"),
        (40, "mill_1.piece", "A2-1"),
        (40, "lathe.piece", "A1-1"),
        (55, "lathe.piece", ""),
    ]
    said.sort(key=lambda row: row[0])
    return [Observation(address, ZERO_UNIX_NS + round(m * MINUTE_NS), value) for m, address, value in said]


def live_shop() -> LiveHistory:
    """Return the history of the hour, of a plant that goes on."""
    history = LiveHistory(shop(), ZERO_UNIX_NS)
    history.linked("cell", LinkStatus(LinkState.LIVE, "cell: hears from its peer", ZERO_UNIX_NS))
    history.observed("cell", hour())
    return history


def recorded_shop(path: Path) -> Path:
    """Write the hour into a recording."""
    with PlantRecorder(live_shop(), path) as recorder:
        recorder.step()
    return path
