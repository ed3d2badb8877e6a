"""The declared measures: the bundled table is whole, and a wrong one is refused with the place that is wrong."""

from pathlib import Path

import pytest

from twinswing.errors import InputError
from twinswing.swing.measure_table import measure_table, parse_table, read_table
from twinswing.swing.model import Measure
from twinswing.swing.readable import told, told_range, with_spread

GOOD = {"group": "Time", "label": "X", "definition": "Y.", "unit": "rad", "needs": "camera"}


def test_every_limit_has_its_reason_and_every_range_its_source() -> None:
    table = measure_table()
    assert len(table) > 200
    for listed in table.values():
        assert listed.spec.definition.endswith(".")
        for held in listed.spec.range:
            assert len(held.source) > 8
            assert held.at is None or held.at in listed.spec.at
    for name in ("club_path_rad", "pelvis_sway_top_m", "sequence_peak_arm_radps"):
        assert table[name].spec.why


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({**GOOD, "unit": "degrees"}, "unit"),
        ({**GOOD, "at": ["noon"]}, "no position is called noon"),
        ({**GOOD, "worth": 0.1}, "needs its reason"),
        ({**GOOD, "worth": -1.0, "why": "because it is so"}, "worth"),
        ({**GOOD, "range": [{"who": "tour", "from": "somewhere"}]}, "average, a low or a high"),
        ({**GOOD, "range": [{"low": 2.0, "high": 1.0, "who": "tour", "from": "somewhere"}]}, "above its high"),
        ({**GOOD, "range": [{"low": 2.0, "who": "tour"}]}, "from"),
        ({**GOOD, "surprise": 1}, "surprise"),
        ("text", "bad"),
    ],
)
def test_a_wrong_declaration_is_refused_by_its_place(values: object, said: str) -> None:
    with pytest.raises(InputError, match=r"t\.toml: bad") as refused:
        parse_table({"bad": values}, "t.toml")
    assert said in str(refused.value)


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "measures.toml"
    with pytest.raises(InputError, match=r"measures\.toml"):
        read_table(path)
    for data in (b"[cut", b"\xff\xfe\x00", b"[a]\nunit = 1\n"):
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"measures\.toml"):
            read_table(path)
    path.write_bytes(b"")
    assert read_table(path) == {}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("pelvis_turn_impact_rad", -0.63, "36 ± 5° open to the target"),
        ("pelvis_sway_top_m", 0.061, "6 ± 9 cm toward the target"),
        ("pelvis_sway_top_m", -0.001, "0 ± 9 cm"),
        ("attack_angle_rad", -0.0750, "4.3 ± 5.0° down"),
        ("sequence_gap_pelvis_thorax_s", -0.022, "22 ± 87 ms before the pelvis"),
        ("lead_elbow_impact_rad", 0.7, "40 ± 5°"),
    ],
)
def test_numbers_are_told_with_their_direction_in_words(name: str, value: float, said: str) -> None:
    unit = measure_table()[name].spec.unit
    assert with_spread(*told(Measure(value, unit, 0.0873, ""), name)) == said


def test_ranges_fit_the_position_and_the_club() -> None:
    table = measure_table()
    head = table["head_speed_mps"]
    assert told_range(head.range_for("driver"), "m/s", head.name) == "tour 113.0 mph"
    assert head.range_for("putter") is None
    assert table["pelvis_turn_toe_up_rad"].range_for() is None
    impact = table["pelvis_turn_impact_rad"]
    assert told_range(impact.range_for(), "rad", impact.name) == "professionals 36° open to the target"
    tempo = table["tempo_ratio"]
    assert told_range(tempo.range_for(), "1", tempo.name) == "tour 3.0 to 4.1 : 1"
