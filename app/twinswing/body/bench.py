"""What following the golfer costs against the least that it could: a bare loop of decode and detect."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from twinswing.body.detector import PoseDetector
from twinswing.body.pose import extract_pose
from twinswing.body.video import VideoFrame


@dataclass(frozen=True)
class Overlap:
    """Seconds that one clip took: in a bare loop, and in `extract_pose`; the shortest of the rounds, with the ratio."""

    frames: int
    bare_s: float
    ours_s: float

    @property
    def ratio(self) -> float:
        """How much longer ours takes than the bare loop."""
        return self.ours_s / self.bare_s


def bare_loop(path: Path) -> int:
    """Decode and detect every frame in turn, with nothing else; return the number of frames."""
    frames = 0
    with PoseDetector() as detector, av.open(str(path)) as container:
        for frame in container.decode(video=0):
            rgb = frame.to_ndarray(format="rgb24")
            turns = round(frame.rotation / 90.0) % 4
            detector.detect(np.ascontiguousarray(np.rot90(rgb, turns), dtype=np.uint8))
            frames += 1
    return frames


def bench_overlap(path: Path, *, rounds: int = 3, on_frame: Callable[[VideoFrame], None] | None = None) -> Overlap:
    """Time both on a clip, in turns, so that a machine that others use slows both alike."""
    bare, ours, frames = [], [], 0
    for _ in range(rounds):
        start = time.perf_counter()
        frames = bare_loop(path)
        bare.append(time.perf_counter() - start)
        start = time.perf_counter()
        extract_pose(path, on_frame=on_frame)
        ours.append(time.perf_counter() - start)
    return Overlap(frames, min(bare), min(ours))
