"""Two cameras on one clock: by the events at first, then by where the body that both see would be a moment later."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.body.fit import Film, FittedSwing, GripTrack, fit_swing
from twinswing.body.fit_solve import FitRule
from twinswing.body.landmarks import FrameState
from twinswing.body.lift_model import POINT_NAMES, landmark_map
from twinswing.body.skeleton import JOINT
from twinswing.errors import InputError

FloatArray = NDArray[np.float64]
_FAST = [POINT_NAMES.index(f"{side}_{name}") for side in ("left", "right") for name in ("wrist", "hand", "elbow")]


@dataclass(frozen=True)
class SyncRule:
    """How two films are brought together.

    rounds    : of fitting and shifting; each leaves about a fifth of the error.
    done_s    : a shift that needs no further round; a hand in the downswing moves by 1 cm in it.
    most_s    : films that are further apart than this after the events are not of one swing.
    far_px    : a landmark further from where the body has it, in heights of the golfer, says nothing of time.
    floor_s   : what the pose model's own lag differs by between two pictures.
    """

    rounds: int = 4
    done_s: float = 0.001
    most_s: float = 0.25
    far_px: float = 0.15
    floor_s: float = 0.004


@dataclass(frozen=True)
class Together:
    """Both films' body; what has to be added to the second film's times, and one sigma of that."""

    fitted: FittedSwing
    late_s: float
    sigma_s: float


def fit_together(
    first: Film,
    second: Film,
    late_s: float,
    *,
    handed: str = "right",
    height_m: float | None = None,
    address_t_s: float | None = None,
    club_kind: str = "iron",
    grip: GripTrack | None = None,
    rule: FitRule | None = None,
    sync: SyncRule | None = None,
) -> Together:
    """Fit one body to two films whose clocks differ by about `late_s`.

    Raises InputError where the two do not show one swing: their common frames are too few, or the shift runs away.
    """
    sync = sync or SyncRule()
    late, sigma = late_s, sync.floor_s
    for _ in range(sync.rounds):
        film = replace(second, pose=replace(second.pose, t_s=second.pose.t_s + late))
        found = fit_swing(
            [first, film], handed=handed, height_m=height_m, address_t_s=address_t_s, club_kind=club_kind, grip=grip,
            rule=rule,
        )  # fmt: skip
        step, sigma = _lag(found, film, sync)
        if abs(late + step - late_s) > sync.most_s:
            raise InputError(
                f"Expected two films of one swing, found the second one's body {abs(late + step - late_s):.2f} s off "
                "the first one's."
            )
        if abs(step) < sync.done_s:
            break
        late += step
    return Together(found, late, sigma)


def _lag(found: FittedSwing, film: Film, sync: SyncRule) -> tuple[float, float]:
    """Return by how much later the second film has to be laid, seconds, with one sigma."""
    t, pose = found.body.t_s, film.pose
    seen = pose.state != FrameState.MISSING
    inside = (t > pose.t_s[seen][0]) & (t < pose.t_s[seen][-1])
    if inside.sum() < 8:
        raise InputError(f"Expected two films of one swing, found {int(inside.sum())} frames of the first in both.")
    path = found.cameras[1].project(found.body.joints_m[:, [JOINT[POINT_NAMES[p]] for p in _FAST]])
    speed = np.gradient(path, t, axis=0)[inside]
    own = np.einsum("pl,nlc->npc", landmark_map()[_FAST], pose.image_px[seen].astype(np.float64))
    flat = own.reshape(len(own), -1)
    there = np.stack([np.interp(t[inside], pose.t_s[seen], column) for column in flat.T], -1).reshape(speed.shape)
    miss = there - path[inside]
    # What is steady is the landmarks' or the camera's, not time's.
    miss = miss - np.median(miss, axis=0)
    height = float(np.ptp(found.cameras[1].project(found.body.joints_m[0])[:, 1]))
    w = np.where(np.linalg.norm(miss, axis=-1) < sync.far_px * max(height, 1.0), 1.0, 0.0)[..., None]
    total = float(np.sum(w * speed**2))
    if total <= 0.0:
        return 0.0, sync.floor_s
    lag = float(np.sum(w * speed * miss) / total)
    left = float(np.sum(w * (miss - lag * speed) ** 2) / max(float(np.sum(w)), 1.0))
    # Landmarks err together over a dozen frames and points.
    return lag, float(np.hypot(np.sqrt(12.0 * left / total), sync.floor_s))
