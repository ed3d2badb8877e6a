"""Analyses beside a window."""

from pathlib import Path

from tests.conftest import wait_until
from twinswing.desk.jobs import AnalysisJob


def test_what_an_analysis_said_last_is_known_after_it_is_ended(tmp_path: Path) -> None:
    video = tmp_path / "no.mp4"
    video.write_bytes(b"no video")
    job = AnalysisJob(video, tmp_path / "no.mcap").start()
    assert job._process is not None
    process = job._process
    wait_until(lambda: not process.is_alive(), 60, "the analysis")
    job.close()
    assert job.state == "failed"
    assert "no.mp4" in job.error
    assert "without an answer" not in job.error
