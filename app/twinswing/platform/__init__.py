"""All that differs between Linux, Windows and macOS lies here."""

import os
import sys
from pathlib import Path

import platformdirs

_APP = "twinswing"


def cache_dir() -> Path:
    """Return the per-user folder for what can be fetched again (models), made if it was not there."""
    return Path(platformdirs.user_cache_dir(_APP, appauthor=False, ensure_exists=True))


def settings_dir() -> Path:
    """Return the per-user folder for window layout and settings, made if it was not there."""
    return Path(platformdirs.user_config_dir(_APP, appauthor=False, ensure_exists=True))


def documents_dir() -> Path:
    """Return the per-user folder where people look for their own files; it may not be there yet."""
    return Path(platformdirs.user_documents_dir())


def is_windows() -> bool:
    """Tell whether this is Windows."""
    return sys.platform == "win32"


def is_macos() -> bool:
    """Tell whether this is macOS."""
    return sys.platform == "darwin"


def has_display() -> bool:
    """Tell whether a window can be opened: always but on a Linux without an X server."""
    return is_windows() or is_macos() or bool(os.environ.get("DISPLAY"))
