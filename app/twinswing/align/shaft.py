"""The shaft in the picture against the shaft as the gyro turned it: no skin, no wrist, no landmark between the two.

In every picture the club's axis should lie on the line that was seen. The axis is fixed in the sensor's frame, where it
is told from the lines themselves; what turns it is known from the rate alone. At impact a shaft turns by 2 degrees a
millisecond, and a line of a hundred pixels is seen to half a degree.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.align.fit import DEPTH, LEVERS, SCALE, SHIFT, Problem, camera_rotation, evaluate
from twinswing.align.signals import HandTrack
from twinswing.body.camera import PinholeCamera
from twinswing.body.shaft import ShaftTrack

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class ShaftFitParams:
    """How lines are believed; metres at the golfer, radians.

    near_m, far_m : two points of the axis that are projected, from the sensor.
    point_m     : error of a line's point, of 0.7 pixels where a metre has 130.
    width_share : of the width it was found within, which adds to it.
    turn_rad    : error of the direction that goes with the distance from the hands: a shaft that bends, a gyro's scale.
    together    : of a picture's points, how many say something of their own.
    frames_hz   : beyond this rate pictures share their error, and weigh less each.
    after_weight: of pictures after impact, where the blow has shaken gyro and shaft.
    odd         : squared misses (in sigmas) of a line at which it is as likely another thing's.
    least_share : a shaft that points at the camera has no direction in the picture: left out where it looks shorter
                  than this share of itself.
    axis_rad, offset_m : how far the sensor's axis may be from where the lines put it at first, and lie beside it.
    coarse      : sigmas are so much larger at first.
    first_rad   : a line agrees with an axis within this, at first.
    draws       : pairs of lines that an axis is tried from.
    """

    near_m: float = 0.2
    far_m: float = 0.85
    point_m: float = 0.004
    width_share: float = 0.3
    turn_rad: float = 0.015
    together: float = 2.0
    frames_hz: float = 120.0
    after_weight: float = 0.7
    odd: float = 9.0
    least_share: float = 0.3
    axis_rad: float = 0.3
    offset_m: float = 0.015
    coarse: tuple[float, ...] = (4.0, 2.0)
    first_rad: float = 0.1
    draws: int = 300


@dataclass(frozen=True)
class ShaftRows:
    """Lines of m pictures on the club's clock, C a picture, K points each.

    t_s    : club time at zero shift, shape (m, C, K). uv_m: as the hands' (see HandTrack), shape (m, C, K, 2).
    sigma_m: of a point across the line, (m, C, K). good: a point was seen, (m, C, K). seen_m: length, (m, C).
    weight : of the picture, (m,).
    """

    t_s: FloatArray
    uv_m: FloatArray
    sigma_m: FloatArray
    good: BoolArray
    seen_m: FloatArray
    weight: FloatArray


def shaft_rows(
    track: ShaftTrack, hands: HandTrack, pb: Problem, offset_s: float, drift_ppm: float, height_px: int,
    width_px: int, camera: PinholeCamera | None, params: ShaftFitParams,
) -> ShaftRows | None:  # fmt: skip
    """Put a picture's lines on the club's clock and into the hands' units; None where the path covers too few."""
    readout = camera.readout_s if camera is not None else 0.0
    centre = np.array(camera.centre_px if camera is not None else (width_px / 2, height_px / 2))
    path = pb.path
    t_video = track.t_s[:, None, None] + np.nan_to_num(track.points_px[..., 1]) / height_px * readout
    t = path.centre_s + (t_video - path.centre_s - offset_s) / (1.0 + drift_ppm * 1e-6)
    good = np.isfinite(track.points_px).all(-1) & (t > path.t_s[0] + 0.05) & (t < path.t_s[-1] - 0.05)
    keep = good.any((1, 2))
    if keep.sum() < 6:
        return None
    uv = (np.nan_to_num(track.points_px) - centre) / hands.px_per_m
    along = np.linalg.norm(uv - uv[:, :, :1], axis=-1) + 0.2
    sigma = np.sqrt(
        params.point_m**2
        + (params.width_share * np.nan_to_num(track.sigma_px) / hands.px_per_m) ** 2
        + (params.turn_rad * along) ** 2
    )
    struck = path.impact_s if np.isfinite(path.impact_s) else path.centre_s + 0.03
    first = t[:, 0, 0]
    weight = np.where(first > struck, params.after_weight, 1.0) * min(1.0, params.frames_hz / hands.rate_hz)
    return ShaftRows(t[keep], uv[keep], sigma[keep], good[keep], track.seen_m[keep], weight[keep])


def first_axis(rows: ShaftRows, pb: Problem, theta: FloatArray, params: ShaftFitParams) -> FloatArray:
    """Return the axis in the sensor's frame, (3,), that most lines agree with."""
    cam = camera_rotation(theta)
    size, depth = float(np.exp(theta[SCALE])), float(theta[DEPTH])
    has = rows.good.sum(-1) >= 2
    frame, line = np.nonzero(has)
    uv, good, t = rows.uv_m[frame, line], rows.good[frame, line], rows.t_s[frame, line]
    ends = [np.argmax(good, axis=1), good.shape[1] - 1 - np.argmax(good[:, ::-1], axis=1)]
    at = np.arange(len(frame))
    a, b = (uv[at, end] / size for end in ends)
    eye = np.array([0.0, 0.0, -1.0 / depth])
    one, two = (np.concatenate([p, np.zeros((len(p), 1))], axis=1) - eye for p in (a, b))
    normal = np.cross(one, two)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    when = (t[at, ends[0]] + t[at, ends[1]]) / 2.0 - theta[SHIFT]
    path = pb.path
    i = np.clip(np.searchsorted(path.t_s, when), 0, len(path.t_s) - 1)
    to_camera = np.einsum("ij,njk->nik", cam, path.rotation[i])
    plane = np.einsum("nij,ni->nj", to_camera, normal)
    # How the picture's point moves along the axis, to tell which end is the head.
    outward = b - a
    ahead = np.einsum("nij,ni->nj", to_camera[:, :2], outward) - depth * (
        np.einsum("ni,ni->n", a, outward)[:, None] * to_camera[:, 2]
    )
    weight = rows.seen_m[frame, line]
    rng = np.random.default_rng(0)
    pairs = rng.choice(len(frame), (params.draws, 2), p=weight / weight.sum())
    tried = np.cross(plane[pairs[:, 0]], plane[pairs[:, 1]])
    length = np.linalg.norm(tried, axis=1)
    tried = tried[length > 0.1] / length[length > 0.1, None]
    if len(tried) == 0:
        return np.array([0.0, 0.0, 1.0])
    tried = np.concatenate([tried, -tried])
    miss = (tried @ plane.T) / params.first_rad
    agree = np.where(tried @ ahead.T > 0.0, np.maximum(1.0 - miss**2, 0.0), 0.0) * weight
    each = np.zeros((len(tried), len(rows.weight)))
    np.maximum.at(each.T, frame, agree.T)
    axis = tried[int(np.argmax(each.sum(1)))]
    for _ in range(5):
        close = (np.abs(plane @ axis) < params.first_rad) & (ahead @ axis > 0.0)
        if close.sum() < 3:
            break
        held = plane[close] * np.sqrt(weight[close])[:, None]
        new = np.linalg.eigh(held.T @ held)[1][:, 0]
        axis = new if new @ axis > 0.0 else -new
    return np.asarray(axis)


EXTRA = 5  # parameters of the axis: two of its direction, three of its place in the sensor's frame


@dataclass(frozen=True)
class ShaftModel:
    """Lines, and the axis that they are held against; its five parameters follow the hands' fit's."""

    rows: ShaftRows
    axis: FloatArray
    params: ShaftFitParams
    wider: float = 1.0

    def prior_rows(self) -> FloatArray:
        """Return 1 / sigma of the five parameters, whose means are zero."""
        p = self.params
        return np.array([1.0 / p.axis_rad] * 2 + [1.0 / p.offset_m] * 3)

    def tangent(self) -> FloatArray:
        """Return two directions across the axis, shape (3, 2)."""
        side = np.cross(self.axis, np.eye(3)[int(np.argmin(np.abs(self.axis)))])
        side /= np.linalg.norm(side)
        return np.stack([side, np.cross(self.axis, side)], axis=-1)

    def project(
        self, theta: FloatArray, extra: FloatArray, pb: Problem, jacobian: bool
    ) -> tuple[FloatArray, FloatArray | None]:
        """Return both points of the axis at the time of every point that was seen, (n, 2, 2), and derivatives.

        The derivatives, shape (n, 2, 2, LEVERS + 5), are by the motion's and camera's parameters, then the axis's.
        """
        p = self.params
        t = self.rows.t_s[self.rows.good]
        n = len(t)
        tangent = self.tangent()
        axis = self.axis + tangent @ extra[:2]
        axis = axis / np.linalg.norm(axis)
        reach = (p.near_m, p.far_m)
        levers = np.concatenate([extra[2:] + length * axis for length in reach])
        both = np.concatenate([theta[:LEVERS], levers, np.zeros(2)])
        virtual = replace(
            pb, t_s=np.repeat(t, 2), uv_m=np.zeros((2 * n, 2)), landmark=np.tile(np.arange(2), n),
            frame=np.repeat(np.arange(n), 2), weight=np.ones(2 * n), forearm=np.zeros((2 * n, 2)),
            names=("near", "far"),
        )  # fmt: skip
        uv, jac = evaluate(both, virtual, jacobian)
        if jac is None:
            return uv.reshape(n, 2, 2), None
        jac = jac.reshape(n, 2, 2, -1)
        out = np.zeros((n, 2, 2, LEVERS + EXTRA))
        out[..., :LEVERS] = jac[..., :LEVERS]
        for k, length in enumerate(reach):
            place = jac[:, k, :, LEVERS + 3 * k : LEVERS + 3 * k + 3]
            out[:, k, :, LEVERS : LEVERS + 2] = length * place @ tangent
            out[:, k, :, LEVERS + 2 :] = place
        return uv.reshape(n, 2, 2), out

    def misses(self, theta: FloatArray, extra: FloatArray, pb: Problem, jacobian: bool) -> "ShaftMisses":
        """Return how far the lines lie from the axis, each picture's nearest line chosen."""
        rows, p = self.rows, self.params
        ends, jac = self.project(theta, extra, pb, jacobian)
        along = ends[:, 1] - ends[:, 0]
        length = np.maximum(np.linalg.norm(along, axis=1), 1e-6)
        unit = along / length[:, None]
        across = np.stack([-unit[:, 1], unit[:, 0]], axis=-1)
        off = rows.uv_m[rows.good] - ends[:, 0]
        miss = np.einsum("ni,ni->n", off, across)
        share = np.einsum("ni,ni->n", off, unit) / length
        m, c = rows.good.shape[:2]
        where = np.nonzero(rows.good)
        sigma = rows.sigma_m[rows.good] * self.wider
        count = np.maximum(rows.good.sum(-1), 1)[where[0], where[1]]
        weight = np.minimum(p.together / count, 1.0) / sigma**2
        # A point that lies the other way is no miss of a shaft: an arm, or the line beyond the butt.
        wrong = (share < -0.35) | (share > 2.5)
        cost = np.zeros((m, c))
        np.add.at(cost, where[:2], np.where(wrong, p.odd, weight * miss**2))
        cost[~rows.good.any(-1)] = np.inf
        chosen = np.argmin(cost, axis=1)
        least = cost[np.arange(m), chosen]
        seen = np.zeros((m, c))
        np.maximum.at(seen, where[:2], length)
        least_length = p.least_share * (p.far_m - p.near_m)
        usable = seen.max(1) > least_length
        squared = np.where(usable & np.isfinite(least), least, 0.0)
        robust = (p.odd / (p.odd + squared)) ** 2 * rows.weight * usable
        loss = float((rows.weight * usable * p.odd * squared / (p.odd + squared)).sum())
        pick = (where[1] == chosen[where[0]]) & ~wrong
        full = weight[pick] * robust[where[0][pick]]
        gradient = None
        if jac is not None:
            s = share[pick, None, None]
            mixed = (1.0 - s) * jac[pick, 0] + s * jac[pick, 1]
            gradient = np.einsum("ni,nip->np", across[pick], mixed)
        return ShaftMisses(loss, miss[pick], full, gradient, squared, usable)


@dataclass(frozen=True)
class ShaftMisses:
    """What is left between lines and axis.

    loss   : summed robust squares. miss_m, weight, gradient: of the points used, gradient of the axis across the line.
    squared: of each picture's nearest line, in sigmas, (m,). usable: the shaft does not point at the camera, (m,).
    """

    loss: float
    miss_m: FloatArray
    weight: FloatArray
    gradient: FloatArray | None
    squared: FloatArray
    usable: BoolArray
