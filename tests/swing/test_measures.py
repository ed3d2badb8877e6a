"""Measures against exact swings: within what they say of themselves, and absent where nothing can be said."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twinswing.swing.events import find_events
from twinswing.swing.events_club import refine_events
from twinswing.swing.measures import measure_swing

_spec = importlib.util.spec_from_file_location("swing_synth", Path(__file__).with_name("synth.py"))
assert _spec is not None
assert _spec.loader is not None
synth = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(synth)


def _with_club(seed: int, view: str, handed: str = "right"):
    """Events of a 30 per second clip, then refined by the exact club as its sensor would show it."""
    s = synth.swing(seed, handed)
    pose, _ = synth.filmed(s, view=view, seed=seed)
    club = replace(s.club, source="club+video")
    plain = find_events(pose)
    return s, plain, refine_events(plain, club, clock_sigma_s=0.002, shock_s=s.events_s["impact"]), club


@pytest.mark.parametrize("view", ["face-on", "down-the-line", "oblique"])
@pytest.mark.parametrize("handed", ["right", "left"])
def test_the_club_puts_its_events_to_the_hundredth(view: str, handed: str) -> None:
    for seed in (1, 2):
        s, _, swing, _ = _with_club(seed, view, handed)
        for name in ("toe_up", "top", "impact", "mid_follow_through"):
            assert abs(swing.events[name].t_s - s.events_s[name]) < 0.012, name
            # The frame is the one shown nearest to that time.
            nearest = int(np.argmin(np.abs(swing.signals.t_s - swing.events[name].t_s)))
            assert swing.events[name].frame == nearest


def test_the_club_finds_address_better_than_landmarks_do() -> None:
    plain_off, club_off = [], []
    for seed in range(6):
        s, plain, swing, _ = _with_club(seed, "face-on")
        plain_off.append(abs(plain.events["address"].t_s - s.events_s["address"]))
        club_off.append(abs(swing.events["address"].t_s - s.events_s["address"]))
    assert np.median(club_off) < 0.05
    assert np.median(club_off) < np.median(plain_off)


def test_a_club_that_was_only_guessed_changes_no_event() -> None:
    s, plain, _, _ = _with_club(1, "face-on")
    guessed = replace(s.club, source="video")
    assert refine_events(plain, guessed, clock_sigma_s=0.0, shock_s=0.5).events == plain.events


def test_a_shock_outside_the_clip_is_no_impact_in_it() -> None:
    _, plain, _, club = _with_club(1, "face-on")
    t = plain.signals.t_s
    refined = refine_events(plain, club, clock_sigma_s=0.0, shock_s=float(t[-1]) + 1.0)
    assert refined.events["impact"] == plain.events["impact"]


def test_tempo_with_the_club_is_true_within_its_sigma() -> None:
    off = []
    for seed in range(6):
        for view in ("face-on", "down-the-line"):
            s, _, swing, club = _with_club(seed, view)
            e = s.events_s
            measures = measure_swing(swing, None, club)
            down = measures["downswing_s"]
            assert abs(down.value - (e["impact"] - e["top"])) < max(3.0 * down.sigma, 0.01)
            ratio = measures["tempo_ratio"]
            off.append((ratio.value - (e["top"] - e["address"]) / (e["impact"] - e["top"])) / ratio.sigma)
    # A sigma that is true holds about two thirds; what can't pass is one that is far too small.
    assert np.mean(np.abs(off) < 2.0) >= 0.75


def test_head_speed_of_a_measured_club_is_that_before_the_ball() -> None:
    for seed in (1, 2, 3):
        s, _, swing, club = _with_club(seed, "face-on")
        head = measure_swing(swing, None, club)["head_speed_mps"]
        assert head.source == "club+video"
        assert head.value == pytest.approx(s.delivery.head_speed_mps, rel=0.03)


def test_a_measured_club_turns_as_fast_as_it_did() -> None:
    s, _, swing, club = _with_club(1, "face-on")
    shaft = s.club_at(s.t_s)[1][..., 2]
    true = np.linalg.norm(np.gradient(shaft, s.t_s, axis=0), axis=1)
    down = (s.t_s > s.events_s["top"]) & (s.t_s < s.events_s["impact"])
    turn = measure_swing(swing, None, club)["club_turn_peak_radps"]
    assert turn.value == pytest.approx(true[down].max(), rel=0.02)
    assert "club_turn_peak_radps" not in measure_swing(swing, s.body, replace(club, source="video"))


@pytest.mark.parametrize("view", ["face-on", "down-the-line", "oblique"])
def test_speeds_from_an_exact_body_are_within_two_sigma(view: str) -> None:
    for seed in (1, 2, 3):
        s = synth.swing(seed)
        pose, _ = synth.filmed(s, view=view, rate_hz=60.0, seed=seed)
        measures = measure_swing(find_events(pose), s.body, None)
        head = measures["head_speed_mps"]
        assert abs(head.value - s.delivery.head_speed_mps) < 2.0 * head.sigma
        assert head.sigma > 0.15 * head.value
        assert "hands" in head.source


def test_turns_are_positive_away_from_the_target_for_either_side() -> None:
    for handed in ("right", "left"):
        s = synth.swing(2, handed)
        pose, _ = synth.filmed(s, rate_hz=60.0)
        measures = measure_swing(find_events(pose), s.body, None)
        thorax = measures["thorax_turn_top_rad"]
        true = abs(s.golfer.thorax_top_rad)
        assert thorax.value == pytest.approx(true, abs=0.35)  # by the shoulders' line, which the arms pull along
        assert measures["pelvis_turn_impact_rad"].value < 0.0


def test_slow_motion_gives_no_seconds_and_no_speeds() -> None:
    s = synth.swing(1)
    pose, _ = synth.filmed(s, rate_hz=30.0, slower=8.0)
    swing = find_events(pose)
    measures = measure_swing(swing, s.body, s.club)
    assert not [name for name in measures if name.endswith(("_s", "_mps"))]
    assert measures["tempo_ratio"].value > 1.5
    scale = measures["time_scale"]
    assert abs(scale.value - 8.0) < 3.0 * scale.sigma
    assert "assumed" in scale.source


def test_what_needs_an_event_outside_the_clip_is_left_out() -> None:
    s = synth.swing(1)
    pose, _ = synth.filmed(s, rate_hz=60.0, start_s=s.events_s["top"] + 0.06)
    measures = measure_swing(find_events(pose), None, None)
    assert "tempo_ratio" not in measures
    assert "backswing_s" not in measures
    for measure in measures.values():
        assert measure.sigma > 0.0
