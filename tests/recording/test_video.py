"""Any moment of a recorded video can be seen, exactly and soon."""

from pathlib import Path

import av
import numpy as np
import pytest

from twinswing.errors import InputError
from twinswing.recording.reader import RecordingReader
from twinswing.recording.video import (
    CodingSettings,
    VideoEncoder,
    VideoSource,
    copied_pictures,
    copyable_codec,
    starts_decoding,
)
from twinswing.recording.writer import RecordingWriter

WIDTH, HEIGHT, FRAMES = 222, 124, 50  # neither a multiple of 16, so that rows are padded
# Uneven, as a phone's are.
TIMES_NS = np.cumsum(np.random.default_rng(5).integers(10_000_000, 40_000_000, FRAMES)) - 200_000_000


def picture(number: int) -> np.ndarray:
    """A frame that says its number: a grey level of its own, and a white bar that moves."""
    rgb = np.full((HEIGHT, WIDTH, 3), 20 + 4 * number, np.uint8)
    rgb[:, 4 * number : 4 * number + 4] = 255
    return rgb


def number_of(rgb: np.ndarray) -> int:
    return round((float(np.median(rgb)) - 20) / 4)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "a.mcap"
    encoder = VideoEncoder()
    with RecordingWriter(path) as writer:
        for k, t in enumerate(TIMES_NS.tolist()):
            for coded in encoder.encode(picture(k), t):
                writer.write_video(coded.t_ns, coded.data)
        for coded in encoder.flush():
            writer.write_video(coded.t_ns, coded.data)
    return path


def make_clip(path: Path, *, codec: str = "libx264", gop: int = 12, bframes: int = 0, rotated: bool = False) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.gop_size = gop
        stream.max_b_frames = bframes
        for k in range(FRAMES):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(k), format="rgb24")))
        container.mux(stream.encode(None))
    return path


def test_each_picture_is_found_in_any_order(recording: Path) -> None:
    with RecordingReader(recording) as reader:
        video = VideoSource(reader, kept_bytes=0)
        order = [0, 49, 7, 8, 9, 30, 29, 28, 12, 13, 11, 49, 0, *np.random.default_rng(1).permutation(FRAMES)]
        for k in order:
            rgb = video.frame_at(TIMES_NS[k] / 1e9)
            assert rgb is not None
            assert (rgb.shape, rgb.flags.c_contiguous) == ((HEIGHT, WIDTH, 3), True)
            assert number_of(rgb) == k
            np.testing.assert_allclose(rgb, picture(k), atol=60)
            assert np.abs(rgb.astype(int) - picture(k)).mean() < 3
        assert video.damaged == 0


def test_a_picture_is_shown_from_its_time_until_the_next(recording: Path) -> None:
    with RecordingReader(recording) as reader:
        video = VideoSource(reader)
        assert video.frame_at(TIMES_NS[0] / 1e9 - 1e-6) is None
        assert number_of(video.frame_at(TIMES_NS[20] / 1e9 - 1e-6)) == 19
        assert number_of(video.frame_at(TIMES_NS[20] / 1e9 + 1e-6)) == 20
        assert number_of(video.frame_at(1e6)) == FRAMES - 1
        np.testing.assert_allclose(video.times_s, TIMES_NS / 1e9)


def test_a_seek_decodes_one_group_at_most_and_playing_decodes_each_once(recording: Path) -> None:
    with RecordingReader(recording) as reader:
        video = VideoSource(reader)
        fed: list[int] = []
        feed = video._feed
        video._feed = lambda place, data: (fed.append(place), feed(place, data))[1]  # type: ignore[method-assign]
        video.frame(47)
        assert len(fed) <= 12
        fed.clear()
        for k in range(FRAMES):
            video.frame(k)
        assert len(fed) == len(set(fed)) <= FRAMES
        fed.clear()
        for k in reversed(range(FRAMES)):
            video.frame(k)
        assert fed == []  # all were kept


def test_video_starts_with_a_keyframe_and_has_one_every_twelve(recording: Path) -> None:
    with RecordingReader(recording) as reader:
        keys = [starts_decoding(m.decode().data) for m in reader.messages("/camera/main/video")]
    assert [k for k, key in enumerate(keys) if key] == list(range(0, FRAMES, 12))


def test_a_damaged_picture_is_replaced_by_the_one_before(tmp_path: Path) -> None:
    encoder = VideoEncoder()
    path = tmp_path / "a.mcap"
    with RecordingWriter(path) as writer:
        for k in range(24):
            coded = encoder.encode(picture(k), k * 10**7)[0]
            writer.write_video(coded.t_ns, b"\0\0\0\1\x41garbage" if k == 5 else coded.data)
    with RecordingReader(path) as reader:
        video = VideoSource(reader)
        assert number_of(video.frame(4)) == 4
        assert video.frame(5) is not None
        assert number_of(video.frame(12)) == 12  # the next group is whole
        assert number_of(video.frame(23)) == 23


def test_a_large_picture_is_scaled_and_odd_sides_made_even() -> None:
    frame = av.VideoFrame.from_ndarray(np.zeros((1081, 1921, 3), np.uint8), format="rgb24")
    encoder = VideoEncoder(CodingSettings(long_side_px=640))
    data = b"".join(p.data for p in encoder.encode(frame, 0))
    decoded = av.CodecContext.create("h264", "r")
    pictures = [*decoded.decode(av.Packet(data)), *decoded.decode(None)]
    assert (pictures[0].width, pictures[0].height) == (640, 360)


def test_a_clip_in_order_with_near_keyframes_is_copied_byte_for_byte(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4")
    assert copyable_codec(clip) == "h264"
    path = tmp_path / "a.mcap"
    with RecordingWriter(path) as writer:
        times = []
        for t_s, coded in copied_pictures(clip):
            times.append(t_s)
            writer.write_video(coded.t_ns, coded.data)
    np.testing.assert_allclose(times, np.arange(FRAMES) / 30, atol=1e-6)
    with RecordingReader(path) as reader:
        video = VideoSource(reader, kept_bytes=0)
        for k in (49, 0, 25, 24, 26):
            assert number_of(video.frame(k)) == k


@pytest.mark.parametrize("options", [{"bframes": 2}, {"gop": 250}, {"codec": "mpeg4"}])
def test_a_clip_that_cannot_be_copied_is_known(tmp_path: Path, options: dict[str, object]) -> None:
    settings = CodingSettings(copy_gop=30)
    assert copyable_codec(make_clip(tmp_path / "a.mp4", **options), settings) is None


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    text = tmp_path / "a.mp4"
    text.write_text("no video")
    with pytest.raises(InputError, match=r"a\.mp4 could not be opened as a video"):
        copyable_codec(text)
    sound = tmp_path / "a.wav"
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(InputError, match="no video"):
        copyable_codec(sound)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_picture_that_was_filmed_on_its_side_is_coded_upright(turns: int) -> None:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    rgb = np.stack([x, y, np.full_like(x, 90)], axis=-1).astype(np.uint8)
    filmed = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p")
    encoder = VideoEncoder()
    coded = encoder.encode(filmed, 0, turns=turns) + encoder.flush()
    decoder = av.CodecContext.create("h264", "r")
    seen = [*decoder.decode(av.Packet(coded[0].data)), *decoder.decode(None)][0].to_ndarray(format="rgb24")
    upright = np.rot90(rgb, turns)
    assert seen.shape == upright.shape
    assert np.abs(seen.astype(int) - upright).mean() < 4.0
