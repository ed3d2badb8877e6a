"""Which parts of a swing's scene are seen, in the scene's own views and over the real video."""

from collections.abc import Mapping

from twinswing.stage.scene import SwingScene

_SCENE_PARTS = ("trail", "plane", "screen", "skeleton")
HIDDEN_AT_FIRST = {"plane": False, "skeleton": False}


def show_parts(scene: SwingScene, show: Mapping[str, bool], *, over_video: bool) -> None:
    """Show what is asked for: over the video, the real golfer takes the drawn one's place.

    show: parts by name; what is not named is shown.
    """
    for part in _SCENE_PARTS:
        scene.show(part, show.get(part, True))
    for part in ("ground", "sky", "club", "ball", "shadows"):
        scene.show(part, not over_video)
    # Over the video the drawn figure is not seen, and hides what lies behind the real one.
    scene.show("figure", True)
    scene.show("holdout", over_video)
    if over_video:
        scene.show("screen", False)
        scene.show("skeleton", True)
    scene.show("backdrop", over_video)
