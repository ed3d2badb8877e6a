"""Pressing, scrubbing, moving: by controllers that the driver moves."""

import numpy as np
import pytest

from tests.headset.in_room.conftest import Wearer
from tests.headset.in_room.remote import Controller, Worn, pose
from twinswing.headset.frames import heading_of

AWAY = pose(0.25, 1.2, -0.3, (0.0, -0.9, 0.0, 0.436))  # points behind, at nothing


def test_a_press_on_play_plays_and_another_pauses(standing: Wearer):
    assert not standing.visit.head.playing
    standing.click("time", "play")
    assert standing.visit.head.playing
    before = standing.visit.head.t_s
    standing.frames(4)
    assert standing.visit.head.t_s > before
    standing.click("time", "play")
    assert not standing.visit.head.playing


def test_what_is_pointed_at_lights_up_in_both_eyes(standing: Wearer):
    card = next(card for card in standing.visit.cards if card.name == "time")
    standing.wear(right=Controller(AWAY))
    before = standing.pictures()
    standing.point_at(standing.on_card("time", "play"))
    standing.frames(2)
    assert card.over == "play"
    assert card.pointed
    for was, now in zip(before, standing.pictures(), strict=True):
        # The rim is green, which neither grass nor card is in this strength.
        green = now[..., 1].astype(int) - now[..., 0]
        assert (green > 90).sum() > (was[..., 1].astype(int) - was[..., 0] > 90).sum() + 100


def test_the_playhead_is_dragged_by_the_ray(standing: Wearer):
    start, end = standing.visit.head.span_s
    for share in (0.25, 0.8):
        standing.point_at(standing.on_card("time", "track", share))
        standing.point_at(standing.on_card("time", "track", share), trigger=1.0)
        assert standing.visit.head.t_s == pytest.approx(start + share * (end - start), abs=0.02 * (end - start))
    standing.point_at(standing.on_card("time", "track", 0.5), trigger=1.0)
    assert standing.visit.head.t_s == pytest.approx((start + end) / 2, abs=0.02 * (end - start))
    assert standing.visit.scene.t_s == pytest.approx(standing.visit.head.t_s)


def test_a_hand_on_the_club_drags_time_along_its_path(standing: Wearer):
    club, events = standing.visit.session.club, standing.visit.session.events
    t_s = events["top"].t_s
    standing.visit.head = standing.visit.head.seek(t_s)
    standing.frames(1)

    def part_way(at_s: float) -> np.ndarray:
        butt, head = (
            np.array([np.interp(at_s, club.t_s, p[:, i]) for i in range(3)]) for p in (club.butt_m, club.head_m)
        )
        return standing.to_play(butt + 0.6 * (head - butt))

    hand = part_way(t_s)
    standing.wear(right=Controller(pose(*hand.tolist())))
    standing.wear(right=Controller(pose(*hand.tolist()), squeeze=1.0))
    assert standing.headset.being.hands[1].holds == "club"
    wanted_s = t_s
    for _ in range(5):
        wanted_s += 0.4 * (events["impact"].t_s - t_s) / 5
        standing.wear(right=Controller(pose(*part_way(wanted_s).tolist()), squeeze=1.0))
    standing.wear(right=Controller(pose(*part_way(wanted_s).tolist())))
    assert standing.visit.head.t_s == pytest.approx(wanted_s, abs=0.02)
    assert standing.headset.being.hands[1].holds == ""


def test_the_trigger_slows_time_down(standing: Wearer):
    standing.visit.head = standing.visit.head.seek(standing.visit.head.span_s[0]).play()
    standing.wear(right=Controller(AWAY, trigger=1.0))
    assert standing.headset.being._slow() == pytest.approx(1 / 16, abs=0.02)
    standing.wear(right=Controller(AWAY))
    assert standing.headset.being._slow() == pytest.approx(1.0, abs=0.02)


def test_a_teleport_goes_where_the_arc_came_down_and_keeps_the_eyes_height(standing: Wearer):
    up = pose(-0.4, 1.2, -0.3, (0.0, 0.35, 0.0, 0.937))
    standing.wear(left=Controller(up, stick=(0.0, 1.0)))
    standing.frames(2)
    landing = standing.headset.being.hands[0].landing
    assert landing is not None
    assert landing.allowed
    standing.wear(left=Controller(up))
    head = standing.headset.being.head
    assert head[:2, 3] == pytest.approx(landing.place_m[:2], abs=0.02)
    assert head[2, 3] == pytest.approx(1.7, abs=2e-3)


def test_a_turn_leaves_the_head_where_it_is_and_comes_once_a_push(standing: Wearer):
    before = standing.headset.being.head.copy()
    standing.wear(right=Controller(Worn().right.at, stick=(1.0, 0.0)))
    standing.frames(5)
    after = standing.headset.being.head
    assert after[:3, 3] == pytest.approx(before[:3, 3], abs=2e-3)
    turned = heading_of(before) - heading_of(after)
    assert np.degrees(turned) == pytest.approx(30.0, abs=0.1)


def test_a_fist_drags_the_world_and_a_ring_darkens_the_corners_meanwhile(standing: Wearer):
    being = standing.headset.being
    free = Worn().right.at
    standing.wear(right=Controller(free, squeeze=1.0))
    assert being.hands[1].holds == "world"
    before = being.head.copy()
    darkest = 0.0
    for i in range(1, 6):
        standing.wear(right=Controller(pose(0.25, 1.0, -0.3 + 0.08 * i), squeeze=1.0))
        darkest = max(darkest, being.darkness)
    assert being.head[1, 3] - before[1, 3] == pytest.approx(0.4, abs=0.01)  # pulled toward me, I go ahead
    assert darkest > 0.2
    standing.wear(right=Controller(pose(0.25, 1.0, 0.1)))
    standing.until(lambda: being.darkness < 0.02, "the ring's going")


def test_both_fists_scale_the_world(standing: Wearer):
    being = standing.headset.being
    hands = [pose(-0.3, 1.0, -0.4), pose(0.3, 1.0, -0.4)]
    standing.wear(left=Controller(hands[0]), right=Controller(hands[1]))
    standing.wear(left=Controller(hands[0], squeeze=1.0), right=Controller(hands[1], squeeze=1.0))
    near = [pose(-0.15, 1.0, -0.4), pose(0.15, 1.0, -0.4)]
    standing.wear(left=Controller(near[0], squeeze=1.0), right=Controller(near[1], squeeze=1.0))
    assert being.rig.scale == pytest.approx(2.0, rel=0.02)


def test_a_table_model_is_before_me_and_life_size_comes_back(standing: Wearer):
    being = standing.headset.being
    before = being.rig
    standing.click("time", "model")
    assert being.rig.scale == pytest.approx(2.0 / 0.55)
    ball = standing.to_play(np.array([0.0, 0.4, 0.0]))
    assert ball == pytest.approx([0.0, 1.7 * 0.52, -0.8], abs=0.02)
    standing.click("time", "model")
    assert being.rig == before


def test_the_golfers_place_puts_my_eyes_where_theirs_are(standing: Wearer):
    from twinswing.stage.cameras import named_camera

    standing.click("time", "eyes")
    eye = named_camera("golfer", standing.visit.session, 2, 2, standing.visit.head.t_s).position_m
    assert standing.headset.being.head[:3, 3] == pytest.approx(eye, abs=5e-3)


def test_a_ghost_club_says_how_far_it_is_from_the_recorded_one(standing: Wearer):
    standing.click("time", "ghost")
    standing.frames(2)
    try:
        assert "Shaft" in standing.visit.match
        assert "±" in standing.visit.match
    finally:
        standing.click("time", "ghost")
    assert standing.visit.match == ""


def test_a_card_is_carried_and_pinned_to_the_other_hand(standing: Wearer):
    card = next(card for card in standing.visit.cards if card.name == "time")
    target = standing.on_card("time", "track")
    standing.point_at(target)
    standing.point_at(target, squeeze=1.0)
    assert standing.headset.being.hands[1].holds == "card:time"
    before = card.pose[:3, 3].copy()
    at = np.array(standing.remote.worn.right.at)
    at[4:] += [0.0, 0.25, 0.05]
    standing.wear(right=Controller(tuple(at.tolist()), squeeze=1.0))
    assert card.pose[:3, 3] - before == pytest.approx([0.0, -0.05, 0.25], abs=0.01)
    middle = standing.to_play(card.pose[:3, 3])
    standing.wear(left=Controller(pose(*middle.tolist())))
    standing.wear(right=Controller(tuple(at.tolist())))
    assert card.pin.to == "left"
    before = card.pose[:3, 3].copy()
    standing.wear(left=Controller(pose(*(middle + np.array([0.1, 0.0, 0.0])).tolist())))
    assert card.pose[:3, 3] - before == pytest.approx([0.1, 0.0, 0.0], abs=0.01)
