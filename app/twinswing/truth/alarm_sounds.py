"""Makes the sounds of alarms, `assets/sounds/`: one a priority, told apart by pitch, rhythm and number of notes."""

import argparse
import sys
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinswing.resources import asset

RATE_HZ = 16_000


@dataclass(frozen=True)
class Burst:
    """Notes one after the other: frequencies (Hz), the length of each and of the gap between (s), the loudness.

    IEC 60601-1-8 asks for fundamentals of 150 to 1000 Hz with at least four harmonics, so that one hears where a sound
    comes from, and for soft edges, so that it does not frighten.
    """

    notes_hz: tuple[float, ...]
    note_s: float
    gap_s: float
    loud: float
    edge_s: float = 0.02
    harmonics: tuple[float, ...] = (1.0, 0.5, 0.35, 0.22, 0.12)


BURSTS = {
    "alarm_high": Burst((784.0, 784.0, 784.0, 988.0, 988.0), 0.10, 0.045, 0.85),
    "alarm_medium": Burst((587.0, 587.0, 659.0), 0.16, 0.07, 0.7),
    "alarm_low": Burst((440.0, 349.0), 0.20, 0.06, 0.5),
}


def samples(burst: Burst) -> NDArray[np.int16]:
    """Return a burst as int16 at RATE_HZ, shape (n,)."""
    parts = []
    t = np.arange(round(burst.note_s * RATE_HZ)) / RATE_HZ
    edge = np.clip(np.minimum(t, burst.note_s - t) / burst.edge_s, 0.0, 1.0)
    envelope = 0.5 - 0.5 * np.cos(np.pi * edge)
    for note in burst.notes_hz:
        tone = sum(a * np.sin(2 * np.pi * note * (k + 1) * t) for k, a in enumerate(burst.harmonics))
        parts += [envelope * tone, np.zeros(round(burst.gap_s * RATE_HZ))]
    sound = np.concatenate(parts)
    return np.asarray(np.rint(sound / np.abs(sound).max() * burst.loud * 32767), dtype=np.int16)


def write(folder: Path) -> list[Path]:
    """Write every sound into a folder; return their paths."""
    out = []
    for name, burst in BURSTS.items():
        path = folder / f"{name}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(samples(burst).astype("<i2").tobytes())
        out.append(path)
    return out


def main(arguments: list[str] | None = None) -> int:
    """Write the bundled sounds anew, or into a folder."""
    parser = argparse.ArgumentParser(prog="python -m twinswing.truth.alarm_sounds", description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", default=str(asset("sounds")), metavar="DIR")
    folder = Path(parser.parse_args(arguments).out)
    folder.mkdir(parents=True, exist_ok=True)
    for path in write(folder):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
