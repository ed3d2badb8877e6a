"""Angles over the golfer: as the joints have them, with how sure they are, and none where nobody could tell."""

from dataclasses import replace

import numpy as np
import pytest

from twinswing.body.skeleton import JOINT
from twinswing.desk.angles import Angles
from twinswing.review.measure import read_out
from twinswing.stage.annotation_shapes import Around, Layout
from twinswing.stage.joint_angles import joint_angles
from twinswing.timeline.clock import to_ns
from twinswing.truth.build import make_swing


def test_the_lead_arm_is_read_as_its_joints_have_it() -> None:
    """At the top, against the cosine of the same three points; a left-handed golfer's lead arm is the right one."""
    swing = make_swing()
    t = swing.events_s["top"]
    for handed, side in (("right", "left"), ("left", "right")):
        body = replace(swing.body, handed=handed)
        arm = next(a for a in joint_angles(body) if a.text == "lead arm")
        a, b, c = (body.at(t)[JOINT[f"{side}_{part}"]] for part in ("shoulder", "elbow", "wrist"))
        cosine = (a - b) @ (c - b) / np.linalg.norm(a - b) / np.linalg.norm(c - b)
        read = read_out(arm, to_ns(t), body)
        assert read is not None
        assert read.value == pytest.approx(np.arccos(cosine), abs=1e-6)


def test_every_angle_is_drawn_with_its_name_and_figure() -> None:
    """Five of them, each with degrees and one sigma."""
    body = replace(make_swing().body, sigma_m=np.full_like(make_swing().body.sigma_m, 0.02))
    shapes = Layout().shapes(joint_angles(body), to_ns(1.0), Around(body=body))
    assert len(shapes.world) == 5
    for drawing in shapes.world:
        said = " ".join(str(label) for label in drawing.labels)
        assert "°" in said
        assert "±" in said
        assert drawing.annotation.text in said


def test_an_angle_of_which_nothing_is_known_is_left_out() -> None:
    """With joints half a metre unsure none is told; with sure ones all are."""
    swing = make_swing()
    tool = Angles()
    for sigma_m, known in ((0.5, 0), (0.01, 5)):
        body = replace(swing.body, sigma_m=np.full_like(swing.body.sigma_m, sigma_m))
        tool._around = Around(body=body)
        assert sum(tool._is_known(angle, to_ns(1.0)) for angle in joint_angles(body)) == known
