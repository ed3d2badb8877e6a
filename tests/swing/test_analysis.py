"""From a clip to a recording, and what is left behind when it doesn't come to that."""

import importlib.util
import json
import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from twinswing.errors import InputError
from twinswing.recording.reader import RecordingReader
from twinswing.swing.analysis import Cancelled, analyze
from twinswing.swing.analysis_json import document
from twinswing.swing.model import EVENT_NAMES
from twinswing.swing.session_io import load_session, open_video

_spec = importlib.util.spec_from_file_location("swing_real", Path(__file__).with_name("real.py"))
assert _spec is not None
assert _spec.loader is not None
real = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(real)

CLIP = "down_the_line_160px.mp4"
CODED_AGAIN = "down_the_line_vfr.mp4"


@pytest.mark.slow
@pytest.mark.parametrize("name", [CLIP, CODED_AGAIN])
def test_a_real_clip_becomes_a_recording_that_holds_all_of_it(name: str, tmp_path: Path) -> None:
    clip, out = real.video(name), tmp_path / "a.mcap"
    said: list[tuple[str, float]] = []
    session = analyze(clip, out, progress=lambda stage, fraction: said.append((stage, fraction)))
    fractions = [f for _, f in said]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mcap"]

    again = load_session(out)
    assert document(again) == document(session)
    assert again.pose is not None
    assert again.body is not None
    assert again.pose.frames == len(again.body.t_s) == again.video.frames
    with RecordingReader(out) as reader:
        reader.extract(clip.name, tmp_path / "copy.mp4")
    assert (tmp_path / "copy.mp4").read_bytes() == clip.read_bytes()
    video = open_video(out)
    assert video is not None
    with closing(video):
        assert len(video) == again.pose.frames
        np.testing.assert_allclose(video.times_s, again.pose.t_s, atol=1e-6)
        assert video.frame_at(again.events["impact"].t_s) is not None


@pytest.mark.slow
def test_two_films_of_one_name_are_both_kept_and_waited_for(tmp_path: Path) -> None:
    """As phones name them; the second film is followed with progress, too."""
    clip, out = real.video(CLIP), tmp_path / "a.mcap"
    second = tmp_path / "other" / CLIP
    second.parent.mkdir()
    shutil.copy(clip, second)
    told: list[float] = []
    session = analyze(clip, out, second=second, progress=lambda _stage, fraction: told.append(fraction))
    assert told == sorted(told)
    assert np.diff(told).max() < 0.2
    assert session.second is not None
    names = {CLIP, session.second.name}
    assert len(names) == 2
    with RecordingReader(out) as reader:
        for name in names:
            reader.extract(name, tmp_path / "copy.mp4")
            assert (tmp_path / "copy.mp4").read_bytes() == clip.read_bytes()


@pytest.mark.slow
def test_the_document_is_the_command_line_s_contract(tmp_path: Path) -> None:
    session = analyze(real.video(CLIP), tmp_path / "a.mcap")
    said = json.loads(json.dumps(document(session)))
    assert set(said) == {
        "session", "video", "golfer", "events", "alignment", "measures", "missing", "faults", "coaching", "warnings"
    }  # fmt: skip
    assert set(said["video"]) == {"frames", "duration_s", "rate_hz", "variable_rate"}
    assert set(said["golfer"]) == {"frames_with_pose", "handed", "view"}
    assert said["alignment"] is None
    assert list(said["events"]) == [e for e in EVENT_NAMES if e in said["events"]]
    for event in said["events"].values():
        assert set(event) == {"frame", "t_s", "confidence"}
        assert 0.0 <= event["confidence"] <= 1.0
        # The time is the container's, of the frame or within half a frame of it.
        assert abs(event["t_s"] - session.pose.t_s[event["frame"]]) <= 0.5 / said["video"]["rate_hz"] + 1e-6
    for measure in said["measures"].values():
        assert set(measure) == {"value", "unit", "sigma", "source"}
        assert measure["sigma"] > 0.0
        assert measure["source"]
    assert 2.0 < said["measures"]["tempo_ratio"]["value"] < 6.0


@pytest.mark.slow
def test_cancelling_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "a.mcap"
    out.write_bytes(b"an older recording")
    asked = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 5

    with pytest.raises(Cancelled):
        analyze(real.video(CLIP), out, cancel=stop)
    assert out.read_bytes() == b"an older recording"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mcap"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["negative_no_person.mp4", "negative_scene_cut.mp4"])
def test_a_clip_without_a_swing_leaves_no_recording(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        analyze(real.video(name), tmp_path / "a.mcap")
    assert caught.value.exit_status == 3
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"not a video at all", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(64)])
def test_what_is_no_video_is_refused_in_one_sentence(content: bytes, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(content)
    with pytest.raises(InputError) as caught:
        analyze(clip, tmp_path / "a.mcap")
    assert "clip.mp4" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_club_log_that_cannot_be_used_is_refused_before_the_clip_is_decoded(tmp_path: Path) -> None:
    log = tmp_path / "club.csv"
    log.write_text("t_s,ax,ay\n0,1,2\n")
    with pytest.raises(InputError) as caught:
        analyze(tmp_path / "missing.mp4", tmp_path / "a.mcap", club=log)
    assert "club.csv" in str(caught.value)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        analyze(tmp_path / "missing.mp4", tmp_path / "nowhere" / "a.mcap")
