"""Opening things in the window: a video is analysed beside it, can be cancelled, and errors are one sentence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.desk.window import write_recording
from twinswing.desk.settings import Settings
from twinswing.desk.window import Desk
from twinswing.truth.generate import write_truth


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    return write_truth(folder, fps=24.0, size=(240, 320), club="iron", seed=3)[0] / "video.mp4"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """One window for the module: Panda3D allows one ShowBase a process."""
    shown = Desk(Settings(960, 640), offscreen=True)
    yield shown
    shown.shut()


@pytest.mark.slow
def test_a_video_is_analysed_beside_the_window_and_then_shown(desk: Desk, clip: Path) -> None:
    desk.open_path(clip)
    assert desk.job is not None
    stages, fractions = set(), []

    def done() -> bool:
        desk.step()  # the window goes on drawing all the while
        if desk.job is not None:
            stages.add(desk.job.stage)
            fractions.append(desk.job.fraction)
        return desk.job is None or desk.job.state == "failed"

    wait_until(done, 150, "the analysis")
    assert desk.job is None, desk.job.error
    assert len(stages) > 1
    assert fractions == sorted(fractions)
    assert desk.session.path == clip.with_suffix(".mcap")
    assert "impact" in desk.session.events
    desk.settle(3)
    assert desk.video.shown_s == desk.playback.t_s


@pytest.mark.slow
def test_a_running_analysis_can_be_cancelled_and_leaves_nothing_behind(desk: Desk, clip: Path, tmp_path: Path) -> None:
    copy = tmp_path / "again.mp4"
    copy.write_bytes(clip.read_bytes())
    desk.open_path(copy)
    assert desk.job is not None

    def under_way() -> bool:
        desk.step()
        return desk.job is not None and desk.job.fraction > 0.05

    wait_until(under_way, 120, "the analysis getting under way")
    desk.do("cancel_job")

    def gone() -> bool:
        desk.step()
        return desk.job is None

    wait_until(gone, 60, "the cancellation")
    assert [path.name for path in tmp_path.iterdir()] == ["again.mp4"]


def test_a_file_that_is_no_recording_is_answered_with_a_sentence_and_the_session_stays(
    desk: Desk, tmp_path: Path
) -> None:
    good = write_recording(tmp_path / "good.mcap")
    desk.open_path(good)
    assert desk.session.path == good
    bad = tmp_path / "bad.mcap"
    bad.write_bytes(b"RIFF....WAVE")
    desk.open_path(bad)
    assert desk.session.path == good
    assert "bad.mcap" in desk._notice
    desk.open_path(tmp_path / "notes.txt")
    assert "notes.txt" in desk._notice


@pytest.mark.slow
def test_a_video_without_a_golfer_says_so_in_the_window(desk: Desk, tmp_path: Path) -> None:
    import av
    import numpy as np

    path = tmp_path / "empty.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(24):
            frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), 5 * number, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    desk.open_path(path)

    def failed() -> bool:
        desk.step()
        return desk.job is not None and desk.job.state == "failed"

    wait_until(failed, 90, "the refusal")
    assert desk.job is not None
    assert "golfer" in desk.job.error.lower()
    desk.do("dismiss_job")
    assert desk.job is None
