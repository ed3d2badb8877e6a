"""What a frame of the window costs the processor, without what a graphics card would do."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import panda3d.core as p3d

from twinswing.desk.base import BaseDesk
from twinswing.desk.settings import Settings
from twinswing.desk.window import Desk
from twinswing.swing.model import SwingSession

SCENE_PX = (64, 64)
PANELS_PX = (1440, 900)


@dataclass(frozen=True)
class FrameCost:
    """Milliseconds of a frame: median and 99th percentile of all of it, and the median without the panels."""

    frames: int
    median_ms: float
    p99_ms: float
    without_panels_ms: float


def bench_frame(session: SwingSession, *, frames: int = 300) -> FrameCost:
    """Play a swing and time each frame's application, culling and submission, on this thread's own clock.

    A software renderer shades vertices and pixels on the processor too. To leave that out, the picture is 64 x 64 and
    every mesh of the scene is cut to one triangle: nodes, states, shader inputs and draw calls stay as they are. The
    panels are laid out for a window of 1440 x 900.
    """
    desk = Desk(Settings(*SCENE_PX), offscreen=True)
    try:
        desk.ui.fixed_size = PANELS_PX
        desk.ui.resize()
        desk.show_session(session)
        desk.fixed_scene_px = SCENE_PX
        assert desk.scene is not None
        cut_meshes(desk.scene.root)
        desk.settle(20)
        return measured(desk, frames, lambda: None if desk.playback.head.playing else desk.do("play_pause"))
    finally:
        desk.shut()


def measured(desk: BaseDesk, frames: int, go_on: Callable[[], None]) -> FrameCost:
    """Time frames of a window that plays, with its panels and without; `go_on` starts it again where it stopped."""
    whole = _play(desk, frames, go_on)
    desk.ui.backend.root.hide()
    bare = _play(desk, frames // 3, go_on)
    return FrameCost(frames, float(np.median(whole)), float(np.percentile(whole, 99)), float(np.median(bare)))


def _play(desk: BaseDesk, frames: int, go_on: Callable[[], None]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    costs = np.empty(frames)
    for i in range(frames):
        go_on()
        start = time.thread_time()
        desk.step()
        costs[i] = (time.thread_time() - start) * 1e3
    return costs


def cut_meshes(root: p3d.NodePath) -> None:
    """Leave one triangle of every mesh below a node."""
    for path in root.find_all_matches("**/+GeomNode"):
        node = path.node()
        for i in range(node.get_num_geoms()):
            geom = node.modify_geom(i)
            geom.clear_primitives()
            triangle = p3d.GeomTriangles(p3d.Geom.UH_static)
            triangle.add_vertices(0, 1, 2)
            geom.add_primitive(triangle)
