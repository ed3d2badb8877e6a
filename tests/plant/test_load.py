"""A plant's file: what is read is what was written, and each mistake is answered with its line and a way out."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinswing.errors import InputError
from twinswing.plant.load import find_plant, load_plant, parse_plant
from twinswing.plant.model import Priority, Role, Spread
from twinswing.plant.toml_lines import key_lines
from twinswing.streams.observations import ItemKind

SMALL = """\
[plant]
name = "small"
hall = [20, 10, 6]

[crews]
setters = 2

[sources.agent]
kind = "mtconnect"
url = "http://127.0.0.1:5000"

[templates.machine]
items = { execution = {}, good = {}, power = { unit = "kW", low = 0, high = 9 } }

[templates.cnc]
template = "machine"
kind = "mill"
size = [2.4, 2.0, 2.3]
address = "{device}_{item}"
behaviour = { cycle_s = { mean = 60, sd = 5 }, crew = "setters", operators = 1 }
[templates.cnc.items]
temperature = { unit = "degC", low = 10, high = 90, limits = [
  { name = "hot", high = 70, priority = "high", deadband = 2 },
] }

[areas.mill.lines.cell.units.m1]
template = "cnc"
at = [3, 3]
values = { device = "D1" }

[areas.mill.lines.cell.units.m2]
template = "cnc"
at = [8, 3]
yaw_deg = 90
values = { device = "D2" }
items.temperature.high = 95

[areas.mill.lines.cell.buffers.wip]
at = [5, 7]
size = [1, 1, 1]
capacity = 20
level = { address = "wip" }

[steps.mill]
units = "mill/cell/m*"
buffer = "mill/cell/wip"

[routes.driver]
steps = ["mill", { name = "again", units = ["mill/cell/m1"], cycle_factor = 1.2 }]

[meters.incoming]
measures = "*"
at = [1, 1]
items = { energy = { unit = "kWh" } }

[[aisles]]
name = "loop"
width = 3
points = [[0, 9], [20, 9]]
"""


def test_reads_what_was_written_in_si() -> None:
    plant = parse_plant(SMALL, "small.toml")
    one, two = plant.units
    assert [item.address for item in one.items] == ["D1_execution", "D1_good", "D1_power", "D1_temperature"]
    hot = two.by_role[Role.TEMPERATURE]
    assert (hot.unit, hot.factor, hot.offset, hot.kind) == ("K", 1.0, 273.15, ItemKind.SAMPLE)
    assert hot.limits[0].high == pytest.approx(343.15)
    assert (hot.limits[0].deadband, hot.limits[0].priority) == (2.0, Priority.HIGH)
    assert hot.high == pytest.approx(368.15)
    assert one.by_role[Role.TEMPERATURE].high == pytest.approx(363.15)
    assert one.by_role[Role.POWER].factor == 1000.0
    assert one.behaviour.cycle_s == Spread(60.0, 5.0, "lognormal")
    assert one.ideal_cycle_s == 60.0
    assert plant.routes[0].steps[0].units == ("mill/cell/m1", "mill/cell/m2")
    assert plant.meters[0].measures == ("mill",)
    assert plant.buffers[0].level is not None
    assert plant.bound["agent", "D2_temperature"] == (plant.item_number["mill/cell/m2/temperature"],)
    assert two.line == 1 + SMALL.splitlines().index("[areas.mill.lines.cell.units.m2]")
    assert plant.text == SMALL


def test_a_simulation_speaks_si_whatever_the_file_speaks() -> None:
    plant = parse_plant(SMALL.replace('"mtconnect"', '"sim"'), "small.toml")
    hot = plant.units[0].by_role[Role.TEMPERATURE]
    assert (hot.factor, hot.offset) == (1.0, 0.0)
    assert hot.limits[0].high == pytest.approx(343.15)


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ('kind = "mill"', 'kind = "mil"', 'kind = "mil"', "did you mean 'mill'"),
        ("at = [8, 3]", "at = [80, 3]", "at = [80, 3]", "a place in the hall of 20 x 10 m"),
        ("at = [8, 3]", "att = [8, 3]", "att = [8, 3]", "did you mean 'at'"),
        ("at = [8, 3]", "at = [nan, 3]", "at = [nan, 3]", "nan"),
        ("at = [8, 3]", "", "[areas.mill.lines.cell.units.m2]", "`at = [x, y]`"),
        ("high = 70", "high = inf", "inf", "finite"),
        ("high = 70,", "", '"hot"', "neither"),
        ("low = 10, high = 90", "low = 90, high = 90", "low = 90", "above its low"),
        ('template = "machine"', 'template = "cnc"', 'template = "cnc"', "built on itself"),
        ('template = "machine"', 'template = "machin"', '"machin"', "did you mean 'machine'"),
        ('units = "mill/cell/m*"', 'units = "mill/cel/m1"', "mill/cel/m1", "did you mean 'mill/cell/m1'"),
        ('buffer = "mill/cell/wip"', 'buffer = "mill/cell/wep"', "wep", "did you mean 'mill/cell/wip'"),
        ('steps = ["mill"', 'steps = ["mlil"', '"mlil"', "did you mean 'mill'"),
        ('measures = "*"', 'measures = "mll"', '"mll"', "did you mean 'mill'"),
        ('unit = "kWh"', 'unit = "kwh"', '"kwh"', "did you mean 'kWh'"),
        ("level = {", 'level = { source = "agnt",', "agnt", "did you mean 'agent'"),
        ("capacity = 20", 'capacity = "20"', 'capacity = "20"', "integer"),
        ("capacity = 20", "capacity = 0", "capacity = 0", "greater than or equal to 1"),
        ("operators = 1", "operators = 3", "operators = 3", "at most the 2 people"),
        ('crew = "setters"', 'crew = "seters"', '"seters"', "did you mean 'setters'"),
        ("{device}", "{devise}", "{devise}", "did you mean 'device'"),
        ('kind = "mtconnect"', 'kind = "mtconect"', '"mtconect"', "did you mean 'mtconnect'"),
        ("buffers.wip]", "buffers.m1]", "buffers.m1]", "already gives"),
        ("yaw_deg = 90", "yaw_deg = true", "yaw_deg = true", "True"),
        ("execution = {}", 'execution = {}, run = { role = "execution" }', "run =", "one item of the role"),
        ("execution = {}", "execution = { low = 1 }", "execution =", "no range for a text"),
        ("execution = {}", "oil = {}", "oil = {}", "a unit for the number 'oil'"),
        ("units.m2]", 'units."m 2"]', '"m 2"', "a name of letters"),
        ("[crews]", "[crew]", "[crew]", "did you mean 'crews'"),
        ("width = 3", "width = -3", "width = -3", "greater than 0"),
        ("[0, 9], [20, 9]", "[0, 9]", "points", "at least 2"),
    ],
)
def test_a_mistake_is_answered_with_its_line(old: str, new: str, where: str, says: str) -> None:
    assert SMALL.count(old) >= 1
    at = SMALL.rfind(old)
    text = SMALL[:at] + new + SMALL[at + len(old) :] if old == "buffers.wip]" else SMALL.replace(old, new, 1)
    line = next(number for number, content in enumerate(text.splitlines(), 1) if where in content)
    with pytest.raises(InputError) as caught:
        parse_plant(text, "small.toml")
    message = str(caught.value)
    assert message.startswith(f"small.toml, line {line}, "), message
    assert says in message
    assert "\n" not in message


def test_a_name_given_twice_and_broken_toml_keep_the_readers_own_line() -> None:
    with pytest.raises(InputError, match="line 31"):
        parse_plant(SMALL.replace("units.m2]", "units.m1]"), "small.toml")
    with pytest.raises(InputError, match="line 3"):
        parse_plant(SMALL.replace("hall = [20, 10, 6]", "hall = = 3"), "small.toml")


def test_a_model_must_be_there_when_the_file_is(tmp_path: Path) -> None:
    text = SMALL.replace("yaw_deg = 90", 'model = "mine.glb"')
    file = tmp_path / "small.toml"
    file.write_text(text)
    with pytest.raises(InputError, match="found nothing at"):
        load_plant(file)
    (tmp_path / "mine.glb").write_bytes(b"glTF")
    assert load_plant(file).units[1].model == str(tmp_path / "mine.glb")
    # The text that a recording keeps may be read where the model is not.
    assert parse_plant(text, "recorded").units[1].model == "mine.glb"


WORKS = find_plant("club_works").read_text().splitlines()
ODD = ("0", "-1", "nan", "inf", "1e308", '""', '"x"', '"*"', '"[a"', '"{0}"', '"{unit.x}"', '"{unit!r}"', "[]", "[[]]")
ODD += ("{}", "{ a = 1 }", "true", "2026-01-01", "[1, 2, 3, 4]", '"a/b"', "9" * 30, '"{path:>99999999}"', '"\\u0000"')


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_works_spoilt_anyhow_is_a_plant_or_a_mistake_on_a_line(data: st.DataObject) -> None:
    lines = list(WORKS)
    places = st.integers(0, len(lines) - 1)
    for how in data.draw(st.lists(st.sampled_from(["drop", "repeat", "value", "letter"]), min_size=1, max_size=3)):
        at = min(data.draw(places), len(lines) - 1)
        if how == "drop":
            del lines[at]
        elif how == "repeat":
            lines.insert(at, WORKS[data.draw(places)])
        elif how == "value" and "=" in lines[at]:
            lines[at] = f"{lines[at].partition('=')[0]}= {data.draw(st.sampled_from(ODD))}"
        else:
            cut = data.draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:cut] + data.draw(st.sampled_from('"[]{}=.,#\\ x\x00')) + lines[at][cut + 1 :]
    said = ""
    try:
        plant = parse_plant("\n".join(lines), "works.toml")
    except InputError as error:
        said = str(error)
    else:
        assert plant.items
    assert not said or re.search(r"works\.toml, line \d+|at line \d+|at end of document", said), said
    assert "\n" not in said


def test_hostile_files_are_refused(tmp_path: Path) -> None:
    for text in ("", "[plant]", "x = " + "[" * 5000, "\x00", "plant = 3", "[plant]\nname = 1979-05-27"):
        with pytest.raises(InputError):
            parse_plant(text, "bad.toml")
    with pytest.raises(InputError, match="at most 16 MiB"):
        parse_plant("#" * (17 << 20), "huge.toml")
    binary = tmp_path / "b.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (binary, tmp_path, tmp_path / "none.toml"):
        with pytest.raises(InputError):
            load_plant(path)
    with pytest.raises(InputError, match="did you mean 'club_works'"):
        find_plant("club_work")


words = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=4)
scalars = st.one_of(
    st.integers(), st.booleans(), st.sampled_from(['"a]}#"', "'x = 1'", '"""\n[no]\nb = 2\n"""', "1e3"])
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[tuple[str, ...], int]]:
    """A TOML text and the line of each of its keys, noted while it is written."""
    lines: list[str] = []
    truth: dict[tuple[str, ...], int] = {}
    for table in draw(st.lists(words, unique=True, max_size=4)):
        lines.extend(["# [not]"] * draw(st.integers(0, 2)))
        lines.append(f"[{table}] # x = 1")
        truth[(table,)] = len(lines)
        for key in draw(st.lists(words, unique=True, max_size=4)):
            value = draw(scalars)
            text = str(value).lower() if isinstance(value, bool) else str(value)
            if draw(st.booleans()):
                text = f"[\n {text}, # ]\n]"
            elif '"""' not in text and draw(st.booleans()):
                truth[table, key, "in"] = len(lines) + 1
                text = f"{{ in = {text} }}"
            truth[table, key] = len(lines) + 1
            lines.extend(f'"{key}" = {text}'.split("\n"))
    return "\n".join(lines), truth


@given(documents())
def test_lines_of_keys_are_those_where_they_were_written(made: tuple[str, dict[tuple[str, ...], int]]) -> None:
    text, truth = made
    tomllib.loads(text)
    found = key_lines(text)
    assert {key: found.get(key) for key in truth} == truth
