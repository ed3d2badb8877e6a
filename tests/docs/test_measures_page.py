"""The page on frames and measures says what the code does."""

import importlib.util
from dataclasses import replace

import numpy as np

from tests.conftest import ROOT
from twinswing.club.model import ClubSpec
from twinswing.stage.club_model_geometry import face_normal_club_frame
from twinswing.swing.events import find_events
from twinswing.swing.events_club import refine_events
from twinswing.swing.measure_doc import faults_markdown, table_markdown, written
from twinswing.swing.measure_parts import PartParams
from twinswing.swing.measure_table import measure_table
from twinswing.swing.measures import MeasureParams, measure_swing, measured_swing
from twinswing.swing.model import EVENT_NAMES
from twinswing.swing.uncertainty import ErrorParams

_spec = importlib.util.spec_from_file_location("swing_synth", ROOT / "tests" / "swing" / "synth.py")
assert _spec is not None
assert _spec.loader is not None
synth = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(synth)

PAGE = (ROOT / "docs" / "frames-and-units.md").read_text("utf-8")
COACHING = (ROOT / "docs" / "coaching.md").read_text("utf-8")
MEASURES = (ROOT / "docs" / "measures.md").read_text("utf-8")


def row(start: str, page: str = PAGE) -> str:
    (found,) = [line for line in page.splitlines() if line.startswith(f"| {start}")]
    return found


def test_the_fixed_uncertainties_are_the_codes() -> None:
    params = MeasureParams()
    share = f"{params.hand_speed_share:.0%}".replace("%", " %")
    assert share in row("`hand_speed_peak_mps` | 12", MEASURES)
    ratio, share_of_head = params.head_per_hand
    without = row("`head_speed_mps` without one", MEASURES)
    assert f"times {ratio:g}" in without
    assert f"{share_of_head:.0%}".replace("%", " %") in without
    assert f"{params.scale_share:.0%}".replace("%", " %") in row("`time_scale` | 18", MEASURES)
    girdle, sigma = np.degrees(PartParams().girdle_rad)
    assert f"{girdle:.0f} ± {sigma:.0f} degrees" in MEASURES
    assert f"{ErrorParams().draws} times" in MEASURES


def test_the_tables_are_those_of_the_declaration() -> None:
    """The pages are made by `python -m twinswing.swing.measure_doc docs/measures.md docs/coaching.md`."""
    assert written(MEASURES, table_markdown()) == MEASURES
    assert written(COACHING, faults_markdown()) == COACHING


def test_every_measure_of_a_swing_is_declared_or_said_to_be_missing() -> None:
    swing = synth.swing(1)
    club = replace(swing.club, source="club+video")
    seen = find_events(synth.filmed(swing)[0])
    found = refine_events(seen, club, clock_sigma_s=0.002, shock_s=swing.events_s["impact"])
    slow = replace(found, slow_motion=True, time_scale=8.0)
    named = {*measure_swing(found, swing.body, club), *measure_swing(found, swing.body), *measure_swing(slow)}
    assert {"tempo_ratio", "pelvis_turn_top_rad", "head_speed_mps", "time_scale", "attack_angle_rad"} <= named
    assert named <= set(measure_table())
    for parts in ((found, swing.body, club), (found, swing.body, None), (found, None, None), (slow, swing.body, club)):
        both = measured_swing(*parts)
        assert not set(both.measures) & set(both.missing)
        assert set(both.measures) | set(both.missing) | {"time_scale"} >= set(measure_table())
        assert all((why and why[0].islower()) or why.startswith("P") for why in both.missing.values())


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
