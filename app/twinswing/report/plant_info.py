"""What a plant's recording holds, for a person and for a program to read."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twinswing.plant.alarms import AlarmLog
from twinswing.plant.recorded import RecordedHistory


@dataclass(frozen=True)
class PlantInfo:
    """A plant's recording at a glance; first_s, last_s: session time; alarms: by priority; kinds: units by kind."""

    name: str
    label: str
    units: int
    items: int
    buffers: int
    sources: dict[str, str]
    kinds: dict[str, int]
    start_utc: str
    first_s: float
    last_s: float
    observations: int
    alarms: dict[str, int]
    floods: int
    actions: int
    lost_links: int

    def to_dict(self) -> dict[str, Any]:
        """Return this as JSON's types."""
        return asdict(self)

    def text(self, path: Path) -> str:
        """Return this for a person to read."""
        hours = (self.last_s - self.first_s) / 3600.0
        alarms = ", ".join(f"{count} {priority}" for priority, count in self.alarms.items()) or "none"
        lines = [
            f"{path}: the plant {self.label or self.name}, {path.stat().st_size / 1e6:.1f} MB",
            f"  {self.units} units, {self.buffers} buffers, {self.items} data items, {self.observations} observations",
            f"  {hours:.2f} h from {self.start_utc} ({self.first_s:.1f} s to {self.last_s:.1f} s)",
            "  units: " + ", ".join(f"{count} {kind}" for kind, count in self.kinds.items()),
            "  sources: " + ", ".join(f"{name} ({kind})" for name, kind in self.sources.items()),
            f"  alarms: {alarms}; {self.floods} floods; {self.actions} actions of people; {self.lost_links} links lost",
        ]
        return "\n".join(lines)


def plant_info(history: RecordedHistory) -> PlantInfo:
    """Describe a plant's recording; its alarms are found anew from what was recorded."""
    plant = history.plant
    picture = AlarmLog(plant).extend(history, history)
    first, last = history.span_ns
    alarms = Counter(str(o.priority) for o in picture.occurrences)
    return PlantInfo(
        name=plant.name,
        label=plant.label,
        units=len(plant.units),
        items=len(plant.items),
        buffers=len(plant.buffers),
        sources={spec.name: spec.kind for spec in plant.sources},
        kinds=dict(Counter(str(unit.kind) for unit in plant.units).most_common()),
        start_utc=datetime.fromtimestamp((history.zero_unix_ns + first) / 1e9, UTC).isoformat(timespec="seconds"),
        first_s=first / 1e9,
        last_s=last / 1e9,
        observations=history.rows,
        alarms={name: alarms[name] for name in ("high", "medium", "low") if alarms[name]},
        floods=len(picture.floods),
        actions=len(picture.actions),
        lost_links=sum(event.state == "down" for event in history.links()),
    )
