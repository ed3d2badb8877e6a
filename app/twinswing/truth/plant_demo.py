"""The bundled shift of the club works: `python -m twinswing.truth.plant_demo recordings/club-works-shift.mcap`.

A morning shift like any other, until a lathe's spindle bearing wears out: it shakes and warms, warns, spoils pieces and
seizes; machines behind it starve, those before it block, until it is exchanged. Made by the simulation that also runs
the plant live, and written by the recorder that records it live. The same file comes out every time.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from twinswing.plant.load import load_plant
from twinswing.plant.recorder import PlantRecorder
from twinswing.plant.simulation_feed import SimulatedPlant
from twinswing.plant.simulation_kinds import Incident
from twinswing.plant.simulation_rows import Rates
from twinswing.plant.store import LiveHistory
from twinswing.resources import asset
from twinswing.streams.observations import LinkState, LinkStatus
from twinswing.timeline.clock import NS_PER_S, to_ns


@dataclass(frozen=True)
class Shift:
    """The shift that is bundled.

    start_unix_s: 11 March 2025, 6:00 in the works' zone (UTC+1). seed: of all luck. warmup_s: a day, for the works is
    near its capacity and fills slowly. rates: slower than live, for the file is meant to be small: a shift is looked
    at in minutes, not in seconds; what changes at once (states, pieces, levels) is told at once in any case.
    """

    duration_s: float = 8 * 3600.0
    start_unix_s: int = 1_741_669_200
    seed: int = 7
    warmup_s: float = 24 * 3600.0
    incident: Incident = field(
        default_factory=lambda: Incident("milling/cells/lathe_2", start_s=3600.0, life_run_s=6000.0, repair_s=8100.0)
    )
    rates: Rates = field(
        default_factory=lambda: Rates(tick_s=10.0, load_ticks=2, vibration_ticks=2, slow_ticks=6, energy_ticks=12)
    )


def make_shift(out: Path, shift: Shift | None = None, progress: Callable[[float], None] | None = None) -> LiveHistory:
    """Simulate and record the shift; return the history that was recorded."""
    shift = shift or Shift()
    plant = load_plant(asset("plants", "club_works.toml"))
    source = plant.sources[0].name
    start_ns = shift.start_unix_s * NS_PER_S
    fed = SimulatedPlant(
        plant,
        shift.seed,
        start_unix_ns=start_ns,
        source=source,
        incident=shift.incident,
        rates=shift.rates,
        warmup_s=shift.warmup_s,
    )
    history = LiveHistory(plant, start_ns)
    step_s = 600.0
    with PlantRecorder(history, out, overwrite=True) as recorder:
        history.linked(source, LinkStatus(LinkState.LIVE, f"{source}: simulated", start_ns))
        done = 0.0
        while done < shift.duration_s:
            done = min(done + step_s, shift.duration_s)
            history.observed(source, fed.advance(done))
            recorder.step()
            if progress is not None:
                progress(done / shift.duration_s)
        end = start_ns + to_ns(shift.duration_s)
        history.linked(source, LinkStatus(LinkState.ENDED, f"{source}: the shift is over", end))
        history.end()
    return history


def main(arguments: Sequence[str]) -> int:
    """Make the shift in the file that is named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m twinswing.truth.plant_demo OUT.mcap\n")
        return 2
    out = Path(arguments[0])
    make_shift(out)
    sys.stderr.write(f"{out} {out.stat().st_size / 1e6:.1f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
