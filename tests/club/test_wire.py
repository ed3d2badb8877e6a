"""A club's log reaches a real hub over a real socket, sample for sample."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from twinswing.club.imports import read_club_log
from twinswing.club.wire import play_club, samples_from_batches, stream_from_samples
from twinswing.errors import InputError
from twinswing.streams.club_client import PlayOptions, play
from twinswing.streams.hub import BatchArrived, ClubJoined, HubSettings, HubThread, ImpactFelt

DATA = Path(__file__).parents[3] / "shared" / "data" / "imu"


@pytest.fixture
def club_csv(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    t = np.arange(500) / 800.0
    rows = np.column_stack([t, rng.normal((0, 0, 9.8), 3, (500, 3)), rng.normal(0, 4, (500, 3))])
    path = tmp_path / "club.csv"
    np.savetxt(path, rows, delimiter=",", header="t_s,ax,ay,az,gx,gy,gz", comments="")
    return path


def play_and_join(path: Path, options: PlayOptions):
    events = []
    with HubThread(HubSettings(), events.append) as hub:
        report = asyncio.run(play_club(path, f"ws://127.0.0.1:{hub.port}", options))
    hello = next(event.hello for event in events if isinstance(event, ClubJoined))
    return report, samples_from_batches(hello, [event for event in events if isinstance(event, BatchArrived)])


def assert_same(sent, got) -> None:
    assert len(got.t_s) == len(sent.t_s)
    np.testing.assert_allclose(got.t_s, sent.t_s, atol=2e-9)
    # One count of the sensor's range is all that the wire may cost.
    assert np.abs(got.accel_mps2 - sent.accel_mps2).max() <= got.accel_range_mps2 / 32767 * 1.01
    assert np.abs(got.gyro_radps - sent.gyro_radps).max() <= got.gyro_range_radps / 32767 * 1.01


def test_every_sample_of_a_log_arrives(club_csv: Path) -> None:
    report, got = play_and_join(club_csv, PlayOptions(rate=0))
    assert report.samples == 500
    assert_same(read_club_log(club_csv), got)


@pytest.mark.skipif(not DATA.is_dir(), reason="real logs are not on this machine")
@pytest.mark.parametrize("name", ["club_800hz.csv", "club_ble_gaps.csv", "corrupt_serial.csv"])
def test_every_sample_of_a_real_log_arrives(name: str) -> None:
    sent = read_club_log(DATA / name)
    _, got = play_and_join(DATA / name, PlayOptions(rate=0))
    assert_same(sent, got)
    np.testing.assert_array_equal(got.clipped, sent.clipped)


def test_firmware_tells_of_the_impact(truth) -> None:
    swing = truth.swings[1]
    stream = stream_from_samples(truth.samples(1))
    events = []
    with HubThread(HubSettings(), events.append) as hub:
        asyncio.run(play(stream, f"ws://127.0.0.1:{hub.port}", PlayOptions(rate=0)))
    (felt,) = [event for event in events if isinstance(event, ImpactFelt)]
    assert felt.impact.t_ns * 1e-9 == pytest.approx(swing.events_s["impact"], abs=0.005)
    assert felt.impact.peak_mps2 > 100.0
    hello = next(event.hello for event in events if isinstance(event, ClubJoined))
    spec = samples_from_batches(hello, [event for event in events if isinstance(event, BatchArrived)]).spec
    assert spec == swing.spec  # kind, name, length, lie, loft, mount and serial came over the wire


def test_lost_batches_are_told_with_the_samples(truth) -> None:
    stream = stream_from_samples(truth.samples(0))
    kept = [batch for batch in stream.batches() if batch.sequence not in (5, 6, 40)]
    got = samples_from_batches(stream.hello, reversed(kept))
    assert (np.diff(got.t_s) > 0).all()
    assert got.warnings == (f"3 batches of club {stream.hello.serial} never arrived",)
    with pytest.raises(InputError, match="no samples"):
        samples_from_batches(stream.hello, [])
