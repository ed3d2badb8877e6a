"""What a frame of the plant's window costs the processor, without what a graphics card would do."""

import time
from dataclasses import dataclass

import numpy as np

from twinswing.desk.frame_bench import cut_meshes
from twinswing.desk.plant_window import PlantDesk, PlantHistory
from twinswing.desk.settings import Settings

_SCENE_PX = (64, 64)
_PANELS_PX = (1440, 900)


@dataclass(frozen=True)
class PlantFrameCost:
    """Milliseconds of a frame: median and 99th percentile of all of it, and the median without the panels."""

    frames: int
    median_ms: float
    p99_ms: float
    without_panels_ms: float


def bench_plant_frame(history: PlantHistory, *, frames: int = 200) -> PlantFrameCost:
    """Replay a plant and time each frame's application, culling and submission, on this thread's own clock.

    As for a swing (`frame_bench`), the picture is small and every mesh is cut to one triangle, so that a software
    renderer's shading is left out; the panels are laid out for a window of 1440 x 900 with a unit chosen.
    """
    desk = PlantDesk(history, Settings(*_SCENE_PX), offscreen=True)
    try:
        desk.ui.fixed_size = _PANELS_PX
        desk.ui.resize()
        desk.fixed_scene_px = _SCENE_PX
        if desk.scene is not None:
            cut_meshes(desk.scene.root)
        desk.settle(20, 60.0)
        desk.do("worst")
        desk.settle(60, 60.0)
        whole = _play(desk, frames)
        desk.ui.backend.root.hide()
        bare = _play(desk, frames // 3)
    finally:
        desk.shut()
    return PlantFrameCost(frames, float(np.median(whole)), float(np.percentile(whole, 99)), float(np.median(bare)))


def _play(desk: PlantDesk, frames: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    costs = np.empty(frames)
    for i in range(frames):
        if not desk.playback.playing:
            desk.do("go_start")
            desk.do("play_pause")
        start = time.thread_time()
        desk.step()
        costs[i] = (time.thread_time() - start) * 1e3
    return costs
