"""Whole swings on film, with their landmarks kept on disk: what the fit of body and club is measured with.

A series of its own: nothing in the fit was set by looking at it. Some swings are filmed a second time, from another
side by a second camera that was started at another moment.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from twinswing.platform import cache_dir
from twinswing.truth.alignment_bench import Clip, ClipSpec, load_clip
from twinswing.truth.camera import frame_times, place_camera

SEED = 4107
RATE_HZ = 60.0
# From before takeaway to the finish: the whole swing counts, and its follow-through is what a camera loses first.
BEFORE_S, AFTER_S = 0.6, 1.2
_OTHER = {"face-on": "down-the-line", "down-the-line": "face-on", "oblique": "face-on"}


@dataclass(frozen=True)
class TwoViews:
    """One swing filmed twice.

    late_s : what has to be added to the second film's times to get the first one's.
    """

    first: Clip
    second: Clip
    late_s: float


def load_swing(index: int, folder: Path | None = None) -> Clip:
    """Return a swing of the series: face-on, down the line and oblique in turn, clubs and sides varied."""
    return load_clip(_spec(index), folder or cache_dir() / "bench-fit")


def load_both(index: int, folder: Path | None = None) -> TwoViews:
    """Return a swing filmed by two cameras; the second one's clock starts at another moment, within two seconds."""
    folder = folder or cache_dir() / "bench-fit"
    first = load_swing(index, folder)
    rng = np.random.default_rng((SEED, index, 2))
    film = replace(first.scene.film, view=_OTHER[first.scene.film.view], variable_rate=False)
    camera = place_camera(film, first.scene.swing.handed, rng)
    # Its shutter opens between the first one's.
    times = frame_times(film, first.scene.swing.duration_s, rng) + float(rng.uniform(0.0, 1.0 / film.rate_hz))
    keep = (times > first.scene.times_s[0]) & (times < first.scene.times_s[-1])
    scene = replace(first.scene, film=film, camera=camera, times_s=times[keep])
    second = load_clip(_spec(index), folder / "second", scene)
    late_s = float(rng.uniform(-2.0, 2.0))
    return TwoViews(first, replace(second, pose=replace(second.pose, t_s=second.pose.t_s - late_s)), late_s)


def _spec(index: int) -> ClipSpec:
    return ClipSpec(RATE_HZ, index, SEED, before_s=BEFORE_S, after_s=AFTER_S)


def main(swings: int = 30, pairs: int = 9) -> None:
    """Film all that the bench uses."""
    for index in range(swings):
        load_swing(index)
        if index < pairs:
            load_both(index)


if __name__ == "__main__":
    main()
