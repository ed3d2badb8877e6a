"""Films that other programs play: the codecs a phone takes, voices where they belong, faces covered, nothing half."""

import hashlib
import io
import json
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.stage.annotation_kit import make
from twinswing.cli.main import main
from twinswing.errors import InputError
from twinswing.report.film_file import RATE_HZ, Cue, FilmFile, mixed, voice_for_phones
from twinswing.report.film_plan import FilmSettings
from twinswing.report.film_swing import FilmLook, film_size, film_swing, numbers_at, plan_swing
from twinswing.report.notes import Notes, load_notes
from twinswing.resources import bundled_recording
from twinswing.review.document import ReviewDocument
from twinswing.review.model import Media, OnMachine, OnVideo, Span
from twinswing.review.storage import save_document
from twinswing.review.voice import VoiceNote, encode_voice
from twinswing.stage.face_cover import picture_at
from twinswing.swing.session_io import load_session

TONE_HZ, SECONDS = 440.0, 1.2
SIZE = (160, 90)


@pytest.fixture(scope="module")
def spoken() -> VoiceNote:
    t = np.arange(round(SECONDS * 16_000)) / 16_000
    return encode_voice((0.5 * np.sin(2 * np.pi * TONE_HZ * t)).astype(np.float32), 16_000)


@pytest.fixture(scope="module")
def recording(tmp_path_factory, spoken: VoiceNote) -> Path:
    """The bundled swing as a coach left it: a voice at the top, a circle on the video, a note without a place."""
    path = tmp_path_factory.mktemp("film") / "swing.mcap"
    shutil.copy(bundled_recording("driver-face-on.mcap"), path)
    top, impact = (load_session(path).events[name].t_s for name in ("top", "impact"))
    document = ReviewDocument()
    document.add(make("voice", at_s=top, media=replace(spoken.media, spoken="Keep this arm straight")))
    circle = ((0.5, 0.5), (0.5, 0.6))
    document.add(make("circle", at_s=impact, anchor=OnVideo(), points=circle, colour="#00ff00"))
    document.add(make("text", at_s=impact, text="Hips lead"))
    save_document(path, document, {spoken.media.sha256: spoken.data})
    return path


def probe(path: Path) -> dict:
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is needed to look at the film from outside (apt install ffmpeg)")
    asked = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-show_chapters", "-of", "json", str(path)]
    return json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)


def sound_of(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        return np.concatenate([frame.to_ndarray().mean(0) for frame in file.decode(audio=0)])


def pictures_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


@pytest.fixture(scope="module")
def film(recording: Path, tmp_path_factory):
    """The film of the two remarks' surroundings alone, and its plan."""
    out = tmp_path_factory.mktemp("out") / "film.mp4"
    session = load_session(recording)
    span = (session.events["top"].t_s - 0.05, session.events["impact"].t_s + 0.02)
    plan = film_swing(
        session, out, look=FilmLook(size=SIZE, numbers=False), notes=load_notes(recording), part_s=span,
        settings=FilmSettings(fps=10.0, speed=1.0),
    )  # fmt: skip
    return out, plan


def test_a_phone_can_play_it(film) -> None:
    out, plan = film
    found = probe(out)
    video, sound, words = (
        next(s for s in found["streams"] if s["codec_type"] == kind) for kind in ("video", "audio", "subtitle")
    )
    assert (video["codec_name"], video["pix_fmt"], video["width"], video["height"]) == ("h264", "yuv420p", *SIZE)
    assert sound["codec_name"] == "aac"
    assert words["codec_name"] == "mov_text"
    assert int(video["nb_frames"]) == len(plan.t_s)
    assert float(found["format"]["duration"]) == pytest.approx(plan.duration_s, abs=0.15)
    # The index stands before the pictures, so that it plays while it is still being fetched.
    data = out.read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")
    assert [c["tags"]["title"] for c in found["chapters"]][-1] == "Hips lead"


def test_the_voice_is_heard_while_the_picture_stands_still(film) -> None:
    out, plan = film
    sound = sound_of(out)
    (remark,) = [r for stop in plan.stops for r in stop.remarks if r.speaks_s is not None]
    loud = np.abs(sound) > 0.1
    first, last = np.flatnonzero(loud)[[0, -1]] / RATE_HZ
    assert first == pytest.approx(remark.speaks_s, abs=0.06)
    assert last - first == pytest.approx(SECONDS, abs=0.08)
    inside = sound[round((first + 0.2) * RATE_HZ) : round((last - 0.2) * RATE_HZ)]
    peak = np.fft.rfftfreq(len(inside), 1 / RATE_HZ)[np.argmax(np.abs(np.fft.rfft(inside)))]
    assert peak == pytest.approx(TONE_HZ, abs=3.0)
    stop = plan.stops[0]
    assert stop.start_s <= first
    assert last <= stop.end_s
    # The golfer does not move meanwhile; only the voice's mark at the picture's foot does.
    pictures = pictures_of(out)
    still = [pictures[i] for i in np.flatnonzero(plan.stop_of == 0)]
    # Seen coarsely: a keyframe draws the same anew with other traces of its coding.
    upper = [cv2.blur(p[: SIZE[1] // 2], (7, 7)).astype(int) for p in (*still, pictures[-1])]
    moved = np.abs(upper[-1] - upper[0]).max()
    assert max(np.abs(p - upper[0]).max() for p in upper[:-1]) < 0.3 * moved


def test_the_subtitles_are_those_of_the_remarks(film) -> None:
    out, plan = film
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is needed to take the subtitles out (apt install ffmpeg)")
    asked = ["ffmpeg", "-v", "error", "-i", str(out), "-map", "0:s:0", "-f", "webvtt", "-"]
    text = subprocess.run(asked, capture_output=True, check=True, text=True).stdout
    assert "Coach: Keep this arm straight" in text
    assert "Coach: Hips lead" in text
    assert text.count("-->") == 2
    assert plan.stops


def test_what_was_drawn_on_the_video_is_seen_over_it_with_the_face_covered(recording: Path, tmp_path) -> None:
    session = load_session(recording)
    impact = session.events["impact"].t_s
    settings = FilmSettings(fps=5.0, speed=1.0, least_stop_s=1.2)
    pictures = {}
    for blur in (False, True):
        out = tmp_path / f"{blur}.mp4"
        look = FilmLook(view="video", size=(180, 320), numbers=False, captions=False, blur_face=blur)
        plan = film_swing(
            session, out, look=look, settings=settings, notes=load_notes(recording), part_s=(impact - 0.1, impact + 0.1)
        )
        pictures[blur] = pictures_of(out)
    at = int(np.flatnonzero(plan.stop_of >= 0)[-2])
    picture = pictures[True][at].astype(int)
    green = (picture[..., 1] - np.maximum(picture[..., 0], picture[..., 2])) > 60
    rows, columns = np.nonzero(green)
    # Radius 0.1 of the video's height about its middle, the video being 480 by 640 in 180 by 320: 240 high.
    radii = np.hypot(columns + 0.5 - 90, rows + 0.5 - 160)
    near = np.abs(radii - 24) < 5
    assert near.sum() > 40
    assert near.mean() > 0.8
    track = session.pose
    assert track is not None
    frame = int(np.searchsorted(track.t_s, impact))
    x, y = np.rint(track.point("nose")[frame] * 180 / track.width_px + [0, 40]).astype(int)
    head = (slice(y - 6, y + 7), slice(x - 6, x + 7))
    plain, covered = (pictures[b][0][head].astype(float) for b in (False, True))
    assert np.abs(plain - covered).mean() > 6.0


def test_the_numbers_in_the_corner_have_their_uncertainty(recording: Path) -> None:
    session = load_session(recording)
    from twinswing.report.film_swing import _speeds

    event, time, speeds = numbers_at(session, _speeds(session), session.events["impact"].t_s, 0.1)
    assert event == "Impact"
    assert time == "+0.00 s from impact · 0.1 × speed"
    measured = session.measures["head_speed_mps"]
    shown, spread = speeds.split(" · ")[0].removeprefix("Club head ").removesuffix(" mph").split(" ± ")
    assert float(shown) == pytest.approx(measured.value * 2.237, abs=0.2 * measured.value)
    assert float(spread) == pytest.approx(measured.sigma * 2.237, rel=0.3)
    slow = replace(session, measures={**session.measures, "time_scale": session.measures["tempo_ratio"]})
    assert numbers_at(slow, _speeds(slow), 3.0, 0.1)[2] == ""


def test_a_film_of_the_video_has_its_shape(recording: Path) -> None:
    session = load_session(recording)
    size = film_size(session, FilmLook(view="video"))
    assert session.video is not None
    assert size.width / size.height == pytest.approx(session.video.width_px / session.video.height_px, rel=0.01)
    assert max(size.width, size.height) == 1280
    odd = film_size(session, FilmLook(size=(641, 361)))
    assert (odd.width, odd.height) == (640, 360)


def test_a_remark_beside_the_swing_makes_the_film_longer(recording: Path) -> None:
    session = load_session(recording)
    early = make("text", at_s=session.span_s()[0] + 0.2, text="Before you even start")
    outside = make("text", ident="no", time=Span(-10_000_000_000, -9_000_000_000), text="years ago")
    plan = plan_swing(session, Notes((early, outside)))
    assert plan.t_s[0] <= session.span_s()[0] + 0.2
    assert [r.annotation.ident for stop in plan.stops for r in stop.remarks] == [early.ident]


def test_a_video_whose_camera_is_not_known_is_shown_alone(recording: Path, tmp_path) -> None:
    session = replace(load_session(recording), camera=None)
    top = session.events["top"].t_s
    shown = []
    for view in ("video", "golfer"):
        out = tmp_path / f"{view}.mp4"
        look = FilmLook(view=view, size=(90, 120), numbers=False)
        film_swing(session, out, look=look, part_s=(top, top + 0.05), settings=FilmSettings(fps=20.0, speed=1.0))
        shown.append(pictures_of(out)[0])
    frame = picture_at(session, top, blur_face=False)
    assert frame is not None
    plain = cv2.resize(frame, (90, 120), interpolation=cv2.INTER_AREA)
    assert np.abs(plain.astype(int) - shown[0]).mean() < 6
    assert np.abs(plain.astype(int) - shown[1]).mean() > 20
    with pytest.raises(InputError, match="needs a video"):
        film_swing(replace(session, video=None, path=None), tmp_path / "no.mp4", look=FilmLook(view="video"))


def test_a_voice_that_cannot_be_heard_keeps_nothing_else_back(recording: Path, tmp_path, capsys) -> None:
    path = tmp_path / "swing.mcap"
    shutil.copy(bundled_recording("driver-face-on.mcap"), path)
    junk = b"OggS" + bytes(500)
    media = Media(hashlib.sha256(junk).hexdigest(), len(junk), 1.0, (0.5,), "")
    top = load_session(path).events["top"].t_s
    document = ReviewDocument()
    document.add(make("voice", at_s=top, media=media, text="Listen"))
    save_document(path, document, {media.sha256: junk})
    notes = load_notes(path)
    assert notes.missing == {media.sha256}
    out = tmp_path / "film.mp4"
    assert main(["render", str(path), "-o", str(out), "--size", "64x64", "--fps", "2", "--speed", "4"]) == 0
    assert "cannot be heard" in capsys.readouterr().err
    assert all(s["codec_type"] != "audio" for s in probe(out)["streams"])


def test_voices_are_mixed_where_they_belong_and_never_clip(spoken: VoiceNote) -> None:
    voices = {"a": spoken.data}
    track = mixed(voices, [("a", 0.5), ("a", 0.6), ("gone", 0.0)], 3.0)
    assert track is not None
    sound = track.at(0, 10 * RATE_HZ)
    assert len(sound) == len(track) == 3 * RATE_HZ
    pieces = [track.at(start, 1000) for start in range(0, len(track), 1000)]
    np.testing.assert_array_equal(np.concatenate(pieces), sound)
    assert np.abs(sound).max() <= 1.0
    assert np.abs(sound[: round(0.45 * RATE_HZ)]).max() == 0.0
    assert mixed(voices, [("gone", 0.0)], 3.0) is None
    late = mixed(voices, [("a", 2.9)], 3.0)  # cut at the end
    assert late is not None
    assert len(late.at(round(2.95 * RATE_HZ), RATE_HZ)) == round(0.05 * RATE_HZ)
    assert np.abs(late.at(round(2.95 * RATE_HZ), RATE_HZ)).max() > 0.1


def test_a_voice_for_phones_is_the_same_sound(spoken: VoiceNote) -> None:
    with av.open(io.BytesIO(voice_for_phones(spoken.data))) as file:
        assert file.streams.audio[0].codec_context.name == "aac"
        sound = np.concatenate([frame.to_ndarray().mean(0) for frame in file.decode(audio=0)])
    assert len(sound) / RATE_HZ == pytest.approx(SECONDS, abs=0.1)
    assert np.abs(sound).max() == pytest.approx(0.5, abs=0.1)
    with pytest.raises(InputError):
        voice_for_phones(b"OggS but nothing more")


def test_a_film_that_fails_leaves_no_file(tmp_path) -> None:
    out = tmp_path / "half.mp4"
    with pytest.raises(ValueError, match="ndim"), FilmFile(out, (64, 64), 10.0) as film:
        film.add(np.zeros((64, 64), np.uint8))
    assert not out.exists()
    with pytest.raises(InputError, match="could not be written"):
        FilmFile(tmp_path / "no folder" / "film.mp4", (64, 64), 10.0)


def test_a_film_that_the_disk_has_no_room_for_leaves_no_file(tmp_path) -> None:
    resource = pytest.importorskip("resource", reason="only POSIX limits a file's size")
    out = tmp_path / "full.mp4"
    noise = np.random.default_rng(0).integers(0, 255, (6, 256, 256, 3), np.uint8)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))

    def write() -> None:
        with FilmFile(out, (256, 256), 10.0) as film:
            for picture in noise:  # fewer than the encoder keeps back: they are written as the film ends
                film.add(picture)

    try:
        with pytest.raises(InputError, match="could not be written"):
            write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not out.exists()


def test_subtitles_of_any_text_are_taken(tmp_path) -> None:
    out = tmp_path / "words.mp4"
    cues = [Cue(0.0, 0.5, "<b>Ä</b> \u65e5\u672c {\\an8}"), Cue(0.2, 0.9, "x" * 8000), Cue(0.95, 5.0, "beyond the end")]
    with FilmFile(out, (64, 64), 10.0, subtitles=cues, chapters=[Cue(0.0, 1.0, "\u65e5")]) as film:
        for _ in range(10):
            film.add(np.zeros((64, 64, 3), np.uint8))
    with av.open(str(out)) as file:
        assert [s.type for s in file.streams][:2] == ["video", "subtitle"]


def test_the_command_films_a_part_without_remarks(recording: Path, tmp_path, capsys) -> None:
    out, words = tmp_path / "film.mp4", tmp_path / "film.vtt"
    start = load_session(recording).events["top"].t_s
    asked = ["render", str(recording), "-o", str(out), "--size", "160x90", "--fps", "10", "--speed", "0.5",
             "--from", f"{start - 0.1:.3f}", "--to", f"{start + 0.1:.3f}", "--subtitles", str(words)]  # fmt: skip
    assert main(asked) == 0
    with_remarks = len(pictures_of(out))
    assert "Keep this arm straight" in words.read_text()
    assert main([*asked, "--no-annotations"]) == 0
    assert len(pictures_of(out)) == pytest.approx(0.2 / 0.5 * 10, abs=1.1)
    assert with_remarks > len(pictures_of(out)) + SECONDS * 10
    assert probe(out)["streams"][0]["codec_name"] == "h264"
    assert all(s["codec_type"] != "audio" for s in probe(out)["streams"])
    assert main([*asked, "--impact-speed", "0"]) == 3
    assert main(["render", str(recording), "-o", str(out), "--from", "99"]) == 3
    assert "--from" in capsys.readouterr().err


def test_a_plants_film_goes_up_to_the_machine_that_is_spoken_of(tmp_path) -> None:
    path, out = tmp_path / "plant.mcap", tmp_path / "plant.mp4"
    shutil.copy(bundled_recording("club-works-shift.mcap"), path)
    from twinswing.plant.recorded import RecordedHistory

    with RecordedHistory(path) as history:
        unit, start = history.plant.units[3].path, history.span_ns[0] * 1e-9
    document = ReviewDocument()
    document.add(make("text", at_s=start + 3600.0, anchor=OnMachine(unit), text="Oil this one", colour="#ff00ff"))
    save_document(path, document)
    asked = ["render", str(path), "-o", str(out), "--size", "160x90", "--fps", "4", "--speed", "600", "--no-numbers",
             "--from", str(start + 3000.0), "--to", str(start + 4200.0)]  # fmt: skip
    assert main(asked) == 0
    pictures = pictures_of(out)
    changes = [np.abs(a.astype(int) - b).mean() for a, b in pairwise(pictures)]
    # Into the stop and out of it the camera travels; the first pictures are all of the hall.
    assert max(changes) > 5 * max(changes[0], 0.2)
    middle = pictures[len(pictures) // 2]
    assert np.abs(middle.astype(int) - pictures[0]).mean() > 15
    assert cv2.absdiff(pictures[0], pictures[-1]).mean() < 12
