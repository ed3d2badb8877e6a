"""What a frame of the plant's window costs the processor, without what a graphics card would do."""

from twinswing.desk.frame_bench import PANELS_PX, SCENE_PX, FrameCost, cut_meshes, measured
from twinswing.desk.plant_window import PlantDesk, PlantHistory
from twinswing.desk.settings import Settings


def bench_plant_frame(history: PlantHistory, *, frames: int = 200) -> FrameCost:
    """Replay a plant and time each frame as `frame_bench` does a swing's, with a unit chosen."""
    desk = PlantDesk(history, Settings(*SCENE_PX), offscreen=True)

    def go_on() -> None:
        if not desk.playback.playing:
            desk.do("go_start")
            desk.do("play_pause")

    try:
        desk.ui.fixed_size = PANELS_PX
        desk.ui.resize()
        desk.fixed_scene_px = SCENE_PX
        if desk.scene is not None:
            cut_meshes(desk.scene.root)
        desk.settle(20, 60.0)
        desk.do("worst")
        desk.settle(60, 60.0)
        return measured(desk, frames, go_on)
    finally:
        desk.shut()
