"""Landmarks of exact swings as a pose model would give them, filmed in many ways."""

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np

from twinswing.body.landmarks import PoseTrack
from twinswing.errors import InputError
from twinswing.swing.model import EVENT_NAMES
from twinswing.truth.build import make_swing
from twinswing.truth.golfer import club_of, random_golfer
from twinswing.truth.swing import TruthSwing

_spec = importlib.util.spec_from_file_location("body_synth", Path(__file__).resolve().parents[1] / "body" / "synth.py")
assert _spec is not None
assert _spec.loader is not None
_body = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_body)


@cache
def swing(seed: int, handed: str = "right", kind: str = "iron", waggles: int = 0) -> TruthSwing:
    rng = np.random.default_rng(seed)
    for _ in range(20):  # not every drawn body can meet the ball as drawn
        try:
            return make_swing(random_golfer(rng, kind, handed=handed, waggles=waggles), club_of(kind))
        except InputError:
            continue
    raise AssertionError("no golfer could be drawn")


def filmed(
    s: TruthSwing,
    *,
    view: str = "face-on",
    rate_hz: float = 30.0,
    slower: float = 1.0,
    repeats: int = 1,
    start_s: float = 0.0,
    end_s: float | None = None,
    seed: int = 0,
    behind: bool = True,
) -> tuple[PoseTrack, dict[str, float]]:
    """Film a swing and return its landmarks and the true frame (with a fraction) of each event that lies in the clip.

    slower  : the clip's seconds are this many of the swing's.
    repeats : each picture is shown so many times.
    start_s, end_s : of the swing, where the clip begins and ends.
    behind  : a camera down the line stands behind the golfer (True) or beyond the ball, looking back.
    """
    rng = np.random.default_rng(seed)
    end = s.t_s[-1] if end_s is None else end_s
    real = np.arange(start_s, end, repeats / (rate_hz * slower))
    camera = _body.camera_for(view, s.handed)
    if not behind:
        from dataclasses import replace

        turn = np.diag([-1.0, -1.0, 1.0])
        camera = replace(camera, position_m=turn @ camera.position_m, rotation=camera.rotation @ turn)
        shift = np.array([0.0, 1.2 if s.handed == "right" else -1.2, 0.0])
        camera = replace(camera, position_m=camera.position_m + shift)
    height = s.golfer.height_m if s.golfer is not None else 1.78
    track = _body.synthetic_track(s.joints_at(real), real, camera, rng, height_m=height)
    n = len(real) * repeats
    pick = np.repeat(np.arange(len(real)), repeats)
    out = PoseTrack(
        t_s=np.arange(n) / rate_hz,
        image_px=track.image_px[pick],
        world_m=track.world_m[pick],
        visibility=track.visibility[pick],
        state=track.state[pick],
        width_px=track.width_px,
        height_px=track.height_px,
        swapped=track.swapped[pick],
    )
    frames = {name: (s.events_s[name] - start_s) * rate_hz * slower for name in EVENT_NAMES}
    return out, {name: f for name, f in frames.items() if 0.0 <= f <= n - 1.0}
