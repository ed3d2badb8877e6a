"""The report's coaching: what to work at with numbers and drill, the twelve faults, ranges, and what cannot be told."""

from dataclasses import replace

import pytest

from tests.report.test_html_report import Page, assert_alone
from twinswing.report.html_report import report_html
from twinswing.swing.coaching import Earlier
from twinswing.swing.faults import fault_rules
from twinswing.swing.measures import measured_session
from twinswing.swing.model import SwingSession
from twinswing.truth.build import make_swing
from twinswing.truth.golfer import tour_golfer
from twinswing.truth.session import session_of


@pytest.fixture(scope="module")
def swaying() -> SwingSession:
    return session_of(make_swing(tour_golfer("iron", faults={"sway": 1.0, "chicken_wing": 1.0})))


@pytest.fixture(scope="module")
def page(swaying: SwingSession) -> Page:
    text = report_html(swaying, pictures=False)
    assert_alone(text)
    return Page(text)


def test_advice_is_numbered_and_says_why_with_the_golfers_numbers_and_a_drill(page: Page) -> None:
    text = page.text
    assert "What to work at" in text
    assert "Work at these 2, in this order." in text
    assert "Your pelvis moves off the ball: halfway back 8 ± 0 cm away from the target" in text
    assert text.index("Sway at P3") < text.index("Chicken wing at P8")
    assert "Drill: Turn against the wall." in text
    assert "Drill: Keep the glove." in text
    assert "Feel:" in text


def test_every_fault_has_its_verdict_and_reason(page: Page) -> None:
    for fault in fault_rules().values():
        assert fault.label in page.text
        assert fault.definition in page.text
    assert "● likely" in page.text
    assert "○ not seen" in page.text
    assert "these are ours" in page.text


def test_measures_stand_beside_what_they_are_held_against(page: Page) -> None:
    assert "tour 2000 to 2498 °/s" in page.text
    assert "TrackMan tour averages, 7 iron -4.3 deg" in page.text
    for number in ("P1", "P4", "P6", "P7", "P10"):
        assert number in page.text
    assert "36° lead side lower" in page.text


def test_earlier_swings_give_progress_and_an_own_range(swaying: SwingSession) -> None:
    now = measured_session(swaying).measures
    sway = replace(now["pelvis_sway_top_m"], sigma=0.005)
    earlier = [Earlier(1.7e9 + k, {"pelvis_sway_top_m": replace(sway, value=-0.12 - 0.001 * k)}) for k in range(5)]
    text = Page(report_html(swaying, pictures=False, earlier=earlier)).text
    assert "Since then: Pelvis sway, top (P4): +6 cm" in text
    assert "against 5 earlier swings, better." in text


def test_what_a_recording_cannot_tell_is_said_with_its_reason(swaying: SwingSession) -> None:
    text = Page(report_html(replace(swaying, club=None), pictures=False)).text
    assert "What this recording cannot tell:" in text
    assert "No club sensor was recorded:" in text
    assert "◌ cannot be told" in text
    assert "Club's peak before impact: no club sensor was recorded" in text
    thin = Page(report_html(replace(swaying, body=None), pictures=False)).text
    assert "No body was found:" in thin
    assert "cannot be told from this recording" in thin
