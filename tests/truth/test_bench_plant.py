"""The scale bench counts what a recording really holds."""

from twinswing.truth.bench_plant import bench_day, bench_ingest


def test_nothing_is_lost_at_a_small_scale_and_the_counts_are_the_recordings() -> None:
    found = bench_ingest(1.5, units=20, items=5, rate_hz=4.0)
    assert found.sent == 20 * 5 * 6
    assert found.recorded == found.sent
    assert found.waited_s == 0.0


def test_a_short_day_is_written_and_asked() -> None:
    found = bench_day(10, hours=0.1, moments=5)
    assert found.rows == 360 * 5
    assert 0.0 < found.at_median_ms <= found.at_worst_ms
