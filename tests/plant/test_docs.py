"""What docs/plant-sources.md shows can be used as it stands, and its tables name settings that there are."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.plant.test_store import TWO, ZERO, said
from twinswing.errors import InputError
from twinswing.plant.connect import make_sources
from twinswing.plant.load import SOURCE_KINDS, parse_plant
from twinswing.plant.recorder import PlantRecorder
from twinswing.plant.store import LiveHistory
from twinswing.streams.observations import Source

PAGE = (ROOT / "docs" / "plant-sources.md").read_text()
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SECTIONS = PAGE.split("\n## ")[1:]
# An address of each kind's own form, for a unit that the example does not have.
ADDRESSES = {"opcua": "ns=2;s=Load", "sparkplug": "works/mill/main#load"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the files and an environment with the passwords that the examples name."""
    for name in re.findall(r'password_env = "(\w+)"', PAGE):
        monkeypatch.setenv(name, "of no account")
    (tmp_path / "monday_shdr.txt").write_text("2026-01-01T00:00:00Z|load|1\n")
    (tmp_path / "devices.xml").write_text(
        '<MTConnectDevices><Header/><Devices><Device id="d" name="OKUMA" uuid="u"><DataItems>'
        '<DataItem id="load" name="load" category="SAMPLE" type="LOAD" units="PERCENT"/>'
        "</DataItems></Device></Devices></MTConnectDevices>"
    )
    (tmp_path / "history.csv").write_text("timestamp,load\n2026-01-01T00:00:00Z,1\n")
    live = LiveHistory(TWO, ZERO)
    with PlantRecorder(live, tmp_path / "yesterday.mcap"):
        live.observed("m", [said(1, 1.0)])
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    return tmp_path


def made(example: str, folder: Path) -> Source:
    kind = re.search(r'kind = "(\w+)"', example)[1]  # type: ignore[index]
    unit = ""
    if "[areas" not in example:
        address = "" if kind == "sim" else f'address = "{ADDRESSES.get(kind, "load")}"\n'
        unit = (
            '[areas.a.lines.l.units.u]\nkind = "mill"\nat = [2, 2]\nsize = [2, 2, 2]\n'
            f"[areas.a.lines.l.units.u.items.load]\n{address}"
        )
    text = f'[plant]\nname = "p"\nhall = [20, 10, 5]\n{example}\n{unit}'
    plant = parse_plant(text, "p.toml", folder)
    (source,) = make_sources(plant, folder, file="p.toml")
    return source


def test_every_kind_of_source_has_an_example():
    shown = {re.search(r'kind = "(\w+)"', example)[1] for example in EXAMPLES}  # type: ignore[index]
    assert shown == set(SOURCE_KINDS) - {"parquet"}  # which is a CSV's by another name


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: re.search(r"\[sources\.(\w+)\]", text)[1])
def test_an_example_loads_and_becomes_its_source(example: str, folder: Path):
    assert made(example, folder).name == re.search(r"\[sources\.(\w+)\]", example)[1]  # type: ignore[index]


def refusal(text: str, folder: Path) -> str:
    try:
        made(text, folder)
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("section", [s for s in SECTIONS if "| setting |" in s], ids=lambda s: s.split()[0])
def test_the_settings_in_a_table_are_known(section: str, folder: Path):
    examples = re.findall(r"^```toml\n(\[sources.*?)^```", section, re.MULTILINE | re.DOTALL)
    cells = [row.split("|")[1] for row in re.findall(r"^\| `.*$", section, re.MULTILINE)]
    names = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert names
    unknown = "expected a setting of a"
    assert unknown in refusal(examples[0] + "sped = 1\n", folder)
    for name in names:
        shown = any(re.search(rf"^{name} = ", example, re.MULTILINE) for example in examples)
        # A list of texts, which few settings are: a known name is taken, or refused for its value.
        said = [refusal(f'{example}{name} = ["1"]\n', folder) for example in examples if not shown]
        assert shown or any(unknown not in words for words in said), (name, said)


def test_the_factor_of_the_first_example_is_right(folder: Path):
    """The unit of speed: 1000 revolutions a minute are 104.72 rad/s."""
    text = f'[plant]\nname = "p"\nhall = [20, 10, 5]\n{EXAMPLES[0]}'
    plant = parse_plant(text, "p.toml", folder)
    history = LiveHistory(plant, ZERO)
    history.observed("lathe", [said(1, 1000.0, "S1speed")])
    number = plant.item_number["shop/turning/lathe/speed"]
    assert history.at(10**9).number[number] == pytest.approx(104.7198, abs=1e-3)
