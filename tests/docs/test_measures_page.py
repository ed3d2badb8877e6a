"""The page on frames and measures says what the code does."""

import importlib.util
from dataclasses import replace

import numpy as np

from tests.conftest import ROOT
from twinswing.club.model import ClubSpec
from twinswing.stage.club_model_geometry import face_normal_club_frame
from twinswing.swing.events import find_events
from twinswing.swing.measures import MeasureParams, measure_swing
from twinswing.swing.model import EVENT_NAMES

_spec = importlib.util.spec_from_file_location("swing_synth", ROOT / "tests" / "swing" / "synth.py")
assert _spec is not None
assert _spec.loader is not None
synth = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(synth)

PAGE = (ROOT / "docs" / "frames-and-units.md").read_text("utf-8")


def row(start: str) -> str:
    (found,) = [line for line in PAGE.splitlines() if line.startswith(f"| {start}")]
    return found


def test_the_fixed_uncertainties_are_the_codes() -> None:
    params = MeasureParams()
    for view, sigma in params.turn_sigma_rad:
        assert f"{view} {sigma:g}" in row("`pelvis_turn_top_rad`")
    assert f"{params.tilt_sigma_rad:g} |" in row("`spine_tilt_address_rad`")
    assert f"{params.hand_speed_share:.0%}".replace("%", " %") in row("`hand_speed_peak_mps`")
    ratio, share = params.head_per_hand
    without = row("`head_speed_mps` without one")
    assert f"times {ratio:g}" in without
    assert f"{share:.0%}".replace("%", " %") in without
    assert f"{params.scale_share:.0%}".replace("%", " %") in row("`time_scale`")


def test_every_measure_of_a_swing_has_a_row() -> None:
    table = "\n".join(line.split(" | ")[0] for line in PAGE.splitlines() if line.startswith("| `"))
    swing = synth.swing(1)
    club = replace(swing.club, source="club+video")
    found = find_events(synth.filmed(swing)[0])
    slow = replace(found, slow_motion=True, time_scale=8.0)
    named = {*measure_swing(found, swing.body, club), *measure_swing(found, swing.body), *measure_swing(slow)}
    assert {"tempo_ratio", "pelvis_turn_top_rad", "head_speed_mps", "time_scale"} <= named
    assert [name for name in sorted(named) if f"`{name}`" not in table] == []


def test_every_event_has_a_row() -> None:
    for name in EVENT_NAMES:
        words = name.replace("mid_", "mid-").replace("toe_up", "toe-up").replace("_", "-")
        assert row(f"{words} |")


def test_the_face_looks_where_the_page_says() -> None:
    spec = ClubSpec(loft_rad=0.0)
    for handed, axis in (("right", "-Y"), ("left", "+Y")):
        assert f"**{axis}**" in row(f"{handed}-handed |")
        sign = {"-Y": -1.0, "+Y": 1.0}[axis]
        np.testing.assert_allclose(face_normal_club_frame(spec, handed), [0.0, sign, 0.0], atol=1e-12)


def test_the_sketch_of_a_club_at_address_is_right() -> None:
    """Seen face-on a right-handed club's Y points away from the target and its face at it."""
    spec = ClubSpec(loft_rad=0.0)
    shaft = np.array([0.0, -np.cos(spec.lie_rad), -np.sin(spec.lie_rad)])  # the golfer stands at +Y, hands above
    toe = np.array([0.0, -np.sin(spec.lie_rad), np.cos(spec.lie_rad)])  # square, sole flat
    club = np.column_stack([toe, np.cross(shaft, toe), shaft])
    np.testing.assert_allclose(club[:, 1], [-1.0, 0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(club @ face_normal_club_frame(spec, "right"), [1.0, 0.0, 0.0], atol=1e-12)
