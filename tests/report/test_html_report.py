"""The page: whole, alone, well formed, readable without its pictures, and never surer than the session."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from twinswing.errors import InputError
from twinswing.report.html_plots import Curve, plot
from twinswing.report.html_report import downswing_peaks, report_html, write_report
from twinswing.swing.model import EVENT_NAMES, Measure, SwingSession
from twinswing.swing.positions import POSITIONS

_VOID = {"meta", "img", "br", "line", "polyline", "polygon"}


class Page(HTMLParser):
    """Reads a page strictly: every element is closed in order, and nothing points outside."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        values = dict(attrs)
        assert len(values) == len(attrs)
        for name, value in attrs:
            assert not name.startswith("on")
            if name in {"src", "href", "data", "srcset", "action"}:
                assert value is not None
                assert value.startswith("data:image/")
        if tag == "img":
            self.images.append(values)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"style", "title"}:
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(word for word in self.words if word)


def assert_alone(text: str) -> None:
    """Nothing is fetched: no address, no import, no script, no font, no frame."""
    text = re.sub(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", "", text)
    assert re.search(r"(?i)https?:|//[a-z]|@import|url\(|<script|<iframe|<link|<object|<base", text) is None
    assert "default-src 'none'" in text


@pytest.fixture(scope="module")
def drawn(session: SwingSession) -> str:
    return report_html(session)


def test_the_page_is_well_formed_and_loads_nothing(drawn: str) -> None:
    page = Page(drawn)
    assert_alone(drawn)
    assert "script" not in page.tags
    assert 'lang="en"' in drawn
    assert 'name="viewport"' in drawn
    assert "prefers-color-scheme:dark" in drawn
    assert "@media print" in drawn


def test_all_ten_positions_are_pictured_and_described(drawn: str) -> None:
    page = Page(drawn)
    assert len(page.images) == 10
    pictures = []
    for image, (name, number) in zip(page.images, POSITIONS.items(), strict=True):
        assert image["alt"] is not None
        assert image["alt"].startswith(f"{number} ·")
        if name in EVENT_NAMES:
            assert name.split("_")[-1] in image["alt"].lower().replace("-", "_")
        data = base64.b64decode((image["src"] or "").split(",")[1], validate=True)
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape[:2] == (int(image["height"] or 0), int(image["width"] or 0))
        assert picture.std() > 10.0
        pictures.append(picture.astype(int))
    assert all(np.abs(a - b).mean() > 0.5 for a, b in pairwise(pictures))


def test_every_measure_stands_with_its_uncertainty_and_source(drawn: str) -> None:
    text = Page(drawn).text
    for words in ("Tempo 3.1 : 1 ± 0.2 club+video", "Head speed at impact 85.0 mph ± 2.0 club+video",
                  "Thorax turn, top (P4) 80° ± 32 video"):  # fmt: skip
        assert words in text
    assert "estimated from one camera" in text


def test_what_a_recording_says_cannot_become_markup(session: SwingSession) -> None:
    hostile = '<img src="http://x.test/a.png" onerror=alert(1)>'
    named = replace(
        session, path=None, warnings=(hostile,), club=None,
        measures={hostile: Measure(1.0, hostile, 0.1, hostile)},
    )  # fmt: skip
    text = report_html(named, pictures=False)
    page = Page(text)
    assert page.images == []
    assert page.text.count("onerror") >= 3


def test_a_warning_is_seen(drawn: str) -> None:
    assert "3 frames <were> bridged & marked." in Page(drawn).text


def test_without_a_club_speed_is_not_shown_as_sensed(session: SwingSession) -> None:
    page = Page(report_html(replace(session, club=None), pictures=False))
    assert "no club sensor" in page.text
    assert "Order of the downswing" not in page.text
    assert "club head" not in page.text


def test_slow_motion_has_no_speeds(session: SwingSession) -> None:
    slow = replace(session, measures={"time_scale": Measure(8.0, "1", 1.4, "video")})
    page = Page(report_html(slow, pictures=False))
    assert "no true speeds" in page.text
    assert "mph" not in page.text
    assert "Order of the downswing" not in page.text


def test_a_swing_with_nothing_found_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected an analysed swing"):
        write_report(SwingSession(), tmp_path / "none.html")
    assert not (tmp_path / "none.html").exists()


def test_measures_alone_make_a_page(session: SwingSession) -> None:
    page = Page(report_html(SwingSession(measures=session.measures), pictures=True))
    assert "No event was found" in page.text


def test_a_place_that_cannot_be_written_is_named(session: SwingSession, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gone"):
        write_report(session, tmp_path / "gone" / "x.html", pictures=False)


def test_the_order_of_the_downswing_is_that_of_the_exact_swing(exact: SwingSession) -> None:
    """The exact swing is built with the pelvis first and the club last."""
    sensed = replace(exact, club=replace(exact.club, source="club+video"))
    peaks = downswing_peaks(sensed)
    assert [p.name for p in peaks][-1] == "club"
    assert [p.name for p in peaks].index("pelvis") < [p.name for p in peaks].index("lead arm")
    assert all(exact.events["top"].t_s <= p.t_s <= exact.events["impact"].t_s for p in peaks)
    guessed = replace(exact, club=replace(exact.club, source="video"))
    assert downswing_peaks(guessed) == []


def test_a_curve_is_where_its_numbers_are() -> None:
    t = np.linspace(0.0, 2.0, 5000)
    value = np.where(np.abs(t - 1.0) < 3e-4, 80.0, 10.0)  # one short peak among many samples
    svg = plot("A <title>", "mph", [Curve("x", t, value, "club")], [(1.0, "Impact")], (0.0, 2.0), 1.0)
    (line,) = re.findall(r'<polyline[^>]*points="([^"]*)"', svg)
    points = np.array([[float(n) for n in pair.split(",")] for pair in line.split()])
    assert len(points) <= 720
    ticks = [(float(y), float(v)) for y, v in re.findall(r'y="([\d.]+)" text-anchor="end">([\d.]+)<', svg)]
    slope, offset = np.polyfit([y for y, _ in ticks], [v for _, v in ticks], 1)
    assert slope * points[:, 1].min() + offset == pytest.approx(80.0, abs=2.0)  # the tick's text is 4 px low
    top = points[np.argmin(points[:, 1]), 0]
    (mark,) = re.findall(r'<line class="event" x1="([\d.]+)"', svg)
    assert top == pytest.approx(float(mark), abs=1.5)
    Page(svg)
