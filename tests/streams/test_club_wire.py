"""Frames on the wire: the document's examples, sizes, and any bytes at all."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twinswing.errors import InputError
from twinswing.streams import club_protocol, club_wire
from twinswing.streams.club_wire import (
    Ack,
    Batch,
    Battery,
    Bye,
    ErrorNote,
    Hello,
    Impact,
    Ping,
    Pong,
    Unknown,
    Welcome,
    WireError,
    decode_binary,
    decode_text,
    encode_ack,
    encode_batch,
    encode_ping,
    encode_pong,
    encode_text,
)

DOCUMENT = (Path(__file__).parents[2] / "docs" / "club-protocol.md").read_text(encoding="utf-8")


def block(kind: str, name: str) -> str:
    found = re.search(rf"```{kind} {name}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found, f"the document has no {kind} example named {name}"
    return found.group(1)


def parsed(decode, frame):
    """Return the message, or None when the frame was refused by name; anything else that is raised fails the test."""
    try:
        return decode(frame)
    except WireError as error:
        refusal = error
    assert refusal.code in club_protocol.CLOSE_CODES
    assert str(refusal)
    return None


def example_bytes(name: str) -> bytes:
    return bytes.fromhex(block("hex", name))


# ---------------------------------------- the document is the contract
def test_documented_batch_means_what_the_text_says() -> None:
    data = example_bytes("batch")
    assert len(data) == 68
    batch = decode_binary(data)
    assert isinstance(batch, Batch)
    assert batch.sequence == 258
    assert batch.t_ns.tolist() == [5_000_000_000, 5_001_000_000, 5_002_000_000]
    assert batch.counts.tolist()[0] == [0, 0, 0x082A, 10, -20, 30]
    assert batch.accel_mps2[0, 2] == pytest.approx(0x082A * 156.9064 / 32767, rel=1e-3)
    assert batch.clip_count == 1
    assert batch.clipped.tolist() == [False, False, True]
    assert not batch.resent
    assert encode_batch(batch) == data


def test_documented_timed_batch_means_what_the_text_says() -> None:
    data = example_bytes("timed-batch")
    assert len(data) == 80
    batch = decode_binary(data)
    assert isinstance(batch, Batch)
    assert (batch.sequence, batch.resent) == (259, True)
    assert batch.t_ns.tolist() == [5_003_000_000, 5_004_250_000, 5_005_100_000]
    assert batch.counts.tolist() == [[1, 2, 3, 4, 5, 6], [-1, -2, -3, -4, -5, -6], [7, 8, 9, 10, 11, 12]]
    assert encode_batch(batch) == data


def test_documented_pings_and_ack() -> None:
    assert decode_binary(example_bytes("ping")) == Ping(7, 123_456_789_012)
    assert decode_binary(example_bytes("pong")) == Pong(7, 123_456_789_012, 5_010_000_000, 5_010_040_000)
    assert decode_binary(example_bytes("ack")) == Ack(260)


def test_documented_text_frames() -> None:
    hello = decode_text(block("json", "hello"))
    assert isinstance(hello, Hello)
    assert (hello.serial, hello.boot, hello.rate_hz, hello.token) == ("TS-000123", 0xDEADBEEF, 1000.0, "fore")
    assert hello.mount_position_m == (0.0, 0.006, 0.03)
    assert dict(hello.club)["loft_rad"] == 0.576
    assert decode_text(block("json", "welcome")) == Welcome(258, ((17, 17), (40, 43)), 10.0)
    assert decode_text(block("json", "impact")) == Impact(5_002_000_000, 156.9)
    assert decode_text(block("json", "battery")) == Battery(5_000_000_000, 0.82, 3.91)
    assert decode_text(block("json", "bye")) == Bye("going to sleep")
    assert decode_text(block("json", "error")) == ErrorNote(
        "bad-token", "the club's pairing token is not this hub's", True
    )


def test_document_lists_every_error_with_its_close_code() -> None:
    listed = dict(re.findall(r"^\| `([a-z-]+)` \| (\d+|none) \|", DOCUMENT, re.MULTILINE))
    assert listed.pop("unknown-type") == "none"
    assert {code: int(close) for code, close in listed.items()} == club_protocol.CLOSE_CODES


# ---------------------------------------- wire size
@pytest.mark.parametrize(
    ("samples", "timed", "size"), [(1, False, 44), (16, False, 224), (32, False, 416), (32, True, 544)]
)
def test_batch_takes_its_documented_size(samples: int, timed: bool, size: int) -> None:
    step = np.full(samples, 1_000_000)
    step[-1] += timed
    batch = Batch(0, 10**9 + np.cumsum(step), np.zeros((samples, 6), np.int16), 0.005, 0.001)
    assert len(encode_batch(batch)) == size == club_wire.batch_size(samples, timed=timed)


def test_fixed_frames_keep_their_size() -> None:
    sizes = [len(frame) for frame in (encode_ping(Ping(1, 2)), encode_pong(Pong(1, 2, 3, 4)), encode_ack(Ack(5)))]
    assert sizes == [16, 32, 8]


def test_fullest_hello_leaves_room() -> None:
    club = (("kind", "k" * 64), ("name", "n" * 64), ("length_m", 1.0), ("lie_rad", 1.0), ("loft_rad", 0.5))
    pose = (0.1, 0.2, 0.3), (1.0, 0.0, 0.0, 0.0)
    hello = Hello("s" * 32, 2**32 - 1, "f" * 64, 1000.0, 156.9, 34.9, 2**32 - 2, 1, "t" * 64, *pose, club)
    assert len(encode_text(hello)) < 1024
    assert decode_text(encode_text(hello)) == hello


# ---------------------------------------- there and back
scales = st.floats(2.0**-20, 8.0, width=32)


@given(
    counts=hnp.arrays(np.int16, st.tuples(st.integers(1, 64), st.just(6))),
    first=st.integers(0, 2**62),
    data=st.data(),
    sequence=st.integers(0, 2**32 - 2),
    accel=scales,
    gyro=scales,
    resent=st.booleans(),
)
def test_any_batch_survives_the_wire(counts, first, data, sequence, accel, gyro, resent) -> None:
    steps = data.draw(st.lists(st.integers(1, 60_000_000), min_size=len(counts), max_size=len(counts)))
    times = first + np.cumsum(np.array(steps, dtype=np.int64))
    clips = data.draw(st.integers(0, len(counts)))
    sent = Batch(sequence, times, counts, accel, gyro, clips, resent)
    got = decode_binary(encode_batch(sent))
    assert isinstance(got, Batch)
    np.testing.assert_array_equal(got.t_ns, times)
    np.testing.assert_array_equal(got.counts, counts)
    assert (got.sequence, got.clip_count, got.resent) == (sequence, clips, resent)
    assert (got.accel_scale_mps2, got.gyro_scale_radps) == (accel, gyro)


# ---------------------------------------- hostile bytes
@given(st.binary(max_size=1200))
@example(b"")
@example(b"\x01" * 32)
def test_no_bytes_raise_anything_but_a_wire_error(data: bytes) -> None:
    parsed(decode_binary, data)


@given(st.data())
def test_no_damaged_frame_raises_anything_but_a_wire_error(data) -> None:
    frame = bytearray(example_bytes(data.draw(st.sampled_from(["batch", "timed-batch", "ping", "pong", "ack"]))))
    for _ in range(data.draw(st.integers(1, 6))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(frame)))
    for damaged in (bytes(frame), bytes(frame[:cut]), bytes(frame) + bytes(cut)):
        message = parsed(decode_binary, damaged)
        if isinstance(message, Batch):
            assert np.isfinite(message.accel_mps2).all()
            assert (np.diff(message.t_ns) > 0).all()
            assert message.t_ns[0] >= 0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=12,
)


@given(st.text(max_size=300) | json_values.map(json.dumps))
@example("[" * 4000)
@example('{"type":"hello"}')
@example('{"type":' * 1000)
@example("9" * 4090)
@example('{"type":"\ud800"}')
def test_no_text_raises_anything_but_a_wire_error(text: str) -> None:
    parsed(decode_text, text)


@given(st.sampled_from(["hello", "welcome", "impact", "battery", "bye", "error"]), st.data())
def test_no_altered_message_raises_anything_but_a_wire_error(name: str, data) -> None:
    body = json.loads(block("json", name))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.sampled_from(sorted(body)))] = data.draw(json_values)
    message = parsed(decode_text, json.dumps(body))
    if isinstance(message, Hello):
        assert re.fullmatch(r"[A-Za-z0-9._:-]{1,32}", message.serial)
    if message is not None and not isinstance(message, Unknown):
        encode_text(message)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": 2}, "version"),
        ({"version": "1"}, "bad-message"),
        ({"serial": ""}, "bad-message"),
        ({"serial": "a b"}, "bad-message"),
        ({"serial": "x" * 33}, "bad-message"),
        ({"serial": "TS-1\n"}, "bad-message"),
        ({"boot": -1}, "bad-message"),
        ({"boot": 1.5}, "bad-message"),
        ({"rate_hz": True}, "bad-message"),
        ({"rate_hz": 0}, "bad-message"),
        ({"accel_range_mps2": 1e9}, "bad-message"),
        ({"mount": {"position_m": [0, 0], "quaternion": [1, 0, 0, 0]}}, "bad-message"),
        ({"mount": {"position_m": [0, 0, 0], "quaternion": [0, 0, 0, 0]}}, "bad-message"),
        ({"mount": 7}, "bad-message"),
        ({"club": {"length_m": 40}}, "bad-message"),
        ({"token": "\u00e9"}, "bad-message"),
    ],
)
def test_wrong_hello_is_named(change: dict, code: str) -> None:
    body = json.loads(block("json", "hello")) | change
    with pytest.raises(WireError) as caught:
        decode_text(json.dumps(body))
    assert caught.value.code == code
    assert isinstance(caught.value, InputError)


@pytest.mark.parametrize(
    ("offset", "value"),
    [(0, 0x09), (1, 0x80), (2, 0x00), (2, 0x41), (28, 0x09), (30, 0x01), (15, 0xFF), (23, 0xBB), (23, 0xFF)],
)
def test_wrong_batch_is_named(offset: int, value: int) -> None:
    frame = bytearray(example_bytes("batch"))
    frame[offset] = value
    with pytest.raises(WireError) as caught:
        decode_binary(bytes(frame))
    assert caught.value.code == "bad-frame"


def test_standing_time_is_named() -> None:
    frame = bytearray(example_bytes("batch"))
    frame[16:20] = bytes(4)
    with pytest.raises(WireError, match="must increase") as caught:
        decode_binary(bytes(frame))
    assert caught.value.code == "bad-time"


def test_token_is_not_shown() -> None:
    assert "fore" not in repr(decode_text(block("json", "hello")))
