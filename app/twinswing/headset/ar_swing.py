"""A swing at life size on a marker that lies on the floor: the sheet's X toward the target, the ball on its middle."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT
from twinswing.errors import InputError
from twinswing.headset.ar_plane import Standing, plane_to_pixels
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.swing.model import SwingSession
from twinswing.timeline.playhead import Playhead

RgbImage = NDArray[np.uint8]

_LEAD_S, _TAIL_S = 0.4, 0.6  # shown before address and after finish, so that the swing starts and ends at rest
# The ground's shade under the golfer: without it the feet seem to float. How dark it is at its middle, how far a foot
# shades around itself, and the patch of floor that it is painted on.
_SHADE, _FOOT_M = 0.45, 0.09
_PATCH_M, _PATCH_PX_PER_M = (-1.6, -1.0, 1.6, 2.2), 60.0
_FEET = (("left_heel", "left_toe"), ("right_heel", "right_toe"))
_STEP_S = 1.0 / 30.0


def swing_span(session: SwingSession) -> tuple[float, float]:
    """Return what is worth showing: around the swing where its ends are known, else all; InputError for nothing."""
    start, end = session.span_s()
    if "address" in session.events:
        start = max(start, session.events["address"].t_s - _LEAD_S)
    if "finish" in session.events:
        end = min(end, session.events["finish"].t_s + _TAIL_S)
    if end <= start or (session.body is None and session.club is None):
        raise InputError(
            f"expected a recording with a golfer's body or a club to show, found neither in {session.path}"
        )
    return start, end


def standing_options(base: SceneOptions | None = None) -> SceneOptions:
    """Return options for a swing in a real room: golfer, club, trail and ball; the camera's picture behind."""
    return replace(
        base or SceneOptions(), backdrop=True, figure=True, club=True, ball=True, trail=True, plane=False,
        skeleton=False, holdout=False, ground=False, sky=False, screen=False, shadows=True,
    )  # fmt: skip


class SwingOnFloor:
    """Content: a swing that plays in a loop on the marker that is followed longest.

    beside: an output of a running window, as `OffscreenStage` takes it. Use from one thread; close it.
    """

    hint = "Lay a marker flat on the floor, in the camera's sight: the ball lies on its middle, X points to the target"

    def __init__(
        self, session: SwingSession, width_px: int, height_px: int, beside: p3d.GraphicsOutput | None = None
    ) -> None:
        span = swing_span(session)
        # Without the camera that filmed it: the backdrop is the picture of another one.
        self._session = replace(session, camera=None)
        self._scene = SwingScene(self._session, standing_options())
        self._stage = OffscreenStage(width_px, height_px, beside=beside)
        self.playhead = Playhead.over(span).loop(*span).play()
        self.marker: int | None = None

    def close(self) -> None:
        """Give the stage back to the driver."""
        self._stage.close()

    def advance(self, dt_s: float) -> None:
        """Let real time go by."""
        self.playhead = self.playhead.advance(dt_s)

    def key(self, name: str) -> None:
        """Take a key: space plays or holds, left and right step, up and down change the speed."""
        head = self.playhead
        match name:
            case "space":
                self.playhead = head.toggled()
            case "arrow_left":
                self.playhead = head.pause().seek(head.t_s - _STEP_S)
            case "arrow_right":
                self.playhead = head.pause().seek(head.t_s + _STEP_S)
            case "arrow_up":
                self.playhead = head.faster()
            case "arrow_down":
                self.playhead = head.slower()
            case _:
                pass

    def told(self) -> str:
        """Say where the swing is."""
        start, end = self.playhead.span_s
        speed = "" if self.playhead.speed == 1.0 else f", speed {self.playhead.speed:g}"
        held = "" if self.playhead.playing else ", held"
        return f"Swing at life size   {self.playhead.t_s - start:.2f} of {end - start:.2f} s{speed}{held}"

    def draw(self, picture: RgbImage, camera: PinholeCamera, standing: Sequence[Standing]) -> tuple[RgbImage, set[int]]:
        """Draw the swing on its marker, over the picture."""
        by_number = {s.number: s for s in standing}
        if self.marker not in by_number:
            self.marker = min(by_number, default=None)
        if self.marker is None:
            return picture, set()
        on = by_number[self.marker]
        eye = on.camera(camera)
        if eye.position_m[2] <= 0.02:
            return picture, set()  # seen from below the floor: a wrong pose, and nothing to be drawn
        shaded = self._shaded(picture, eye)
        self._scene.set_time(self.playhead.t_s)
        self._scene.set_video_frame(shaded)
        drawn = self._stage.render(self._scene, eye)
        if on.opacity < 1.0:
            drawn = cv2.addWeighted(drawn, on.opacity, picture, 1.0 - on.opacity, 0.0)
        return np.asarray(drawn, dtype=np.uint8), {on.number}

    def _shaded(self, picture: RgbImage, eye: PinholeCamera) -> RgbImage:
        """Darken the floor under the golfer's feet."""
        body = self._session.body
        if body is None:
            return picture
        joints = body.at(self.playhead.t_s)
        x0, y0, x1, y1 = _PATCH_M
        s = _PATCH_PX_PER_M
        shade = np.zeros((round((y1 - y0) * s), round((x1 - x0) * s)), dtype=np.float32)
        for heel, toe in _FEET:
            a, b = joints[JOINT[heel]], joints[JOINT[toe]]
            near = float(np.clip(1.0 - min(a[2], b[2]) / 0.25, 0.0, 1.0))  # a lifted foot shades less
            ends = [(round((p[0] - x0) * s), round((p[1] - y0) * s)) for p in (a, b)]
            foot = np.zeros_like(shade)
            cv2.line(foot, ends[0], ends[1], near, round(2 * _FOOT_M * s), cv2.LINE_AA)
            shade = np.maximum(shade, foot)
        shade = cv2.GaussianBlur(shade, (0, 0), _FOOT_M * s) * _SHADE
        patch = np.array([[1 / s, 0.0, x0 + 0.5 / s], [0.0, 1 / s, y0 + 0.5 / s], [0.0, 0.0, 1.0]])
        back = np.array([[1.0, 0.0, -0.5], [0.0, 1.0, -0.5], [0.0, 0.0, 1.0]])
        edges = eye.to_camera([[x, y, 0.0] for x in (x0, x1) for y in (y0, y1)])
        if (edges[:, 2] < 0.02).any():
            return picture  # the camera stands over the patch: a homography would fold it
        H = back @ plane_to_pixels(eye) @ patch
        dark = cv2.warpPerspective(shade, H, (picture.shape[1], picture.shape[0]), flags=cv2.INTER_LINEAR)
        return np.asarray(picture * (1.0 - dark[..., None]) + 0.5).astype(np.uint8)
