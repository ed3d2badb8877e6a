"""The normal equations of a fit: a band of knots that touch their next two, bordered by what touches all of them."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve_banded, cholesky_banded
from scipy.linalg.lapack import dtbtrs

from twinswing.body import fit_camera as fc
from twinswing.body.lift_contact import FEET
from twinswing.body.lift_model import BONES, POINT, POINTS

if TYPE_CHECKING:
    from twinswing.body.fit_solve import FitProblem

FloatArray = NDArray[np.float64]
DIM = 3 * POINTS
FEET_POINTS = [p for side in FEET.values() for p in side]
# Bones of left and right share a length: the first eight kinds come in pairs.
KIND = np.array([i // 2 if i < 16 else i - 8 for i in range(len(BONES))])


def squares(r: FloatArray) -> FloatArray:
    """Return the sum of squares of all but the first axis, shape (K,)."""
    return np.asarray(np.sum(np.square(r).reshape(len(r), -1), axis=1))


class Normal:
    """The normal equations at a point: knots' own blocks H (K, 60, 60), border C (K, 60, T), globals D (T, T)."""

    def __init__(self, problem: "FitProblem", x: FloatArray, theta: FloatArray) -> None:
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
        H = self.blocks.reshape(K, POINTS, POINTS, 3, 3).transpose(0, 1, 3, 2, 4).reshape(K, DIM, DIM)
        # Rows of many points at once: one product for all of them.
        terms = problem.posture.rows(x)
        J = np.concatenate([term.J for term in terms], axis=1).reshape(K, -1, DIM)
        r = np.concatenate([term.r for term in terms], axis=1)
        H += np.swapaxes(J, 1, 2) @ J
        self.g += (np.swapaxes(J, 1, 2) @ r[..., None]).reshape(K, POINTS, 3)
        self.own += squares(r)
        self.H = H
        flat = x.reshape(K, DIM)
        d0, d1, d2 = problem.coupling
        gc = d0 * flat
        if K > 1:
            gc[:-1] += d1[:-1] * flat[1:]
            gc[1:] += d1[:-1] * flat[:-1]
        if K > 2:
            gc[:-2] += d2[:-2] * flat[2:]
            gc[2:] += d2[:-2] * flat[:-2]
        self.gx = self.g.reshape(K, DIM) + gc
        self.rest = problem.coupled(x) + float(np.sum(((theta - problem.theta0) / problem.theta_sigma) ** 2))

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
        self.own += squares(bone)
        # Lengths: one scale, and each kind's own.
        slope = -p.lengths(theta) / give  # (bones,)
        pull = np.einsum("bp,kbc->kbpc", p.maps, u) * (slope / give)[:, None, None]
        at = slice(p.n_cam, p.n_cam + p.n_len)
        border = np.zeros((len(x), POINTS, 3, p.n_len))
        border[..., 0] = pull.sum(1)
        S = np.zeros((len(BONES), p.n_len))
        S[:, 0] = slope
        for b, kind in enumerate(KIND):
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
        self.own += squares(pixel)
        # The camera's own axis turns by a few degrees at most: what the depths say of it is left out.
        depth, trust = p.depths(i, z), p.views[i].observed.trust
        ahead = fc.rotation_of(*theta[at][:3])[2]
        M = np.square(trust)[:, None] * np.outer(ahead, ahead).ravel()
        self.blocks += (p.pairs[:, -1:] @ M[:, None, :]).reshape(self.blocks.shape)
        self.g += ((trust[:, None] * depth) @ p.depth_rows)[..., None] * ahead
        self.own += squares(depth)

    def _add_places(self, x: FloatArray, theta: FloatArray) -> None:
        p = self.problem
        height, firm = p.heights(x)
        self.blocks[:, FEET_POINTS, FEET_POINTS, 8] += firm**2
        self.g[:, FEET_POINTS, 2] += firm * height
        self.own += squares(height)
        anchored = p.anchored(x)
        if anchored is not None:
            r, w = anchored
            ankles = [POINT["left_ankle"], POINT["right_ankle"]]
            for a in ankles:
                for b in ankles:
                    for axis in (0, 1):
                        self.blocks[:, a, b, 4 * axis] += 0.25 * w**2
                self.g[:, a, :2] += 0.5 * w[:, None] * r
            self.own += squares(r)
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
        self.own += squares(r)

    def band(self, damping: FloatArray) -> FloatArray:
        """Return the knots' part as LAPACK's lower band, shape (width + 1, 60 K)."""
        d0, d1, d2 = self.problem.coupling
        K = len(self.H)
        n = K * DIM
        H = self.H.copy()
        i = np.arange(DIM)
        H[:, i, i] += d0 + damping[:, None]
        width = 2 * DIM if K > 2 else (DIM if K > 1 else DIM - 1)
        # Column by column, so that it need not be copied for it: entry (row - column) of a column.
        band = np.zeros((n, width + 1))
        blocks = band.reshape(K, DIM, width + 1)
        for column in range(DIM):
            blocks[:, column, : DIM - column] = H[:, column, column:]
        if K > 1:
            band[: n - DIM, DIM] = d1[:-1].reshape(-1)
        if K > 2:
            band[: n - 2 * DIM, 2 * DIM] = d2[:-2].reshape(-1)
        return np.asarray(band.T)

    def deviation(self, samples: int = 32) -> FloatArray:
        """Return the standard deviation of each point's place, metres, shape (K, 20), all axes together.

        The band's part by drawn samples (the same ones always), which costs a fraction of the exact inverse and is good
        to a tenth; what the globals add is exact.
        """
        K, T = len(self.H), self.problem.n_theta
        factor = cholesky_banded(self.band(np.full(K, 1.0)), lower=True, overwrite_ab=True, check_finite=False)
        z = np.random.default_rng(0).normal(size=(K * DIM, samples))
        drawn, _ = dtbtrs(factor, z, uplo="L", trans="T")
        own = np.mean(np.square(drawn), axis=1)
        border = self.C.reshape(K * DIM, T)
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
        border = self.C.reshape(K * DIM, T)
        right = np.concatenate([self.gx.reshape(-1, 1), border], axis=1)
        solved = cho_solve_banded((factor, True), right, overwrite_b=True, check_finite=False)
        schur = self.D - border.T @ solved[:, 1:]
        turn = -np.linalg.solve(schur, self.gt - border.T @ solved[:, 0])
        step = -(solved[:, 0] + solved[:, 1:] @ turn)
        return step.reshape(K, POINTS, 3), turn
