"""What each eye is shown, against the stage's own picture from the same pose, wherever the head is."""

import numpy as np
import pytest

from tests.headset.in_room.conftest import Wearer
from tests.headset.in_room.remote import WIDE_SLOPE, pointing, pose
from twinswing.body.camera import PinholeCamera
from twinswing.headset.frames import FloatArray
from twinswing.headset.lifecycle import State
from twinswing.stage.offscreen import OffscreenStage


def camera_of(world_from_eye: FloatArray, width_px: int, height_px: int) -> PinholeCamera:
    axes = world_from_eye[:3, :3]
    return PinholeCamera(
        width_px, height_px, width_px / 2 / WIDE_SLOPE, (width_px / 2, height_px / 2), world_from_eye[:3, 3],
        np.stack([axes[:, 0], -axes[:, 1], -axes[:, 2]]),
    )  # fmt: skip


def test_the_session_has_the_users_attention_and_controllers_are_known(standing: Wearer):
    link = standing.headset.link
    assert link.session.life.state is State.FOCUSED
    assert link.session.space_name == "stage"
    assert link.session.depth is not None
    assert link.input.profiles[1].startswith("/interaction_profiles/")


@pytest.mark.parametrize(
    "head",
    [pose(0, 1.7, 0), pose(0.6, 1.5, -0.4), pointing(np.array([-0.8, 1.8, -0.2]), np.array([0.2, 0.6, -2.4]))],
    ids=["standing", "stepped aside", "looking down"],
)
def test_each_eye_shows_what_the_stage_shows_from_there(standing: Wearer, head):
    headset, scene = standing.headset, standing.visit.scene
    standing.wear(head=head)
    hidden = [card.node for card in standing.visit.cards] + [headset.viewer.node]
    eyes = headset.being.eyes(headset.link.session.views)
    for node in hidden:
        node.stash()
    try:
        standing.frames(2)
        seen = standing.pictures()
        size = headset.link.picture.eye_px
        with OffscreenStage(*size, beside=headset.mirror.output) as stage:
            for eye, picture in zip(eyes, seen, strict=True):
                wanted = stage.render(scene, camera_of(eye.world_from_eye, *size))
                shown = picture.max(-1) > 0  # the lenses' mask is black
                assert shown.mean() > 0.8
                off = np.abs(picture.astype(int) - wanted).max(-1)[shown]
                # The near plane lies elsewhere, so that depths round otherwise where things touch.
                assert (off > 8).mean() < 3e-3
    finally:
        for node in hidden:
            node.unstash()


def test_eyes_stand_apart_as_far_as_the_headset_says(standing: Wearer):
    standing.wear(head=pose(0.5, 1.7, 0.0))
    left, right = (view.play_from_eye[:3, 3] for view in standing.headset.link.session.views)
    assert left == pytest.approx([0.4685, 1.7, 0.0], abs=1e-3)
    assert right == pytest.approx([0.5315, 1.7, 0.0], abs=1e-3)


def test_the_golfer_has_life_size_and_feet_are_on_the_ground(standing: Wearer):
    being = standing.headset.being
    assert being.rig.scale == 1.0
    assert being.head[2, 3] == pytest.approx(1.7, abs=2e-3)
    assert being.head[:2, 3] == pytest.approx([0.0, -2.3], abs=2e-3)


def test_both_eyes_pictures_differ_by_their_distance(standing: Wearer):
    left, right = standing.pictures()
    assert 0.5 < np.abs(left.astype(int) - right).mean() < 40
