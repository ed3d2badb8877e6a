"""Where the files that ship with Twinswing lie, in a checkout and in an installed wheel alike."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_root() -> Path:
    """Return the folder that holds `assets/`, `shaders/` and `recordings/`.

    In a wheel it is `twinswing/_data`; in a checkout it is the top level.
    """
    bundled = _PACKAGE / "_data"
    return bundled if bundled.is_dir() else _PACKAGE.parents[1]


def asset(*parts: str) -> Path:
    """Return the path of a file or folder below `assets/`."""
    return resource_root().joinpath("assets", *parts)


def shader(*parts: str) -> Path:
    """Return the path of a file or folder below `shaders/`."""
    return resource_root().joinpath("shaders", *parts)


def bundled_recording(name: str) -> Path:
    """Return the path of a demonstration session below `recordings/`."""
    return resource_root() / "recordings" / name
