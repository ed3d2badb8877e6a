"""What is unusual is found, what is usual is left alone, and remaining life is as sure as it says."""

import csv
import json
from datetime import datetime

import numpy as np
import pytest

from twinswing.plant.health import Drift, HealthParams, UsualLevel
from twinswing.plant.health_log import HealthLog, bin_means, held_share
from twinswing.plant.history import Changes
from twinswing.plant.model import DataItem, Limit, Plant, Role, Unit, UnitKind
from twinswing.plant.store import LiveHistory
from twinswing.streams.observations import ItemKind, LinkState, LinkStatus, Observation
from twinswing.truth.nab import nab_score, probation

S = 1_000_000_000


def excursions(values, params=None) -> list[int]:
    level = UsualLevel(params or HealthParams())
    found, before = [], False
    for row, value in enumerate(values):
        level.update(float(value))
        if level.unusual and not before:
            found.append(row)
        before = level.unusual
    return found


def alike(rng, n: int, r: float) -> np.ndarray:
    """Noise of unit spread whose neighbours are alike by r."""
    out = np.empty(n)
    out[0] = rng.normal()
    for i, e in enumerate(rng.normal(0, np.sqrt(1 - r * r), n - 1), start=1):
        out[i] = r * out[i - 1] + e
    return out


def test_a_healthy_machine_is_left_alone_and_a_sick_one_is_not():
    rng = np.random.default_rng(7)
    runs = [60.0 + 2.0 * alike(rng, 3000, 0.9) for _ in range(8)]
    false = [len(excursions(run)) for run in runs]
    assert np.mean(false) < 8, f"{false} excursions in 3000 bins of a healthy machine"
    found = 0
    for run in runs:
        sick = run.copy()
        sick[2500:] += 12.0
        found += any(2500 <= row < 2520 for row in excursions(sick))
    assert found == len(runs)


def test_numbers_that_are_not_there_teach_nothing():
    level = UsualLevel(HealthParams())
    for value in [np.nan, np.inf] * 100:
        assert level.update(value) == 0.0
    assert level.seen == 0
    assert not level.unusual


def test_a_number_that_never_moved_and_then_does_is_unusual():
    assert excursions([20.0] * 200 + [21.0] * 20) == [200]


def wear(rng, hours: float, kind: str) -> tuple[np.ndarray, int]:
    """A number that wears toward 10, a bin a minute, and the bin in which its level gets there."""
    t = np.arange(round(60 * hours))
    if kind == "exponential":
        level = 2.0 * np.exp(t * np.log(5.0) / (0.8 * len(t)))
        noise = 0.05 * level * alike(rng, len(t), 0.5)
    else:
        level = 2.0 + 8.0 * t / (0.8 * len(t))
        noise = 0.3 * alike(rng, len(t), 0.5)
    return level + noise, int(np.argmax(level >= 10.0))


ITEM = DataItem("a/l/u/vibration", "vibration", ItemKind.SAMPLE, Role.VIBRATION, "mm/s", "sim", "x")


@pytest.mark.parametrize("kind", ["exponential", "linear"])
def test_remaining_life_is_as_sure_as_it_says(kind):
    rng = np.random.default_rng(3)
    inside, said, errors = 0, 0, []
    for _ in range(60):
        values, end = wear(rng, rng.uniform(4, 8), kind)
        now = round(end * 0.75)
        drift = Drift(ITEM, Limit("limit", high=10.0), HealthParams())
        for at, value in enumerate(values[:now]):
            drift.update(at, value)
        life = drift.life()
        if life is None:
            continue
        said += 1
        inside += life.early_bins <= end - now <= life.late_bins
        errors.append(abs(life.bins - (end - now)) / (end - now))
    assert said >= 50, "a machine three quarters through its life is seen to wear"
    assert np.median(errors) < 0.25
    assert 0.5 <= inside / said <= 0.9, f"{inside} of {said} within one sigma"


def test_what_does_not_wear_has_no_end():
    rng = np.random.default_rng(5)
    said = 0
    for _ in range(40):
        drift = Drift(ITEM, Limit("limit", high=10.0, low=-10.0), HealthParams())
        for at, value in enumerate(2.0 + 0.3 * alike(rng, 300, 0.5)):
            drift.update(at, value)
        said += drift.life() is not None
    assert said <= 2
    falling = Drift(ITEM, Limit("limit", high=10.0), HealthParams())
    for at in range(200):
        falling.update(at, 8.0 - 0.02 * at)
    assert falling.life() is None, "it drifts away from the limit"


def test_the_benchmark_scores_silence_zero_and_the_perfect_detector_a_hundred():
    windows = [(2000, 2100), (3000, 3100)]
    flags = np.zeros(5000, dtype=bool)
    assert nab_score(flags, windows) == 0.0
    flags[[2000, 3000]] = True
    assert nab_score(flags, windows) == pytest.approx(100.0)
    flags[4500] = True
    assert nab_score(flags, windows) == pytest.approx(100.0 - 100 * 0.11 / 4)
    late = np.zeros(5000, dtype=bool)
    late[[2100, 3100]] = True
    assert 45.0 < nab_score(late, windows) < 55.0
    early = np.zeros(5000, dtype=bool)
    early[: probation(5000)] = True
    assert nab_score(early, windows) == 0.0
    with pytest.raises(ValueError, match="window"):
        nab_score(flags, [])


def test_the_real_machine_s_failures_are_found(shared_data):
    rows = list(csv.DictReader((shared_data / "plant/machine_temperature.csv").open()))
    times = [datetime.fromisoformat(row["timestamp"]) for row in rows]
    labels = json.loads((shared_data / "plant/machine_temperature_windows.json").read_text())
    windows = []
    for first, last in next(iter(labels.values())):
        inside = [i for i, t in enumerate(times) if datetime.fromisoformat(first) <= t <= datetime.fromisoformat(last)]
        windows.append((inside[0], inside[-1]))
    flags = np.zeros(len(rows), dtype=bool)
    flags[excursions([row["value"] for row in rows])] = True
    score = nab_score(flags, windows)
    assert score > 60.0, f"NAB standard score {score:.1f}"
    assert all(flags[a : b + 1].any() for a, b in windows)


def plant() -> Plant:
    def item(name: str, kind: ItemKind, role: Role, *limits: Limit) -> DataItem:
        return DataItem(f"a/l/mill/{name}", name, kind, role, "", "m", name, limits=limits)

    items = (
        item("execution", ItemKind.EVENT, Role.EXECUTION),
        item("load", ItemKind.SAMPLE, Role.LOAD),
        item("vibration", ItemKind.SAMPLE, Role.VIBRATION, Limit("zone C", high=7.1)),
    )
    unit = Unit("a/l/mill", "mill", "Mill", UnitKind.MILL, (0, 0, 0), 0.0, (1, 1, 1), items)
    return Plant("p", "P", "s", "e", (9, 9, 5), (), (unit,))


def shift(history: LiveHistory, hours: float = 6.0) -> None:
    """A mill that works ten minutes of fifteen; from the fourth hour on its vibration grows."""
    rng = np.random.default_rng(11)
    out = []
    for k in range(round(hours * 360)):
        t = k * 10
        works = t % 900 < 600
        if t % 900 in (0, 600):
            out.append(Observation("execution", t * S, "ACTIVE" if works else "READY"))
        growth = np.exp(max(t - 4 * 3600, 0) / 4000)
        vibration = (1.5 * growth if works else 0.2) * (1 + 0.08 * rng.normal())
        out.append(Observation("vibration", t * S, float(vibration)))
        out.append(Observation("load", t * S, float((40 if works else 2) + rng.normal())))
    history.linked("m", LinkStatus(LinkState.LIVE, "connected", 0))
    history.observed("m", out)
    history.settle()


def test_a_unit_s_health_says_which_number_and_how_long():
    history = LiveHistory(plant(), 0)
    shift(history)
    at_once, growing = HealthLog(history.plant), HealthLog(history.plant)
    at_once.extend(history)
    for t in range(0, 6 * 3600, 1234):
        growing.extend(history, t * S)
    growing.extend(history)
    early, late = (at_once.at("a/l/mill", round(h * 3600) * S) for h in (3.9, 5.6))
    assert not early.unusual, "what a stop does to load and vibration is no illness"
    assert not early.learning
    assert late.unusual
    assert late.why[0][0] == "a/l/mill/vibration"
    assert late.why[0][1] > 3.0
    assert late.life is not None
    assert late.life.item == "a/l/mill/vibration"
    # Truth: 1.5 exp(x / 4000) = 7.1 at x = 6218 s after the fourth hour, and it runs two thirds of the time.
    left_s = (4 * 3600 + 6218 - 5.6 * 3600) * 2 / 3
    assert late.life.early_bins * late.bin_s < left_s * 1.5
    assert late.life.bins * late.bin_s == pytest.approx(left_s, rel=0.5)
    assert [growing.at("a/l/mill", t * S) for t in range(0, 21600, 700)] == [
        at_once.at("a/l/mill", t * S) for t in range(0, 21600, 700)
    ], "however it was read"
    assert at_once.at("a/l/none", 0).learning


def test_a_bin_holds_what_was_said_before_it_and_not_what_is_unknown():
    edges = np.array([0, 10, 20, 30, 40], dtype=np.int64)
    changes = Changes(
        np.array([-5, 12, 18, 33]), np.array([1.0, 2.0, 4.0, np.nan]), np.full(4, -1, np.int32),
        np.array([0, 0, 0, 1], np.uint8),
    )  # fmt: skip
    means = bin_means(changes, edges)
    assert means[:3].tolist() == [1.0, 3.0, 4.0]
    assert means[3] == 4.0, "held at the bin's start"
    share = held_share(np.array([-5, 15, 25]), np.array([True, False, True]), edges)
    assert share.tolist() == [1.0, 0.5, 0.5, 1.0]
