"""Least squares over a whole swing: 20 points at each knot, the cameras, the bones' lengths and the club's place.

Points couple a knot with its two next neighbours only; cameras, lengths and the club's place touch all of them. The
normal equations are then a band with a border: one banded Cholesky and a Schur complement a step.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve_banded, cholesky_banded
from scipy.linalg.lapack import dtbtrs
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from twinswing.body import fit_camera as fc
from twinswing.body.camera import PinholeCamera
from twinswing.body.fit_model import FitPriors, depth_reference, landmark_offsets, scatter_m
from twinswing.body.fit_terms import Posture
from twinswing.body.lift_contact import FEET, FOOT_HEIGHT, Ground
from twinswing.body.lift_model import BONES, POINT, POINTS, LiftPriors, bone_map
from twinswing.body.lift_observe import Observed

FloatArray = NDArray[np.float64]
_DIM = 3 * POINTS
_FEET = [p for side in FEET.values() for p in side]
# Bones of left and right share a length: the first eight kinds come in pairs.
_KIND = np.array([i // 2 if i < 16 else i - 8 for i in range(len(BONES))])
_KINDS = int(_KIND.max()) + 1


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
    """Points (K, 20, 3), cameras' parameters (V, 7), bone lengths (bones,), the club's shift (3,) and instant (s)."""

    points: FloatArray
    cameras: list[PinholeCamera]
    lengths_m: FloatArray
    shift_m: FloatArray
    instant_s: float
    theta_off: FloatArray  # globals' distance from their priors in sigmas
    cost: float
    parts: dict[str, FloatArray] = field(default_factory=dict)


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
        self.depth_rows = (np.eye(POINTS) - depth_reference()) / self.depth_sigma_m[:, None]
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
        vary[_KIND] = [b.vary for b in BONES]
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
        return np.asarray(self.table_m * np.exp(part[0] + part[1:][_KIND]))

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
            now = _Normal(self, x, theta)
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
        own, rest = self.cost(x, theta)
        cameras = [fc.camera_of(v.camera, theta[fc.SIZE * i : fc.SIZE * (i + 1)]) for i, v in enumerate(self.views)]
        shift, instant = np.zeros(3), 0.0
        if self.grip is not None:
            shift, instant = theta[-4:-1], float(theta[-1])
        off = (theta - self.theta0) / self.theta_sigma / np.sqrt(self.fit.together_knots)
        parts = {"sigma_m": _Normal(self, x, theta).deviation() * np.sqrt(self.fit.together_knots)}
        return Solution(x, cameras, self.lengths(theta), shift, instant, off, float(own.sum() + rest), parts)

    def _start_depths(self, x: FloatArray, theta: FloatArray) -> None:
        """Keep the depths that the pose model gave the start: later ones are held against them."""
        for i, view in enumerate(self.views):
            if i == 0:
                z = fc.project(view.camera, theta[fc.SIZE * i :][: fc.SIZE], x)[3][..., 2]
            else:
                z = view.observed.depth_m[..., 2] * self.scale_of(view)
            self.start_depth[i] = z - (z @ depth_reference())[:, None]

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
        off = (z - (z @ depth_reference())[:, None] - self.start_depth[i]) / self.depth_sigma_m
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
        above = x[:, _FEET, 2] - np.tile(FOOT_HEIGHT, 2) * self.height_m
        # On the ground while planted, and never below it.
        firm = np.where(above < 0.0, 1.0, self.ground.down[:, _FEET]) / 0.006
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
        own = _squares(self.bones(x, theta)[0]) + _squares(self.heights(x)[0])
        for i in range(len(self.views)):
            pixel, _, _, z = self.pixels(i, x, theta)
            own = own + _squares(pixel) + _squares(self.depths(i, z))
        for rows in self.posture.rows(x):
            own = own + _squares(rows.r)
        for found in (self.hands(x, theta), self.anchored(x)):
            if found is not None:
                own = own + _squares(found[0])
        prior = float(np.sum(((theta - self.theta0) / self.theta_sigma) ** 2))
        return own, self._coupled(x) + prior

    def _coupled(self, x: FloatArray) -> float:
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


def _squares(r: FloatArray) -> FloatArray:
    """Return the sum of squares of all but the first axis, shape (K,)."""
    return np.asarray(np.sum(np.square(r).reshape(len(r), -1), axis=1))


class _Normal:
    """The normal equations at a point: knots' own blocks H (K, 60, 60), border C (K, 60, T), globals D (T, T)."""

    def __init__(self, problem: FitProblem, x: FloatArray, theta: FloatArray) -> None:
        self.problem = problem
        K, T = len(x), problem.n_theta
        self.g, self.C = np.zeros((K, POINTS, 3)), np.zeros((K, POINTS, 3, T))
        self.D = np.diag(problem.theta_sigma**-2.0)
        self.gt = (theta - problem.theta0) / problem.theta_sigma**2
        self.own = np.zeros(K)
        self.blocks = np.zeros((K, POINTS, POINTS, 9))
        self._add_bones(x, theta)
        for i in range(len(problem.views)):
            self._add_view(i, x, theta)
        self._add_places(x, theta)
        H = self.blocks.reshape(K, POINTS, POINTS, 3, 3).transpose(0, 1, 3, 2, 4).reshape(K, _DIM, _DIM)
        # Rows of many points at once: one product for all of them.
        terms = problem.posture.rows(x)
        J = np.concatenate([term.J for term in terms], axis=1).reshape(K, -1, _DIM)
        r = np.concatenate([term.r for term in terms], axis=1)
        H += np.swapaxes(J, 1, 2) @ J
        self.g += (np.swapaxes(J, 1, 2) @ r[..., None]).reshape(K, POINTS, 3)
        self.own += _squares(r)
        self.H = H
        flat = x.reshape(K, _DIM)
        d0, d1, d2 = problem.coupling
        gc = d0 * flat
        if K > 1:
            gc[:-1] += d1[:-1] * flat[1:]
            gc[1:] += d1[:-1] * flat[:-1]
        if K > 2:
            gc[:-2] += d2[:-2] * flat[2:]
            gc[2:] += d2[:-2] * flat[:-2]
        self.gx = self.g.reshape(K, _DIM) + gc
        self.rest = problem._coupled(x) + float(np.sum(((theta - problem.theta0) / problem.theta_sigma) ** 2))

    def _add_bones(self, x: FloatArray, theta: FloatArray) -> None:
        p = self.problem
        bone, u, stretch = p.bones(x, theta)
        give = p.give_m * p.soften
        along = u[..., :, None] * u[..., None, :]
        # Stretched bones also hold their ends back sideways (the second-order part): without it a step swings a loosely
        # seen hand round its elbow farther than the linear model is true.
        M = (along / (give**2)[:, None, None] + stretch * (np.eye(3) - along)).reshape(len(x), -1, 9)
        self.blocks += (p.pairs[:, :-1] @ M).reshape(self.blocks.shape)
        self.g += p.maps.T @ (u * (bone / give)[..., None])
        self.own += _squares(bone)
        # Lengths: one scale, and each kind's own.
        slope = -p.lengths(theta) / give  # (bones,)
        pull = np.einsum("bp,kbc->kbpc", p.maps, u) * (slope / give)[:, None, None]
        at = slice(p.n_cam, p.n_cam + p.n_len)
        border = np.zeros((len(x), POINTS, 3, p.n_len))
        border[..., 0] = pull.sum(1)
        S = np.zeros((len(BONES), p.n_len))
        S[:, 0] = slope
        for b, kind in enumerate(_KIND):
            border[..., 1 + kind] += pull[:, b]
            S[b, 1 + kind] = slope[b]
        self.C[..., at] += border
        self.D[at, at] += len(x) * S.T @ S
        self.gt[at] += S.T @ bone.sum(0)

    def _add_view(self, i: int, x: FloatArray, theta: FloatArray) -> None:
        p = self.problem
        pixel, slope, moved, z = p.pixels(i, x, theta)
        K = len(x)
        at = slice(fc.SIZE * i, fc.SIZE * (i + 1))
        own = np.swapaxes(slope, -1, -2) @ slope
        self.blocks += (p.MM @ own.reshape(K, POINTS, 9)).reshape(self.blocks.shape)
        self.g += p.M.T @ np.einsum("kpia,kpi->kpa", slope, pixel)
        cross = (np.swapaxes(slope, -1, -2) @ moved).reshape(K, POINTS, -1)
        self.C[..., at] += (p.M.T @ cross).reshape(K, POINTS, 3, fc.SIZE)
        flat = moved.reshape(-1, fc.SIZE)
        self.D[at, at] += flat.T @ flat
        self.gt[at] += flat.T @ pixel.reshape(-1)
        self.own += _squares(pixel)
        # The camera's own axis turns by a few degrees at most: what the depths say of it is left out.
        depth, trust = p.depths(i, z), p.views[i].observed.trust
        ahead = fc.rotation_of(*theta[at][:3])[2]
        M = np.square(trust)[:, None] * np.outer(ahead, ahead).ravel()
        self.blocks += (p.pairs[:, -1:] @ M[:, None, :]).reshape(self.blocks.shape)
        self.g += ((trust[:, None] * depth) @ p.depth_rows)[..., None] * ahead
        self.own += _squares(depth)

    def _add_places(self, x: FloatArray, theta: FloatArray) -> None:
        p = self.problem
        height, firm = p.heights(x)
        self.blocks[:, _FEET, _FEET, 8] += firm**2
        self.g[:, _FEET, 2] += firm * height
        self.own += _squares(height)
        anchored = p.anchored(x)
        if anchored is not None:
            r, w = anchored
            ankles = [POINT["left_ankle"], POINT["right_ankle"]]
            for a in ankles:
                for b in ankles:
                    for axis in (0, 1):
                        self.blocks[:, a, b, 4 * axis] += 0.25 * w**2
                self.g[:, a, :2] += 0.5 * w[:, None] * r
            self.own += _squares(r)
        held = p.hands(x, theta)
        if held is None or p.grip is None:
            return
        r, w = held
        for i, name in enumerate(("left_hand", "right_hand")):
            a = POINT[name]
            self.blocks[:, a, a, ::4] += (w**2)[:, None]
            self.g[:, a] += w[:, None] * r[:, i]
            v = np.where(w[:, None] > 0.0, np.nan_to_num(p.grip.velocity_mps[:, i]), 0.0)
            J = np.concatenate([-np.tile(np.eye(3), (len(x), 1, 1)), v[..., None]], axis=2) * w[:, None, None]
            self.C[:, a, :, -4:] += w[:, None, None] * J
            self.D[-4:, -4:] += np.einsum("kai,kaj->ij", J, J)
            self.gt[-4:] += np.einsum("kai,ka->i", J, r[:, i])
        self.own += _squares(r)

    def band(self, damping: FloatArray) -> FloatArray:
        """Return the knots' part as LAPACK's lower band, shape (width + 1, 60 K)."""
        d0, d1, d2 = self.problem.coupling
        K = len(self.H)
        n = K * _DIM
        H = self.H.copy()
        i = np.arange(_DIM)
        H[:, i, i] += d0 + damping[:, None]
        width = 2 * _DIM if K > 2 else (_DIM if K > 1 else _DIM - 1)
        # Column by column, so that it need not be copied for it: entry (row - column) of a column.
        band = np.zeros((n, width + 1))
        blocks = band.reshape(K, _DIM, width + 1)
        for column in range(_DIM):
            blocks[:, column, : _DIM - column] = H[:, column, column:]
        if K > 1:
            band[: n - _DIM, _DIM] = d1[:-1].reshape(-1)
        if K > 2:
            band[: n - 2 * _DIM, 2 * _DIM] = d2[:-2].reshape(-1)
        return np.asarray(band.T)

    def deviation(self, samples: int = 32) -> FloatArray:
        """Return the standard deviation of each point's place, metres, shape (K, 20), all axes together.

        The band's part by drawn samples (the same ones always), which costs a fraction of the exact inverse and is good
        to a tenth; what the globals add is exact.
        """
        K, T = len(self.H), self.problem.n_theta
        factor = cholesky_banded(self.band(np.full(K, 1.0)), lower=True, overwrite_ab=True, check_finite=False)
        z = np.random.default_rng(0).normal(size=(K * _DIM, samples))
        drawn, _ = dtbtrs(factor, z, uplo="L", trans="T")
        own = np.mean(np.square(drawn), axis=1)
        border = self.C.reshape(K * _DIM, T)
        solved = cho_solve_banded((factor, True), border, check_finite=False)
        schur = self.D - border.T @ solved
        shared = np.sum(solved * np.linalg.solve(schur, solved.T).T, axis=1)
        return np.asarray(np.sqrt((own + np.maximum(shared, 0.0)).reshape(K, POINTS, 3).sum(axis=2)))

    def step(self, damping: FloatArray, free: bool = True) -> tuple[FloatArray, FloatArray]:
        """Return the steps of points (K, 20, 3) and globals (T,); these are held where not `free`."""
        K, T = len(self.H), self.problem.n_theta
        factor = cholesky_banded(self.band(damping), lower=True, overwrite_ab=True, check_finite=False)
        if not free:
            step = -cho_solve_banded((factor, True), self.gx.reshape(-1), check_finite=False)
            return step.reshape(K, POINTS, 3), np.zeros(T)
        border = self.C.reshape(K * _DIM, T)
        right = np.concatenate([self.gx.reshape(-1, 1), border], axis=1)
        solved = cho_solve_banded((factor, True), right, overwrite_b=True, check_finite=False)
        schur = self.D - border.T @ solved[:, 1:]
        turn = -np.linalg.solve(schur, self.gt - border.T @ solved[:, 0])
        step = -(solved[:, 0] + solved[:, 1:] @ turn)
        return step.reshape(K, POINTS, 3), turn
