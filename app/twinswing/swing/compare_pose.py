"""Where two bodies differ at the same moment of their swings, and whether by more than one can be sure of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT, JOINT_NAMES, BodyMotion
from twinswing.swing.compare import TimeWarp

FloatArray = NDArray[np.float64]

# What coaches compare, and what of the skeleton stands for it; ends of limbs say what the joints between only repeat.
PLACES: dict[str, tuple[str, ...]] = {
    "head": ("head",),
    "hands": ("left_hand", "right_hand"),
    "chest": ("neck", "left_shoulder", "right_shoulder"),
    "pelvis": ("pelvis",),
    "lead knee": ("left_knee",),
    "trail knee": ("right_knee",),
}
# Left and right as a right-handed golfer has them; a left-handed one's lead side is the other.
_OTHER = {
    name: name.replace("left_", "right_") if name.startswith("left_") else name.replace("right_", "left_")
    for name in JOINT_NAMES
}


@dataclass(frozen=True)
class Gap:
    """How far a part of the body is from where the other golfer has it.

    a_m, b_m : where it is, world metres, shape (3,). gap_m : the distance. sigma_m : one standard deviation of it.
    """

    name: str
    a_m: FloatArray
    b_m: FloatArray
    gap_m: float
    sigma_m: float

    def is_sure(self, sigmas: float = 2.0) -> bool:
        """Tell whether the gap is larger than so many standard deviations."""
        return self.gap_m > sigmas * self.sigma_m


def gaps_at(a: BodyMotion, b: BodyMotion, t_a_s: float, t_b_s: float) -> tuple[Gap, ...]:
    """Return the gaps of PLACES, A at its session time and B at its own, largest first.

    Both lie in one world: the ball is its origin for either golfer. A left-handed golfer's are mirrored by nothing:
    compare golfers of one side.
    """
    found = []
    joints_a, joints_b = a.at(t_a_s), b.at(t_b_s)
    sigma_a, sigma_b = _sigma_at(a, t_a_s), _sigma_at(b, t_b_s)
    for name, parts in PLACES.items():
        of_a, of_b = _joints(parts, a.handed), _joints(parts, b.handed)
        place_a, place_b = joints_a[of_a].mean(0), joints_b[of_b].mean(0)
        # The joints of a part share most of their error: their mean is no surer than one of them.
        sigma = float(np.hypot(sigma_a[of_a].mean(), sigma_b[of_b].mean()))
        found.append(Gap(name, place_a, place_b, float(np.linalg.norm(place_a - place_b)), sigma))
    return tuple(sorted(found, key=lambda gap: -gap.gap_m))


def gap_series(a: BodyMotion, b: BodyMotion, warp: TimeWarp, name: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return A's times (s), the gap of one of PLACES (m) and its standard deviation (m) over A's motion, each (n,)."""
    times_b = warp.to_b(a.t_s)
    of_a, of_b = _joints(PLACES[name], a.handed), _joints(PLACES[name], b.handed)
    place_a = a.joints_m[:, of_a].mean(1)
    where_b = b.joints_m[:, of_b].mean(1)
    place_b = np.column_stack([np.interp(times_b, b.t_s, where_b[:, k]) for k in range(3)])
    sigma_b = np.interp(times_b, b.t_s, b.sigma_m[:, of_b].mean(1))
    sigma = np.hypot(a.sigma_m[:, of_a].mean(1), sigma_b)
    return a.t_s, np.linalg.norm(place_a - place_b, axis=1), np.asarray(sigma)


def _joints(parts: tuple[str, ...], handed: str) -> list[int]:
    return [JOINT[part if handed == "right" else _OTHER[part]] for part in parts]


def _sigma_at(body: BodyMotion, t_s: float) -> FloatArray:
    """Sigma of the joints at the nearest instant that was estimated: between two it is not smaller."""
    return np.asarray(body.sigma_m[int(np.argmin(np.abs(body.t_s - t_s)))])
