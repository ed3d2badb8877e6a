"""Where two bodies differ: by how much exactly, how surely, and not at all where they are the same."""

from dataclasses import replace

import numpy as np
import pytest

from twinswing.body.skeleton import JOINT
from twinswing.swing.compare import warp_between
from twinswing.swing.compare_pose import PLACES, gap_series, gaps_at
from twinswing.swing.model import Event
from twinswing.truth.build import make_swing


@pytest.fixture(scope="module")
def swing():  # type: ignore[no-untyped-def]
    return make_swing()


def test_a_head_that_is_moved_is_found_by_as_much_and_nothing_else(swing) -> None:  # type: ignore[no-untyped-def]
    """Ten centimetres toward the target, in one place."""
    moved = swing.body.joints_m.copy()
    moved[:, JOINT["head"], 0] += 0.1
    other = replace(swing.body, joints_m=moved, sigma_m=np.full_like(swing.body.sigma_m, 0.03))
    found = gaps_at(swing.body, other, 1.0, 1.0)
    assert found[0].name == "head"
    assert found[0].gap_m == pytest.approx(0.1)
    assert found[0].sigma_m == pytest.approx(0.03, rel=0.1)
    assert found[0].is_sure()
    assert all(gap.gap_m < 1e-9 and not gap.is_sure() for gap in found[1:])


def test_a_swing_at_another_pace_is_nowhere_apart_when_laid_event_on_event(swing) -> None:  # type: ignore[no-untyped-def]
    """The same body at half the pace: at matching moments it is where the first one is; at like times it is not."""
    slow = replace(swing.body, t_s=swing.body.t_s * 2.0)
    events_a = {n: Event(0, t, 1.0) for n, t in swing.events_s.items()}
    events_b = {n: Event(0, 2.0 * t, 1.0) for n, t in swing.events_s.items()}
    warp = warp_between(events_a, events_b)
    inside = (swing.body.t_s > swing.events_s["address"]) & (swing.body.t_s < swing.events_s["finish"])
    for name in PLACES:
        t_s, gap, sigma = gap_series(swing.body, slow, warp, name)
        assert len(t_s) == len(gap) == len(sigma)
        assert gap[inside].max() < 1e-6
    unwarped = gap_series(swing.body, slow, warp_between({}, {}), "hands")[1]
    assert unwarped[inside].max() > 0.3


def test_a_left_handed_golfers_lead_knee_is_the_right_one(swing) -> None:  # type: ignore[no-untyped-def]
    """The lead side goes with the golfer, not with the skeleton's names."""
    left = replace(swing.body, handed="left")
    gap = next(g for g in gaps_at(left, swing.body, 1.0, 1.0) if g.name == "lead knee")
    assert gap.a_m == pytest.approx(swing.body.at(1.0)[JOINT["right_knee"]])
    assert gap.b_m == pytest.approx(swing.body.at(1.0)[JOINT["left_knee"]])
