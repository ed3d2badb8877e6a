"""Gauss-Newton over all knots at once: pixels, bones, ground, grip and smoothness pull on 20 points a knot.

The normal equations couple a knot with its two next neighbours only, so they are solved as one banded Cholesky.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from twinswing.body.camera import PinholeCamera
from twinswing.body.lift_contact import FEET, FOOT_HEIGHT, Lengths, find_contacts
from twinswing.body.lift_model import BONES, POINT, POINTS, LiftPriors, bone_map, point_scatter_m
from twinswing.body.lift_observe import Observed

FloatArray = NDArray[np.float64]
_DIM = 3 * POINTS
_FEET = [p for side in FEET.values() for p in side]


def _squares(r: FloatArray) -> FloatArray:
    """Return the sum of squares of all but the first axis, shape (K,)."""
    return np.asarray(np.sum(np.square(r).reshape(len(r), -1), axis=1))


@dataclass(frozen=True)
class SolveRule:
    """How the minimum is approached.

    soft        : how much softer than in the end bones are at first, halved at each iteration.
    first_step_m, last_step_m : the damping, as the step that it allows a free point.
    refine_at   : iterations after which bone lengths are fitted to the golfer.
    done_m      : largest step that still counts as moving.
    """

    iterations: int = 16
    soft: float = 8.0
    first_step_m: float = 0.1
    last_step_m: float = 1.0
    refine_at: tuple[int, ...] = (5, 9)
    done_m: float = 2e-3


class LiftProblem:
    """The least-squares problem of one clip; `solve` moves `points` (K, 20, 3, world) to its minimum."""

    def __init__(self, seen: Observed, camera: PinholeCamera, priors: LiftPriors, height_m: float, side: float) -> None:
        self.seen, self.camera, self.priors, self.height_m, self.side = seen, camera, priors, height_m, side
        self.ground = find_contacts(seen)
        self.lengths = Lengths.of(height_m)
        self.maps = bone_map()
        self.give_m = np.array([b.give_m for b in BONES])
        metres_per_px = height_m / seen.height_px
        scatter_m, self.depth_sigma_m = point_scatter_m()
        self.sigma_px = scatter_m / metres_per_px
        about_hips = np.eye(POINTS)
        about_hips[:, [POINT["left_hip"], POINT["right_hip"]]] -= 0.5
        self.depth_rows = about_hips / self.depth_sigma_m[:, None]
        # What each bone, and last the depth, weighs for each pair of points, shape (400, bones + 1).
        self.pairs = np.concatenate(
            [
                np.einsum("bp,bq->pqb", self.maps, self.maps).reshape(POINTS * POINTS, -1),
                (self.depth_rows.T @ self.depth_rows).reshape(-1, 1),
            ],
            axis=1,
        )
        self.grip = self._grip_weight()
        self.bend_sigma_m = self._bend_sigma(metres_per_px)
        self.soften = 1.0
        self.start_depth = np.zeros((len(seen.t_s), POINTS))

    def _bend_sigma(self, metres_per_px: float) -> FloatArray:
        """Return how far each point may leave the line between its neighbours, shape (K - 2, 20)."""
        if len(self.seen.t_s) < 3:
            return np.zeros((0, POINTS))
        before, after = self._neighbour_shares()
        x = self.seen.image_px
        bend = before[:, None, None] * x[:-2] + after[:, None, None] * x[2:] - x[1:-1]
        seen_m = np.linalg.norm(bend, axis=-1) * metres_per_px
        # A point that is guessed may not excuse its own jumps, and two hands on one grip move as the calmer one does.
        seen_m = seen_m * np.minimum(np.minimum(self.seen.weight[:-2], self.seen.weight[1:-1]), self.seen.weight[2:])
        grip = self.grip[1:-1] > 0.5
        for name in ("wrist", "hand"):
            pair = [POINT[f"left_{name}"], POINT[f"right_{name}"]]
            seen_m[:, pair] = np.where(grip[:, None], seen_m[:, pair].min(axis=1, keepdims=True), seen_m[:, pair])
        # Depth bends as much as the picture does, but not at the same knots, so borrow from both sides.
        wide = seen_m.copy()
        wide[1:] = np.maximum(wide[1:], 0.7 * seen_m[:-1])
        wide[:-1] = np.maximum(wide[:-1], 0.7 * seen_m[1:])
        return np.asarray(self.priors.bend_m + self.priors.bend_ratio * wide)

    def _neighbour_shares(self) -> tuple[FloatArray, FloatArray]:
        h = np.diff(self.seen.t_s)
        before = h[1:] / (h[:-1] + h[1:])
        return before, 1.0 - before

    def _grip_weight(self) -> FloatArray:
        """Return 1 where the wrists are seen together as on one grip, 0 where a hand has let go, shape (K,)."""
        left, right = POINT["left_wrist"], POINT["right_wrist"]
        gap = np.linalg.norm(self.seen.image_px[:, left] - self.seen.image_px[:, right], axis=-1)
        # A wrist that is guessed, not seen, is no evidence of a hand that let go; nor is a short excursion.
        clear = np.minimum(self.seen.weight[:, left], self.seen.weight[:, right])
        apart, t = clear * gap / self.seen.height_px, self.seen.t_s
        lasting = np.array([np.median(apart[np.abs(t - now) <= self.priors.let_go_s]) for now in t])
        return np.asarray(1.0 / (1.0 + (lasting / 0.13) ** 6))

    def solve(self, points: FloatArray, rule: SolveRule | None = None) -> FloatArray:
        """Return the points that fit best, shape (K, 20, 3).

        Levenberg-Marquardt with a damping of each knot's own: one stuck limb must not slow the rest of the clip.
        """
        # The matrices are small: more BLAS threads than one only wait for each other, for seconds on a busy machine.
        with threadpool_limits(1, user_api="blas"):
            return self._descend(points, rule or SolveRule())

    def _descend(self, points: FloatArray, rule: SolveRule) -> FloatArray:
        x = points.copy()
        self.start_depth = self._relative_depth(points)
        self.coupling = self._coupling()
        damping = np.full(len(x), rule.first_step_m**-2.0)
        for i in range(rule.iterations):
            # Bones start soft, so that limbs can pass through each other on the way to where they belong.
            self.soften = max(1.0, rule.soft * 0.5**i)
            H, g, before = self._normal(x)
            step = self._banded(H, g, damping)
            after = self._cost(x + step)
            worse = after > before + 1e-9
            if after.sum() + self._coupled(x + step) < before.sum() + self._coupled(x):
                x = x + step
                damping = np.where(worse, damping * 4.0, np.maximum(damping * 0.25, rule.last_step_m**-2.0))
                if self.soften == 1.0 and np.abs(step).max() < rule.done_m:
                    break
            else:
                damping = np.where(worse, damping * 10.0, damping * 2.0)
            if i in rule.refine_at:
                self._refine_lengths(x)
        return x

    def _cost(self, x: FloatArray) -> FloatArray:
        """Return each knot's own cost, shape (K,)."""
        parts = (
            self._pixels(x)[0],
            self._bones(x)[0],
            self._depths(x),
            self._heights(x)[0],
            *(r for _, r in self._rigid_terms(x)),
        )
        return np.asarray(sum(_squares(r) for r in parts))

    def _coupled(self, x: FloatArray) -> float:
        """Return the cost of what couples knots: planted feet that slip, paths that bend."""
        bend = 0.0
        if len(x) > 1:
            slip = np.sum(np.diff(x, axis=0) ** 2, axis=-1)
            bend += float(np.sum(self.ground.hold * slip)) / self.priors.hold_m**2
        if len(x) > 2:
            a, b = (share[:, None, None] for share in self._neighbour_shares())
            off = a * x[:-2] + b * x[2:] - x[1:-1]
            bend += float(np.sum(np.sum(off**2, axis=-1) / self.bend_sigma_m**2))
        return bend

    def _relative_depth(self, x: FloatArray) -> FloatArray:
        z = (x - self.camera.position_m) @ self.camera.rotation[2]
        hips = 0.5 * (z[:, POINT["left_hip"]] + z[:, POINT["right_hip"]])
        return np.asarray(z - hips[:, None])

    def _refine_lengths(self, x: FloatArray) -> None:
        bones = np.linalg.norm(np.einsum("bp,kpc->kbc", self.maps, x), axis=-1)
        weight = np.min(np.where(self.maps[None] != 0.0, self.seen.weight[:, None, :], 1.0), axis=-1)
        self.lengths.refine(bones, weight)

    def _normal(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return each knot's own normal matrix, (K, 60, 60), the whole gradient, (K, 60), and each knot's cost, (K,).

        Most pulls touch one point or two, so they are summed as 3 x 3 blocks of pairs of points, never as rows of 60.
        """
        K = len(x)
        p = np.arange(POINTS)
        pixel, Jp = self._pixels(x)
        bone, u, stretch = self._bones(x)
        depth, ahead = self._depths(x), self.camera.rotation[2]
        height, firm = self._heights(x)
        # Bones and depths: each couples given pairs of points (`pairs`), with a block of its own at each knot.
        give = self.give_m * self.soften
        M = np.empty((K, len(BONES) + 1, 9))
        # Stretched bones also hold their ends back sideways (the second-order part): without it a step swings a loosely
        # seen hand round its elbow farther than the linear model is true.
        along = u[..., :, None] * u[..., None, :]
        M[:, :-1] = (along / (give**2)[:, None, None] + stretch * (np.eye(3) - along)).reshape(K, -1, 9)
        M[:, -1] = np.square(self.seen.trust)[:, None] * np.outer(ahead, ahead).ravel()
        blocks = (self.pairs @ M).reshape(K, POINTS, POINTS, 9)
        blocks[:, p, p] += np.einsum("kpai,kpaj->kpij", Jp, Jp).reshape(K, POINTS, 9)
        blocks[:, _FEET, _FEET, 8] += firm**2
        H = blocks.reshape(K, POINTS, POINTS, 3, 3).transpose(0, 1, 3, 2, 4).reshape(K, _DIM, _DIM)
        g = np.einsum("kpai,kpa->kpi", Jp, pixel)
        g += self.maps.T @ (u * (bone / give)[..., None])
        g += ((self.seen.trust[:, None] * depth) @ self.depth_rows)[..., None] * ahead
        g[:, _FEET, 2] += firm * height
        terms = self._rigid_terms(x)
        J, r = (np.concatenate([term[i] for term in terms], axis=1) for i in (0, 1))
        Jt = np.swapaxes(J, 1, 2)
        H += Jt @ J
        own = _squares(pixel) + _squares(bone) + _squares(depth) + _squares(height) + _squares(r)
        return H, g.reshape(K, _DIM) + (Jt @ r[..., None])[..., 0] + self._coupling_gradient(x), np.asarray(own)

    def _rigid_terms(self, x: FloatArray) -> tuple[tuple[FloatArray, FloatArray], ...]:
        """Return Jacobian (K, rows, 60) and residuals (K, rows) of the few pulls on many points at once."""
        return self._grip_terms(x), self._square_terms(x), self._balance_terms(x), self._chest_terms(x)

    def _pixels(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return residuals (K, 20, 2) and their slopes along each point's own axes, (K, 20, 2, 3)."""
        cam = self.camera.to_camera(x)
        z = np.maximum(cam[..., 2:], 0.2)
        r = (cam[..., :2] / z) * self.camera.focal_px + np.asarray(self.camera.centre_px)
        r = (r - self.seen.image_px) / self.sigma_px[:, None]
        # Geman-McClure in the form r / sqrt(1 + r^2/c^2), whose square is its cost: a landmark on the wrong limb must
        # not drag the body with it. Its scaled Gauss-Newton rows are the usual iteratively reweighted ones.
        far = 1.0 + np.sum(r * r, axis=-1) / 16.0
        w = self.seen.weight / np.sqrt(far)
        R = self.camera.rotation
        pull = (w * (self.camera.focal_px / self.sigma_px))[..., None, None] / z[..., None]
        slope = pull * (R[:2] - (cam[..., :2] / z)[..., None] * R[2])
        return w[..., None] * r, slope

    def _bones(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return residuals (K, bones), directions (K, bones, 3) and pulls of stretched ones (K, bones, 1, 1)."""
        d = self.maps @ x
        length = np.maximum(np.sqrt(np.sum(d * d, axis=-1)), 1e-4)
        give = self.give_m * self.soften
        longer = length - self.lengths.now_m
        stretch = np.maximum(longer, 0.0) / length / give**2
        return longer / give, d / length[..., None], stretch[..., None, None]

    def _depths(self, x: FloatArray) -> FloatArray:
        """Return residuals (K, 20) of the depth about the hips."""
        r = (self._relative_depth(x) - self.start_depth) / self.depth_sigma_m
        return np.asarray(self.seen.trust[:, None] * r)

    def _heights(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return residuals (K, 6) of the feet's heights, and how firmly each is held."""
        above = x[:, _FEET, 2] - np.tile(FOOT_HEIGHT, 2) * self.height_m
        # On the ground while planted, and never below it.
        firm = np.where(above < 0.0, 1.0, self.ground.down[:, _FEET]) / 0.006
        return firm * above, firm

    def _grip_terms(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        rows, res = [], []
        for name, gap, sigma in (
            ("wrist", self.priors.grip_m, self.priors.grip_sigma_m),
            ("hand", 0.8 * self.priors.grip_m, self.priors.grip_sigma_m),
        ):
            a, b = POINT[f"left_{name}"], POINT[f"right_{name}"]
            d = x[:, b] - x[:, a]
            length = np.maximum(np.linalg.norm(d, axis=-1), 1e-4)
            w = self.grip / sigma
            J = np.zeros((len(x), POINTS, 3))
            J[:, b] = w[:, None] * d / length[:, None]
            J[:, a] = -J[:, b]
            rows.append(J.reshape(len(x), _DIM))
            res.append(w * (length - gap))
        return np.stack(rows, 1), np.stack(res, 1)

    def _square_terms(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """At address hips, shoulders and ankles lie along the target line (X), the hands before the feet's middle."""
        names = ("shoulder", "hip", "ankle")
        rows = len(names) + 1
        J, r = np.zeros((len(x), rows, POINTS, 3)), np.zeros((len(x), rows))
        for i, name in enumerate(names):
            a, b = POINT[f"left_{name}"], POINT[f"right_{name}"]
            w = self.seen.still / self.priors.square_m
            J[:, i, b, 1], J[:, i, a, 1] = w, -w
            r[:, i] = w * (x[:, b, 1] - x[:, a, 1])
        hands = [POINT["left_wrist"], POINT["right_wrist"]]
        ankles = [POINT["left_ankle"], POINT["right_ankle"]]
        w = self.seen.still / self.priors.hands_ahead_sigma_m
        J[:, -1, hands, 0], J[:, -1, ankles, 0] = 0.5 * w[:, None], -0.5 * w[:, None]
        r[:, -1] = w * (x[:, hands, 0].mean(1) - x[:, ankles, 0].mean(1) - self.priors.hands_ahead_m)
        return J.reshape(len(x), rows, _DIM), r

    def _balance_terms(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The pelvis stays about over the feet while they stand; one camera would let it drift along its view."""
        hips = [POINT["left_hip"], POINT["right_hip"]]
        ankles = [POINT["left_ankle"], POINT["right_ankle"]]
        r = np.zeros((len(x), 2))
        J = np.zeros((len(x), 2, POINTS, 3))
        w = self.ground.down[:, ankles].min(axis=1) / self.priors.pelvis_over_feet_m
        off = x[:, hips, :2].mean(1) - x[:, ankles, :2].mean(1)
        off[:, 1] -= self.side * self.priors.pelvis_behind_m
        for axis in (0, 1):
            r[:, axis] = w * off[:, axis]
            J[:, axis, hips, axis] = 0.5 * w[:, None]
            J[:, axis, ankles, axis] = -0.5 * w[:, None]
        return J.reshape(len(x), 2, _DIM), r

    def _chest_terms(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Hands on the grip stay before the chest: their offset along the line of the shoulders is small."""
        lead, trail = ("left", "right") if self.side > 0 else ("right", "left")
        a, b = POINT[f"{lead}_shoulder"], POINT[f"{trail}_shoulder"]
        hands = [POINT["left_wrist"], POINT["right_wrist"]]
        line = x[:, b] - x[:, a]
        length = np.maximum(np.linalg.norm(line, axis=-1, keepdims=True), 1e-3)
        u = line / length
        reach = x[:, hands].mean(1) - 0.5 * (x[:, a] + x[:, b])
        along = np.sum(reach * u, -1, keepdims=True)
        swing = (reach - along * u) / length
        w = self.grip / self.priors.chest_sigma_m
        J = np.zeros((len(x), POINTS, 3))
        J[:, hands] = 0.5 * u[:, None]
        J[:, b] = swing - 0.5 * u
        J[:, a] = -swing - 0.5 * u
        J *= w[:, None, None]
        return J.reshape(len(x), 1, _DIM), (w * (along[:, 0] - self.priors.chest_m))[:, None]

    def _coupling(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return diagonals of the smoothness and hold terms for offsets 0, 1 and 2 knots, each (K, 60)."""
        K = len(self.seen.t_s)
        d0, d1, d2 = np.zeros((K, POINTS)), np.zeros((K, POINTS)), np.zeros((K, POINTS))
        if K > 1:
            hold = self.ground.hold / self.priors.hold_m**2
            d0[:-1] += hold
            d0[1:] += hold
            d1[:-1] -= hold
        if K > 2:
            a, b = (s[:, None] for s in self._neighbour_shares())
            w = 1.0 / self.bend_sigma_m**2
            d0[:-2] += w * a * a
            d0[1:-1] += w
            d0[2:] += w * b * b
            d1[:-2] -= w * a
            d1[1:-1] -= w * b
            d2[:-2] += w * a * b
        return np.repeat(d0, 3, axis=1), np.repeat(d1, 3, axis=1), np.repeat(d2, 3, axis=1)

    def _coupling_gradient(self, x: FloatArray) -> FloatArray:
        flat = x.reshape(len(x), _DIM)
        d0, d1, d2 = self.coupling
        g = d0 * flat
        if len(x) > 1:
            g[:-1] += d1[:-1] * flat[1:]
            g[1:] += d1[:-1] * flat[:-1]
        if len(x) > 2:
            g[:-2] += d2[:-2] * flat[2:]
            g[2:] += d2[:-2] * flat[:-2]
        return np.asarray(g)

    def _banded(self, H: FloatArray, g: FloatArray, damping: FloatArray) -> FloatArray:
        """Solve the coupled normal equations for the step, shape (K, 20, 3)."""
        K = len(H)
        n = K * _DIM
        d0, d1, d2 = self.coupling
        i = np.arange(_DIM)
        H[:, i, i] += d0 + damping[:, None]
        width = 2 * _DIM if K > 2 else (_DIM if K > 1 else _DIM - 1)
        # LAPACK's lower band, column by column, so that it need not be copied for it: entry (row - column) of a column.
        band = np.zeros((n, width + 1))
        blocks = band.reshape(K, _DIM, width + 1)
        for column in range(_DIM):
            blocks[:, column, : _DIM - column] = H[:, column, column:]
        if K > 1:
            band[: n - _DIM, _DIM] = d1[:-1].reshape(-1)
        if K > 2:
            band[: n - 2 * _DIM, 2 * _DIM] = d2[:-2].reshape(-1)
        step = solveh_banded(band.T, -g.reshape(-1), lower=True, overwrite_ab=True, check_finite=False)
        return np.asarray(step).reshape(K, POINTS, 3)
