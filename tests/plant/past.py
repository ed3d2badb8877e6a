"""Pasts for tests: a history out of rows (item, seconds, value), and a simulated shift of the bundled works."""

from collections.abc import Iterable

from twinswing.plant.model import Plant
from twinswing.plant.store import LiveHistory
from twinswing.streams.observations import Observation, Quality
from twinswing.timeline.clock import to_ns

Row = tuple[str, float, float | str | None]


def told(plant: Plant, rows: Iterable[Row], quality: Quality = Quality.STALE) -> LiveHistory:
    """Return a history of what the source "sim" said; a value None has the quality that is given."""
    out = LiveHistory(plant, zero_unix_ns=0)
    said = [
        Observation(item, to_ns(t), value, quality if value is None else Quality.GOOD)
        for item, t, value in sorted(rows, key=lambda row: row[1])
    ]
    out.observed("sim", said)
    return out
