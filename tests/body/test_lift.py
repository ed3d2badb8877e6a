"""The golfer in the scene must be life-size, stand on the ground, hold the club with both hands and not pop."""

from dataclasses import replace

import numpy as np
import pytest

from twinswing.body.landmarks import LANDMARK, FrameState
from twinswing.body.lift import lift
from twinswing.body.skeleton import JOINT, JOINT_NAMES
from twinswing.errors import InputError
from twinswing.truth.build import make_swing
from twinswing.truth.golfer import tour_golfer

from .synth import VIEWS, camera_for, synthetic_track

BONES = [
    (f"{side}_{a}", f"{side}_{b}")
    for side in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("ankle", "toe"))
] + [("left_hip", "right_hip"), ("left_shoulder", "right_shoulder"), ("head", "nose")]


class Case:
    """One exact swing, what a pose model would see of it, and what was made of that."""

    def __init__(self, view, handed="right", fps=60, seed=0, **change):
        self.swing = make_swing(tour_golfer("iron", handed=handed))
        self.height = self.swing.golfer.height_m
        self.t = np.arange(0.0, self.swing.duration_s, 1.0 / fps)
        self.joints = self.swing.joints_at(self.t)
        self.camera = camera_for(view, handed)
        rng = np.random.default_rng(seed)
        self.track = synthetic_track(self.joints, self.t, self.camera, rng, height_m=self.height)
        self.track = replace(self.track, **change)
        self.body, self.found = lift(
            self.track,
            view=view,
            handed=handed,
            height_m=self.height,
            address_t_s=self.swing.events_s["address"],
        )

    def off(self):
        """Distances to the truth, the unknown place of the ball apart, shape (n, 23)."""
        error = self.body.joints_m - self.joints
        return np.linalg.norm(error - np.median(error, axis=(0, 1)), axis=-1)


@pytest.fixture(scope="module", params=[(v, h) for v in VIEWS for h in ("right", "left")], ids="-".join)
def case(request):
    return Case(*request.param)


def at(joints, name):
    return joints[:, JOINT[name]]


def test_joints_are_near_the_truth_and_sigma_is_honest(case):
    off = case.off()
    assert case.body.joints_m.shape == (len(case.t), len(JOINT_NAMES), 3)
    assert np.isfinite(case.body.joints_m).all()
    assert np.median(off) < 0.075
    assert np.percentile(off, 95) < 0.25
    assert np.mean(off < case.body.sigma_m) > 0.6


def test_bones_keep_their_length_and_are_a_persons(case):
    for a, b in BONES:
        length = np.linalg.norm(at(case.body.joints_m, a) - at(case.body.joints_m, b), axis=-1)
        true = np.linalg.norm(at(case.joints, a) - at(case.joints, b), axis=-1).mean()
        assert np.ptp(length) < 0.012 * case.height if "shoulder" in a and "shoulder" in b else np.ptp(length) < 1e-3
        assert length.mean() == pytest.approx(true, rel=0.25, abs=0.01)


def test_feet_stand_on_the_ground_and_do_not_slide(case):
    lead = "left" if case.body.handed == "right" else "right"
    before_impact = case.t < case.swing.events_s["impact"]
    for name in (f"{lead}_toe", f"{lead}_heel"):
        path = at(case.body.joints_m, name)[before_impact]
        assert np.abs(path[:, 2]).max() < 0.06
        assert np.ptp(path[:, :2], axis=0).max() < 0.12
    assert case.body.joints_m[..., 2].min() > -0.05


def test_both_hands_hold_one_grip(case):
    gap = np.linalg.norm(at(case.body.joints_m, "left_wrist") - at(case.body.joints_m, "right_wrist"), axis=-1)
    assert np.median(gap) < 0.16
    assert np.percentile(gap, 95) < 0.25


def test_nothing_pops(case):
    """No joint leaves the line between the frames beside it much more than the true one does."""

    def bend(joints):
        return np.linalg.norm(joints[1:-1] - 0.5 * (joints[:-2] + joints[2:]), axis=-1)

    assert bend(case.body.joints_m).max() < 2.0 * bend(case.joints).max() + 0.02


def test_the_golfer_faces_the_ball_and_lead_is_toward_the_target(case):
    address = np.abs(case.t - case.swing.events_s["address"]) < 0.1
    side = 1.0 if case.body.handed == "right" else -1.0
    lead, trail = ("left", "right") if side > 0 else ("right", "left")
    mean = case.body.joints_m[address].mean(0)
    assert mean[JOINT[f"{lead}_hip"], 0] > mean[JOINT[f"{trail}_hip"], 0]
    assert side * mean[JOINT["pelvis"], 1] > 0.5  # stands on the golfer's own side of the ball
    assert side * (mean[JOINT["pelvis"], 1] - mean[JOINT["nose"], 1]) > 0.1  # and leans over it


def test_the_estimated_camera_sees_the_body_where_the_picture_does(case):
    ours = case.found.project(case.body.joints_m)
    true = case.camera.project(case.joints)
    tall = np.median(true[:, JOINT["left_heel"], 1] - true[:, JOINT["head"], 1])
    assert np.nanmedian(np.linalg.norm(ours - true, axis=-1)) < 0.04 * tall
    assert case.found.source == "estimated"


@pytest.mark.parametrize("fps", [24, 30, 120, 240])
def test_any_frame_rate(fps):
    assert np.median(Case("face-on", fps=fps).off()) < 0.08


def test_the_club_says_where_the_ball_lies():
    case = Case("face-on")
    spots = []
    for kind in ("driver", "iron", "unheard of"):
        body, _ = lift(case.track, view="face-on", height_m=case.height, address_t_s=0.1, club_kind=kind)
        spots.append(0.5 * (at(body.joints_m, "left_ankle") + at(body.joints_m, "right_ankle"))[6])
    np.testing.assert_allclose(spots[0] - spots[1], [-0.15, 0.24, 0.0], atol=1e-6)
    np.testing.assert_allclose(spots[2], spots[1])
    true = 0.5 * (at(case.joints, "left_ankle") + at(case.joints, "right_ankle"))[6]
    np.testing.assert_allclose(spots[1][:2], true[:2], atol=0.12)


def test_stature_scales_everything():
    case = Case("face-on")
    double, _ = lift(case.track, view="face-on", height_m=2.0 * case.height, address_t_s=0.1)
    single, _ = lift(case.track, view="face-on", height_m=case.height, address_t_s=0.1)
    thigh = [
        np.linalg.norm(at(b.joints_m, "left_hip") - at(b.joints_m, "left_knee"), axis=-1)[0] for b in (double, single)
    ]
    assert thigh[0] / thigh[1] == pytest.approx(2.0, rel=0.06)


def part(track, frames):
    arrays = ("t_s", "image_px", "world_m", "visibility", "state", "swapped")
    return replace(track, **{name: getattr(track, name)[frames] for name in arrays})


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_tiny_clips_lift(n):
    track = part(Case("face-on").track, slice(0, n))
    body, _ = lift(track)
    assert body.joints_m.shape == (n, 23, 3)
    assert np.isfinite(body.joints_m).all()


def test_missing_frames_are_held_and_nobody_is_refused():
    track = Case("down-the-line").track
    state, image, world = track.state.copy(), track.image_px.copy(), track.world_m.copy()
    for gap in (slice(0, 4), slice(60, 85), slice(-3, None)):
        state[gap], image[gap], world[gap] = FrameState.MISSING, np.nan, np.nan
    body, _ = lift(replace(track, state=state, image_px=image, world_m=world), view="down-the-line")
    assert np.isfinite(body.joints_m).all()
    nobody = replace(track, state=np.zeros_like(state))
    with pytest.raises(InputError, match="no pose"):
        lift(nobody)
    with pytest.raises(InputError, match="view"):
        lift(track, view="from above")
    with pytest.raises(InputError, match="handed"):
        lift(track, handed="both")


def test_a_hidden_arm_thrown_about_does_not_drag_the_body():
    case = Case("down-the-line")
    image, sure = case.track.image_px.copy(), case.track.visibility.copy()
    arm = [LANDMARK[f"left_{n}"] for n in ("elbow", "wrist", "index", "pinky", "thumb")]
    image[20:40, arm] += np.array([120.0, -60.0])
    sure[20:40, arm] = 0.05
    body, _ = lift(
        replace(case.track, image_px=image, visibility=sure),
        view="down-the-line",
        height_m=case.height,
        address_t_s=case.swing.events_s["address"],
    )
    moved = np.linalg.norm(body.joints_m - case.body.joints_m, axis=-1)[20:40]
    others = [i for n, i in JOINT.items() if not n.startswith("left_")]
    assert np.median(moved[:, others]) < 0.03  # half of the smallest sigma
    assert body.sigma_m[30, JOINT["left_wrist"]] > 1.5 * body.sigma_m[30, JOINT["right_wrist"]]


@pytest.mark.parametrize("view", VIEWS)
def test_a_wrist_that_the_model_throws_away_does_not_pop(view):
    case = Case(view, fps=30)
    image = case.track.image_px.copy()
    at_top = int(case.swing.events_s["top"] * 30)
    hand = [LANDMARK[f"right_{n}"] for n in ("wrist", "index", "pinky", "thumb")]
    image[at_top - 1 : at_top + 3, hand] += np.array([90.0, 140.0])  # half a metre, as sure as ever
    body, _ = lift(
        replace(case.track, image_px=image),
        view=view,
        height_m=case.height,
        address_t_s=case.swing.events_s["address"],
    )
    around = slice(at_top - 3, at_top + 5)
    path = at(body.joints_m, "right_wrist")[around]
    unspoilt = at(case.body.joints_m, "right_wrist")[around]
    thrown = np.hypot(90.0, 140.0) * case.height / 550.0  # the golfer is about 550 pixels tall
    assert np.linalg.norm(path - unspoilt, axis=-1).max() < 0.5 * thrown
    bend = np.linalg.norm(path[1:-1] - 0.5 * (path[:-2] + path[2:]), axis=-1)
    assert bend.max() < 0.12
