"""A camera's picture with what stands on the markers in it: found, followed, drawn. Time is an argument."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.body.marker_track import MarkerTrack, TrackParams
from twinswing.body.markers import MarkerFinder, square
from twinswing.headset.ar_lens import Lens
from twinswing.headset.ar_plane import Standing, caption, outline
from twinswing.headset.canvas import ACCENT, FAINT, WARM

RgbImage = NDArray[np.uint8]


class Content(Protocol):
    """What is put on markers."""

    hint: str  # what to do while no marker is seen

    def draw(self, picture: RgbImage, camera: PinholeCamera, standing: Sequence[Standing]) -> tuple[RgbImage, set[int]]:
        """Draw on the markers of a picture, which it may change; return the new one, and the markers that were used."""

    def told(self) -> str:
        """Say what is shown, for the picture's edge."""


@dataclass(frozen=True, slots=True)
class ViewParams:
    """How markers are shown.

    steady_s    : so long after a marker was last seen all stays as it was: a frame or two that blur costs.
    frame_share : the frame around a marker, as a share of its side: outside the white edge that it needs.
    """

    steady_s: float = 0.1
    frame_share: float = 1.36
    track: TrackParams = field(default_factory=TrackParams)


@dataclass
class ArView:
    """Follows the markers of one stream and composes its pictures."""

    lens: Lens
    finder: MarkerFinder
    content: Content
    params: ViewParams = field(default_factory=ViewParams)
    standing: list[Standing] = field(default_factory=list)
    _tracks: dict[int, MarkerTrack] = field(default_factory=dict)

    def show(self, t_s: float, rgb: RgbImage) -> RgbImage:
        """Compose the picture of a frame, shape (h, w, 3), rgb, taken at a time (ascending, seconds).

        Raises InputError for a frame of another size than the lens'.
        """
        straight = self.lens.straight(rgb)
        found = {pose.number: pose for pose in self.finder.find(straight, self.lens.camera)}
        for number in found:
            self._tracks.setdefault(number, MarkerTrack(self.params.track))
        self.standing = []
        for number, track in sorted(self._tracks.items()):
            pose = track.update(t_s, found.get(number))
            if pose is None:
                continue
            fade_s = self.params.track.hold_s - self.params.steady_s
            left = np.clip((self.params.track.hold_s - pose.age_s) / max(fade_s, 1e-6), 0.0, 1.0)
            self.standing.append(Standing(number, pose, float(left)))
        alive = {s.number for s in self.standing}
        self._tracks = {number: track for number, track in self._tracks.items() if number in alive}
        picture, used = self.content.draw(straight.copy(), self.lens.camera, self.standing)
        for standing in self.standing:
            self._frame(picture, standing, standing.number in used)
        self._edge(picture)
        return picture

    def _frame(self, picture: RgbImage, standing: Standing, used: bool) -> None:
        """Draw the thin frame around a marker, and how far it is."""
        camera = standing.camera(self.lens.camera)
        ends = camera.project(square(self.finder.size_m * self.params.frame_share))
        outline(picture, ends, ACCENT if used else FAINT, standing.opacity)
        if not np.isfinite(ends).all():
            return
        pose = standing.pose
        far = float(np.linalg.norm(pose.position_m))
        sigma = float(np.hypot(pose.sigma_m, far * self.lens.focal_share))
        told = f"{standing.number}   {far:.2f} m ± {_length(sigma)}" + ("" if used else "   nothing belongs here")
        em = _em(picture)
        low = ends[int(np.argmax(ends[:, 1]))]
        caption(
            picture, told, float(ends[:, 0].mean()), float(low[1]) + 4, em_px=em, opacity=standing.opacity, align=0.5,
            rgb=FAINT,
        )  # fmt: skip

    def _edge(self, picture: RgbImage) -> None:
        """Write how sure the camera is, what is shown, and what to do where no marker is seen."""
        em = _em(picture)
        row = 1.5 * em
        caption(picture, self.content.told(), 0, 0, em_px=em)
        caption(
            picture, self.lens.told(), 0, picture.shape[0] - row, em_px=em, rgb=FAINT if self.lens.calibrated else WARM
        )
        if not self.standing:
            caption(picture, self.content.hint, picture.shape[1] / 2, 0.78 * picture.shape[0], em_px=em + 4, align=0.5)


def _em(picture: RgbImage) -> int:
    """Return the text's height for a picture: a fortieth of it, and never below what is read."""
    return int(max(13, min(picture.shape[0] / 40, 28)))


def _length(metres: float) -> str:
    return (
        f"{1e3 * metres:.1f} mm" if metres < 0.01 else f"{1e2 * metres:.1f} cm" if metres < 0.1 else f"{metres:.2f} m"
    )
