"""Real clips for the tests of this room: their poses, once per run, and what a person sees in them."""

from functools import cache
from pathlib import Path

import pytest

from twinswing.body.landmarks import PoseTrack
from twinswing.body.motion import PictureMotion

VIDEOS = Path(__file__).resolve().parents[3] / "shared" / "data" / "video"

# Frames of the eight events. The first is published with the clip; the others were labelled by eye on contact sheets,
# a half where the moment lies between two frames.
LABELS: dict[str, tuple[float, ...]] = {
    "down_the_line_160px.mp4": (47, 65, 68, 82, 87, 90, 93, 106),
    "face_on_phone.mp4": (118, 133.5, 142.5, 151.5, 156.5, 160.5, 162.5, 177),
    "down_the_line_vfr.mp4": (9, 24.5, 27.5, 36, 40, 43, 45, 58.5),
    "down_the_line_slow_30fps.mp4": (47, 82.5, 97, 118.5, 131.5, 145, 150.5, 197),
    "down_the_line_slow_60fps.mp4": (34, 164, 240, 335, 400, 458, 492, 650),
}


def video(name: str) -> Path:
    path = VIDEOS / name
    if not path.exists():
        pytest.skip(f"the real clip {name} is not on this machine (shared/data)")
    return path


@cache
def real_clip(name: str) -> tuple[PoseTrack, PictureMotion]:
    from twinswing.body.motion import MotionMeter
    from twinswing.body.pose import extract_pose

    meter = MotionMeter()
    _, pose = extract_pose(video(name), on_frame=lambda frame: meter.feed(frame.rgb))
    return pose, meter.result()
