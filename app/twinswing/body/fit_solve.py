"""Least squares over a whole swing: 20 points at each knot, the cameras, the bones' lengths and the club's place.

Points couple a knot with its two next neighbours only; cameras, lengths and the club's place touch all of them. The
normal equations are then a band with a border: one banded Cholesky and a Schur complement a step.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from twinswing.body import fit_camera as fc
from twinswing.body.camera import PinholeCamera
from twinswing.body.fit_model import FitPriors, depth_reference, landmark_offsets, scatter_m
from twinswing.body.fit_normal import FEET_POINTS, KIND, Normal, squares
from twinswing.body.fit_terms import Posture
from twinswing.body.lift_contact import FOOT_HEIGHT, Ground
from twinswing.body.lift_model import BONES, POINT, POINTS, LiftPriors, bone_map
from twinswing.body.lift_observe import Observed

FloatArray = NDArray[np.float64]
_KINDS = int(KIND.max()) + 1


@dataclass(frozen=True)
class Grip:
    """Where the club's grip puts the fists at each knot, from its own sensor, in the world up to a shift.

    hands_m     : left and right fist, shape (K, 2, 3); velocity_mps their rate, the same.
    sigma_m     : one sigma of each knot's place, shape (K,); inf where the sensor says nothing.
    place_sigma_m : of the shift (the head at the ball), horizontally and in height.
    """

    hands_m: FloatArray
    velocity_mps: FloatArray
    sigma_m: FloatArray
    place_sigma_m: tuple[float, float, float] = (0.03, 0.03, 0.02)


@dataclass(frozen=True)
class Seen:
    """One camera's part: what it saw at the knots, where it is thought to stand, and how sure that is (7 sigmas)."""

    observed: Observed
    camera: PinholeCamera
    sigma: FloatArray


@dataclass(frozen=True)
class FitRule:
    """How the minimum is approached.

    soft        : how much softer than in the end bones are at first, halved at each iteration.
    first_step_m, last_step_m : the damping, as the step that it allows a free point.
    done_m      : largest step that still counts as moving.
    turn_every  : cameras and lengths move at each so manieth iteration, which costs twice one in which they don't.
    """

    iterations: int = 18
    turn_every: int = 1
    soft: float = 8.0
    first_step_m: float = 0.1
    last_step_m: float = 1.0
    done_m: float = 2e-3


@dataclass
class Solution:
    """Points (K, 20, 3) and their sigma (K, 20), cameras, bone lengths (bones,), the club's shift (3,), instant (s)."""

    points: FloatArray
    cameras: list[PinholeCamera]
    lengths_m: FloatArray
    shift_m: FloatArray
    instant_s: float
    sigma_m: FloatArray


class FitProblem:
    """The problem of one swing; `solve` moves points (K, 20, 3, world) and globals to the minimum."""

    def __init__(
        self,
        views: list[Seen],
        ground: Ground,
        posture: Posture,
        priors: LiftPriors,
        fit: FitPriors,
        height_m: float,
        height_share_sigma: float,
        grip: Grip | None = None,
        anchor_m: FloatArray | None = None,
    ) -> None:
        self.views, self.ground, self.posture, self.priors, self.fit = views, ground, posture, priors, fit
        self.height_m, self.grip, self.anchor_m = height_m, grip, anchor_m
        self.t_s = views[0].observed.t_s
        self.maps = bone_map()
        self.table_m = np.array([b.fraction for b in BONES]) * height_m
        self.give_m = np.array([b.give_m for b in BONES])
        self.M = landmark_offsets()
        self.MM = np.einsum("pq,pr->qrp", self.M, self.M).reshape(POINTS * POINTS, POINTS)
        scatter, self.depth_sigma_m = scatter_m()
        self.sigma_px = [scatter * v.observed.height_px / height_m for v in views]
        self.reference = depth_reference()
        self.depth_rows = (np.eye(POINTS) - self.reference) / self.depth_sigma_m[:, None]
        self.pairs = np.concatenate(
            [
                np.einsum("bp,bq->pqb", self.maps, self.maps).reshape(POINTS * POINTS, -1),
                (self.depth_rows.T @ self.depth_rows).reshape(-1, 1),
            ],
            axis=1,
        )
        self.n_cam = fc.SIZE * len(views)
        self.n_len = 1 + _KINDS
        self.n_theta = self.n_cam + self.n_len + (4 if grip is not None else 0)
        self.theta0 = np.concatenate(
            [*(fc.parameters_of(v.camera) for v in views), np.zeros(self.n_len), np.zeros(4 if grip is not None else 0)]
        )
        vary = np.zeros(_KINDS)
        vary[KIND] = [b.vary for b in BONES]
        self.theta_sigma = np.concatenate(
            [
                *(v.sigma for v in views),
                [height_share_sigma],
                vary,
                [] if grip is None else [*grip.place_sigma_m, fit.instant_s],
            ]
        ) / np.sqrt(fit.together_knots)
        self.posture = replace(posture, still=posture.still * np.sqrt(fit.together_knots))
        for i in range(len(views)):
            self.theta0[fc.SIZE * i + 5] = priors.camera_height_m
        self.bend_sigma_m = self._bend_sigma()
        self.coupling = self._coupling()
        self.soften = 1.0
        self.start_depth = [np.zeros((len(self.t_s), POINTS)) for _ in views]

    def _bend_sigma(self) -> FloatArray:
        """Return how far each point may leave the line between its neighbours, shape (K - 2, 20)."""
        if len(self.t_s) < 3:
            return np.zeros((0, POINTS))
        before, after = self._shares()
        widest = np.zeros((len(self.t_s) - 2, POINTS))
        for view in self.views:
            seen = view.observed
            x = seen.image_px
            bend = before[:, None, None] * x[:-2] + after[:, None, None] * x[2:] - x[1:-1]
            seen_m = np.linalg.norm(bend, axis=-1) * self.height_m / seen.height_px
            # A point that is guessed may not excuse its own jumps; two hands on one grip move as the calmer one does.
            seen_m = seen_m * np.minimum(np.minimum(seen.weight[:-2], seen.weight[1:-1]), seen.weight[2:])
            grip = self.posture.grip[1:-1] > 0.5
            for name in ("wrist", "hand"):
                both = [POINT[f"left_{name}"], POINT[f"right_{name}"]]
                seen_m[:, both] = np.where(grip[:, None], seen_m[:, both].min(axis=1, keepdims=True), seen_m[:, both])
            widest = np.maximum(widest, seen_m)
        wide = widest.copy()
        wide[1:] = np.maximum(wide[1:], 0.7 * widest[:-1])
        wide[:-1] = np.maximum(wide[:-1], 0.7 * widest[1:])
        sigma = self.priors.bend_m + self.priors.bend_ratio * wide
        if self.grip is not None:
            # The club shows how its hands bend; elbows follow by half.
            g = self.grip.hands_m
            bend = before[:, None, None] * g[:-2] + after[:, None, None] * g[2:] - g[1:-1]
            size = np.linalg.norm(bend, axis=-1)
            known = np.isfinite(self.grip.sigma_m[:-2] + self.grip.sigma_m[1:-1] + self.grip.sigma_m[2:])
            for i, side in enumerate(("left", "right")):
                for name, share in (("hand", 1.0), ("wrist", 1.0), ("elbow", 0.5)):
                    p = POINT[f"{side}_{name}"]
                    sigma[:, p] = np.where(
                        known, np.maximum(0.006 + share * size[:, i], 0.3 * sigma[:, p]), sigma[:, p]
                    )
        return np.asarray(sigma)

    def _shares(self) -> tuple[FloatArray, FloatArray]:
        h = np.diff(self.t_s)
        before = h[1:] / (h[:-1] + h[1:])
        return before, 1.0 - before

    def lengths(self, theta: FloatArray) -> FloatArray:
        """Return bone lengths, metres, shape (bones,)."""
        part = theta[self.n_cam : self.n_cam + self.n_len]
        return np.asarray(self.table_m * np.exp(part[0] + part[1:][KIND]))

    def solve(self, points: FloatArray, rule: FitRule | None = None) -> Solution:
        """Return the points and globals that fit best.

        Levenberg-Marquardt with a damping of each knot's own: one stuck limb must not slow the rest of the clip.
        """
        # The matrices are small: more BLAS threads than one only wait for each other, for seconds on a busy machine.
        with threadpool_limits(1, user_api="blas"):
            return self._descend(points, rule or FitRule())

    def _descend(self, points: FloatArray, rule: FitRule) -> Solution:
        x, theta = points.copy(), self.theta0.copy()
        for i, view in enumerate(self.views):
            theta[fc.SIZE * i :][: fc.SIZE] = fc.parameters_of(view.camera)
        self._start_depths(x, theta)
        damping = np.full(len(x), rule.first_step_m**-2.0)
        for i in range(rule.iterations):
            # Bones start soft, so that limbs can pass through each other on the way to where they belong.
            self.soften = max(1.0, rule.soft * 0.5**i)
            now = Normal(self, x, theta)
            step, turn = now.step(damping, free=i % rule.turn_every == rule.turn_every - 1)
            own, rest = self.cost(x + step, theta + turn)
            worse = own > now.own + 1e-9
            if own.sum() + rest < now.own.sum() + now.rest:
                x, theta = x + step, theta + turn
                damping = np.where(worse, damping * 4.0, np.maximum(damping * 0.25, rule.last_step_m**-2.0))
                if self.soften == 1.0 and np.abs(step).max() < rule.done_m:
                    break
            else:
                damping = np.where(worse, damping * 10.0, damping * 2.0)
        self.soften = 1.0
        return self._solution(x, theta)

    def _solution(self, x: FloatArray, theta: FloatArray) -> Solution:
        cameras = [fc.camera_of(v.camera, theta[fc.SIZE * i : fc.SIZE * (i + 1)]) for i, v in enumerate(self.views)]
        shift, instant = np.zeros(3), 0.0
        if self.grip is not None:
            shift, instant = theta[-4:-1], float(theta[-1])
        sigma_m = Normal(self, x, theta).deviation() * np.sqrt(self.fit.together_knots)
        return Solution(x, cameras, self.lengths(theta), shift, instant, sigma_m)

    def _start_depths(self, x: FloatArray, theta: FloatArray) -> None:
        """Keep the depths that the pose model gave the start: later ones are held against them."""
        for i, view in enumerate(self.views):
            if i == 0:
                z = fc.project(view.camera, theta[fc.SIZE * i :][: fc.SIZE], x)[3][..., 2]
            else:
                z = view.observed.depth_m[..., 2] * self.scale_of(view)
            self.start_depth[i] = z - (z @ self.reference)[:, None]

    def scale_of(self, view: Seen) -> float:
        """Return what the pose model's body has to be multiplied by to be this golfer's size."""
        lengths = np.linalg.norm(np.einsum("bp,kpc->kbc", self.maps, view.observed.depth_m), axis=-1)
        large = self.table_m > 0.2 * self.height_m
        return float(1.0 / max(np.median(lengths[:, large] / self.table_m[large]), 1e-3))

    # Residuals.

    def pixels(self, i: int, x: FloatArray, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return residuals (K, 20, 2), slopes along landmarks (K, 20, 2, 3) and camera (K, 20, 2, 7), and depths."""
        seen, sigma = self.views[i].observed, self.sigma_px[i]
        # Geman-McClure in the form r / sqrt(1 + r^2/c^2), whose square is its cost: a landmark on the wrong limb must
        # not drag the body with it. Its scaled Gauss-Newton rows are the usual iteratively reweighted ones.
        px, slope, moved, _ = fc.project(self.views[i].camera, theta[fc.SIZE * i :][: fc.SIZE], self.M @ x)
        r = (px - seen.image_px) / sigma[:, None]
        w = seen.weight / np.sqrt(1.0 + np.sum(r * r, axis=-1) / 16.0)
        own = (w / sigma)[..., None, None]
        R = fc.rotation_of(*theta[fc.SIZE * i :][:3])
        z = (x - theta[fc.SIZE * i :][fc.PLACE]) @ R[2]
        return w[..., None] * r, own * slope, own * moved, z

    def depths(self, i: int, z: FloatArray) -> FloatArray:
        """Return residuals (K, 20) of the depth about shoulders and knees."""
        off = (z - (z @ self.reference)[:, None] - self.start_depth[i]) / self.depth_sigma_m
        return np.asarray(self.views[i].observed.trust[:, None] * off)

    def bones(self, x: FloatArray, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return residuals (K, bones), directions (K, bones, 3) and pulls of stretched ones (K, bones, 1, 1)."""
        d = self.maps @ x
        length = np.maximum(np.sqrt(np.sum(d * d, axis=-1)), 1e-4)
        give = self.give_m * self.soften
        longer = length - self.lengths(theta)
        stretch = np.maximum(longer, 0.0) / length / give**2
        return longer / give, d / length[..., None], stretch[..., None, None]

    def heights(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return residuals (K, 6) of the feet's heights, and how firmly each is held."""
        above = x[:, FEET_POINTS, 2] - np.tile(FOOT_HEIGHT, 2) * self.height_m
        # On the ground while planted, and never below it.
        firm = np.where(above < 0.0, 1.0, self.ground.down[:, FEET_POINTS]) / 0.006
        return firm * above, firm

    def hands(self, x: FloatArray, theta: FloatArray) -> tuple[FloatArray, FloatArray] | None:
        """Return residuals (K, 2, 3) of the fists on the club's grip and one over sigma (K,); None without a club."""
        if self.grip is None:
            return None
        w = 1.0 / np.hypot(self.grip.sigma_m, self.fit.grip_m)
        want = self.grip.hands_m - theta[-1] * self.grip.velocity_mps + theta[-4:-1]
        fists = x[:, [POINT["left_hand"], POINT["right_hand"]]]
        return np.where(w[:, None, None] > 0.0, w[:, None, None] * (fists - np.nan_to_num(want)), 0.0), w

    def anchored(self, x: FloatArray) -> tuple[FloatArray, FloatArray] | None:
        """Return residuals (K, 2) of the ankles' middle at address about its stated place, and their weights (K,)."""
        if self.anchor_m is None:
            return None
        w = self.posture.still / 0.01
        ankles = x[:, [POINT["left_ankle"], POINT["right_ankle"]], :2].mean(axis=1)
        return w[:, None] * (ankles - self.anchor_m[:2]), w

    def cost(self, x: FloatArray, theta: FloatArray) -> tuple[FloatArray, float]:
        """Return each knot's own cost (K,) and the cost of what couples knots and globals."""
        own = squares(self.bones(x, theta)[0]) + squares(self.heights(x)[0])
        for i in range(len(self.views)):
            pixel, _, _, z = self.pixels(i, x, theta)
            own = own + squares(pixel) + squares(self.depths(i, z))
        for rows in self.posture.rows(x):
            own = own + squares(rows.r)
        for found in (self.hands(x, theta), self.anchored(x)):
            if found is not None:
                own = own + squares(found[0])
        prior = float(np.sum(((theta - self.theta0) / self.theta_sigma) ** 2))
        return own, self.coupled(x) + prior

    def coupled(self, x: FloatArray) -> float:
        """Return the cost of what couples knots: planted feet that slip, paths that bend."""
        bend = 0.0
        if len(x) > 1:
            slip = np.sum(np.diff(x, axis=0) ** 2, axis=-1)
            bend += float(np.sum(self.ground.hold * slip)) / self.priors.hold_m**2
        if len(x) > 2:
            a, b = (share[:, None, None] for share in self._shares())
            off = a * x[:-2] + b * x[2:] - x[1:-1]
            bend += float(np.sum(np.sum(off**2, axis=-1) / self.bend_sigma_m**2))
        return bend

    def _coupling(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return diagonals of the smoothness and hold terms for offsets 0, 1 and 2 knots, each (K, 60)."""
        K = len(self.t_s)
        d0, d1, d2 = np.zeros((K, POINTS)), np.zeros((K, POINTS)), np.zeros((K, POINTS))
        if K > 1:
            hold = self.ground.hold / self.priors.hold_m**2
            d0[:-1] += hold
            d0[1:] += hold
            d1[:-1] -= hold
        if K > 2:
            a, b = (s[:, None] for s in self._shares())
            w = 1.0 / self.bend_sigma_m**2
            d0[:-2] += w * a * a
            d0[1:-1] += w
            d0[2:] += w * b * b
            d1[:-2] -= w * a
            d1[1:-1] -= w * b
            d2[:-2] += w * a * b
        return np.repeat(d0, 3, axis=1), np.repeat(d1, 3, axis=1), np.repeat(d2, 3, axis=1)
