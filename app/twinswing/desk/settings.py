"""What the window remembers between runs."""

import json
from dataclasses import asdict, dataclass, field, fields, replace
from math import isfinite
from pathlib import Path
from typing import Any

_MAX_RECENT = 12
_MAX_PLANTS = 100
Place = tuple[str, tuple[float, ...]]


@dataclass(frozen=True)
class Settings:
    """Window size (pixels), what is shown, recent files (newest first), and Dear ImGui's own layout text.

    places: of each plant by its name, the views that were kept: number to a label and the seven numbers of a camera
    (target x y z in metres, azimuth, elevation, distance, vertical field of view in radians).
    """

    width_px: int = 1440
    height_px: int = 900
    show: dict[str, bool] = field(default_factory=dict)
    recent: tuple[str, ...] = ()
    layout: str = ""
    places: dict[str, dict[int, Place]] = field(default_factory=dict)

    def with_recent(self, path: Path) -> "Settings":
        """Return the settings with a file at the head of the recent ones."""
        name = str(path)
        recent = (name, *(other for other in self.recent if other != name))[:_MAX_RECENT]
        return replace(self, recent=recent)


def load_settings(path: Path) -> Settings:
    """Read the settings; a missing or damaged file gives the defaults, since nothing in it is worth an error."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    if not isinstance(stored, dict):
        return Settings()
    known = {f.name: f.default for f in fields(Settings)}
    try:
        return Settings(
            width_px=min(max(int(stored.get("width_px", known["width_px"])), 640), 7680),
            height_px=min(max(int(stored.get("height_px", known["height_px"])), 480), 4320),
            show={str(k): bool(v) for k, v in dict(stored.get("show", {})).items()},
            recent=tuple(str(name) for name in stored.get("recent", ()))[:_MAX_RECENT],
            layout=str(stored.get("layout", "")),
            places=_places(stored.get("places", {})),
        )
    except (TypeError, ValueError, AttributeError, OverflowError):
        return Settings()


def _places(stored: dict[str, dict[str, list[Any]]]) -> dict[str, dict[int, Place]]:
    """Read kept views; raises ValueError, TypeError or AttributeError for what are none."""
    out: dict[str, dict[int, Place]] = {}
    for plant, kept in list(stored.items())[-_MAX_PLANTS:]:
        for number, (label, camera) in kept.items():
            numbers = tuple(float(x) for x in camera)
            if len(numbers) != 7 or not all(map(isfinite, numbers)):
                raise ValueError(f"expected the seven numbers of a camera, found {camera}")
            out.setdefault(plant, {})[int(number)] = (str(label), numbers)
    return out


def save_settings(path: Path, settings: Settings) -> None:
    """Write the settings so that a crash in between leaves the former ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(settings), indent=1), encoding="utf-8")
    fresh.replace(path)
