"""What a headset's frame costs: a single pass against two, the processor's part of a frame, and what memory grows by.

No runtime is needed: the same eyes, hands and pictures are drawn into a buffer. Ratios hold on any machine, times on
the one that measured them.
"""

import argparse
import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import panda3d.core as p3d

from twinswing.desk.frame_bench import cut_meshes
from twinswing.headset.being import Being
from twinswing.headset.frames import Fov, View, pose_matrix
from twinswing.headset.hands import Hand
from twinswing.headset.plant_visit import PlantVisit
from twinswing.headset.stereo import StereoPicture, StereoSettings
from twinswing.headset.swing_visit import SwingVisit
from twinswing.headset.viewer import Viewer
from twinswing.headset.visit import Visit
from twinswing.plant.recorded import RecordedHistory
from twinswing.resources import bundled_recording
from twinswing.stage import geom, offscreen
from twinswing.stage.material import Light, Material, Quality, apply_material
from twinswing.swing.session_io import load_session

_EYE_PX = (64, 64)
_FOV = Fov(-0.75, 0.75, 0.75, -0.75)
_FRAME_S = 1 / 90


@dataclass(frozen=True)
class HeadsetCost:
    """single_pass_ratio: of two passes' time with 3,000 nodes. swing_ms, plant_ms: median and 99th percentile of the
    processor's part of a stereo frame. blocks_per_frame, resident_kib: Python's memory blocks that each frame leaves,
    and what the process has grown by, over `frames` frames.
    """

    single_pass_ratio: float
    single_pass_ms: float
    two_passes_ms: float
    swing_ms: tuple[float, float]
    plant_ms: tuple[float, float]
    frames: int
    blocks_per_frame: float
    resident_kib: int


class _Boxes:
    """A scene of many nodes that differ in material, as a plant drawn without instancing would have."""

    def __init__(self, nodes: int) -> None:
        self.root = p3d.NodePath("boxes")
        Light().apply(self.root)
        none = p3d.Texture("no shadow")
        none.setup_2d_texture(1, 1, p3d.Texture.T_float, p3d.Texture.F_depth_component)
        none.set_minfilter(p3d.SamplerState.FT_shadow)
        self.root.set_shader_inputs(
            shadow_map=none, shadow_matrix=p3d.LMatrix4f.ident_mat(), shadow_params=p3d.LVecBase4f(0)
        )
        ball = geom.sphere("ball", 0.1, 2)
        side = int(np.ceil(np.sqrt(nodes)))
        for i in range(nodes):
            node = self.root.attach_new_node(ball.make_copy())
            apply_material(node, Material((0.1 + 0.8 * (i % 7) / 7, 0.4, 0.3)))
            node.set_pos((i % side - side / 2) * 0.25, 4.0 + (i // side) * 0.25, 0.3)

    def set_time(self, t_s: float) -> None:
        """Nothing moves."""

    def fit_picture(self, width_px: int, height_px: int) -> None:
        """No size matters."""

    def bind_shadows(self, shadows: object) -> None:
        """No shadow is cast."""


def views_at(x_m: float = 0.0) -> list[View]:
    """Return two eyes of a head that stands in the play space, looking ahead."""
    head = pose_matrix([x_m, 1.7, 0.0], [0.0, 0.0, 0.0, 1.0])
    return [View(head @ pose_matrix([side * 0.0315, 0, 0], [0, 0, 0, 1]), _FOV) for side in (-1.0, 1.0)]


def _host() -> p3d.GraphicsOutput:
    context = offscreen._context()
    context.engine.render_frame()
    return context.host


def measure_passes(
    nodes: int = 3000, frames: int = 40, clock: Callable[[], float] = time.perf_counter
) -> tuple[float, float]:
    """Return the median time of a frame in a single pass and in two, ms, measured in turns.

    clock: seconds; `time.process_time` counts the processors' work alone, whatever else they do meanwhile.
    """
    scene, host = _Boxes(nodes), _host()
    pictures = [
        StereoPicture(host, _EYE_PX, StereoSettings(Quality(msaa=0, shadow_px=0), single_pass=single))
        for single in (True, False)
    ]
    costs: tuple[list[float], list[float]] = ([], [])
    eyes = Being(_still(scene)).eyes(views_at())
    for picture in pictures:
        picture.show(scene)
        for _ in range(5):
            picture.draw(scene, eyes)
    for _ in range(frames):  # in turns, so that what else the machine does meets both
        for picture, cost in zip(pictures, costs, strict=True):
            start = clock()
            picture.draw(scene, eyes)
            cost.append((clock() - start) * 1e3)
    for picture in pictures:
        picture.close()
    return float(np.median(costs[0])), float(np.median(costs[1]))


def _still(scene: object) -> Visit:
    return scene  # type: ignore[return-value]  # its rig alone is used


class Walk:
    """Someone in a visit whose head moves a little each frame, with both hands there; `frame` is one stereo frame.

    Meshes are cut to one triangle and pictures are tiny, so that a software renderer's pixels don't count.
    """

    def __init__(self, visit: Visit) -> None:
        self.visit, self.being = visit, Being(visit)
        self._viewer = Viewer(self.being)
        self.picture = StereoPicture(_host(), _EYE_PX, StereoSettings(Quality(msaa=0, shadow_px=64)))
        cut_meshes(visit.root)
        self.picture.show(visit.drawn)
        self._count = 0
        hand = pose_matrix([0.25, 1.3, -0.4], [0.0, 0.0, 0.0, 1.0])
        self._hands = (Hand(aim=hand, grip=hand), Hand(aim=hand, grip=hand))

    def frame(self) -> float:
        """Draw one frame; return this thread's processor time, ms."""
        self._count += 1
        views = views_at(0.02 * float(np.sin(self._count / 20)))
        if not self.visit.head.playing:
            self.visit.head = self.visit.head.seek(self.visit.head.span_s[0]).play()
        start = time.thread_time()
        self.being.frame(views[0].play_from_eye, self._hands, _FRAME_S)
        self._viewer.update()
        self.picture.latch = lambda: self.being.eyes(views)
        self.picture.draw(self.visit.drawn, self.being.eyes(views))
        return (time.thread_time() - start) * 1e3

    def close(self) -> None:
        """Give the picture back."""
        self.picture.close()


def measure_frames(walk: Walk, frames: int) -> tuple[float, float]:
    """Return the median and the 99th percentile of a frame's processor time, ms."""
    for _ in range(30):
        walk.frame()
    costs = np.array([walk.frame() for _ in range(frames)])
    return float(np.median(costs)), float(np.percentile(costs, 99))


def measure_growth(walk: Walk, frames: int) -> tuple[float, int]:
    """Return Python's memory blocks that a frame leaves, and KiB that the process grew by, over many frames."""
    for _ in range(max(frames // 5, 50)):  # caches fill
        walk.frame()
    gc.collect()
    blocks, resident = sys.getallocatedblocks(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(frames):
        walk.frame()
    gc.collect()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident
    return (sys.getallocatedblocks() - blocks) / frames, grown


def bench_headset(frames: int = 1000, growth_frames: int = 10_000, say: Callable[[str], None] = print) -> HeadsetCost:
    """Measure all of it with the bundled swing and plant."""
    single, two = measure_passes()
    say(f"3,000 nodes: single pass {single:.1f} ms, two passes {two:.1f} ms, ratio {single / two:.2f}")
    walk = Walk(SwingVisit(load_session(bundled_recording("driver-face-on.mcap"))))
    swing = measure_frames(walk, frames)
    say(f"swing: {swing[0]:.2f} ms, 99 % within {swing[1]:.2f} ms")
    blocks, resident = measure_growth(walk, growth_frames)
    say(f"over {growth_frames} frames: {blocks:.4f} blocks a frame, {resident} KiB")
    walk.close()
    with RecordedHistory(bundled_recording("club-works-shift.mcap")) as history:
        walk = Walk(PlantVisit(history))
        plant = measure_frames(walk, frames)
        walk.close()
    say(f"plant: {plant[0]:.2f} ms, 99 % within {plant[1]:.2f} ms")
    return HeadsetCost(single / two, single, two, swing, plant, growth_frames, blocks, resident)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; with --json one document."""
    parser = argparse.ArgumentParser(
        prog="python -m twinswing.truth.bench_headset", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--growth-frames", type=int, default=10_000)
    options = parser.parse_args(arguments)

    def say(line: str) -> None:
        sys.stderr.write(line + "\n")

    cost = bench_headset(options.frames, options.growth_frames, say)
    if options.json:
        sys.stdout.write(json.dumps(asdict(cost), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
