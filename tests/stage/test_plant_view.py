"""What is drawn is what the history says: stale is not shown as live, and heat maps are told by place on the ramp."""

from dataclasses import replace

import numpy as np
import pytest

from tests.stage.plant_kit import small_plant
from twinswing.plant.history import NO_TEXT, Snapshot
from twinswing.plant.model import Role
from twinswing.plant.states import CODE_OF, UnitState
from twinswing.stage.plant_heat import display_ramp, legend, ramp
from twinswing.stage.plant_labels import choose
from twinswing.stage.plant_view import Heat, PlantView, buffer_fill, role_heat
from twinswing.streams.observations import Quality


@pytest.fixture
def plant():
    return small_plant()


def snapshot(plant, **numbers: float) -> Snapshot:
    n = len(plant.items)
    number = np.full(n, np.nan)
    quality = np.full(n, Quality.UNAVAILABLE, dtype=np.uint8)
    for i, item in enumerate(plant.items):
        for name, value in numbers.items():
            if item.path.endswith("/" + name):
                number[i], quality[i] = value, Quality.GOOD
    return Snapshot(1_000, number, np.full(n, NO_TEXT, dtype=np.int32), quality, np.zeros(n, dtype=np.int64))


def test_a_view_carries_states_buffers_and_meters(plant):
    view = PlantView.of(plant, snapshot(plant, level=7.0, power=41_200.0), [UnitState.RUNNING] * len(plant.units))
    assert (view.states == CODE_OF[UnitState.RUNNING]).all()
    assert view.fill.tolist() == [7.0, 7.0]
    assert view.meter_texts == ("41.2 kW",)


def test_what_is_stale_is_not_known(plant):
    one = snapshot(plant, level=7.0, temperature=330.0, power=1.0)
    stale = replace(one, quality=np.full(len(plant.items), Quality.STALE, dtype=np.uint8))
    assert np.isnan(buffer_fill(plant, stale)).all()
    assert np.isnan(role_heat(plant, stale, Role.TEMPERATURE).values).all()
    assert PlantView.of(plant, stale, [UnitState.UNKNOWN] * len(plant.units)).meter_texts == ("not known",)


def test_a_heat_map_spans_what_the_items_state(plant):
    heat = role_heat(plant, snapshot(plant, temperature=335.0), Role.TEMPERATURE)
    assert (heat.low, heat.high, heat.unit) == (290.0, 380.0, "K")
    assert heat.shares() == pytest.approx(np.full(len(plant.units), 0.5))
    none = role_heat(plant, snapshot(plant), Role.VIBRATION)
    assert np.isnan(none.values).all()
    assert none.high > none.low


def test_the_ramp_grows_lighter_all_the_way_for_every_kind_of_eye():
    colours = np.array(display_ramp(64)) ** 2.2
    full = colours @ [0.2126, 0.7152, 0.0722]
    without_red = colours @ [0.0, 0.9, 0.1]  # a dichromat's lightness has no share of red
    assert (np.diff(full) > 0).all()
    assert (np.diff(without_red) > 0).all()


def test_what_has_no_value_has_a_colour_that_is_not_on_the_ramp():
    unknown = ramp(np.array([np.nan]))[0]
    on = ramp(np.linspace(0, 1, 256))
    assert np.abs(on - unknown).max(1).min() > 0.05


def test_a_legend_has_round_ticks_at_their_places():
    found = legend(Heat(np.array([1.0, np.nan]), 290.0, 380.0, "temperature", "K"))
    assert [value for value, _ in found.ticks] == [300.0, 320.0, 340.0, 360.0, 380.0]
    assert found.ticks[0][1] == pytest.approx(1 / 9)
    assert found.unknown == 1


def test_labels_that_are_chosen_never_overlap_and_the_best_is_there():
    rng = np.random.default_rng(3)
    corner = rng.uniform(0, 600, (300, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(20, 120, (300, 2))], 1)
    scores = rng.uniform(0, 1, 300)
    kept = choose(boxes, scores, most=40, gap_px=3.0)
    assert int(np.argmax(scores)) in kept.tolist()
    for k, i in enumerate(kept):
        for j in kept[k + 1 :]:
            a, b = boxes[i], boxes[j]
            assert a[2] + 3 <= b[0] or b[2] + 3 <= a[0] or a[3] + 3 <= b[1] or b[3] + 3 <= a[1]
