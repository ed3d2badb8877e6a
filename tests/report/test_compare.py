"""Two swings beside each other: the table, the page, the sheet and the video."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.report.test_html_report import Page, assert_alone
from twinswing.errors import InputError
from twinswing.report.compare_html import comparison_html
from twinswing.report.compare_render import sheet, write_side_by_side
from twinswing.report.compare_text import text_of
from twinswing.report.html_pictures import camera_for_both
from twinswing.swing.compare import compare
from twinswing.swing.model import Event, Measure, SwingSession


@pytest.fixture(scope="module")
def slower(session: SwingSession) -> SwingSession:
    """The same swing, filmed half a second later, 1.5 times as long, and with other numbers."""
    body, club = session.body, session.club
    assert body is not None
    assert club is not None
    return replace(
        session,
        body=replace(body, t_s=0.5 + 1.5 * body.t_s),
        club=replace(club, t_s=0.5 + 1.5 * club.t_s),
        events={n: Event(round(90 * e.t_s), 0.5 + 1.5 * e.t_s, 1.0) for n, e in session.events.items()},
        measures={**session.measures, "head_speed_mps": Measure(30.0, "m/s", 1.0, "club+video"),
                  "club_turn_peak_radps": Measure(30.0, "rad/s", 0.6, "club+video")},
    )  # fmt: skip


def test_the_table_says_what_differs_and_what_does_not(session: SwingSession, slower: SwingSession) -> None:
    lines = text_of(session, slower, compare(session, slower)).splitlines()
    (head,) = [line for line in lines if line.startswith("Head speed")]
    assert head.endswith("  differs")
    assert "-17.9 mph ± 3.0" in head
    (tempo,) = [line for line in lines if line.startswith("Tempo")]
    assert tempo.endswith("  cannot be told apart")
    assert "Only B has: shaft turn, peak." in lines


def test_swings_with_nothing_in_common_are_said_to_have_nothing() -> None:
    text = text_of(SwingSession(), SwingSession(), compare(SwingSession(), SwingSession()))
    assert "no phase and no measure in common" in text


def test_the_page_is_whole_and_alone(session: SwingSession, slower: SwingSession) -> None:
    text = comparison_html(session, slower, compare(session, slower))
    page = Page(text)
    assert_alone(text)
    assert [image["alt"] for image in page.images][:3] == ["Address of A", "Address of B", "Toe-up of A"]
    assert len(page.images) == 16
    assert "-17.9 mph ± 3.0 differs" in page.text
    assert "B club head" in page.text


def test_the_sheet_has_a_row_for_each_swing_and_events_meet(session: SwingSession, slower: SwingSession) -> None:
    picture = sheet(session, slower, compare(session, slower))
    top, bottom = np.vsplit(picture, 2)
    assert picture.shape[1] > 4 * picture.shape[0] / 2
    # It is the same swing at another pace: at the events both rows show the same, and not at other events. The golfer
    # is compared, the bars above are not; the grass is drawn alike.
    bar = 40
    cells = np.linspace(0, picture.shape[1], 9).astype(int)
    for left, right in pairwise(cells):
        same = np.abs(top[bar:, left:right].astype(int) - bottom[bar:, left:right]).mean()
        assert same < 1.5
    other = np.abs(top[bar:, : cells[1]].astype(int) - bottom[bar:, cells[3] : cells[3] + cells[1]]).mean()
    assert other > 3.0


def test_the_video_holds_both_swings_on_the_firsts_timeline(
    session: SwingSession, slower: SwingSession, tmp_path: Path
) -> None:
    path = tmp_path / "both.mp4"
    write_side_by_side(session, slower, compare(session, slower), path, speed=8.0)
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    span = session.body.t_s[-1] - session.body.t_s[0]
    assert 5 <= len(frames) <= 30.0 * span / 8.0 + 1
    for frame in frames:
        left, right = np.hsplit(frame[40:].astype(int), 2)
        assert np.abs(left - right).mean() < 4.0  # one swing at two paces: stretched, they go together
    assert np.abs(frames[0].astype(int) - frames[len(frames) // 2]).mean() > 0.5


def test_what_cannot_be_drawn_is_one_sentence(session: SwingSession, tmp_path: Path) -> None:
    still = SwingSession(events=session.events)
    with pytest.raises(InputError, match="found neither in B"):
        sheet(session, still, compare(session, still))
    unmarked = replace(session, events={})
    with pytest.raises(InputError, match="events in common"):
        sheet(session, unmarked, compare(session, unmarked))
    with pytest.raises(InputError, match="gone"):
        write_side_by_side(session, session, compare(session, session), tmp_path / "gone" / "x.mp4", speed=8.0)


def test_one_camera_sees_both(session: SwingSession) -> None:
    moved = np.array([0.6, 0.0, 0.0])
    aside = replace(
        session,
        body=replace(session.body, joints_m=session.body.joints_m + moved),
        club=replace(session.club, head_m=session.club.head_m + moved, butt_m=session.club.butt_m + moved),
    )
    for view in ("face-on", "down-the-line"):
        camera = camera_for_both(session, aside, (300, 400), view)
        for swing in (session, aside):
            pixels = camera.project(np.concatenate([swing.body.joints_m.reshape(-1, 3), swing.club.head_m]))
            assert (pixels > 0.0).all()
            assert (pixels < [300, 400]).all()


def test_a_sheet_is_written_as_a_picture(session: SwingSession, tmp_path: Path) -> None:
    from twinswing.report.compare_render import write_sheet

    few = replace(session, events={n: session.events[n] for n in ("top", "impact")})
    write_sheet(few, few, compare(few, few), tmp_path / "sheet.png")
    assert cv2.imread(str(tmp_path / "sheet.png")).shape[1] == 604


def test_each_measure_is_told_in_its_own_unit_and_what_differs_comes_first(session: SwingSession) -> None:
    """A ball's height in yards as everywhere else, not as a body's in centimetres; the surest difference on top."""
    a = replace(session, measures={"head_speed_mps": Measure(45.0, "m/s", 1.0, "club"),
                                   "apex_m": Measure(27.432, "m", 1.0, "club")})  # fmt: skip
    b = replace(a, measures={"head_speed_mps": Measure(45.5, "m/s", 1.0, "club"),
                             "apex_m": Measure(18.288, "m", 1.0, "club")})  # fmt: skip
    lines = text_of(a, b, compare(a, b)).splitlines()
    (height,) = [line for line in lines if line.startswith("Height")]
    assert "30 yd" in height
    assert "-10 yd" in height
    order = [line.split("  ")[0] for line in lines]
    assert order.index("Height") < order.index("Head speed at impact")
