"""The bundled shift tells its story: a bearing wears, warns and seizes; machines starve behind it, block before it."""

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT
from twinswing.plant.model import Role
from twinswing.plant.recorded import RecordedHistory
from twinswing.truth.plant_demo import Shift, make_shift

HOUR_NS = 3600 * 10**9
SHIFT = ROOT / "recordings" / "club-works-shift.mcap"
UNIT = "milling/cells/lathe_2"


@pytest.fixture(scope="module")
def bundled() -> RecordedHistory:
    """Open the recording that ships."""
    with RecordedHistory(SHIFT) as history:
        yield history


def incident_ns(history: RecordedHistory) -> list[int]:
    """Return when the lathe's bearing warned, failed and was exchanged."""
    changes = history.changes(history.plant.item_number[f"{UNIT}/condition"], *history.span_ns)
    texts = [history.texts[code] for code in changes.text]
    warned = next(int(t) for t, text in zip(changes.t_ns, texts, strict=True) if text.startswith("WARNING"))
    after = [(int(t), text) for t, text in zip(changes.t_ns, texts, strict=True) if t > warned]
    failed = next(t for t, text in after if text.startswith("FAULT"))
    return [warned, failed, next(t for t, text in after if text.startswith("NORMAL") and t > failed)]


def share(history: RecordedHistory, unit: str, reason: str, start: int, end: int) -> float:
    """Return which part of a span a unit gave as the reason for not running."""
    changes = history.changes(history.plant.item_number[f"{unit}/reason"], start, end)
    held = np.diff(np.clip(np.append(changes.t_ns, end), start, end))
    said = np.array([history.texts[code].lower() == reason for code in changes.text])
    return float(held[said].sum() / (end - start))


def test_the_bundled_shift_is_small_and_whole(bundled: RecordedHistory) -> None:
    assert SHIFT.stat().st_size < 6e6
    assert bundled.span_ns[1] - bundled.span_ns[0] == 8 * HOUR_NS
    mute = {item.path for item in bundled.plant.items} - {
        item.path for item, since in zip(bundled.plant.items, bundled.at(HOUR_NS).since_ns, strict=True) if since >= 0
    }
    assert mute == set()


def test_the_bearing_warns_well_before_it_seizes_and_the_line_starves_and_blocks(bundled: RecordedHistory) -> None:
    warned, failed, repaired = incident_ns(bundled)
    assert HOUR_NS < warned < failed - HOUR_NS / 2
    assert repaired < bundled.span_ns[1] - HOUR_NS  # and the line is seen to recover
    for polisher in (f"finishing/polishing/polisher_{k}" for k in range(1, 5)):
        assert share(bundled, polisher, "starved", failed, repaired) > 1.2 * share(
            bundled, polisher, "starved", 0, warned
        )
    for mill in (f"milling/cells/mill_{k}" for k in range(1, 7)):
        assert share(bundled, mill, "blocked", 0, warned) == 0.0
        assert share(bundled, mill, "blocked", failed + HOUR_NS, repaired) > 0.3
    said = bundled.changes(bundled.plant.item_number[f"{UNIT}/vibration"], 0, failed)
    sound = said.number[said.t_ns < HOUR_NS].max()
    assert said.number[said.t_ns > failed - HOUR_NS // 4].max() > 6 * sound


def test_clubs_leave_the_works_all_shift_long_and_few_are_spoiled(bundled: RecordedHistory) -> None:
    end = bundled.at(bundled.span_ns[1])
    number = bundled.plant.item_number
    packed = end.number[number["dispatch/packing/finished_store/good"]]
    assert 150 < packed < 260  # 23 an hour less the incident, spread by the works' lead time
    scrap = sum(end.number[number[u.by_role[Role.SCRAP].path]] for u in bundled.plant.units if Role.SCRAP in u.by_role)
    assert 0 < scrap < 0.15 * packed


def test_the_shift_comes_out_the_same_every_time(tmp_path: Path) -> None:
    short = Shift(duration_s=1800.0)
    a, b = tmp_path / "a.mcap", tmp_path / "b.mcap"
    make_shift(a, short)
    make_shift(b, short)
    assert a.read_bytes() == b.read_bytes()


def test_what_is_bundled_is_what_the_program_makes_today(tmp_path: Path, bundled: RecordedHistory) -> None:
    made = make_shift(tmp_path / "today.mcap")
    assert made.plant.text == bundled.plant.text, "the plant's file has changed: make the bundled shift again"
    for t in (0, 3 * HOUR_NS, bundled.span_ns[1]):
        np.testing.assert_array_equal(made.at(t).number, bundled.at(t).number)
