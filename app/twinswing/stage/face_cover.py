"""Covers the golfer's face in every picture of a video before it leaves the machine.

Where the head is comes from the pose's landmarks; where a frame has none, the places before and after it are both
covered, larger the longer nothing was seen. What covers it is one coarse mosaic for the whole clip, so that not even
many frames together tell more of the face than its few patches of colour.
"""

from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.landmarks import LANDMARK, LANDMARK_NAMES, FrameState, PoseTrack
from twinswing.errors import InputError
from twinswing.swing.model import SwingSession
from twinswing.swing.session_io import open_video

FloatArray = NDArray[np.float64]
RgbImage = NDArray[np.uint8]

_HEAD = [i for i, name in enumerate(LANDMARK_NAMES) if i <= LANDMARK["mouth_right"]]
_SHOULDERS = [LANDMARK["left_shoulder"], LANDMARK["right_shoulder"]]
_HIPS = [LANDMARK["left_hip"], LANDMARK["right_hip"]]


@dataclass(frozen=True)
class CoverParams:
    """How large the cover is and how coarse.

    torso_share  : half of its height by the torso's length (shoulders to hips, the clip's 90th percentile: bending
                   shortens it in the picture). A head is 0.45 of a torso (Drillis and Contini 1966: 0.130 of the height
                   against 0.288), so this covers 1.6 heads.
    points_share : half of it by the extent of the head's landmarks, where these say more: they end at the ears and
                   the mouth, half a head from hair and chin.
    grow_per_s   : growth while nothing is seen, in half heights a second: a head moves by up to a metre a second, six
                   times half of the cover's height. most_grown: times its size.
    beside_s     : frames this near cover their own place in each other too: a pose may jump for a frame.
    cells        : of the mosaic, each way: a face is then four cells wide, and no feature of it is left.
    levels       : grey levels of each cell's colours.
    feather      : of the cover's edge outside, by its half height.
    """

    torso_share: float = 0.35
    points_share: float = 1.5
    grow_per_s: float = 6.0
    most_grown: float = 5.0
    beside_s: float = 0.1
    cells: int = 7
    levels: int = 24
    feather: float = 0.12


class Frames(Protocol):
    """What gives a recording's pictures by time."""

    def frame_at(self, t_s: float) -> RgbImage | None:
        """Return the picture shown at a session time, or None."""

    def close(self) -> None:
        """Close the recording."""


class FaceCover:
    """Where a clip's face is, and what covers it.

    Raises InputError if the golfer was seen in no frame: then nobody can say where a face is.
    """

    def __init__(self, track: PoseTrack, params: CoverParams | None = None) -> None:
        self.params = params or CoverParams()
        self._track = track
        self._t_s = np.asarray(track.t_s, dtype=np.float64)
        self._circles, known = _heads(track, self.params)
        self._known = np.flatnonzero(known)
        if not len(self._known):
            raise InputError(
                "expected a golfer whose face can be covered, found no pose in any frame of the video; without one the "
                "video cannot leave this machine with --blur-face"
            )
        self._mosaic: RgbImage | None = None

    def circles(self, t_s: float) -> FloatArray:
        """Return what is covered in the picture at a session time: (x, y, radius) a row, pixels of the track, (n, 3).

        Where the head was seen in that frame and in those beside it; else those before and after the gap, grown.
        """
        i = int(np.clip(np.searchsorted(self._t_s, t_s + 1e-6, side="right") - 1, 0, len(self._t_s) - 1))
        place = int(np.searchsorted(self._known, i, side="right"))
        seen = place > 0 and self._known[place - 1] == i
        out = []
        for k in range(max(place - 2, 0), min(place + 2, len(self._known))):
            frame = self._known[k]
            away_s = abs(float(self._t_s[frame]) - t_s)
            # The second frame before and after count only close by: for a pose that jumped for one frame.
            if k in (place - 1, place) or away_s <= self.params.beside_s:
                x, y, radius = self._circles[frame]
                grown = 1.0 if seen else min(1.0 + self.params.grow_per_s * away_s, self.params.most_grown)
                out.append((x, y, radius * grown))
        return np.array(out)

    def cover(self, rgb: RgbImage, t_s: float) -> RgbImage:
        """Return a copy of the picture at a session time with the face covered; it may have another size."""
        out = np.array(rgb, order="C")
        scale = np.array([rgb.shape[1] / self._track.width_px, rgb.shape[0] / self._track.height_px])
        for x, y, radius in self.circles(t_s):
            self._paint(out, rgb, x * scale[0], y * scale[1], radius * float(scale.max()))
        return out

    def _paint(self, out: RgbImage, rgb: RgbImage, x: float, y: float, radius: float) -> None:
        reach = radius * (1.0 + self.params.feather) + 1.0
        height, width = rgb.shape[:2]
        x0, y0 = max(int(np.floor(x - reach)), 0), max(int(np.floor(y - reach)), 0)
        x1, y1 = min(int(np.ceil(x + reach)), width), min(int(np.ceil(y + reach)), height)
        if x1 <= x0 or y1 <= y0:
            return
        if self._mosaic is None:
            self._mosaic = _mosaic(rgb[y0:y1, x0:x1], self.params)
        # The same cells at the same places of the head, whatever frame this is.
        across = (np.arange(x0, x1) + 0.5 - x) / (2.0 * reach) + 0.5
        down = (np.arange(y0, y1) + 0.5 - y) / (2.0 * reach) + 0.5
        cells = self.params.cells
        columns = np.clip((across * cells).astype(int), 0, cells - 1)
        rows = np.clip((down * cells).astype(int), 0, cells - 1)
        patch = self._mosaic[rows[:, None], columns[None, :]].astype(np.float32)
        distance = np.hypot((across[None, :] - 0.5), (down[:, None] - 0.5)) * 2.0 * reach
        feather = max(self.params.feather * radius, 1.0)
        share = np.clip(1.0 - (distance - radius) / feather, 0.0, 1.0)[..., None].astype(np.float32)
        part = out[y0:y1, x0:x1]
        part[:] = np.rint(part + (patch - part) * share).astype(np.uint8)


class CoveredVideo:
    """A recording's pictures with the face covered in each."""

    def __init__(self, source: Frames, cover: FaceCover) -> None:
        self._source, self._cover = source, cover

    def frame_at(self, t_s: float) -> RgbImage | None:
        """Return the picture shown at a session time, covered; None where there is none."""
        rgb = self._source.frame_at(t_s)
        return None if rgb is None else self._cover.cover(rgb, t_s)

    def close(self) -> None:
        """Close the recording."""
        self._source.close()


def open_pictures(session: SwingSession, *, blur_face: bool) -> Frames | None:
    """Open a session's video, its face covered if that is asked for; None where it has none.

    Raises InputError where a face is to be covered and nobody can say where it is: never a picture uncovered.
    """
    source = open_video(session.path) if session.path is not None else None
    if source is None or not blur_face:
        return source
    try:
        return CoveredVideo(source, face_cover(session))
    except InputError:
        source.close()
        raise


def picture_at(session: SwingSession, t_s: float, *, blur_face: bool) -> RgbImage | None:
    """Return one picture of a session's video, as `open_pictures` gives it; None where there is none."""
    source = open_pictures(session, blur_face=blur_face)
    if source is None:
        return None
    with closing(source):
        return source.frame_at(t_s)


def face_cover(session: SwingSession) -> FaceCover:
    """Return what covers the face in a session's video; raises InputError where nobody can say where it is."""
    if session.pose is None:
        raise InputError("--blur-face: expected a video in which the golfer was found, found no pose; analyse it first")
    return FaceCover(session.pose)


def _heads(track: PoseTrack, params: CoverParams) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the head's circle (x, y, radius) in each frame, shape (n, 3), and whether it was seen, shape (n,)."""
    points = track.image_px.astype(np.float64)
    known = np.isfinite(points[:, _HEAD + _SHOULDERS + _HIPS]).all((1, 2)) & (track.state != FrameState.MISSING)
    circles = np.full((track.frames, 3), np.nan)
    if not known.any():
        return circles, known
    seen = points[known]
    torso = np.linalg.norm(seen[:, _SHOULDERS].mean(1) - seen[:, _HIPS].mean(1), axis=1)
    head = seen[:, _HEAD]
    low, high = head.min(1), head.max(1)
    extent = np.linalg.norm(high - low, axis=1) / 2
    circles[known, :2] = (low + high) / 2
    circles[known, 2] = np.maximum(params.torso_share * np.quantile(torso, 0.9), params.points_share * extent)
    return circles, known


def _mosaic(patch: RgbImage, params: CoverParams) -> RgbImage:
    """Return a few cells of colour, shape (cells, cells, 3), of what a face and its surroundings look like."""
    small = cv2.resize(patch, (params.cells, params.cells), interpolation=cv2.INTER_AREA)
    mild = cv2.blur(small, (3, 3), borderType=cv2.BORDER_REPLICATE)
    step = 256.0 / params.levels
    return np.asarray(np.clip((np.floor(mild / step) + 0.5) * step, 0, 255), dtype=np.uint8)
