"""What a film shows when: slow around impact, standing still for remarks for as long as they take, no time lost."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stage.annotation_kit import NS, make, voice
from twinswing.errors import InputError
from twinswing.report.film import chapters_of, cues_of, subtitles_of
from twinswing.report.film_plan import FilmPlan, FilmSettings, plan_film
from twinswing.review.model import OnJoint, Span
from twinswing.stage.annotation_shapes import Around

SPAN = (1.0, 3.0)
FPS = 25.0


def plan(*annotations, impact_s: float | None = None, **settings) -> FilmPlan:
    return plan_film(SPAN, annotations, impact_s=impact_s, settings=FilmSettings(**{"fps": FPS, **settings}))


def test_without_remarks_time_runs_evenly_at_the_speed_asked_for() -> None:
    made = plan(speed=0.5)
    assert made.duration_s == pytest.approx(4.0, abs=1 / FPS)
    np.testing.assert_allclose(np.diff(made.t_s), 0.5 / FPS, rtol=1e-6)
    assert made.t_s[0] == SPAN[0]


def test_around_impact_it_runs_slow_and_smoothly() -> None:
    made = plan(speed=1.0, impact_speed=0.1, impact_s=2.0)
    rate = np.diff(made.t_s) * FPS
    at_impact = np.argmin(np.abs(made.t_s - 2.0))
    assert rate[at_impact] == pytest.approx(0.1, rel=0.02)
    assert rate[0] == pytest.approx(1.0, rel=1e-3)
    assert rate[-2] == pytest.approx(1.0, rel=1e-2)
    # Between one picture and the next the speed never jumps by more than a third of itself.
    assert (np.abs(np.diff(np.log(rate))) < 0.45).all()
    # Slow from half a downswing's last part to the ball's leaving, seconds of session.
    slow = made.t_s[:-1][rate < 0.11]
    assert slow.min() < 1.95
    assert slow.max() > 2.03


def test_the_picture_stands_still_for_as_long_as_the_voice_lasts() -> None:
    made = plan(make("voice", at_s=2.0, media=voice(3.2)))
    (stop,) = made.stops
    (remark,) = stop.remarks
    assert remark.speaks_s is not None
    assert stop.start_s <= remark.speaks_s
    assert remark.speaks_s + 3.2 <= stop.end_s
    still = made.stop_of == 0
    assert still.sum() / FPS == pytest.approx(stop.end_s - stop.start_s, abs=1.5 / FPS)
    np.testing.assert_array_equal(made.t_s[still], 2.0)
    assert (np.diff(made.t_s[~still]) > 0).all()
    # And nothing of the recording is skipped by it.
    assert np.diff(made.t_s).max() <= 0.25 / FPS * 1.001


def test_two_voices_at_one_moment_do_not_speak_at_once() -> None:
    made = plan(
        make("voice", ident="a", at_s=2.0, media=voice(2.0)), make("voice", ident="b", at_s=2.02, media=voice(1.5))
    )
    (stop,) = made.stops
    first, second = stop.remarks
    assert first.speaks_s is not None
    assert second.speaks_s is not None
    assert second.speaks_s >= first.speaks_s + 2.0
    assert second.speaks_s + 1.5 <= stop.end_s


def test_a_long_text_is_shown_longer_and_not_for_ever() -> None:
    lengths = []
    for text in ("No.", "Keep the weight on the inside of the trail foot until the hands pass the hips", "long " * 400):
        (stop,) = plan(make("text", at_s=2.0, text=text)).stops
        lengths.append(stop.end_s - stop.start_s)
    assert 1.5 < lengths[0] < lengths[1] < lengths[2] <= 8.1


def test_remarks_are_there_in_their_stop_and_gone_after_it() -> None:
    drawn = make("circle", ident="c", at_s=2.0, points=((0, 0, 0), (0, 0, 1)))
    pinned = make("line", ident="p", at_s=2.0, pins=("left_hip", "left_knee"))
    made = plan(drawn, pinned)
    (stop,) = made.stops
    frames = np.flatnonzero(made.stop_of == 0)
    assert not made.shown(int(frames[0]) - 1)
    assert {a.ident for a in made.shown(int(frames[-1]))} == {"c", "p"}
    second_later = int(frames[-1] + FPS)
    assert {a.ident for a in made.shown(second_later)} == {"p"}  # it follows the body, and is still right
    assert not made.shown(int(frames[-1] + 4 * FPS))
    growing = [made.grown(int(f)).get("c", 1.0) for f in frames[:10]]
    assert growing == sorted(growing)
    assert growing[0] < 0.1
    assert stop.end_s > stop.start_s


def test_a_span_is_seen_while_it_lasts_and_stops_nothing() -> None:
    made = plan(make("text", text="here", time=Span(round(1.5 * NS), 2 * NS)))
    assert not made.stops
    seen = np.array([bool(made.shown(i)) for i in range(len(made.t_s))])
    np.testing.assert_array_equal(seen, (made.t_s >= 1.5 - 1e-9) & (made.t_s <= 2.0 + 1e-9))


def test_a_pair_stops_the_film_at_both_moments() -> None:
    made = plan(make("pair", at_s=1.5, points=((0, 0, 0),), pair_ns=round(2.5 * NS)))
    assert [stop.t_s for stop in made.stops] == [1.5, 2.5]


def test_what_lies_outside_of_the_part_is_left_out() -> None:
    made = plan(make("tag", at_s=0.1, text="early", time=Span(0, NS // 2)), make("tag", at_s=9.0, text="late"))
    assert not made.stops
    assert not made.spans


def test_subtitles_and_chapters_are_on_the_films_clock() -> None:
    made = plan(
        make("voice", ident="v", at_s=1.5, media=voice(2.0), anchor=OnJoint("left_hand")),
        make("text", at_s=2.5, text="Hips first <then> hands"),
        make("freehand", at_s=2.7, points=((0, 0, 0), (1, 0, 0))),
    )
    cues = cues_of(made, Around())
    # A drawing without a word is no subtitle.
    assert [cue.text.splitlines()[0] for cue in cues] == [
        "Coach: keep the lead arm straight", "Coach: Hips first <then> hands"
    ]  # fmt: skip
    for cue, stop in zip(cues, made.stops[:2], strict=True):
        assert stop.start_s <= cue.start_s < cue.end_s <= stop.end_s + 1e-6
    assert [c.text for c in chapters_of(made)][:2] == ["Start", "keep the lead arm straight"]
    assert all(a.end_s == b.start_s for a, b in zip(chapters_of(made), chapters_of(made)[1:], strict=False))
    text = subtitles_of(made)
    assert text.startswith("WEBVTT")
    assert "&lt;then&gt;" in text
    assert text.count("-->") == 2


def test_settings_out_of_range_are_refused() -> None:
    for bad in ({"fps": 0.0}, {"speed": 0.0}, {"speed": 1e9}, {"impact_speed": 0.0}, {"speed": float("nan")}):
        with pytest.raises(InputError, match=r"--(fps|speed|impact-speed)"):
            FilmSettings(**bad)
    with pytest.raises(InputError, match="span"):
        plan_film((2.0, 2.0))
    with pytest.raises(InputError, match="minutes"):
        plan_film((0.0, 30_000.0))


@settings(deadline=None, max_examples=60)
@given(
    moments=st.lists(st.tuples(st.floats(0.0, 4.0), st.floats(0.0, 6.0), st.booleans()), max_size=12),
    speed=st.floats(0.05, 4.0),
    fps=st.sampled_from([5.0, 24.0, 59.94]),
)
def test_whatever_is_said_no_time_is_lost_or_shown_twice(moments, speed: float, fps: float) -> None:
    annotations = [
        make("voice", ident=f"a{i}", at_s=t, media=voice(length)) if spoken
        else make("text", ident=f"a{i}", at_s=t, text="x" * int(40 * length + 1))
        for i, (t, length, spoken) in enumerate(moments)
    ]  # fmt: skip
    made = plan_film(SPAN, annotations, impact_s=2.0, settings=FilmSettings(fps=fps, speed=speed))
    steps = np.diff(made.t_s)
    assert (steps >= -1e-9).all()
    # A picture of running time moves on by at most its share of the speed.
    assert steps.max(initial=0.0) <= speed / fps * 1.001
    assert made.t_s[0] == pytest.approx(SPAN[0])
    assert made.t_s[-1] >= SPAN[1] - 2.0 * speed / fps - 1e-6
    for a, b in pairwise(made.stops):
        assert a.end_s <= b.start_s + 1e-9
    heard = [r for stop in made.stops for r in stop.remarks if r.speaks_s is not None]
    for one, other in pairwise(heard):
        assert one.annotation.media is not None
        assert other.speaks_s >= one.speaks_s + one.annotation.media.duration_s - 1e-9
