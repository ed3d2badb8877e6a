"""What a recording gives back is what the live history knew, whatever came and in whatever order."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plant.test_store import ZERO, S, link, plant_of, said
from twinswing.errors import InputError
from twinswing.plant.journal import Action
from twinswing.plant.recorded import RecordedHistory, holds_plant
from twinswing.plant.recorder import PlantRecorder
from twinswing.plant.store import LiveHistory
from twinswing.recording import plant as plant_writing
from twinswing.recording.plant import PlantWriterSettings
from twinswing.recording.recover import recover
from twinswing.recording.writer import RecordingWriter
from twinswing.streams.observations import ItemKind, LinkState, LinkStatus, Observation

PLANT = plant_of([ItemKind.SAMPLE, ItemKind.SAMPLE, ItemKind.EVENT, ItemKind.CONDITION])
# So small that a few hundred values make many batches, keyframes, series and settlings.
SMALL = PlantWriterSettings(
    batch_rows=7, keyframe_rows=20, keyframe_share=1, series_rows=9, settle_rows=60, settle_ns=900 * S
)

_times = st.integers(-5_000, 40_000).map(lambda ms: ms * S // 10)
_values = {
    "a0": st.one_of(st.none(), st.floats(-1e6, 1e6)),
    "a1": st.one_of(st.floats(-10, 10), st.just(float("nan"))),
    "a2": st.one_of(st.none(), st.sampled_from(["ACTIVE", "READY", "STOPPED"])),
    "a3": st.sampled_from(["NORMAL", "WARNING", "FAULT"]),
}


@st.composite
def _observation(draw: st.DrawFn) -> Observation:
    address = draw(st.sampled_from(sorted(_values)))
    code = draw(st.sampled_from(["", "1", "2"])) if address == "a3" else ""
    return Observation(address, ZERO + draw(_times), draw(_values[address]), code=code)


@st.composite
def _status(draw: st.DrawFn) -> LinkStatus:
    state = draw(st.sampled_from([LinkState.DOWN, LinkState.STALE, LinkState.LIVE]))
    items = draw(st.sampled_from([(), ("a0",), ("a1", "a2")]))
    return LinkStatus(state, "", ZERO + draw(_times), items, draw(st.sampled_from([0, 0, 3])))


_deliveries = st.lists(st.one_of(st.lists(_observation(), min_size=1, max_size=30), _status()), min_size=1, max_size=25)


def expect_same(live: LiveHistory, kept: RecordedHistory, times: list[int], points: int) -> None:
    assert kept.span_ns == live.span_ns
    assert kept.zero_unix_ns == live.zero_unix_ns
    for t in (*times, *live.span_ns):
        a, b = live.at(t), kept.at(t)
        assert kept.texts == live.texts[: len(kept.texts)]
        for name in ("number", "text", "quality", "since_ns"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=f"{name} at {t}")
    for start, end in itertools.pairwise(times):
        low, high = min(start, end), max(start, end)
        for item in range(len(live.plant.items)):
            c, d = live.changes(item, low, high), kept.changes(item, low, high)
            for name in ("t_ns", "number", "text", "quality"):
                np.testing.assert_array_equal(getattr(c, name), getattr(d, name), err_msg=f"{name} {item}")
            e, f = live.trend(item, low, high, points), kept.trend(item, low, high, points)
            assert e.raw == f.raw
            np.testing.assert_array_equal(e.t_ns, f.t_ns)
            for name in ("least", "mean", "greatest"):
                np.testing.assert_allclose(getattr(e, name), getattr(f, name), rtol=1e-12, atol=1e-6)
            assert e.raw or len(e.t_ns) <= points
            assert live.conditions(item, high) == kept.conditions(item, high)


def record(live: LiveHistory, path: Path, deliveries: list[list[Observation] | LinkStatus]) -> None:
    with PlantRecorder(live, path) as recorder:
        for number, what in enumerate(deliveries):
            if isinstance(what, LinkStatus):
                live.linked("m", what)
            else:
                live.observed("m", what)
            if number % 3 == 0:
                recorder.step()


@settings(max_examples=60, deadline=None)
@given(
    deliveries=_deliveries,
    times=st.lists(_times, min_size=3, max_size=6),
    points=st.sampled_from([1, 2, 5, 40, 500]),
    whole=st.booleans(),
)
def test_the_recording_gives_back_what_the_live_history_knew(
    tmp_path_factory: pytest.TempPathFactory,
    deliveries: list[list[Observation] | LinkStatus],
    times: list[int],
    points: int,
    whole: bool,
) -> None:
    folder = tmp_path_factory.mktemp("r")
    path = folder / "a.mcap"
    live = LiveHistory(PLANT, ZERO)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plant_writing.PlantWriter.__init__, "__kwdefaults__", {"name": "", "text": "", "settings": SMALL})
        record(live, path, deliveries)
    if not whole:
        # Without its end (the summary and the index), all rows are there still.
        data = path.read_bytes()
        cut = data.rindex(b"/plant/index") if b"/plant/index" in data else len(data)
        with RecordedHistory(path, PLANT) as kept:
            entry = kept._file.index.chunks[-1]
        (folder / "b.mcap").write_bytes(data[: min(cut, entry.start)])
        path = folder / "c.mcap"
        recover(folder / "b.mcap", path)
    with RecordedHistory(path, PLANT) as kept:
        expect_same(live, kept, times, points)
        assert kept.rows == live.stats.accepted


def steady(live: LiveHistory, seconds: int, step_s: float = 1.0, start_s: float = 0.0) -> None:
    t = start_s + np.arange(0.0, seconds, step_s)
    code = [live.text_code(name) for name in ("READY", "ACTIVE")]
    for first in range(0, len(t), 1000):
        part = t[first : first + 1000]
        ns = np.round(part * S).astype(np.int64)
        live.feed(np.zeros(len(part)), ns, np.sin(part / 100))
        live.feed(np.full(len(part), 2), ns, texts=np.array(code)[(part // 60 % 2).astype(int)])


@pytest.fixture
def hours(tmp_path: Path) -> tuple[LiveHistory, Path]:
    live = LiveHistory(PLANT, ZERO)
    path = tmp_path / "hours.mcap"
    with PlantRecorder(live, path) as recorder:
        for hour in range(5):
            steady(live, 3600, start_s=3600.0 * hour)
            recorder.step()
            live.act(Action(hour * 3600 * S, "acknowledge", "Ann", {"alarm": f"a{hour}"}))
            live.linked("m", link(LinkState.LIVE, 3600.0 * hour))
    return live, path


def test_hours_with_real_sizes_come_back(hours: tuple[LiveHistory, Path]) -> None:
    live, path = hours
    with RecordedHistory(path, PLANT) as kept:
        times = [int(t) for t in np.random.default_rng(3).integers(0, 5 * 3600 * S, 12)]
        for points in (50, 400, 5000):
            expect_same(live, kept, times, points)
        assert kept.rows == live.stats.accepted == 36_000
        assert kept.actions() == live.actions()
        assert [a.document["alarm"] for a in kept.actions(3600 * S, 7200 * S)] == ["a1", "a2"]
        assert kept.links() == live.links()
        assert kept.links_at(3700 * S) == live.links_at(3700 * S)
    assert holds_plant(path)


def test_a_day_of_minutes_is_read_by_its_summary_and_equals_the_truth(hours: tuple[LiveHistory, Path]) -> None:
    _, path = hours
    with RecordedHistory(path, PLANT) as kept:
        trend = kept.trend(0, 0, 5 * 3600 * S, 300)
    t = np.arange(5 * 3600.0)
    truth = np.sin(t / 100).reshape(-1, 60)
    assert len(trend.t_ns) == 300
    np.testing.assert_allclose(trend.mean, truth.mean(axis=1), atol=1e-12)
    np.testing.assert_array_equal(trend.least, truth.min(axis=1))
    np.testing.assert_array_equal(trend.greatest, truth.max(axis=1))


def test_another_plants_recording_and_a_swings_are_refused(hours: tuple[LiveHistory, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="other data items"):
        RecordedHistory(hours[1], plant_of([ItemKind.SAMPLE]))
    swing = tmp_path / "swing.mcap"
    with RecordingWriter(swing) as writer:
        writer.write_event(0, "top", frame=0, confidence=1.0)
    with pytest.raises(InputError, match="holds no plant"):
        RecordedHistory(swing)
    assert not holds_plant(swing)


def test_a_recording_is_not_overwritten_unasked_and_needs_a_folder(hours: tuple[LiveHistory, Path]) -> None:
    live, path = hours
    with pytest.raises(InputError, match="exists already"):
        PlantRecorder(live, path)
    with pytest.raises(InputError, match="no folder"):
        PlantRecorder(live, path / "nowhere" / "a.mcap")
    with PlantRecorder(live, path, overwrite=True):
        pass
    with RecordedHistory(path, PLANT) as kept:
        assert kept.rows == 36_000


def test_a_full_disk_ends_the_recording_and_not_the_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = LiveHistory(PLANT, ZERO)
    told: list[InputError] = []
    recorder = PlantRecorder(live, tmp_path / "a.mcap", failed=told.append)
    live.observed("m", [said(1, 1.0)])
    recorder.step()

    def full(self: object) -> None:
        raise InputError("a.mcap could not be written: No space left on device.")

    monkeypatch.setattr("twinswing.recording.container.McapAppender.flush", full)
    live.observed("m", [said(2, 2.0)])
    recorder.step()
    live.observed("m", [said(3, 3.0)])
    recorder.step()
    assert live.at(3 * S).number[0] == 3.0
    assert len(told) == 1
    with pytest.raises(InputError, match="No space"):
        recorder.close()


def test_the_thread_writes_within_a_second_or_so_and_the_zero_may_come_late(tmp_path: Path) -> None:
    from tests.conftest import wait_until

    live = LiveHistory(PLANT)
    path = tmp_path / "a.mcap"
    recorder = PlantRecorder(live, path).start()
    live.act(Action(0, "note", "Ann"))
    live.observed("m", [said(0, 1.0)])
    wait_until(lambda: recorder.rows == 1, 10, "the first row's recording")
    recorder.close()
    with RecordedHistory(path, PLANT) as kept:
        assert kept.zero_unix_ns == ZERO
        assert kept.at(0).number[0] == 1.0
        assert [a.kind for a in kept.actions()] == ["note"]


def test_a_recording_of_nothing_opens(tmp_path: Path) -> None:
    live = LiveHistory(PLANT, ZERO)
    with PlantRecorder(live, tmp_path / "a.mcap"):
        pass
    with RecordedHistory(tmp_path / "a.mcap", PLANT) as kept:
        assert kept.span_ns == (0, 0)
        assert np.isnan(kept.at(0).number).all()
        assert len(kept.trend(0, 0, S, 10).t_ns) == 0
        assert len(kept.changes(0, 0, S).t_ns) == 0
