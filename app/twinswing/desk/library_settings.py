"""What the library's window remembers between runs."""

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from twinswing.platform import settings_dir
from twinswing.review.library_place import default_folder


@dataclass(frozen=True)
class LibrarySettings:
    """Window size (pixels) and how the library is shown.

    folder: "" for the usual one. card_px: width of a card. plays: whether all thumbnails move, or only the one under
    the mouse and the chosen ones. details: whether the panel beside the cards is open.
    """

    width_px: int = 1440
    height_px: int = 900
    folder: str = ""
    card_px: int = 196
    plays: bool = False
    details: bool = True


def load_library_settings(path: Path) -> LibrarySettings:
    """Read the settings; a missing or damaged file gives the defaults, since nothing in it is worth an error."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return LibrarySettings()
    if not isinstance(stored, dict):
        return LibrarySettings()
    kinds: dict[str, type] = {f.name: type(f.default) for f in fields(LibrarySettings)}
    kept: dict[str, Any] = {
        name: value for name, value in stored.items() if name in kinds and type(value) is kinds[name]
    }
    found = replace(LibrarySettings(), **kept)
    return replace(
        found,
        width_px=min(max(found.width_px, 640), 7680),
        height_px=min(max(found.height_px, 480), 4320),
        card_px=min(max(found.card_px, 120), 420),
    )


def save_library_settings(path: Path, settings: LibrarySettings) -> None:
    """Write the settings so that a crash in between leaves the former ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(settings), indent=1), encoding="utf-8")
    fresh.replace(path)


def library_settings_file() -> Path:
    """Return where the settings lie."""
    return settings_dir() / "library.json"


def library_folder(stated: Path | None = None) -> Path:
    """Return the folder of the library: the one that is stated, the one that was chosen before, or the usual one."""
    if stated is not None:
        return stated
    chosen = load_library_settings(library_settings_file()).folder
    return Path(chosen) if chosen else default_folder()
