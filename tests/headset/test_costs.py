"""What a headset's frame costs and leaves behind; ratios and counts, since other work shares the machine."""

import time

import pytest

from twinswing.headset.swing_visit import SwingVisit
from twinswing.truth.bench_headset import Walk, measure_frames, measure_growth, measure_passes


@pytest.mark.slow
def test_a_single_pass_is_clearly_quicker_than_two():
    single, two = measure_passes(nodes=3000, frames=15, clock=time.process_time)
    assert single / two < 0.9


@pytest.mark.slow
def test_frames_leave_no_memory_behind_and_stay_within_a_headsets_time(swing):
    walk = Walk(SwingVisit(swing))
    try:
        median_ms, _ = measure_frames(walk, 200)
        blocks, resident_kib = measure_growth(walk, 1200)
    finally:
        walk.close()
    assert blocks < 2.0  # the cache of painted texts still fills, up to its bound; a list that grows costs more
    # States that no one gave back took 9 KiB a frame, 11 MB here; the bounded cache and the heap's own steps take less.
    assert resident_kib < 6144
    assert median_ms < 11.1  # a frame at 90 a second; on a quiet machine it is under 5
