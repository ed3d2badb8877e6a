"""A plant's file to its sources: each kind is made, and a wrong setting is answered with file and line."""

from pathlib import Path

import pytest

from twinswing.errors import InputError
from twinswing.plant.connect import make_sources
from twinswing.plant.load import parse_plant
from twinswing.plant.model import Plant

HEAD = """
[plant]
name = "p"
hall = [20, 10, 5]
"""
UNIT = """
[areas.a.lines.l.units.u]
kind = "mill"
at = [2, 2]
size = [2, 2, 2]
[areas.a.lines.l.units.u.items.load]
address = "load"
"""
OPCUA_UNIT = UNIT.replace('"load"\n', '"ns=2;s=Load"\n')
SPARKPLUG_UNIT = UNIT.replace('"load"\n', '"works/mill/main#load"\n')


def plant_with(source: str, unit: str = UNIT) -> Plant:
    return parse_plant(f"{HEAD}\n[sources.x]\n{source}\n{unit}", "p.toml")


@pytest.mark.parametrize(
    ("source", "unit", "made"),
    [
        ('kind = "mtconnect"\nurl = "http://m:5000"\ninterval_s = 1\nhistory = true', UNIT, "MtConnectSource"),
        ('kind = "shdr"\nhost = "m"\nport = 7878', UNIT, "ShdrSource"),
        ('kind = "opcua"\nurl = "opc.tcp://m:4840"', OPCUA_UNIT, "OpcUaSource"),
        ('kind = "mqtt"\nhost = "m"\ntopics = ["a/#"]', UNIT, "MqttSource"),
        ('kind = "sparkplug"\nhost = "m"', SPARKPLUG_UNIT, "SparkplugSource"),
    ],
)
def test_each_kind_of_peer_is_made(source: str, unit: str, made: str, tmp_path: Path):
    (found,) = make_sources(plant_with(source, unit), tmp_path)
    assert type(found).__name__ == made
    assert found.name == "x"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('kind = "mtconnect"', "expected a text such as"),
        (
            'kind = "mtconnect"\nurl = "m:5000"',
            "expected an address such as http://machine:5000 as url, found 'm:5000'",
        ),
        ('kind = "mtconnect"\nurl = "http://m:1"\ndevise = "a"', "found 'devise'; did you mean 'device'?"),
        ('kind = "mtconnect"\nurl = "http://m:1"\nhistory = 1', "expected true or false as history, found 1"),
        ('kind = "mtconnect"\nurl = "http://m:1"\nuser = "u"\npassword = "p"', "unencrypted"),
        ('kind = "mtconnect"\nurl = "http://m:1"\nheartbeat_s = -1', "expected a number from 0.05 to 3600"),
        ('kind = "shdr"\nhost = "m"\nport = 70000', "expected a number from 1 to 65535"),
        ('kind = "shdr"\npath = "none.txt"', "expected a file as path"),
        ('kind = "csv"\npath = "a.parquet"', "expected a file as path"),
        ('kind = "mqtt"\nhost = "m"\nqos = "1"', "expected a whole number as qos, found '1'"),
        ('kind = "mqtt"', "expected a text as host"),
    ],
)
def test_a_wrong_setting_is_answered_with_file_and_line(source: str, told: str, tmp_path: Path):
    with pytest.raises(InputError) as caught:
        make_sources(plant_with(source), tmp_path, file="p.toml")
    assert str(caught.value).startswith("p.toml, line 6: source 'x'")
    assert told in str(caught.value)


def test_files_are_found_from_the_plant_files_folder(tmp_path: Path):
    (tmp_path / "h.csv").write_text("time,load\n1,2\n")
    (tmp_path / "h.txt").write_text("2024-01-01T00:00:00Z|load|1\n")
    (table,) = make_sources(plant_with('kind = "csv"\npath = "h.csv"'), tmp_path)
    assert type(table).__name__ == "TableSource"
    (lines,) = make_sources(plant_with('kind = "shdr"\npath = "h.txt"\nspeed = 2'), tmp_path)
    assert type(lines).__name__ == "ShdrFileSource"
    with pytest.raises(InputError, match=r"ends in \.csv"):
        make_sources(plant_with('kind = "csv"\npath = "h.bin"'), _with(tmp_path, "h.bin"))


def _with(folder: Path, name: str) -> Path:
    (folder / name).write_bytes(b"")
    return folder
