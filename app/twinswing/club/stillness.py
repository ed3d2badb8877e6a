"""Where a club was held still: at address before the swing, at the finish after it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.club.model import FloatArray, ImuSamples


@dataclass(frozen=True)
class StillSettings:
    """What counts as still.

    window_s      : a held club's tremor (8 to 12 Hz) averages out over this.
    gyro_radps    : spread of the rate within a window. A hand at rest trembles by 0.02 to 0.05 rad/s; a waggle exceeds
                    0.5.
    accel_mps2    : spread of the specific force within a window, from the same tremor.
    relative      : where nothing is that calm (a cheap or noisy sensor), the calmest twentieth times this counts.
    min_still_s   : shorter than this is a pause between two movements.
    max_turn_radps: a window's mean rate may not differ from the calmest by more: slow steady turning has little spread.
    """

    window_s: float = 0.15
    gyro_radps: float = 0.08
    accel_mps2: float = 0.5
    relative: float = 2.0
    min_still_s: float = 0.15
    max_turn_radps: float = 0.12


@dataclass(frozen=True)
class Still:
    """A still run: rows [first, stop), with the means and their spreads while it lasted.

    gyro_bias_radps : mean rate, which is the gyro's bias, shape (3,); gyro_noise_radps its spread per sample.
    accel_mps2      : mean specific force, shape (3,); accel_noise_mps2 its spread per sample.
    """

    first: int
    stop: int
    gyro_bias_radps: FloatArray
    gyro_noise_radps: float
    accel_mps2: FloatArray
    accel_noise_mps2: float


def _moving(values: FloatArray, width: int) -> tuple[FloatArray, FloatArray]:
    """Return mean (n, 3) and total spread (n,) over a centred window of `width` rows, cut at the ends."""
    n = len(values)
    shifted = values - values.mean(axis=0)
    total = np.concatenate([np.zeros((1, 3)), np.cumsum(shifted, axis=0)])
    square = np.concatenate([[0.0], np.cumsum((shifted**2).sum(axis=1))])
    low = np.clip(np.arange(n) - width // 2, 0, max(0, n - width))
    high = np.minimum(low + width, n)
    count = (high - low)[:, None]
    mean = (total[high] - total[low]) / count
    variance = (square[high] - square[low]) / count[:, 0] - (mean**2).sum(axis=1)
    return mean + values.mean(axis=0), np.sqrt(np.maximum(variance, 0.0))


def find_still(samples: ImuSamples, settings: StillSettings | None = None) -> list[Still]:
    """Return the still runs in order of time."""
    settings = settings or StillSettings()
    if len(samples.t_s) < 4:
        return []
    width = max(3, round(settings.window_s * samples.rate_hz))
    rate, turning = _moving(samples.gyro_radps, width)
    _, shaking = _moving(samples.accel_mps2, width)
    gyro_limit = max(settings.gyro_radps, settings.relative * float(np.quantile(turning, 0.05)))
    accel_limit = max(settings.accel_mps2, settings.relative * float(np.quantile(shaking, 0.05)))
    calm = (turning < gyro_limit) & (shaking < accel_limit)
    if not calm.any():
        return []
    calmest = np.median(rate[calm], axis=0)
    calm &= np.linalg.norm(rate - calmest, axis=1) < settings.max_turn_radps
    return [
        _still(samples, int(first), int(stop))
        for first, stop in _runs(calm)
        if samples.t_s[stop - 1] - samples.t_s[first] >= settings.min_still_s
    ]


def _runs(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return np.asarray(edges.reshape(-1, 2), dtype=np.intp)


def _still(samples: ImuSamples, first: int, stop: int) -> Still:
    gyro, accel = samples.gyro_radps[first:stop], samples.accel_mps2[first:stop]
    return Still(
        first,
        stop,
        gyro.mean(axis=0),
        float(np.sqrt(gyro.var(axis=0).mean())),
        accel.mean(axis=0),
        float(np.sqrt(accel.var(axis=0).mean())),
    )
