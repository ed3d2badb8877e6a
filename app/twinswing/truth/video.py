"""A truth swing on film: the app's own stage seen through a stated camera, frame by frame.

Blur is the mean, in linear light, of sub-frames over the exposure; where nothing moves one is enough. With a rolling
shutter every row is the mean of the sub-frames within that row's own exposure.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.stage.material import Quality
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.swing.model import SwingSession
from twinswing.truth.camera import FilmSpec
from twinswing.truth.swing import TruthSwing

FloatArray = NDArray[np.float64]
RgbImage = NDArray[np.uint8]

_TICKS_PER_S = 90_000
_LEAST_QUICK = 3  # sub-frames, each shifted by a part of a pixel, that do for the antialiasing that is saved
# The display's transfer curve as a plain power, good to 1 % of sRGB's and far below the sensor's noise.
_LINEAR = (np.linspace(0.0, 1.0, 256) ** 2.2).astype(np.float32)
_DISPLAY = np.rint(255.0 * np.linspace(0.0, 1.0, 4096) ** (1.0 / 2.2)).astype(np.uint8)


def film_swing(
    path: Path,
    swing: TruthSwing,
    session: SwingSession,
    camera: PinholeCamera,
    film: FilmSpec,
    times_s: FloatArray,
    rng: np.random.Generator,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Write a swing's video; `times_s` are the frames' presentation times, seconds."""
    # The container keeps a film's start in units of its own, thousandths of a second unless it is told otherwise.
    with av.open(str(path), "w", options={"movie_timescale": str(_TICKS_PER_S)}) as container:
        stream = container.add_stream("libx264", rate=Fraction(film.rate_hz).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = film.width_px, film.height_px, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, _TICKS_PER_S)
        stream.codec_context.thread_count = 1  # the same bytes on every machine
        # Phones write no B-frames and a key frame each second.
        stream.codec_context.options = {"crf": str(film.crf), "preset": "veryfast", "bf": "0"}
        stream.codec_context.gop_size = round(film.rate_hz)
        for i, picture in enumerate(pictures(swing, session, camera, film, times_s, rng)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = round(times_s[i] * _TICKS_PER_S)
            frame.time_base = Fraction(1, _TICKS_PER_S)
            container.mux(stream.encode(frame))
            if progress is not None:
                progress((i + 1) / len(times_s))
        container.mux(stream.encode(None))


def pictures(
    swing: TruthSwing,
    session: SwingSession,
    camera: PinholeCamera,
    film: FilmSpec,
    times_s: FloatArray,
    rng: np.random.Generator,
) -> Iterator[RgbImage]:
    """Yield a swing's frames one at a time, shape (height, width, 3), rgb."""
    quality = _quality(film)
    scene = SwingScene(session, SceneOptions(trail=False, quality=quality))
    impact = swing.events_s["impact"]
    noise = _NoiseBank(film, rng)
    with OffscreenStage(film.width_px, film.height_px, quality=quality) as stage:
        for t_s in times_s:
            scene.show("ball", bool(t_s < impact))
            times = exposure_times(swing, camera, film, float(t_s))
            if film.readout_s > 0.0 and len(times) > 1:
                picture = _rolled(stage, scene, camera, film, float(t_s), times)
            else:
                picture = stage.render_accumulated(scene, camera, times)
            yield noise.over(picture)


def _quality(film: FilmSpec) -> Quality:
    """Return what the pictures may cost; rows that are cut from different sub-frames are not antialiased by these."""
    if not film.quick:
        return Quality(msaa=film.msaa)
    return replace(Quality.quick(), msaa=film.msaa) if film.readout_s > 0.0 else Quality.quick()


def exposure_times(swing: TruthSwing, camera: PinholeCamera, film: FilmSpec, t_s: float) -> list[float]:
    """Return the times that a frame is summed from: the middles of equal parts of its whole exposure."""
    length = film.shutter_s + film.readout_s
    start = t_s - 0.5 * film.shutter_s
    ends = np.array([start, start + 0.5 * length, start + length])
    points = np.concatenate([swing.joints_at(ends), swing.head_at(ends)[:, None]], axis=1)
    px = camera.project(points)
    moved = float(np.nanmax(np.sum(np.linalg.norm(np.diff(px, axis=0), axis=-1), axis=0)))
    # A rolling shutter's whole exposure is longer than one row's: keep the spacing, not the number.
    most = round(film.most_parts * length / film.shutter_s) if film.readout_s else film.most_parts
    least = _LEAST_QUICK if film.quick else 1
    parts = int(np.clip(np.ceil(moved / film.part_px), least, min(most, 2 * film.most_parts)))
    return [float(x) for x in start + length * (np.arange(parts) + 0.5) / parts]


def _rolled(
    stage: OffscreenStage,
    scene: SwingScene,
    camera: PinholeCamera,
    film: FilmSpec,
    t_s: float,
    times_s: list[float],
) -> RgbImage:
    """Return a frame whose rows are each the mean of the sub-frames within their own exposure."""
    weights = row_weights(film, t_s, np.asarray(times_s))
    total = np.zeros((film.height_px, film.width_px, 3), dtype=np.float32)
    for t, weight in zip(times_s, weights, strict=True):
        rows = np.flatnonzero(weight > 0.0)
        if not len(rows):
            continue
        band = slice(int(rows[0]), int(rows[-1]) + 1)
        scene.set_time(t)
        total[band] += _LINEAR[stage.render(scene, camera)[band]] * weight[band, None, None]
    return np.ascontiguousarray(_DISPLAY[(total * 4095.0 + 0.5).astype(np.uint16)])


def row_weights(film: FilmSpec, t_s: float, times_s: FloatArray) -> NDArray[np.float32]:
    """Return how much of each row's exposure each sub-frame stands for, shape (parts, height), columns sum to 1."""
    half = 0.5 * float(times_s[1] - times_s[0])
    middle = t_s + film.readout_s * np.arange(film.height_px) / film.height_px
    low = np.maximum(times_s[:, None] - half, middle - 0.5 * film.shutter_s)
    high = np.minimum(times_s[:, None] + half, middle + 0.5 * film.shutter_s)
    overlap = np.maximum(high - low, 0.0)
    return np.asarray(overlap / overlap.sum(axis=0), dtype=np.float32)


class _NoiseBank:
    """Sensor noise, drawn once and laid over each frame from another corner: cheap, and never the same twice."""

    def __init__(self, film: FilmSpec, rng: np.random.Generator) -> None:
        self._rng = rng
        self._film = film
        shape = (film.height_px + 64, film.width_px + 64, 3)
        self._bank = np.rint(rng.normal(0.0, film.noise, shape)).astype(np.int16) if film.noise > 0.0 else None

    def over(self, picture: RgbImage) -> RgbImage:
        if self._bank is None:
            return picture
        y, x = (int(k) for k in self._rng.integers(0, 64, 2))
        noisy = picture + self._bank[y : y + self._film.height_px, x : x + self._film.width_px]
        return np.asarray(np.clip(noisy, 0, 255), dtype=np.uint8)
