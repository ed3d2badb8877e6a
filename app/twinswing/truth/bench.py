"""The figures of the README, measured: each with its target, what it was compared to, and how it was found.

`make bench` writes them to bench.json and prints a table. Times are ratios to something measured in the same run,
because machines differ; errors are against exact synthetic swings.
"""

import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from twinswing import __version__
from twinswing.errors import InputError, MissingPartError


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    target : what it is held to ("<= 1.10"), or "" where it is only reported. met: None without a target.
    compared_to : the other side of a ratio, or where an error's truth comes from. method: how it was measured.
    """

    bench: str
    name: str
    value: float
    unit: str
    target: str = ""
    compared_to: str = ""
    method: str = ""

    @property
    def met(self) -> bool | None:
        """Tell whether the target is met."""
        if not self.target:
            return None
        relation, _, bound = self.target.partition(" ")
        limit = float(bound)
        return self.value <= limit if relation == "<=" else self.value >= limit


Bench = Callable[[bool], list[Figure]]

# Median and 95th percentile that the alignment is held to, ms, by frame rate.
_ALIGNMENT_TARGETS = {30.0: (4.0, 10.0), 60.0: (2.0, 5.0), 240.0: (1.0, 3.0)}


def bench_alignment(full: bool) -> list[Figure]:
    """Align rendered truth swings through the real pose path."""
    from twinswing.truth.alignment_bench import bench_alignment as run  # noqa: PLC0415  (each bench loads its own)

    swings = 40 if full else 6
    figures = []
    for row in run(tuple(_ALIGNMENT_TARGETS), swings=swings):
        median, p95 = _ALIGNMENT_TARGETS[row.rate_hz]
        name = f"{row.rate_hz:.0f} fps"
        method = f"{row.swings} rendered swings, pose by the model, {row.refused} refused"
        figures += [
            Figure("alignment", f"{name} error, median", row.median_ms, "ms", f"<= {median}", "truth", method),
            Figure("alignment", f"{name} error, 95th percentile", row.p95_ms, "ms", f"<= {p95}", "truth", method),
            Figure("alignment", f"{name} within one sigma", row.within_sigma, "1", "", "0.68 if sigma is true", method),
            Figure("alignment", f"{name} whole-frame correlation, median", row.baseline_median_ms, "ms", "", "truth",
                   "the usual method on the same landmarks"),
            Figure("alignment", f"{name} whole-frame correlation, 95th", row.baseline_p95_ms, "ms", "", "truth",
                   "the usual method on the same landmarks"),
        ]  # fmt: skip
    return figures


def bench_clock(full: bool) -> list[Figure]:
    """Simulated pings, Wi-Fi-like delays, drift within 50 ppm."""
    from twinswing.streams.clock_bench import bench_clock as run  # noqa: PLC0415

    return [
        Figure("clock", f"{row.estimator}, {row.floor}, {what}", value, "ms", "", "simulated clock",
               f"RMS over 60 s, {row.sessions} sessions of 600 pings")
        for row in run(sessions=100 if full else 30)
        for what, value in (("median", row.median_ms), ("95th percentile", row.p95_ms))
    ]  # fmt: skip


def bench_hub(full: bool) -> list[Figure]:
    """Eight clubs at 1 kHz over real sockets."""
    from twinswing.streams.hub_bench import bench_hub as run  # noqa: PLC0415

    found = run(seconds=60.0 if full else 5.0)
    method = f"{found.clubs} clubs at {found.rate_hz:.0f} Hz for {found.seconds:.0f} s on loopback"
    return [
        Figure("hub", "samples lost or wrong", found.lost + found.wrong, "1", "<= 0", f"{found.sent} sent", method),
        Figure("hub", "batch delay, median", found.delay_p50_ms, "ms", "", "the batch's last sample", method),
        Figure("hub", "batch delay, 99th percentile", found.delay_p99_ms, "ms", "", "the batch's last sample", method),
        Figure("hub", "processor share, clubs and hub", found.cpu_share, "1", "", "one core", method),
    ]


def bench_analysis(full: bool) -> list[Figure]:
    """Time the whole of analyze against a bare decode-and-detect loop on the same clip, in turns."""
    from twinswing.body.bench import bare_loop  # noqa: PLC0415
    from twinswing.swing.analysis import analyze  # noqa: PLC0415
    from twinswing.truth.generate import write_truth  # noqa: PLC0415

    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        clip = write_truth(Path(folder), fps=60.0, size=(720, 1280), seed=5)[0] / "video.mp4"
        for number in range(5 if full else 3):
            start = time.perf_counter()
            bare_loop(clip)
            middle = time.perf_counter()
            analyze(clip, Path(folder) / f"{number}.mcap")
            ratios.append((time.perf_counter() - middle) / (middle - start))
    return [
        Figure("analysis", "whole analysis", statistics.median(ratios), "x", "<= 1.10", "decode and detect in turn",
               f"720x1280 at 60 fps, median of {len(ratios)} pairs, from {min(ratios):.2f} to {max(ratios):.2f}"),
    ]  # fmt: skip


def bench_recording(full: bool) -> list[Figure]:
    """Open recordings of two sizes; the time must not go with the size."""
    from twinswing.recording.reader import RecordingReader  # noqa: PLC0415
    from twinswing.recording.writer import RecordingWriter  # noqa: PLC0415

    times: dict[int, float] = {}
    noise = np.random.default_rng(0).integers(0, 256, 64 * 1024, dtype=np.uint8).tobytes()
    with tempfile.TemporaryDirectory() as folder:
        for megabytes in (16, 512 if full else 128):
            path = Path(folder) / f"{megabytes}.mcap"
            with RecordingWriter(path) as writer:
                for i in range(megabytes * 16):
                    writer.write_video(i * 10_000_000, noise)
            start = time.perf_counter()
            with RecordingReader(path):
                pass
            times[megabytes] = time.perf_counter() - start
    small, large = (times[key] for key in sorted(times))
    return [
        Figure("recording", f"open {max(times)} MB", large, "s", "<= 0.5", f"{small * 1e3:.1f} ms for 16 MB", "once")
    ]


def bench_frame(full: bool) -> list[Figure]:
    """The processor's part of a window's frame, with the picture so small that the rasteriser does nothing."""
    from twinswing.desk.frame_bench import bench_frame as run  # noqa: PLC0415
    from twinswing.truth.build import make_swing  # noqa: PLC0415
    from twinswing.truth.session import session_of  # noqa: PLC0415

    found = run(session_of(make_swing()), frames=1000 if full else 300)
    method = f"{found.frames} frames of a playing swing with panels, meshes cut to a triangle, 64x64 px"
    return [
        Figure("frame", "processor part, median", found.median_ms, "ms", "<= 4", "60 frames a second: 16.7 ms", method),
        Figure("frame", "processor part, 99th percentile", found.p99_ms, "ms", "", "60 frames a second", method),
        Figure("frame", "without panels, median", found.without_panels_ms, "ms", "", "the whole frame", method),
    ]


def bench_plant_frame(full: bool) -> list[Figure]:
    """The processor's part of a large plant's frame, against a scene graph of one node a part."""
    from twinswing.truth.bench_plant_frame import bench_plant_frame as run  # noqa: PLC0415

    found = run(frames=300 if full else 60)
    method = f"{found.units} units, {found.frames} frames with new states, heat and camera, meshes cut, 64x64 px"
    plain = f"{found.naive_nodes} nodes, {found.naive_ms:.0f} ms"
    return [
        Figure("plant-frame", "processor part, median", found.instanced_ms, "ms", "<= 8", "", method),
        Figure("plant-frame", "processor part, 99th percentile", found.instanced_p99_ms, "ms", "", "", method),
        Figure("plant-frame", "times cheaper than one node a part", found.ratio, "x", ">= 5", plain, method),
    ]


def bench_swings(full: bool) -> list[Figure]:
    """Filmed swings through the whole analysis, and the club's sensor alone, against the truth."""
    from twinswing.truth.bench_swing import bench_filmed, bench_head_speed  # noqa: PLC0415

    found = bench_filmed(18 if full else 6)
    method = f"{found.clips} swings filmed at 30 fps, 300x400, {found.refused} not read"
    swings = 30 if full else 9
    median, p95 = bench_head_speed(swings)
    alone = f"{swings} drawn swings, sensor's noise, clipping and mount varied"
    return [
        Figure("swings", "golfer found", found.found, "1", ">= 0.98", "all frames", method),
        Figure("swings", "events within GolfDB's tolerance", found.events, "1", ">= 0.85", "truth", method),
        Figure("swings", "joint, the ball's place apart, median", found.joint_m, "m", "", "truth", method),
        Figure("swings", "joints within one sigma", found.within_sigma, "1", "", "truth", method),
        Figure("swings", "head speed from the sensor, median", median, "1", "", "truth", alone),
        Figure("swings", "head speed from the sensor, 95th percentile", p95, "1", "", "truth", alone),
    ]


def bench_fitted(full: bool) -> list[Figure]:
    """The fit of body and club on whole filmed swings, beside the pose model's own body."""
    from twinswing.truth.bench_fit import bench_fit, bench_pairs  # noqa: PLC0415
    from twinswing.truth.fit_figures import figures_of  # noqa: PLC0415

    return figures_of(bench_fit(30 if full else 6), bench_pairs(9 if full else 2))


def bench_history(full: bool) -> list[Figure]:
    """A thousand units at full rate, and a day of a plant scrubbed."""
    from twinswing.truth.bench_plant import bench_day, bench_ingest  # noqa: PLC0415

    found = bench_ingest(60.0 if full else 30.0)
    method = f"1,000 units of 10 items at 2 Hz from 10 threads, {found.rate_hz:.0f} a second really sent"
    day = bench_day(400 if full else 80)
    how = f"24 h of {day.rows / 1e6:.1f} million values, {day.megabytes:.0f} MB, 200 random moments"
    all_of_it = f"{day.read_all_s * 1e3:.0f} ms to read all"
    return [
        Figure("history", "values lost", found.sent - found.recorded, "1", "<= 0", f"{found.sent} sent", method),
        Figure("history", "processor share, sources, ingest, recording", found.cpu_share, "1", "<= 1", "one core",
               f"of it {found.sources_share:.2f} to make the observations"),
        Figure("history", "memory grown once full", found.growth_mb, "MB", "<= 64", "at half time", method),
        Figure("history", "sources made to wait", found.waited_s, "s", "", "all ten together", method),
        Figure("history", "recording", found.bytes_per_row, "byte/value", "", "29 in memory", "each written twice"),
        Figure("history", "any moment of a day, median", day.at_median_ms, "ms", "", all_of_it, how),
        Figure("history", "any moment of a day, 99th percentile", day.at_p99_ms, "ms", "<= 100", all_of_it, how),
        Figure("history", "a day's trend of an item, first time", day.trend_ms, "ms", "<= 100", all_of_it, how),
        Figure("history", "an hour's changes of an item", day.changes_ms, "ms", "", all_of_it, how),
        Figure("history", "open a day", day.open_ms, "ms", "<= 500", all_of_it, how),
    ]  # fmt: skip


def bench_plant_window(full: bool) -> list[Figure]:
    """A frame of the plant's window, and a what-if."""
    from twinswing.desk.plant_frame_bench import bench_plant_frame as window  # noqa: PLC0415
    from twinswing.plant.load import find_plant, load_plant  # noqa: PLC0415
    from twinswing.plant.recorded import RecordedHistory  # noqa: PLC0415
    from twinswing.plant.whatif import Settings, what_if  # noqa: PLC0415
    from twinswing.plant.whatif_change import OrdersChange  # noqa: PLC0415
    from twinswing.resources import bundled_recording  # noqa: PLC0415
    from twinswing.truth.bench_plant_window import bench_large_window  # noqa: PLC0415

    large = bench_large_window(100 if full else 60)
    thousand = "1,000 units of 10 items, shading left out"
    with RecordedHistory(bundled_recording("club-works-shift.mcap")) as history:
        cost = window(history, frames=300 if full else 100)
    how = f"{cost.frames} frames of the bundled shift, a unit chosen; shading left out"
    plant = load_plant(find_plant("club_works"))
    start = time.perf_counter()
    what_if(plant, [OrdersChange(0.9)], Settings())
    took_s = time.perf_counter() - start
    return [
        Figure("plant-window", "processor part of a frame, median", cost.median_ms, "ms", "<= 8", "", how),
        Figure("plant-window", "processor part of a frame, 99th percentile", cost.p99_ms, "ms", "", "", how),
        Figure("plant-window", "of a frame with 1,000 units, median", large.median_ms, "ms", "<= 8", "", thousand),
        Figure("plant-window", "30 shifts twice, for a what-if", took_s, "s", "", "", "the bundled works"),
    ]


def bench_headset_frames(full: bool) -> list[Figure]:
    """Both eyes in one pass and in two, and a stereo frame's processor part."""
    from twinswing.truth.bench_headset import bench_headset  # noqa: PLC0415

    cost = bench_headset(1000 if full else 200, 10_000 if full else 1000, lambda _: None)
    passes = f"two passes, {cost.two_passes_ms:.1f} ms, in turns; 3,000 lit nodes of 15 vertices"
    how = "bundled recordings at 64x64, meshes cut"
    return [
        Figure("headset", "single pass", cost.single_pass_ratio, "1", "<= 0.6", passes, "software renderer"),
        Figure("headset", "swing, processor part of a stereo frame", cost.swing_ms[0], "ms", "<= 5", "", how),
        Figure("headset", "swing, 99th percentile", cost.swing_ms[1], "ms", "<= 11.1", "90 frames a second", how),
        Figure("headset", "plant, processor part of a stereo frame", cost.plant_ms[0], "ms", "<= 8", "", how),
        Figure("headset", "plant, 99th percentile", cost.plant_ms[1], "ms", "<= 11.1", "90 frames a second", how),
    ]


def bench_printed(full: bool) -> list[Figure]:
    """A printed marker's place before a camera."""
    from twinswing.truth.printed import bench_markers  # noqa: PLC0415

    views = 200 if full else 40
    place_m, turn_rad = bench_markers(views)
    how = f"{views} views of 150 mm at 1 m, 1280x720, tilted by up to 60 degrees, blurred, with noise"
    return [
        Figure("markers", "place, median error", 1e3 * place_m, "mm", "<= 5", "exact truth", how),
        Figure("markers", "turn, median error", float(np.degrees(turn_rad)), "deg", "<= 0.5", "exact truth", how),
    ]


def bench_library(full: bool) -> list[Figure]:
    """Ten thousand recordings in the library: opened, scanned, searched, scrolled."""
    from twinswing.truth.bench_library import bench_library as run  # noqa: PLC0415

    cost = run(10_000, 1000 if full else 200)
    how = f"{cost.recordings} small recordings (session, measures, tags; no video) written and scanned as real ones"
    return [
        Figure("library", "index, lists and first page", cost.open_s, "s", "<= 1", "a second", how),
        Figure("library", "until the window shows them", cost.window_s, "s", "", "Panda3D's start included", how),
        Figure("library", "read the first time", cost.scan_rate_hz, "1/s", "", "of processor time", how),
        Figure("library", "looked through again", cost.again_s, "s", "", "nothing changed", how),
        Figure("library", "a word typed in the search", cost.search_ms, "ms", "<= 50", "", how),
        Figure("library", "processor part of a frame, median", cost.frame_ms, "ms", "<= 8", "scrolled end to end", how),
        Figure("library", "processor part of a frame, 99th percentile", cost.frame_p99_ms, "ms", "", "16.7 ms", how),
    ]


def bench_coaching(full: bool) -> list[Figure]:
    """Measures of filmed swings against the truth, and the twelve faults on exact swings."""
    from twinswing.truth.bench_measures import bench_faults, bench_measured  # noqa: PLC0415

    found, faults = bench_measured(30 if full else 6), bench_faults(10 if full else 2)
    film = f"{found.swings} swings filmed at 60 fps, analysed with the club and without"
    made = f"{faults.swings} exact swings, half of them clean"
    return [
        Figure("measures", "given with a club", found.given, "1", "", "", film),
        Figure("measures", "within one sigma", found.within_one, "1", "", "0.68 if sigma is true", film),
        Figure("measures", "within two sigmas", found.within_two, "1", ">= 0.93", "0.95 if sigma is true", film),
        Figure("faults", "seen on filmed clean swings", found.misjudged, "1", "<= 0.05", "verdicts given", film),
        Figure("faults", "verdicts that can be told", found.told, "1", "", "one camera, and a club or none", film),
        Figure("faults", "made and found", faults.found, "1", ">= 0.95", "each of the twelve", made),
        Figure("faults", "seen on exact clean swings", faults.false, "1", "<= 0.02", "verdicts", made),
    ]


def bench_voice(full: bool) -> list[Figure]:
    """Commands said by voices that nothing was tuned to, in noise, and talk that is none."""
    from twinswing.truth.bench_voice import bench_voice as run  # noqa: PLC0415

    found = run(6 if full else 4)
    how = f"{found.voices} synthetic voices, white and pink noise, 13 phrases"
    talk = f"{found.talk_s:.0f} s of sentences"
    names = {"key": "with the key", "wake": "after the wake phrase"}
    figures = [
        Figure("voice", f"commands right {names[mode]}, {decibels} dB", share, "1", ">= 0.95" if decibels == 20 else "",
               f"{100 * found.wrong[mode, decibels]:.1f} % taken for another", how)
        for (mode, decibels), share in sorted(found.right.items())
    ]  # fmt: skip
    return [
        *figures,
        Figure("voice", "false commands, wake phrase", found.false_per_10min["wake"], "/10 min", "<= 1", talk, how),
        Figure("voice", "false commands, key pressed for each", found.false_per_10min["key"], "/10 min", "", talk, how),
    ]


BENCHES: dict[str, Bench] = {
    "recording": bench_recording,
    "history": bench_history,
    "frame": bench_frame,
    "plant-frame": bench_plant_frame,
    "plant-window": bench_plant_window,
    "library": bench_library,
    "voice": bench_voice,
    "headset": bench_headset_frames,
    "markers": bench_printed,
    "hub": bench_hub,
    "clock": bench_clock,
    "analysis": bench_analysis,
    "swings": bench_swings,
    "fit": bench_fitted,
    "coaching": bench_coaching,
    "alignment": bench_alignment,
}


def run_benches(out: Path, *, full: bool = False, only: str | None = None) -> int:
    """Run the benches, write bench.json, print a table on stdout; return 0, or 1 when a target was missed.

    Raises MissingPartError where a bench needs a part that this machine lacks, once what the others found is written.
    """
    if only is not None and only not in BENCHES:
        raise InputError(f"--only: expected one of {', '.join(BENCHES)}, found {only!r}")
    console = Console()
    figures: list[Figure] = []
    missing: dict[str, MissingPartError] = {}
    for name, bench in BENCHES.items():
        if only in (None, name):
            console.print(f"[dim]{name} ...[/dim]")
            try:
                figures += bench(full)
            except MissingPartError as error:
                missing[name] = error
    document = {
        "version": __version__,
        "machine": {"python": platform.python_version(), "system": platform.platform(), "full": full},
        "figures": [asdict(figure) | {"met": figure.met} for figure in figures],
        "missing": {name: str(error) for name, error in missing.items()},
    }
    out.write_text(json.dumps(document, indent=1), encoding="utf-8")
    console.print(_table(figures))
    console.print(f"Written to {out}")
    for lacking in missing.values():
        raise lacking
    return 1 if any(figure.met is False for figure in figures) else 0


def _table(figures: list[Figure]) -> Table:
    table = Table("bench", "figure", "value", "target", "compared to", "how")
    for figure in figures:
        mark = {None: "", True: "[green]met[/green] ", False: "[red]missed[/red] "}[figure.met]
        table.add_row(
            figure.bench, figure.name, f"{figure.value:.3g} {figure.unit}", mark + figure.target, figure.compared_to,
            figure.method,
        )  # fmt: skip
    return table
