"""Pulls on few points at once: posture at address, two hands on one grip, trunk and knees, as rows of a Jacobian."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.fit_model import FitPriors
from twinswing.body.lift_camera import MASS
from twinswing.body.lift_model import POINT, POINTS, LiftPriors

FloatArray = NDArray[np.float64]
_LR = ("left", "right")


def pair(name: str) -> list[int]:
    """Return the points of a pair, left first, or of a single one."""
    return [POINT[name]] if name in POINT else [POINT[f"{s}_{name}"] for s in _LR]


def mean_row(*parts: tuple[str, float]) -> FloatArray:
    """Return the weights (20,) of a weighted sum of pairs' middles."""
    row = np.zeros(POINTS)
    for name, share in parts:
        for p in pair(name):
            row[p] += share / len(pair(name))
    return row


_MASS_OVER_FEET = mean_row(*MASS.items()) - mean_row(("heel", 0.5), ("toe", 0.5))
_PELVIS_OVER_ANKLES = mean_row(("hip", 1.0), ("ankle", -1.0))
_HANDS_OVER_ANKLES = mean_row(("wrist", 1.0), ("ankle", -1.0))
_ACROSS = {name: mean_row((f"left_{name}", 1.0), (f"right_{name}", -1.0)) for name in ("hip", "ankle", "shoulder")}
_TRUNK = mean_row(("shoulder", 1.0), ("hip", -1.0))


@dataclass(frozen=True)
class Rows:
    """Residuals (K, rows) and their slopes (K, rows, 20, 3)."""

    r: FloatArray
    J: FloatArray


def linear(weights: FloatArray, axis: int, x: FloatArray, want: float | FloatArray, w: FloatArray) -> Rows:
    """Return one row: a weighted sum of points along an axis, against a value, times w (K,)."""
    r = w * (x[:, :, axis] @ weights - want)
    J = np.zeros((len(x), 1, POINTS, 3))
    J[:, 0, :, axis] = w[:, None] * weights
    return Rows(r[:, None], J)


def square_to(a: FloatArray, b: FloatArray, x: FloatArray, w: float) -> Rows:
    """Return the cosine between two vectors of the body, each a weighted sum of points, times w."""
    u, v = np.einsum("p,kpc->kc", a, x), np.einsum("p,kpc->kc", b, x)
    size = np.linalg.norm(u, axis=-1) * np.linalg.norm(v, axis=-1)
    scale = w / np.maximum(size, 1e-3)
    r = scale * np.sum(u * v, axis=-1)
    # Each length's own change does not matter near square, where it is multiplied by nearly nothing.
    J = scale[:, None, None] * (a[None, :, None] * v[:, None] + b[None, :, None] * u[:, None])
    return Rows(r[:, None], J[:, None])


def apart(a: int, b: int, want_m: float, x: FloatArray, w: FloatArray) -> Rows:
    """Return the distance between two points against a length, times w (K,)."""
    d = x[:, b] - x[:, a]
    length = np.maximum(np.linalg.norm(d, axis=-1), 1e-4)
    J = np.zeros((len(x), 1, POINTS, 3))
    J[:, 0, b] = w[:, None] * d / length[:, None]
    J[:, 0, a] = -J[:, 0, b]
    return Rows((w * (length - want_m))[:, None], J)


@dataclass(frozen=True)
class Posture:
    """The terms of one clip: what is known of a golfer's posture, at address and throughout.

    still : how much each knot counts as address, shape (K,), squares summing to 1: a posture is one observation.
    grip  : how surely both hands are on the grip, shape (K,). planted: how surely the feet stand, shape (K,).
    held  : the club's grip is known.
    side  : 1 for a right-handed golfer, -1 for a left-handed one.
    """

    lift: LiftPriors
    fit: FitPriors
    height_m: float
    side: float
    still: FloatArray
    grip: FloatArray
    planted: FloatArray
    held: bool

    def rows(self, x: FloatArray) -> list[Rows]:
        """Return all terms at the points x (K, 20, 3)."""
        h, fit, lift = self.height_m, self.fit, self.lift
        still, one = self.still, np.ones(len(x))
        found = [
            linear(_MASS_OVER_FEET, 0, x, 0.0, still / (fit.balance_share * h)),
            linear(_MASS_OVER_FEET, 1, x, 0.0, still / (fit.balance_share * h)),
            linear(_PELVIS_OVER_ANKLES, 0, x, 0.0, still / (fit.over_feet_share * h)),
            linear(_PELVIS_OVER_ANKLES, 0, x, 0.0, self.planted / lift.pelvis_over_feet_m / 3.0),
            linear(_PELVIS_OVER_ANKLES, 1, x, self.side * lift.pelvis_behind_m,
                   self.planted / lift.pelvis_over_feet_m / 3.0),
            linear(_HANDS_OVER_ANKLES, 0, x, lift.hands_ahead_m, still / lift.hands_ahead_sigma_m),
            self._bend(x),
        ]  # fmt: skip
        for name, share, much in (("hip", 0.104, 1.0), ("ankle", 0.28, 1.0), ("shoulder", 0.18, 2.0)):
            found.append(linear(_ACROSS[name], 1, x, 0.0, still / (much * fit.square_rad * share * h)))
        found += [square_to(_ACROSS[name], _TRUNK, x, 1.0 / fit.across_rad) for name in ("hip", "shoulder")]
        if not self.held:
            for name, gap in (("wrist", lift.grip_m), ("hand", 0.8 * lift.grip_m)):
                a, b = pair(name)
                found.append(apart(a, b, gap, x, self.grip / lift.grip_sigma_m))
        reach, give = fit.elbow_hand_share
        found += [
            apart(POINT[f"{s}_elbow"], POINT[f"{s}_hand"], reach * h, x, np.full(len(x), 1.0 / (give * h))) for s in _LR
        ]
        found += [self._chest(x), self._twist(x)]
        found += [self._knee(x, s, one) for s in _LR]
        return found

    def _bend(self, x: FloatArray) -> Rows:
        """The trunk's forward bend at address: the sine of its difference from the usual one."""
        bend, sigma = self.fit.bend_rad
        trunk = np.einsum("p,kpc->kc", _TRUNK, x)
        scale = self.still / (sigma * np.maximum(np.linalg.norm(trunk, axis=-1), 1e-3))
        direction = np.array([0.0, -self.side * np.cos(bend), -np.sin(bend)])
        J = scale[:, None, None] * _TRUNK[None, :, None] * direction
        return Rows((scale * (trunk @ direction))[:, None], J[:, None])

    def _chest(self, x: FloatArray) -> Rows:
        """Hands on the grip stay before the chest: their offset along the line of the shoulders is small."""
        lead, trail = _LR if self.side > 0 else _LR[::-1]
        a, b = POINT[f"{lead}_shoulder"], POINT[f"{trail}_shoulder"]
        hands = pair("wrist")
        line = x[:, b] - x[:, a]
        length = np.maximum(np.linalg.norm(line, axis=-1, keepdims=True), 1e-3)
        u = line / length
        reach = x[:, hands].mean(1) - 0.5 * (x[:, a] + x[:, b])
        along = np.sum(reach * u, -1, keepdims=True)
        swing = (reach - along * u) / length
        w = self.grip / self.lift.chest_sigma_m
        J = np.zeros((len(x), 1, POINTS, 3))
        J[:, 0, hands] = 0.5 * u[:, None]
        J[:, 0, b] = swing - 0.5 * u
        J[:, 0, a] = -swing - 0.5 * u
        J *= w[:, None, None, None]
        return Rows((w * (along[:, 0] - self.lift.chest_m))[:, None], J)

    def _twist(self, x: FloatArray) -> Rows:
        """The shoulders turn against the hips by less than a right angle; only a violation pulls."""
        hips, shoulders = _ACROSS["hip"], _ACROSS["shoulder"]
        u, v = np.einsum("p,kpc->kc", hips, x), np.einsum("p,kpc->kc", shoulders, x)
        size = np.maximum(np.linalg.norm(u, axis=-1) * np.linalg.norm(v, axis=-1), 1e-3)
        least, give = self.fit.twist_cosine
        miss = least - np.sum(u * v, axis=-1) / size
        w = np.where(miss > 0.0, 1.0 / give, 0.0)
        J = -(w / size)[:, None, None] * (hips[None, :, None] * v[:, None] + shoulders[None, :, None] * u[:, None])
        return Rows((w * miss)[:, None], J[:, None])

    def _knee(self, x: FloatArray, side: str, one: FloatArray) -> Rows:
        """A knee lies before the line from hip to ankle, as the foot points; only a violation pulls."""
        hip, knee, ankle, heel, toe = (POINT[f"{side}_{k}"] for k in ("hip", "knee", "ankle", "heel", "toe"))
        ahead = x[:, toe] - x[:, heel]
        ahead = ahead / np.maximum(np.linalg.norm(ahead, axis=-1, keepdims=True), 1e-3)
        off = np.sum((x[:, knee] - 0.5 * (x[:, hip] + x[:, ankle])) * ahead, axis=-1)
        w = np.where(off < 0.0, one / self.fit.knee_m, 0.0)
        J = np.zeros((len(x), 1, POINTS, 3))
        J[:, 0, knee] = w[:, None] * ahead
        J[:, 0, hip] = J[:, 0, ankle] = -0.5 * J[:, 0, knee]
        return Rows((w * off)[:, None], J)
