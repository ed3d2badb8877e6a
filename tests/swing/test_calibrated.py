"""A film through a real lens: with the camera's file the body and what is drawn over the film are where they are."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.swing.synth import filmed, swing
from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import PoseTrack
from twinswing.body.lens import diagonal_fov_rad, straight_pixels, straight_track, through_lens
from twinswing.body.skeleton import JOINT
from twinswing.swing.model import SwingSession
from twinswing.swing.study import study

Points = NDArray[np.float64]

# A wide phone lens: barrel distortion that bends a corner by some 40 pixels, a centre beside the middle.
BENT = PinholeCamera(
    480, 640, 520.0, (250.0, 310.0), np.zeros(3), np.eye(3), source="calibrated",
    distortion=(-0.22, 0.06, 0.001, -0.0008, 0.0),
)  # fmt: skip


def _bend(points: Points, lens: PinholeCamera = BENT) -> Points:
    """Put straight pixels where the lens does, by OpenCV's own projection."""
    K = np.array([[lens.focal_px, 0, lens.centre_px[0]], [0, lens.focal_px, lens.centre_px[1]], [0, 0, 1.0]])
    flat = (points.reshape(-1, 2) - lens.centre_px) / lens.focal_px
    rays = np.column_stack([flat, np.ones(len(flat))])
    out, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), K, np.array(lens.distortion))
    return np.asarray(out, dtype=np.float64).reshape(points.shape)


def test_pixels_are_made_straight_to_a_hundredth_everywhere() -> None:
    """What OpenCV bends comes back, at the corners too."""
    grid = np.stack(np.meshgrid(np.linspace(10, 470, 12), np.linspace(10, 630, 12)), -1)
    bent = _bend(grid)
    assert np.abs(bent - grid).max() > 20.0
    assert np.abs(straight_pixels(BENT, bent) - grid).max() < 0.01
    straight = replace(BENT, distortion=())
    assert np.array_equal(straight_pixels(straight, grid), grid)
    assert np.isnan(straight_pixels(BENT, [[np.nan, 3.0]])).any()


def test_a_track_is_seen_as_by_a_lens_with_its_centre_in_the_middle() -> None:
    """A point on the lens' axis lands in the middle; the camera gets its own centre back afterwards."""
    frames = 3
    px = np.tile(np.asarray(BENT.centre_px, np.float32), (frames, 33, 1))
    pose = PoseTrack(
        t_s=np.arange(frames) / 30.0, image_px=px, world_m=np.zeros((frames, 33, 3), np.float32),
        visibility=np.ones((frames, 33), np.float32), state=np.zeros(frames, np.uint8), width_px=480, height_px=640,
        swapped=np.zeros(frames, bool),
    )  # fmt: skip
    assert np.allclose(straight_track(pose, BENT).image_px, (240.0, 320.0), atol=1e-3)
    camera = through_lens(replace(BENT, centre_px=(240.0, 320.0), distortion=(), source="estimated"), BENT)
    assert camera.centre_px == BENT.centre_px
    assert camera.distortion == BENT.distortion
    assert np.degrees(diagonal_fov_rad(BENT)) == pytest.approx(75.2, abs=0.5)


def test_what_is_drawn_over_a_film_through_a_bent_lens_lies_on_the_golfer() -> None:
    """With the lens known, the body's joints are drawn where a straight picture shows them; without, beside them."""
    pose, _ = filmed(swing(3), view="face-on", rate_hz=30.0)
    scale = pose.width_px / BENT.width_px
    lens = replace(
        BENT, width_px=pose.width_px, height_px=pose.height_px, focal_px=BENT.focal_px * scale,
        centre_px=(pose.width_px * 0.53, pose.height_px * 0.48),
    )  # fmt: skip
    bent = replace(pose, image_px=_bend(pose.image_px.astype(float), lens).astype(np.float32))
    found = study(None, bent, height_m=swing(3).golfer.height_m, lens=lens)
    assert found.pose is bent  # what was seen is kept as it was seen
    assert found.camera is not None
    assert found.camera.distortion == lens.distortion
    assert found.camera.source == "calibrated"
    assert found.camera.focal_px == pytest.approx(lens.focal_px, rel=0.02)
    blind = study(None, bent, height_m=swing(3).golfer.height_m)

    def off_px(session: SwingSession) -> float:
        """How far the drawn wrists and ankles lie from the landmarks of a straight picture, median pixels."""
        assert session.body is not None
        assert session.camera is not None
        out = []
        for side in ("left", "right"):
            for part in ("wrist", "ankle"):
                seen = straight_pixels(session.camera, bent.point(f"{side}_{part}"))
                drawn = session.camera.project(session.body.joints_m[:, JOINT[f"{side}_{part}"]])
                out.append(np.linalg.norm(drawn - seen, axis=1))
        return float(np.median(out))

    assert off_px(found) < 6.0
    # A lens that is not known can be made up for in part by another focal length and place, not in the corners.
    truth = swing(3).joints_at(bent.t_s)
    apart = [float(np.median(np.linalg.norm(s.body.joints_m - truth, axis=-1))) for s in (found, blind) if s.body]
    assert apart[0] < apart[1]
