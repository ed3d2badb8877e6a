"""Thumbnails on the graphics card: read and decoded by a thread, a fixed number of textures, the oldest lent on."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import panda3d.core as p3d

from twinswing.desk.library_thumbs import SPEC, Picture, read_thumb

_POOL = 96  # more cards than a window of 4K shows; 1.8 MB each
_UPLOADS = 4  # a frame: what a software renderer copies in a millisecond
Uv = tuple[float, float, float, float]


def tile_uv(number: int) -> Uv:
    """Return left, top, right, bottom of a tile in a texture whose bottom row comes first."""
    row, column = divmod(number % (SPEC.grid * SPEC.grid), SPEC.grid)
    return column / SPEC.grid, 1.0 - row / SPEC.grid, (column + 1) / SPEC.grid, 1.0 - (row + 1) / SPEC.grid


class ThumbTextures:
    """Textures of the thumbnails that are looked at.

    reference: gives the handle by which panels draw a texture.
    """

    def __init__(self, reference: Callable[[p3d.Texture], Any]) -> None:
        self._reference = reference
        self._ready: OrderedDict[Path, p3d.Texture] = OrderedDict()
        self._made = 0
        self._lock = threading.Condition()
        self._wanted: list[Path] = []
        self._read: list[tuple[Path, Picture | None]] = []
        self._absent: set[Path] = set()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="thumbnails", daemon=True)
        self._thread.start()

    def get(self, path: Path) -> Any | None:
        """Return the handle of a thumbnail's texture; None while it is not there."""
        texture = self._ready.get(path)
        if texture is None:
            return None
        self._ready.move_to_end(path)
        return self._reference(texture)

    def is_absent(self, path: Path) -> bool:
        """Tell whether there is no such file, as far as is known."""
        return path in self._absent

    def made(self, path: Path) -> None:
        """Note that a file has been made."""
        self._absent.discard(path)

    def want(self, paths: list[Path]) -> None:
        """Say which ones are looked at, the most urgent first, and put on the card what has been read."""
        with self._lock:
            arrived, self._read = self._read[:_UPLOADS], self._read[_UPLOADS:]
            for path, picture in arrived:
                if picture is None:
                    self._absent.add(path)
                elif path not in self._ready:
                    self._upload(path, picture)
            self._wanted = [path for path in paths if path not in self._ready and path not in self._absent]
            if self._wanted:
                self._lock.notify()

    @property
    def waiting(self) -> bool:
        """Whether something is still to be read or shown."""
        with self._lock:
            return bool(self._wanted or self._read)

    def _upload(self, path: Path, picture: Picture) -> None:
        if self._made < _POOL:
            side = SPEC.side_px * SPEC.grid
            texture = p3d.Texture(f"thumbnails {self._made}")
            texture.setup_2d_texture(side, side, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rgb)
            texture.set_minfilter(p3d.SamplerState.FT_linear)
            self._made += 1
        else:
            _, texture = self._ready.popitem(last=False)
        # Panda3D keeps blue first and the bottom row first; the thread has turned it already.
        texture.set_ram_image(picture.data.cast("B"))
        self._ready[path] = texture

    def _run(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._closed or self._next() is not None)
                if self._closed:
                    return
                path = self._next()
            assert path is not None
            picture = read_thumb(path)
            turned = None if picture is None else picture[::-1].copy()
            with self._lock:
                self._read.append((path, turned))

    def _next(self) -> Path | None:
        waiting = {path for path, _ in self._read}
        return next((path for path in self._wanted if path not in waiting), None)

    def close(self, timeout_s: float = 2.0) -> None:
        """End the thread."""
        with self._lock:
            self._closed = True
            self._lock.notify()
        self._thread.join(timeout_s)
