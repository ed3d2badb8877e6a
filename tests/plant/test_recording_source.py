"""A recording told again is what was recorded, through a second history."""

import asyncio
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twinswing.errors import InputError
from twinswing.plant.connect import make_sources
from twinswing.plant.load import parse_plant
from twinswing.plant.model import Plant, SourceSpec
from twinswing.plant.recorder import PlantRecorder
from twinswing.plant.recording_source import RecordingSource
from twinswing.plant.store import LiveHistory
from twinswing.streams.observations import LinkState, Observation, Quality

TEXT = """
[plant]
name = "p"
hall = [20, 10, 5]
[sources.x]
kind = "{kind}"
{settings}
[areas.a.lines.l.units.u]
kind = "mill"
at = [2, 2]
size = [2, 2, 2]
[areas.a.lines.l.units.u.items]
load = {{}}
execution = {{}}
condition = {{}}
"""
ZERO = 1_700_000_000 * 10**9
UNIT = "a/l/u"


def plant_of(kind: str, settings: str = "") -> Plant:
    return parse_plant(TEXT.format(kind=kind, settings=settings), "p.toml")


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Path, list[Observation]]:
    said = [
        Observation(f"{UNIT}/load", ZERO + n * 10**9, float(n)) if n % 7 else
        Observation(f"{UNIT}/load", ZERO + n * 10**9, None, Quality.UNAVAILABLE)
        for n in range(1, 200)
    ]  # fmt: skip
    said += [
        Observation(f"{UNIT}/execution", ZERO + n * 10**9, ("ACTIVE", "READY")[n // 50 % 2]) for n in range(0, 200, 50)
    ]
    said += [Observation(f"{UNIT}/condition", ZERO + 90 * 10**9, "FAULT", Quality.GOOD, "7", "hot")]
    history = LiveHistory(plant_of("sim"), ZERO)
    path = tmp_path / "r.mcap"
    with PlantRecorder(history, path):
        history.observed("x", said)
    return path, said


class Heard:
    def __init__(self) -> None:
        self.all: list[Observation] = []
        self.states: list[LinkState] = []

    def observed(self, source, observations) -> None:
        self.all.extend(observations)

    def linked(self, source, status) -> None:
        self.states.append(status.state)


async def test_what_was_recorded_is_told_again(recorded):
    path, said = recorded
    heard = Heard()
    await RecordingSource("x", path, speed=0.0).run(heard)
    assert heard.states == [LinkState.LIVE, LinkState.ENDED]
    for item in ("load", "execution", "condition"):
        expected = [(o.t_ns, o.value, o.quality) for o in said if o.item == f"{UNIT}/{item}"]
        assert [(o.t_ns, o.value, o.quality) for o in heard.all if o.item == f"{UNIT}/{item}"] == expected
    assert [o.t_ns for o in heard.all] == sorted(o.t_ns for o in heard.all)


async def test_a_second_plant_lives_of_the_recording(recorded):
    path, _ = recorded
    plant = plant_of("recording", f'path = "{path}"')
    (source,) = make_sources(plant, path.parent, speed=0.0)
    history = LiveHistory(plant, ZERO)
    await source.run(history)
    snapshot = history.at(100 * 10**9)
    number = plant.item_number[f"{UNIT}/load"]
    assert snapshot.number[number] == 100.0
    assert np.isnan(history.at(98 * 10**9).number[number]) or history.at(98 * 10**9).quality[number] != Quality.GOOD
    assert history.texts[snapshot.text[plant.item_number[f"{UNIT}/condition"]]] == "FAULT"


async def test_the_pace_is_the_recordings_own(recorded):
    path, _ = recorded
    heard, loop = Heard(), asyncio.get_running_loop()
    begun = loop.time()
    await RecordingSource("x", path, items=[f"{UNIT}/load"], speed=400.0).run(heard)
    assert loop.time() - begun > 0.45  # 199 seconds at 400 times the speed
    assert len(heard.all) == 199


async def test_an_item_that_was_not_recorded_is_told(recorded):
    with pytest.raises(InputError, match=r"expected 'a/l/u/heat' among the items of .*r\.mcap"):
        await RecordingSource("x", recorded[0], items=[f"{UNIT}/heat"]).run(Heard())


async def test_a_simulation_is_made_with_its_speed_and_seed(tmp_path: Path):
    plant = plant_of("sim", "speed = 60\nduration_s = 30")
    (source,) = make_sources(plant, tmp_path, seed=7, start_unix_ns=ZERO)
    heard = Heard()
    async with asyncio.timeout(20):
        await source.run(heard)
    assert heard.all
    assert all(said.t_ns >= ZERO for said in heard.all)
    assert not any(isinstance(said.value, float) and math.isnan(said.value) for said in heard.all)
    odd = replace(plant, sources=(SourceSpec("x", "sim", {"sped": 3}, 4),))
    with pytest.raises(InputError, match="did you mean 'speed'"):
        make_sources(odd, tmp_path)
