"""What a headset's user said of themselves, remembered between runs."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from twinswing.platform import settings_dir


@dataclass(frozen=True)
class Habits:
    """seated: whether they sit, so that their eyes are lifted to where those of someone who stands are."""

    seated: bool = False


def habits_file() -> Path:
    """Return where they are kept."""
    return settings_dir() / "headset.json"


def load_habits(path: Path | None = None) -> Habits:
    """Read them; a missing or damaged file gives the defaults, since nothing in it is worth an error."""
    try:
        stored = json.loads((path or habits_file()).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Habits()
    seated = stored.get("seated") if isinstance(stored, dict) else None
    return Habits(seated if isinstance(seated, bool) else False)


def save_habits(habits: Habits, path: Path | None = None) -> None:
    """Keep them; where the folder cannot be written to it is said, and nothing else is lost."""
    try:
        (path or habits_file()).write_text(json.dumps({"seated": habits.seated}), encoding="utf-8")
    except OSError as error:
        sys.stderr.write(f"twinswing: headset.json could not be written: {error.strerror}\n")
