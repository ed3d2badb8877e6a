"""MTConnect's documents and the stream that carries them, without a socket."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.errors import InputError
from twinswing.streams.mtconnect import AgentError, parse_probe
from twinswing.streams.mtconnect_assets import parse_tools
from twinswing.streams.mtconnect_place import Place
from twinswing.streams.mtconnect_streams import parse_streams
from twinswing.streams.mtconnect_units import native_to_units, to_si
from twinswing.streams.multipart import MultipartParser, boundary_of
from twinswing.streams.observations import ItemKind, Quality
from twinswing.streams.safe_xml import parse_xml
from twinswing.streams.stamps import iso_ns

T = "2024-03-01T10:00:00.1234567Z"
T_NS = iso_ns(T)


def streams(body: str, version: str = "1.3", header: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?><m:MTConnectStreams xmlns:m="urn:mtconnect.org:MTConnectStreams:{version}">'
        f'<m:Header instanceId="7" firstSequence="1" nextSequence="99" {header}/><m:Streams><m:DeviceStream name="M">'
        f'<m:ComponentStream component="Path">{body}</m:ComponentStream></m:DeviceStream></m:Streams>'
        "</m:MTConnectStreams>"
    ).encode()


def test_a_lathes_device_file_gives_its_items(shared_data: Path):
    probe = parse_probe((shared_data / "plant" / "lathe_devices.xml").read_bytes())
    assert [device.name for device in probe.devices] == ["OKUMA", "Mazak"]
    device = probe.device("OKUMA")
    assert (device.manufacturer, device.model, device.serial) == ("OKUMA", "MULT_U3000", "123456")
    assert len(device.items) == 100
    load = device.by_key["S1load"]
    assert (load.id, load.category, load.type, load.units) == ("LS1load", ItemKind.SAMPLE, "LOAD", "PERCENT")
    assert load.component[-1] == ("Rotary", "C1")
    assert device.by_key["pprogram"].numeric is False
    assert device.by_key["ppartcount"].numeric is True
    assert device.by_key["p1LPathPos"].numeric is False
    with pytest.raises(InputError, match="expected a device called 'Haas', found OKUMA, Mazak"):
        probe.device("Haas")
    with pytest.raises(InputError, match="expected the name of one of its devices"):
        probe.device()


def test_a_real_current_document_is_read_whole(shared_data: Path):
    data = (shared_data / "plant" / "mill_current.xml").read_bytes()
    read = parse_streams(data)
    assert read.unread == 0
    assert read.header.next_sequence == 2_703_542
    assert read.header.first_sequence == 2_572_470
    assert list(read.sequences) == sorted(read.sequences)
    assert len(set(read.sequences)) == data.count(b" sequence=")
    said = {observation.item: observation for observation in read.observations}
    assert said["woffsettable#G54.B"].value == -0.8143
    assert said["path_system"].value == "NORMAL"


@pytest.mark.parametrize("version", ["1.0", "1.3", "1.8", "2.0", "2.7"])
def test_what_each_kind_of_element_says_in_any_version(version: str):
    body = f"""
    <m:Samples><m:Load dataItemId="l" sequence="5" timestamp="{T}">45.5</m:Load>
      <m:LoadTimeSeries dataItemId="w" sequence="9" timestamp="{T}" sampleCount="3"
        sampleRate="10">1 2 3</m:LoadTimeSeries>
      <m:Position dataItemId="p" sequence="3" timestamp="{T}">UNAVAILABLE</m:Position></m:Samples>
    <m:Events><m:Execution dataItemId="e" sequence="4" timestamp="{T}">ACTIVE</m:Execution>
      <m:Message dataItemId="m" sequence="6" timestamp="{T}" nativeCode="C1">hello</m:Message>
      <m:VariableDataSet dataItemId="v" sequence="7" timestamp="{T}" count="2"><m:Entry key="a">1</m:Entry>
        <m:Entry key="b" removed="true"/></m:VariableDataSet></m:Events>
    <m:Condition><m:Fault dataItemId="c" sequence="8" timestamp="{T}" type="SYSTEM" nativeCode="9"
        qualifier="HIGH">hot</m:Fault>
      <m:Normal dataItemId="d" sequence="2" timestamp="{T}" type="SYSTEM"/></m:Condition>"""
    read = parse_streams(streams(body, version))
    assert [(o.item, o.value, o.code, o.message) for o in read.observations] == [
        ("d", "NORMAL", "", ""),
        ("p", None, "", ""),
        ("e", "ACTIVE", "", ""),
        ("l", 45.5, "", ""),
        ("m", "hello", "C1", "hello"),
        ("v#a", 1.0, "", ""),
        ("v#b", None, "", ""),
        ("c", "FAULT", "9", "hot"),
        ("w", 1.0, "", ""),
        ("w", 2.0, "", ""),
        ("w", 3.0, "", ""),
    ]
    assert [o.t_ns - T_NS for o in read.observations if o.item == "w"] == [-200_000_000, -100_000_000, 0]
    assert read.observations[1].quality is Quality.UNAVAILABLE


def test_elements_that_make_no_sense_are_counted():
    body = (
        f'<m:Events><m:A sequence="1" timestamp="{T}">x</m:A><m:B dataItemId="b" sequence="2">x</m:B>'
        f'<m:C dataItemId="c" sequence="3" timestamp="{T}">x</m:C></m:Events>'
    )
    read = parse_streams(streams(body))
    assert (len(read.observations), read.unread, read.first_unread) == (1, 2, "<A> of no data item")


@pytest.mark.parametrize(
    "body",
    [
        '<Errors><Error errorCode="OUT_OF_RANGE">from 1</Error></Errors>',
        '<Errors><OutOfRange errorCode="OUT_OF_RANGE"><ErrorMessage>from 1</ErrorMessage></OutOfRange></Errors>',
        '<Error errorCode="OUT_OF_RANGE">from 1</Error>',
    ],
)
def test_an_error_document_of_any_version_is_the_agents_word(body: str):
    data = f'<MTConnectError><Header instanceId="3"/>{body}</MTConnectError>'.encode()
    for read in (parse_streams, parse_probe, parse_tools):
        with pytest.raises(AgentError, match="OUT_OF_RANGE: from 1") as caught:
            read(data)
        assert caught.value.codes == {"OUT_OF_RANGE"}
        assert caught.value.header.instance_id == 3


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]><MTConnectStreams>&c;</MTConnectStreams>'


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (BOMB, "without declarations"),
        (BOMB.decode().encode("utf-16"), "without declarations"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "without declarations"),
        (b"<a>" * 100_000, "at most 64 levels"),
        (b"<a><b></a>", "well-formed"),
        (b"", "well-formed"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "well-formed"),
        (b"\xff\xfe\x00junk", "well-formed"),
        (b"<html><body>not an agent</body></html>", "expected an MTConnect"),
    ],
)
def test_what_is_harmful_or_no_document_is_one_sentence(data: bytes, told: str):
    for read in (parse_streams, parse_probe):
        with pytest.raises(InputError, match=told):
            read(data)


def test_a_document_beyond_all_size_is_refused():
    with pytest.raises(InputError, match="at most 0 MiB"):
        parse_xml(b"<a>" + b" " * 2000 + b"</a>", "it", max_bytes=1000)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_readers(data: bytes):
    for read in (parse_streams, parse_probe, parse_tools):
        with pytest.raises(InputError) as caught:
            read(data)
        assert len(str(caught.value)) < 400


def test_units_turn_into_si_and_native_units_into_units():
    assert to_si("REVOLUTION/MINUTE").factor == pytest.approx(0.10471975511965977)
    celsius = to_si("CELSIUS")
    assert celsius.factor * 20.0 + celsius.offset == pytest.approx(293.15)
    assert native_to_units("DEGREE/MINUTE", "DEGREE/SECOND") == (pytest.approx(1 / 60), 0.0)
    factor, offset = native_to_units("FAHRENHEIT", "CELSIUS")
    assert factor * 212.0 + offset == pytest.approx(100.0)
    assert native_to_units("MILLIMETER", "PERCENT") == (1.0, 0.0)
    assert to_si("FURLONG") is None


# The multipart stream

PARTS = [b"<a/>", b"<b>--not a boundary</b>", b"", b"<c>\r\n</c>"]


def stream(parts: list[bytes], lengths: bool, end: bool = True) -> bytes:
    out = b"preamble\r\n"
    for part in parts:
        length = f"Content-Length: {len(part)}\r\n".encode() if lengths else b""
        out += b"--bound\r\nContent-type: text/xml\r\n" + length + b"\r\n" + part + b"\r\n"
    return out + (b"--bound--\r\n" if end else b"")


@given(st.lists(st.sampled_from(PARTS), max_size=6), st.booleans(), st.lists(st.integers(1, 30)))
def test_parts_come_out_whole_however_they_are_cut(parts: list[bytes], lengths: bool, cuts: list[int]):
    data, at, got = stream(parts, lengths), 0, []
    parser = MultipartParser("bound")
    for size in [*cuts, len(data)]:
        got += parser.feed(data[at : at + size])
        at += size
    assert got == parts
    assert parser.ended


def test_a_part_with_a_length_needs_no_next_boundary():
    parser = MultipartParser("--bound")  # as some agents name it
    assert parser.feed(stream([b"<a/>"], lengths=True, end=False)) == [b"<a/>"]


def test_streams_without_end_are_given_up():
    with pytest.raises(InputError, match="expected a boundary"):
        MultipartParser("b").feed(b"x" * 10_000)
    with pytest.raises(InputError, match="header"):
        MultipartParser("b").feed(b"--b\r\n" + b"x" * 20_000)
    with pytest.raises(InputError, match="the end of a part"):
        MultipartParser("b", 1000).feed(b"--b\r\n\r\n" + b"x" * 2_000)
    with pytest.raises(InputError, match="at most 1000 bytes"):
        MultipartParser("b", 1000).feed(b"--b\r\nContent-length: 99999\r\n\r\n")


def test_boundaries_are_read_as_agents_write_them():
    assert boundary_of("multipart/x-mixed-replace;boundary=abc") == "abc"
    assert boundary_of('multipart/x-mixed-replace; boundary="a b"; charset=x') == "a b"
    assert boundary_of("text/xml") == ""


# Places in the numbered stream


def said(*pairs: tuple[int, str], instance: int = 7, first: int = 1, next_: int = 0):
    body = "".join(f'<m:E dataItemId="{i}" sequence="{n}" timestamp="{T}">v{n}</m:E>' for n, i in pairs)
    data = streams(f"<m:Events>{body}</m:Events>").replace(
        b'instanceId="7" firstSequence="1" nextSequence="99"',
        (f'instanceId="{instance}" firstSequence="{first}" nextSequence="{next_}"'.encode()),
    )
    return parse_streams(data)


def test_with_history_the_buffer_comes_once_and_what_is_older_comes_from_current():
    place = Place()
    before = place.begin(said((2, "a"), (8, "b"), first=5, next_=9), history=True)
    assert [o.value for o in before] == ["v2"]
    assert place.next_sequence == 5
    assert [o.value for o in place.go_on(said((5, "b"), (8, "b"), next_=9))] == ["v5", "v8"]
    assert place.go_on(said((5, "b"), (8, "b"), next_=9)) == []


def test_numbers_that_go_back_are_a_restart_even_under_the_same_instance():
    place = Place()
    place.begin(said((50, "a"), next_=51), history=False)
    assert not place.restarted(said(next_=60).header)
    assert place.restarted(said(next_=3).header)
    assert place.restarted(said(instance=8, next_=60).header)
