"""The frame of a large plant: many times cheaper than one node a part."""

from twinswing.truth.bench_plant_frame import bench_plant_frame


def test_instances_are_at_least_five_times_cheaper_than_nodes():
    found = bench_plant_frame(units=300, frames=25)
    assert found.naive_nodes == 2400
    assert found.ratio > 5.0, found
