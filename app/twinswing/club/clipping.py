"""What a sensor that ran into its limit most likely felt, and what it would have felt without the blow."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from twinswing.club.model import FloatArray, ImuSamples

# A spline through what is left may shoot far beyond a limit when a run is long: no swing exceeds common ranges by more.
MOST_OVER = 1.6
RING_S = 0.008  # a grip's accelerometer rings for so long after the ball


def mend_clipped(samples: ImuSamples, blow_s: float | None = None) -> ImuSamples:
    """Return the samples with clipped values carried over their limit by a cubic spline through the others.

    A clipped value is known to be at least its limit, so the spline may not fall below it. From `blow_s` on, the
    accelerometer rings for a while; that is no motion of the club and is bridged in the same way. `clipped` stays, so
    that who weighs the samples still knows which were not measured.
    """
    t = samples.t_s
    nothing = np.zeros(len(t), dtype=np.bool_)
    ringing = nothing if blow_s is None else (t > blow_s - 0.0005) & (t < blow_s + RING_S)
    return replace(
        samples,
        accel_mps2=_mended(t, samples.accel_mps2, samples.accel_range_mps2, ringing),
        gyro_radps=_mended(t, samples.gyro_radps, samples.gyro_range_radps, nothing),
    )


def _mended(t: FloatArray, values: FloatArray, full: float, ringing: NDArray[np.bool_]) -> FloatArray:
    limit = full if np.isfinite(full) else np.inf
    out = values
    for axis in range(3):
        clipped = np.abs(values[:, axis]) >= 0.995 * limit
        bad = clipped | ringing
        # Ends are not extrapolated, and too little left says nothing.
        if not bad.any() or bad[0] or bad[-1] or (~bad).sum() < 8:
            continue
        found = CubicSpline(t[~bad], values[~bad, axis])(t[bad])
        found = np.clip(found, -MOST_OVER * limit, MOST_OVER * limit) if np.isfinite(limit) else found
        sign = np.sign(values[bad, axis])
        beyond = sign * np.maximum(sign * found, np.abs(values[bad, axis]))
        if out is values:
            out = values.copy()
        out[bad, axis] = np.where(clipped[bad] & ~ringing[bad], beyond, found)
    return out
