"""Small clips made on the spot, each frame told apart by its brightness."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def picture(i, width=96, height=64):
    """A frame whose left half's brightness tells its number and whose top left corner is red."""
    rgb = np.zeros((height, width, 3), dtype=np.uint8)
    rgb[:, : width // 2] = 20 + 8 * (i % 28)
    rgb[:, width // 2 :] = 128
    rgb[:16, :16] = (230, 20, 20)
    return rgb


def number_of(rgb):
    """Read a frame's number back from an upright picture."""
    return round((float(rgb[24:56, 8:40].mean()) - 20.0) / 8.0)


def write(
    path, frames, *, codec="libx264", rate=30, ticks=None, base=Fraction(1, 90_000), options=None, container=None
):
    """Encode pictures; `ticks` are presentation times in 90 kHz units (default: even)."""
    base = Fraction(1, 90_000)
    options = {"bf": "0", "crf": "8", "g": "8"} if options is None else options
    frames = list(frames)
    ticks = [int(i / rate / base) for i in range(len(frames))] if ticks is None else ticks
    with av.open(str(path), "w", options=container or {}) as out:
        stream = out.add_stream(codec, rate=rate, options=options)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = base
        for rgb, tick in zip(frames, ticks, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
            frame.pts, frame.time_base = tick, base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def turn(path, quarter_turns_cw):
    """Write a display matrix into an mp4's track header, as phones do instead of turning the pixels."""
    a, b, c, d = {0: (1, 0, 0, 1), 1: (0, 1, -1, 0), 2: (-1, 0, 0, -1), 3: (0, -1, 1, 0)}[quarter_turns_cw]
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    one = 1 << 16
    data[at : at + 36] = struct.pack(">9i", a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path
