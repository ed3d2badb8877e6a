"""Files dropped on a window, which Panda3D 1.10 does not report, by each system's own means."""

from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from twinswing.platform import is_macos, is_windows


class FileDrops(Protocol):
    """Something that hears of dropped files."""

    def poll(self) -> list[Path]:
        """Return the files dropped since the last call; never waits."""
        ...

    def close(self) -> None:
        """Stop hearing."""
        ...


def watch_file_drops(window_handle: int) -> FileDrops | None:
    """Hear of files dropped on a window given by its native handle (X11 window or HWND).

    None where the system offers no way that works from here: macOS, and an X11 window without a display.
    """
    if is_macos():
        return None
    try:
        if is_windows():
            from twinswing.platform.filedrop_windows import WindowsFileDrops  # noqa: PLC0415

            return WindowsFileDrops(window_handle)
        from twinswing.platform.filedrop_x11 import X11FileDrops  # noqa: PLC0415

        return X11FileDrops(window_handle)
    except OSError:
        return None


def paths_of_uri_list(text: str) -> list[Path]:
    """Return the local files of a text/uri-list (RFC 2483); comments and other schemes are left out."""
    paths = []
    for line in text.replace("\0", "").splitlines():
        if not line or line.startswith("#"):
            continue
        try:
            parts = urlsplit(line.strip())
        except ValueError:
            continue
        if parts.scheme == "file" and parts.path:
            paths.append(Path(unquote(parts.path)))
    return paths
