"""What each eye is shown, against the stage's own picture from the same pose, wherever the head is."""

import numpy as np
import pytest

from tests.headset.in_room.conftest import Wearer, unlike
from tests.headset.in_room.remote import pointing, pose
from twinswing.headset.lifecycle import State


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
    standing.wear(head=head)
    for picture, wanted, _ in standing.as_the_stage_draws():
        assert unlike(picture, wanted) < 3e-3


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
