"""A wrong time, a lying picture or a lost frame here moves every event and measure of a user's swing."""

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.body.video import DecodeLimits, TimeMender, VideoReader, probe
from twinswing.errors import InputError

from .clips import DATA, number_of, picture, turn, write


def read(path):
    with VideoReader(path) as reader:
        return list(reader), reader.info()


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("libx264", {"bf": "3", "crf": "8", "b-adapt": "0"}),
        ("libx264", {"bf": "0", "crf": "8"}),
        ("libx265", {"crf": "10", "x265-params": "bframes=3:log-level=none"}),
    ],
)
def test_frames_come_in_display_order_with_their_own_times(tmp_path, codec, options):
    if codec not in av.codecs_available:
        pytest.skip(f"this build of PyAV has no {codec}")
    path = write(tmp_path / "a.mp4", map(picture, range(20)), codec=codec, options=options)
    frames, info = read(path)
    assert [number_of(f.rgb) for f in frames] == list(range(20))
    np.testing.assert_allclose([f.t_s for f in frames], np.arange(20) / 30, atol=1e-4)
    assert info.frames == 20
    assert info.rate_hz == pytest.approx(30, rel=1e-3)
    assert not info.variable_rate
    assert info.warnings == ()


def test_variable_rate_keeps_the_containers_times(tmp_path):
    times = np.cumsum([0.0, 0.033, 0.034, 0.1, 0.033, 0.2, 0.016, 0.033, 0.05])
    ticks = np.round(times * 90_000).astype(int).tolist()
    frames, info = read(write(tmp_path / "a.mkv", map(picture, range(9)), ticks=ticks))
    np.testing.assert_allclose([f.t_s for f in frames], times, atol=6e-4)  # Matroska counts milliseconds
    assert info.variable_rate
    assert info.duration_s == pytest.approx(times[-1] + 0.033, abs=2e-3)


def test_a_clip_that_starts_late_keeps_its_start(tmp_path):
    ticks = [90_000 * 2 + 3_000 * i for i in range(6)]
    frames, info = read(write(tmp_path / "a.mkv", map(picture, range(6)), ticks=ticks))
    assert frames[0].t_s == pytest.approx(2.0, abs=1e-3)
    assert info.duration_s == pytest.approx(0.2, abs=2e-3)


@pytest.mark.parametrize(("turns", "corner"), [(0, (8, 8)), (1, (8, 56)), (2, (56, 88)), (3, (88, 8))])
def test_a_phones_turned_picture_is_upright(tmp_path, turns, corner):
    path = turn(write(tmp_path / "a.mp4", map(picture, range(3))), turns)
    frames, info = read(path)
    assert (info.width_px, info.height_px) == ((96, 64) if turns % 2 == 0 else (64, 96))
    red = frames[0].rgb[corner].astype(int)
    assert red[0] > 170
    assert red[1] < 80
    assert frames[0].rgb.flags.c_contiguous


@pytest.mark.parametrize("width", [50, 98, 162, 354])
def test_odd_widths_are_contiguous_and_whole(tmp_path, width):
    frames, _ = read(write(tmp_path / "a.mp4", [picture(5, width=width, height=66)]))
    assert frames[0].rgb.shape == (66, width, 3)
    assert frames[0].rgb.flags.c_contiguous
    assert abs(int(frames[0].rgb[40, 8, 1]) - 60) < 12


def test_large_pictures_are_scaled_to_the_limit(tmp_path):
    path = write(tmp_path / "a.mp4", [picture(3, width=640, height=320)])
    with VideoReader(path, limits=DecodeLimits(max_side_px=160)) as reader:
        frame = next(iter(reader))
    assert frame.rgb.shape == (80, 160, 3)


def test_a_truncated_clip_gives_what_it_has_and_says_so(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (60, 64, 96, 3), dtype=np.uint8)
    whole = write(tmp_path / "a.mp4", noise, container={"movflags": "faststart"})
    data = whole.read_bytes()
    (tmp_path / "b.mp4").write_bytes(data[: len(data) * 6 // 10])
    frames, info = read(tmp_path / "b.mp4")
    assert 20 < len(frames) < 60
    assert np.all(np.diff([f.t_s for f in frames]) > 0)
    assert len(info.warnings) == 1


def _sound(path):
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), dtype=np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
        out.mux(stream.encode())


def test_what_is_no_video_gets_one_sentence(tmp_path):
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("t_s,ax,ay,az\n" * 50)
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(1).bytes(20_000))
    (tmp_path / "folder.mp4").mkdir()
    _sound(tmp_path / "sound.wav")
    whole = write(tmp_path / "whole.mp4", map(picture, range(4))).read_bytes()
    (tmp_path / "header.mp4").write_bytes(whole[:600])
    for name, found in {
        "empty.mp4": "empty file",
        "text.mp4": "cannot be read",
        "noise.mp4": "cannot be read",
        "folder.mp4": "folder",
        "sound.wav": "audio",
        "header.mp4": "",
        "not_there.mp4": "nothing",
    }.items():
        with pytest.raises(InputError) as e:
            probe(tmp_path / name)
        message = str(e.value)
        assert message.startswith("Expected"), name
        assert found in message
        assert name in message
        assert message.count(".") <= name.count(".") + str(tmp_path).count(".") + message.count("..") + 1, message


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.floats(-5, 5)), max_size=40))
def test_mended_times_always_increase_and_good_ones_are_kept(times):
    mender = TimeMender(step_s=1 / 30)
    out = [mender.next(t) for t in times]
    assert np.all(np.diff(out) > 0) or any(abs(t) > 1e12 for t in out)
    if all(t is not None and np.isfinite(t) for t in times) and np.all(np.diff(times) > 0):
        assert out == times
        assert mender.warnings() == []


def test_missing_and_repeated_times_are_counted():
    mender = TimeMender(step_s=0.1)
    out = [mender.next(t) for t in (0.0, 0.1, 0.1, None, 0.4)]
    np.testing.assert_allclose(out, [0.0, 0.1, 0.15, 0.25, 0.4])
    assert [w.split()[0] for w in mender.warnings()] == ["1", "1"]


@pytest.mark.skipif(not DATA.is_dir(), reason="the real clips are not on this machine")
def test_real_phone_clip_is_upright_and_the_edited_one_is_known_as_such():
    phone = probe(DATA / "video" / "face_on_phone.mp4")
    assert phone.height_px > phone.width_px
    assert (phone.frames, phone.rotation_deg) == (281, -90)
    edited = probe(DATA / "video" / "down_the_line_vfr.mp4")
    assert edited.frames == 87
    assert edited.variable_rate
    assert edited.duration_s == pytest.approx(2.9, abs=0.01)
