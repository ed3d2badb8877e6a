"""Alarms that are heard: which, when, from where; through OpenAL's own mixer into a file."""

import os
import struct
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.stage.plant_kit import small_plant
from twinswing.headset.alarm_sound import Call, Rota, SoundParams, balance, calling, heard_from, loudness
from twinswing.headset.frames import ZUP_FROM_XR, about_up
from twinswing.plant.alarm_rules import Occurrence
from twinswing.plant.alarms import Alarm, AlarmState
from twinswing.plant.model import Priority
from twinswing.resources import asset
from twinswing.truth.alarm_sounds import BURSTS, write

PLANT = small_plant()


def head_at(x: float, y: float, heading_rad: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """Return a head at eye height; heading 0 looks along +Y."""
    head = about_up(heading_rad) @ ZUP_FROM_XR
    head[:3, :3] *= scale
    head[:3, 3] = (x, y, 1.6)
    return head


def alarm(unit: int, priority: Priority, state: AlarmState = AlarmState.UNACKNOWLEDGED, raised_s: float = 0.0) -> Alarm:
    path = PLANT.units[unit].path
    occurrence = Occurrence(f"{path}/{priority}", path, 0, "a limit", "too high", priority, round(raised_s * 1e9))
    return Alarm(occurrence, state, first_out=False)


def test_only_what_nobody_has_acknowledged_calls_the_gravest_first():
    alarms = [
        alarm(0, Priority.LOW), alarm(1, Priority.HIGH, AlarmState.ACKNOWLEDGED), alarm(2, Priority.MEDIUM),
        alarm(1, Priority.HIGH, raised_s=3.0), alarm(0, Priority.HIGH, AlarmState.SHELVED),
        alarm(2, Priority.HIGH, AlarmState.RETURNED),
    ]  # fmt: skip
    assert [(call.rank, call.sound) for call in calling(alarms, PLANT)] == [
        (3, "alarm_high"), (2, "alarm_medium"), (1, "alarm_low"),
    ]  # fmt: skip
    flood = [alarm(i % 3, Priority.HIGH, raised_s=i) for i in range(40)]
    assert len(calling(flood, PLANT)) == SoundParams().most


def test_an_alarm_calls_from_its_machine():
    (call,) = calling([alarm(2, Priority.HIGH)], PLANT)
    assert call.place_m[:2] == PLANT.units[2].position_m[:2]
    x, y = call.place_m[:2]
    assert heard_from(head_at(x, y - 5.0), call.place_m) == pytest.approx([0.0, 5.0, 0.0])
    assert balance(heard_from(head_at(x - 3.0, y), call.place_m)) == pytest.approx(1.0)
    assert balance(heard_from(head_at(x - 3.0, y, np.pi), call.place_m)) == pytest.approx(-1.0)
    near, far = (loudness(heard_from(head_at(x, y - away), call.place_m)) for away in (4.0, 8.0))
    assert near == pytest.approx(2.0 * far)
    assert loudness(heard_from(head_at(x, y - 0.3), call.place_m)) == 1.0


def test_in_a_table_model_a_machine_is_heard_on_the_table():
    (call,) = calling([alarm(2, Priority.HIGH)], PLANT)
    x, y = call.place_m[:2]
    assert heard_from(head_at(x, y - 20.0, scale=20.0), call.place_m)[1] == pytest.approx(1.0)


def test_calls_repeat_by_their_rank_one_after_the_other_and_stop_when_acknowledged():
    high, low = Call("h", 3, None), Call("l", 1, None)
    rota, times = Rota(), {"h": [], "l": []}
    for tick in range(450):
        now_s = tick / 10
        calls = (high, low) if now_s < 30.0 else (low,)
        rota, begun = rota.next(calls, now_s)
        for call in begun:
            times[call.key].append(now_s)
    assert times["h"] == pytest.approx([0.0, 5.0, 10.0, 15.0, 20.0, 25.0], abs=0.11)
    assert times["l"] == pytest.approx([0.9, 20.9, 40.9], abs=0.11)


def test_the_bundled_sounds_are_those_that_the_script_makes_and_differ_by_priority(tmp_path):
    lengths = {}
    for path in write(tmp_path):
        assert path.read_bytes() == asset("sounds", path.name).read_bytes()
        assert path.stat().st_size < 30_000
        with wave.open(str(path)) as file:
            sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
        assert np.abs(sound).max() <= 32767
        assert np.abs(sound[[0, -1]]).max() < 100  # no click
        loud = np.convolve(np.abs(sound), np.ones(160) / 160, "same") > 0.05 * np.abs(sound).max()
        lengths[path.stem] = int((np.diff(loud.astype(int)) == 1).sum() + loud[0])
    assert lengths == {name: len(burst.notes_hz) for name, burst in BURSTS.items()}


_PLAY = """
import sys, time
import numpy as np
from twinswing.headset.alarm_sound import Call
from twinswing.headset.alarm_voice import AlarmVoice
sys.path.insert(0, {root!r})
from tests.headset.test_alarm_sound import head_at
voice = AlarmVoice()
assert voice.there
calls = (Call("a", 3, {place}),)
start = time.monotonic()
while time.monotonic() - start < {lasts}:
    silent = time.monotonic() - start > {until}
    voice.update(() if silent else calls, head_at(0.0, 0.0), time.monotonic())
    time.sleep(0.01)
voice.close()
"""


def mixed(folder: Path, place: tuple[float, float, float], lasts_s: float = 0.45, until_s: float = 9.0) -> np.ndarray:
    """Let OpenAL mix a call into a file; return what each ear hears, shape (n, 2)."""
    out, settings = folder / "out.wav", folder / "alsoft.conf"
    settings.write_text(f"[general]\ndrivers = wave\nchannels = stereo\nhrtf = false\n[wave]\nfile = {out}\n")
    root = str(Path(__file__).resolve().parents[2])
    code = _PLAY.format(root=root, place=place, lasts=lasts_s, until=until_s)
    environment = dict(os.environ, ALSOFT_CONF=str(settings))
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False)  # fmt: skip  # noqa: E501
    if "assert voice.there" in done.stderr:
        pytest.skip("this Panda3D has no OpenAL")
    assert done.returncode == 0, done.stderr
    raw = out.read_bytes()
    bits = struct.unpack_from("<H", raw, raw.index(b"fmt ") + 22)[0]
    sound = np.frombuffer(raw[raw.index(b"data") + 8 :], dtype={16: "<i2", 32: "<f4"}[bits]).astype(float)
    return sound[: len(sound) // 2 * 2].reshape(-1, 2) / (32768.0 if bits == 16 else 1.0)


def power(sound: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt((sound**2).mean(0)))


def test_each_ear_hears_an_alarm_from_its_side_and_distance(tmp_path):
    right, left, far = (mixed(tmp_path, place) for place in ((4.0, 1.0, 1.6), (-4.0, 1.0, 1.6), (16.0, 4.0, 1.6)))
    assert power(right)[1] > 2.0 * power(right)[0]
    assert power(left)[0] > 2.0 * power(left)[1]
    peaks = np.abs(far).max(), np.abs(right).max()
    assert peaks[0] / peaks[1] == pytest.approx(0.25, rel=0.1)


def test_an_alarm_that_was_acknowledged_falls_silent_at_once(tmp_path):
    whole = mixed(tmp_path, (1.0, 1.0, 1.6), lasts_s=0.6)
    cut = mixed(tmp_path, (1.0, 1.0, 1.6), lasts_s=0.6, until_s=0.2)

    def heard_s(sound: np.ndarray) -> float:
        loud = np.flatnonzero(np.abs(sound).max(1) > 0.01)
        return float(loud[-1] - loud[0]) / 44_100

    assert heard_s(whole) > 0.45
    assert heard_s(cut) < 0.38
