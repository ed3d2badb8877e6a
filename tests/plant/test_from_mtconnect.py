"""A plant out of any agent's devices: odd names, several machines, and no agent at all."""

import socket
from pathlib import Path

import pytest

from tests.streams.agent import Agent
from twinswing.errors import InputError
from twinswing.plant.from_mtconnect import plant_of_agent, plant_of_device_file, plant_text
from twinswing.plant.load import parse_plant
from twinswing.plant.model import Role, UnitKind
from twinswing.streams.mtconnect import parse_probe

ODD = """<MTConnectDevices><Devices>
<Agent id="ag" name="Agent"/>
<Device id="d1" name='Fräse "1" / A'><Description manufacturer="M&amp;\\N" model="x
y"/><DataItems>
<DataItem category="EVENT" id="a b" name="exec ution" type="EXECUTION"/>
<DataItem category="EVENT" id="e2" name="exec/ution" type="EXECUTION"/>
<DataItem category="SAMPLE" id="w" name="odd" type="X:ODD" units="FURLONG"/>
<DataItem category="SAMPLE" id="n" name="rate" type="PATH_FEEDRATE" units="INCH/MINUTE"/>
<DataItem category="SAMPLE" id="pos" name="where" type="PATH_POSITION" units="MILLIMETER_3D"/>
<DataItem category="CONDITION" id="c" type="SYSTEM"/>
</DataItems></Device>
<Device id="d2" name="Second"><DataItems><DataItem category="EVENT" id="e3" type="EXECUTION"/></DataItems></Device>
</Devices></MTConnectDevices>"""


def test_odd_names_make_a_plant_that_loads():
    devices = [d for d in parse_probe(ODD.encode()).devices if d.component_types[0] == "Device"]
    text = plant_text(devices, {"kind": "mtconnect", "url": "http://m:5000"})
    plant = parse_plant(text, "made")
    first, second = plant.units
    assert first.manufacturer == "M&\\N"
    assert {item.address for item in first.items} == {"a b", "e2", "w", "n", "pos", "c"}
    assert first.by_role[Role.EXECUTION].address == "a b"
    assert second.by_role[Role.EXECUTION].address == "e3"
    assert second.kind is UnitKind.GENERIC
    rate = next(item for item in first.items if item.address == "n")
    assert (rate.unit, rate.factor * 60.0) == ("m/s", pytest.approx(0.0254))
    assert abs(first.position_m[0] - second.position_m[0]) >= first.size_m[0]
    assert plant.text == text


def test_the_mills_twin(shared_data: Path):
    plant = plant_of_device_file(shared_data / "plant" / "mill_devices.xml", "Mazak03")
    (unit,) = plant.units
    named = {role: item.name for role, item in unit.by_role.items()}
    assert named[Role.EXECUTION] == "execution"
    assert named[Role.MODE] == "mode"
    assert named[Role.PROGRAM] == "program"
    assert named[Role.LOAD] == "S1load"
    assert named[Role.SPEED] == "Srpm"
    assert named[Role.TEMPERATURE] == "Stemp"
    assert named[Role.GOOD] == "PartCountAct"
    assert named[Role.TOOL] == "Tool_number"


def test_an_agent_is_asked_and_its_absence_is_one_sentence(shared_data: Path):
    with Agent((shared_data / "plant" / "mill_devices.xml").read_bytes(), "Hurco01") as agent:
        plant = plant_of_agent(agent.url)
        assert [unit.name for unit in plant.units] == ["Hurco01"]
        assert plant.sources[0].settings["url"] == agent.url
        with pytest.raises(InputError, match="Haas"):
            plant_of_agent(agent.url, "Haas")
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(InputError, match="expected an MTConnect agent at"):
        plant_of_agent(f"http://127.0.0.1:{port}")
    with pytest.raises(InputError, match="expected an agent's address"):
        plant_of_agent("agent:5000")
    with pytest.raises(InputError, match="expected a device file at"):
        plant_of_device_file(shared_data / "none.xml")
