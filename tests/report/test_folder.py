"""The folder that a golfer gets: opened by a phone's browser from the disk, complete, and nothing from elsewhere."""

import base64
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.report.browser import opened
from tests.stage.annotation_kit import make
from twinswing.cli.main import main
from twinswing.report import film_swing
from twinswing.report.html_notes import drill_of
from twinswing.report.html_report import report_html
from twinswing.report.notes import load_notes
from twinswing.resources import bundled_recording
from twinswing.review.document import ReviewDocument
from twinswing.review.model import OnVideo
from twinswing.review.storage import save_document
from twinswing.review.voice import encode_voice
from twinswing.stage.face_cover import face_cover
from twinswing.swing.session_io import load_session

HOSTILE = "</script><script>alert(1)</script><img src=https://example.org/x onerror=alert(2)><!--<script>"


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("folder") / "swing.mcap"
    shutil.copy(bundled_recording("driver-face-on.mcap"), path)
    events = load_session(path).events
    t = np.arange(16_000) / 16_000
    voice = encode_voice((0.4 * np.sin(2 * np.pi * 300 * t)).astype(np.float32), 16_000)
    document = ReviewDocument()
    document.add(make("voice", at_s=events["top"].t_s, media=replace(voice.media, spoken="Stay tall"), text="Posture"))
    document.add(make("circle", at_s=events["impact"].t_s, anchor=OnVideo(), points=((0.5, 0.3), (0.6, 0.3))))
    document.add(make("drill", at_s=events["finish"].t_s, text="Turn against the  WALL"))
    document.add(make("text", at_s=events["impact"].t_s, text=HOSTILE))
    document.add(make("rating", at_s=events["finish"].t_s, rating=4))
    save_document(path, document, {voice.media.sha256: voice.data})
    return path


@pytest.fixture(scope="module")
def folder(recording: Path, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("sent") / "for you"
    asked = ["send", str(recording), "-o", str(out), "--size", "120x120", "--fps", "2", "--speed", "1", "--blur-face"]
    assert main(asked) == 0
    return out


def test_a_phone_plays_it_from_the_disk(folder: Path, tmp_path) -> None:
    with opened(folder / "index.html", tmp_path) as page:
        length = page.ask(
            "new Promise(done => { const v = document.querySelector('video');"
            "const tell = () => done(v.duration);"
            "v.readyState ? tell() : v.addEventListener('loadedmetadata', tell); })"
        )
        with av.open(str(folder / "film.mp4")) as film:
            assert length == pytest.approx(film.duration / av.time_base, abs=0.5)
        # A touch on a chapter goes there, and what is said then is written under the film.
        page.ask("document.querySelector('video').muted = true; document.querySelectorAll('[data-s]')[1].click()")
        said = page.ask(
            "new Promise(done => { const v = document.querySelector('video');"
            "v.addEventListener('timeupdate', () => { const s = document.querySelector('.subtitle').textContent;"
            "if (s) done([s, v.currentTime, document.querySelector('[aria-current=true]').textContent]); }); })"
        )
        assert "Posture" in said[0]
        assert float(page.ask("+document.querySelectorAll('[data-s]')[1].dataset.s")) <= said[1]
        assert "Posture" in said[2]
        # Nothing is wider than the phone, and what is touched is large enough for a finger (WCAG 2.2: 24 px; here 44).
        assert page.ask("document.documentElement.scrollWidth") <= 390
        assert page.ask("Math.min(...[...document.querySelectorAll('[data-s]')].map(b => b.offsetHeight))") >= 44
        assert page.ask("document.querySelector('.beside').hidden") is True
        voices = page.ask(
            "Promise.all([...document.querySelectorAll('audio')].map(a => new Promise(done => { a.load();"
            "a.addEventListener('loadedmetadata', () => done(a.duration));"
            "a.addEventListener('error', () => done(-1)); })))"
        )
        assert voices == [pytest.approx(1.0, abs=0.1)]
        assert page.complaints == []


def test_where_the_film_is_missing_the_page_says_where_it_is(folder: Path, tmp_path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(folder / "index.html", alone)
    with opened(alone / "index.html", tmp_path / "profile") as page:
        shown = page.ask(
            "new Promise(done => { const look = () => document.querySelector('.beside').hidden ?"
            "setTimeout(look, 20) : done(document.querySelector('.beside').innerText); look(); })"
        )
        assert "film.mp4" in shown


def test_the_folder_is_whole_and_asks_for_nothing_from_elsewhere(folder: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == ["film.mp4", "film.vtt", "index.html", "report.html"]
    for name in ("index.html", "report.html"):
        page = (folder / name).read_text("utf-8")
        loaded = re.findall(r'(?:src|href|poster)="([^"]*)"', page)
        assert loaded
        assert all(re.match(r"data:(image|audio)/|film\.mp4$|report\.html$|#", link) for link in loaded), loaded
        assert "<img src=https" not in page
        assert "<!--" not in page
        assert page.count("<script") == (2 if name == "index.html" else 0)
        assert "viewport" in page
    index = (folder / "index.html").read_text("utf-8")
    assert "The hip may brush back along the wall" in index  # the drill, as the program knows it
    assert "★★★★☆" in index
    assert "Stay tall" in index
    assert index.count("<img ") == 5


def test_the_original_video_is_not_in_it_and_no_face_is(folder: Path, recording: Path) -> None:
    total = sum(p.stat().st_size for p in folder.iterdir())
    session = load_session(recording)
    cover = face_cover(session)
    report = (folder / "report.html").read_text("utf-8")
    plain = report_html(session, notes=load_notes(recording))
    pictures = [pictures_in(page) for page in (report, plain)]
    # With and without: of the same pictures only those of the video differ, and only about the head.
    assert len(pictures[0]) == len(pictures[1])
    changed = 0
    for covered, open_face in zip(*pictures, strict=True):
        difference = cv2.absdiff(covered, open_face).max(2) > 40
        changed += bool(difference.any())
        assert difference.mean() < 0.2
    assert changed >= 8  # of eight events and the circle on the video
    assert cover.circles(session.events["top"].t_s).shape[1] == 3
    assert total < 8e6


def pictures_in(page: str) -> list[np.ndarray]:
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', page)
    return [cv2.imdecode(np.frombuffer(base64.b64decode(code), np.uint8), cv2.IMREAD_COLOR) for code in found]


def test_a_folder_with_something_in_it_is_left_alone(recording: Path, tmp_path, capsys) -> None:
    out = tmp_path / "full"
    out.mkdir()
    (out / "mine.txt").write_text("keep")
    assert main(["send", str(recording), "-o", str(out)]) == 3
    assert "an empty one" in capsys.readouterr().err
    assert main(["send", str(recording), "-o", str(tmp_path / "no" / "where")]) == 3
    assert [p.name for p in out.iterdir()] == ["mine.txt"]


def test_what_cannot_be_shown_leaves_no_folder(recording: Path, tmp_path) -> None:
    assert main(["send", str(recording), "-o", str(tmp_path / "x"), "--view", "from the moon"]) == 3
    assert list(tmp_path.iterdir()) == []


def test_without_annotations_nothing_of_them_leaves(recording: Path, tmp_path) -> None:
    out = tmp_path / "page.html"
    assert main(["report", str(recording), "-o", str(out), "--no-annotations"]) == 0
    page = out.read_text("utf-8")
    assert "Posture" not in page
    assert "<audio" not in page


def test_a_drill_is_known_by_its_name_alone() -> None:
    found = drill_of(make("drill", text="turn against the wall"))
    assert found is not None
    assert drill_of(make("drill", text="some other drill")) is None
    assert drill_of(make("text", text="turn against the wall")) is None


def test_what_was_said_is_exported_for_other_programs(recording: Path, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    for to, expected in (("vtt", "WEBVTT"), ("notes-csv", "id,kind,author"), ("foxglove-events", "[")):
        assert main(["export", str(recording), "--to", to, "-o", str(out)]) == 0
        text = out.read_text("utf-8")
        assert text.startswith(expected)
        assert "Posture" in text
    assert len(json.loads(text)) == 5
    assert main(["export", str(recording), "--to", "vtt", "--rate", "5", "-o", str(out)]) == 3
    bare = bundled_recording("iron-down-the-line.mcap")
    assert main(["export", str(bare), "--to", "vtt", "-o", str(out)]) == 3
    assert "none in" in capsys.readouterr().err


def test_no_report_reads_a_video_but_through_the_cover() -> None:
    """A face leaves by whatever opens the video itself."""
    for path in (Path(film_swing.__file__).parent).glob("*.py"):
        text = path.read_text("utf-8")
        assert not re.search(r"\b(open_video|VideoSource)\b", text), path.name


def test_a_plants_folder_is_of_the_plant(tmp_path) -> None:
    path, out = tmp_path / "plant.mcap", tmp_path / "sent"
    shutil.copy(bundled_recording("club-works-shift.mcap"), path)
    document = ReviewDocument()
    document.add(make("text", at_s=3600.0, text="Ask the night shift"))
    save_document(path, document)
    asked = ["send", str(path), "-o", str(out), "--size", "96x64", "--fps", "1", "--speed", "3600", "--blur-face"]
    assert main(asked) == 0
    page = (out / "index.html").read_text("utf-8")
    assert "Club works" in page
    assert "Ask the night shift" in page
    assert "1:00:00 into the recording" in page
    assert "46 units" in (out / "report.html").read_text("utf-8")
