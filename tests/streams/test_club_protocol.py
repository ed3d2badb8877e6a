"""Both halves of the protocol against each other, with every deviation that the document names. No socket, no clock."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinswing.streams.club_protocol import (
    CLOSE_CODES,
    NS,
    BatchArrived,
    BatteryRead,
    ClubBuffer,
    ClubConnection,
    ClubJoined,
    ClubLeft,
    ClubRegistry,
    Fault,
    HubConnection,
    ImpactFelt,
    Limits,
    PingMeasured,
    Refused,
    Welcomed,
)
from twinswing.streams.club_wire import (
    Ack,
    Batch,
    Battery,
    ErrorNote,
    Hello,
    Impact,
    Ping,
    Pong,
    Welcome,
    decode_binary,
    decode_text,
    encode_ack,
    encode_batch,
    encode_ping,
    encode_pong,
    encode_text,
)

HELLO = Hello("TS-1", 77, "1.0", 1000.0, 156.9, 34.9)


def batch(sequence: int, *, samples: int = 16, resent: bool = False) -> Batch:
    times = (sequence * samples + np.arange(samples, dtype=np.int64)) * 1_000_000 + NS
    counts = np.full((samples, 6), sequence % 30000, dtype=np.int16)
    return Batch(sequence, times, counts, 0.005, 0.001, 0, resent)


def decode(frames: list[str | bytes]) -> list:
    return [decode_text(frame) if isinstance(frame, str) else decode_binary(frame) for frame in frames]


def joined(registry: ClubRegistry | None = None, hello: Hello = HELLO, now: int = 0) -> HubConnection:
    hub = HubConnection(registry or ClubRegistry(), now)
    events = hub.receive(encode_text(hello), now)
    assert any(isinstance(event, ClubJoined) for event in events)
    hub.take()
    return hub


def error_of(hub: HubConnection) -> ErrorNote:
    return next(message for message in decode(hub.take()) if isinstance(message, ErrorNote))


def test_hello_is_welcomed_and_pinged() -> None:
    hub = HubConnection(ClubRegistry(), 5)
    events = hub.receive(encode_text(HELLO), 9)
    assert events == [ClubJoined(HELLO, False)]
    welcome, ping = decode(hub.take())
    assert welcome == Welcome(0, (), 10.0)
    assert ping == Ping(1, 9)


def test_token_never_reaches_the_events() -> None:
    hub = HubConnection(ClubRegistry(token="fore"), 0)
    (event,) = hub.receive(encode_text(Hello("TS-1", 1, "1", 1000.0, 156.9, 34.9, token="fore")), 0)
    assert isinstance(event, ClubJoined)
    assert event.hello.token == ""


def test_four_timestamps() -> None:
    hub = joined()
    hub.tick(NS)
    (ping,) = decode(hub.take())
    events = hub.receive(encode_pong(Pong(ping.number, ping.t0_ns, 500, 600)), NS + 40)
    assert events == [PingMeasured("TS-1", 77, NS, 500, 600, NS + 40)]
    # The same pong again answers nothing.
    assert [type(event) for event in hub.receive(encode_pong(Pong(ping.number, ping.t0_ns, 500, 600)), NS + 50)] == [
        Fault
    ]
    assert hub.close is None


@pytest.mark.parametrize("pong", [Pong(2, 1, 5, 6), Pong(99, NS, 5, 6), Pong(2, NS, 6, 5)])
def test_invented_pong_is_not_measured(pong: Pong) -> None:
    hub = joined()
    hub.tick(NS)
    hub.take()
    events = hub.receive(encode_pong(pong), NS + 10)
    assert [event.code for event in events if isinstance(event, Fault)] == ["stray-pong"]
    assert not any(isinstance(event, PingMeasured) for event in events)


def test_club_may_ping_too() -> None:
    hub = joined()
    hub.receive(encode_ping(Ping(3, 1234)), 42)
    assert decode(hub.take()) == [Pong(3, 1234, 42, 42)]


def test_impact_battery_and_bye() -> None:
    hub = joined()
    assert hub.receive(encode_text(Impact(5, 99.0)), 1) == [ImpactFelt("TS-1", 77, Impact(5, 99.0))]
    (event,) = hub.receive(encode_text(Battery(5, 0.5, 3.7)), 1)
    assert isinstance(event, BatteryRead)
    hub.receive(encode_batch(batch(0)), 2)
    assert hub.receive('{"type":"bye"}', 3) == [ClubLeft("TS-1", 77, "bye")]
    assert decode(hub.take()) == [Ack(1)]
    assert hub.close is not None
    assert hub.close.code == 1000


# -------------------------------------------------------------------------------------------------------- deviations
@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("GET / HTTP/1.1", "not-protocol"),
        ("[]", "not-protocol"),
        ('{"type":7}', "not-protocol"),
        ('{"type":"hello"}', "bad-message"),
        ('{"type":"impact","t_ns":-1,"peak_mps2":1}', "bad-message"),
        (encode_text(HELLO), "out-of-order"),
        ('{"type":"welcome","version":1,"resume":0,"ping_hz":1}', "out-of-order"),
        (encode_ack(Ack(1)), "out-of-order"),
        (b"\x01\x00", "bad-frame"),
        (b"\x77" * 20, "bad-frame"),
        (b"", "bad-frame"),
        (b"\x01" * 1057, "too-big"),
        ("x" * 4097, "too-big"),
    ],
)
def test_deviation_has_its_answer(frame: str | bytes, code: str) -> None:
    hub = joined()
    events = hub.receive(frame, 1)
    assert [event.code for event in events if isinstance(event, Fault)] == [code]
    assert ClubLeft("TS-1", 77, code) in events
    note = error_of(hub)
    assert (note.code, note.fatal) == (code, True)
    assert note.message
    assert hub.close is not None
    assert hub.close.code == CLOSE_CODES[code]
    assert hub.receive(encode_batch(batch(0)), 2) == []  # what comes after is not heard


@pytest.mark.parametrize("frame", [encode_batch(batch(0)), encode_ping(Ping(1, 1)), '{"type":"bye"}'])
def test_nothing_goes_before_hello(frame: str | bytes) -> None:
    hub = HubConnection(ClubRegistry(), 0)
    hub.receive(frame, 0)
    assert error_of(hub).code == "out-of-order"


def test_wrong_version_is_told_which_is_right() -> None:
    hub = HubConnection(ClubRegistry(), 0)
    hub.receive(encode_text(HELLO).replace('"version":1', '"version":3'), 0)
    note = error_of(hub)
    assert note.code == "version"
    assert "1" in note.message
    assert "3" in note.message


@pytest.mark.parametrize("token", ["", "four", "fore ", "FORE"])
def test_wrong_token_stays_out(token: str) -> None:
    hub = HubConnection(ClubRegistry(token="fore"), 0)
    events = hub.receive(encode_text(Hello("TS-1", 1, "1", 1000.0, 156.9, 34.9, token=token)), 0)
    assert not any(isinstance(event, ClubJoined) for event in events)
    assert error_of(hub).code == "bad-token"


def test_ninth_club_stays_out_until_one_leaves() -> None:
    registry = ClubRegistry()
    clubs = [joined(registry, Hello(f"C{i}", i, "1", 1000.0, 156.9, 34.9)) for i in range(8)]
    ninth = Hello("C9", 9, "1", 1000.0, 156.9, 34.9)
    hub = HubConnection(registry, 0)
    hub.receive(encode_text(ninth), 0)
    assert error_of(hub).code == "too-many-clubs"
    assert all(club.close is None for club in clubs)
    clubs[3].lost()
    joined(registry, ninth)


def test_same_serial_newest_wins_and_the_stream_goes_on() -> None:
    registry = ClubRegistry()
    old = joined(registry)
    for number in range(5):
        old.receive(encode_batch(batch(number)), number)
    new = HubConnection(registry, 10)
    events = new.receive(encode_text(HELLO), 10)
    assert events == [ClubLeft("TS-1", 77, "superseded"), ClubJoined(HELLO, True)]
    assert error_of(old).code == "superseded"
    assert old.close is not None
    assert old.close.code == CLOSE_CODES["superseded"]
    assert old.lost() == []  # told once
    assert decode(new.take())[0] == Welcome(5, (), 10.0)
    (event,) = new.receive(encode_batch(batch(5)), 11)
    assert isinstance(event, BatchArrived)
    assert event.gap is None


def test_restarted_club_supersedes_its_own_dead_socket() -> None:
    registry = ClubRegistry()
    old = joined(registry)
    new = HubConnection(registry, 10)
    events = new.receive(encode_text(Hello("TS-1", 78, "1.0", 1000.0, 156.9, 34.9)), 10)
    assert events[0] == ClubLeft("TS-1", 77, "superseded")
    assert isinstance(events[1], ClubJoined)
    assert events[1].resumed is False
    assert old.lost() == []
    assert registry.clubs["TS-1"].connection is new


def test_new_boot_is_a_new_stream() -> None:
    registry = ClubRegistry()
    first = joined(registry)
    first.receive(encode_batch(batch(40)), 1)
    first.lost()
    second = HubConnection(registry, 2)
    (event,) = second.receive(encode_text(Hello("TS-1", 78, "1.0", 1000.0, 156.9, 34.9)), 2)
    assert event.resumed is False
    assert decode(second.take())[0] == Welcome(0, (), 10.0)
    (arrived,) = second.receive(encode_batch(batch(0)), 3)
    assert isinstance(arrived, BatchArrived)


def test_flood_is_cut_off() -> None:
    hub = joined(ClubRegistry(limits=Limits(messages_per_s=100.0, burst_messages=50.0)))
    allowed = 0
    while hub.close is None and allowed < 200:
        hub.receive(encode_ping(Ping(allowed, 1)), 1000)
        allowed += hub.close is None
    assert allowed == 49  # the hello was one of the fifty
    assert error_of(hub).code == "rate-limit"


def test_steady_rate_is_not_cut_off() -> None:
    hub = joined(ClubRegistry(limits=Limits(messages_per_s=100.0, burst_messages=50.0)))
    for number in range(1000):
        hub.receive(encode_batch(batch(number)), number * NS // 99)
    assert hub.close is None


def test_silence_before_and_after_hello() -> None:
    limits = Limits(hello_timeout_s=5.0, stale_after_s=3.0)
    hub = HubConnection(ClubRegistry(limits=limits), 0)
    assert hub.tick(4 * NS) == []
    assert [event.code for event in hub.tick(6 * NS) if isinstance(event, Fault)] == ["hello-timeout"]
    hub = joined(ClubRegistry(limits=limits))
    assert hub.tick(2 * NS) == []
    assert ClubLeft("TS-1", 77, "stale") in hub.tick(4 * NS)
    assert error_of(hub).code == "stale"


def test_unanswered_pings_do_not_pile_up() -> None:
    hub = joined(ClubRegistry(limits=Limits(stale_after_s=1e6)))
    for step in range(1, 2000):
        hub.tick(step * NS)
    assert len(hub._pings) <= 65


def test_unknown_types_are_told_then_refused() -> None:
    hub = joined()
    hub.receive('{"type":"weather"}', 1)
    note = error_of(hub)
    assert (note.code, note.fatal) == ("unknown-type", False)
    assert hub.close is None
    for _ in range(20):
        hub.receive('{"type":"weather"}', 1)
    assert hub.close is not None
    assert hub.close.code == CLOSE_CODES["bad-message"]


def test_device_time_must_not_go_back() -> None:
    hub = joined()
    hub.receive(encode_batch(batch(10)), 1)
    late = batch(11)
    wrong = Batch(11, late.t_ns - NS, late.counts, 0.005, 0.001)
    hub.receive(encode_batch(wrong), 2)
    assert error_of(hub).code == "bad-time"


# -------------------------------------------------------------------------------------------------- sequence numbers
def test_gap_late_and_replay() -> None:
    hub = joined()
    arrived = []
    for number in (0, 1, 4, 2, 1, 4, 3, 5):
        arrived += hub.receive(encode_batch(batch(number)), 1)
    assert [(event.batch.sequence, event.verdict, event.gap) for event in arrived] == [
        (0, "new", None),
        (1, "new", None),
        (4, "new", (2, 3)),
        (2, "late", None),
        (3, "late", None),
        (5, "new", None),
    ]
    tracker = hub._record.sequence
    assert (tracker.received, tracker.duplicates, tracker.late, tracker.lost) == (6, 2, 2, 0)


def test_welcome_asks_for_what_is_missing() -> None:
    registry = ClubRegistry()
    hub = joined(registry)
    for number in (0, 1, 5, 9):
        hub.receive(encode_batch(batch(number)), 1)
    hub.lost()
    again = HubConnection(registry, 2)
    again.receive(encode_text(HELLO), 2)
    assert decode(again.take())[0] == Welcome(10, ((2, 4), (6, 8)), 10.0)


def test_hostile_gaps_keep_memory_bounded() -> None:
    hub = joined(ClubRegistry(limits=Limits(messages_per_s=1e9, burst_messages=1e9)))
    for number in range(0, 4000, 2):
        hub.receive(encode_batch(batch(number)), 1)
    assert len(hub._record.sequence.missing) <= 256
    assert hub._record.sequence.lost == 1999


@settings(max_examples=60)
@given(st.lists(st.integers(0, 30), max_size=80))
def test_tracker_counts_like_a_set(numbers: list[int]) -> None:
    hub = joined()
    times = {}
    taken = []
    for number in numbers:
        # Times follow the numbers, so that only the order of arrival varies.
        times.setdefault(number, batch(number))
        taken += [event.batch.sequence for event in hub.receive(encode_batch(times[number]), 1)]
    assert sorted(taken) == sorted(set(numbers))
    tracker = hub._record.sequence
    assert tracker.duplicates == len(numbers) - len(set(numbers))
    assert tracker.lost == (max(numbers) + 1 - len(set(numbers)) if numbers else 0)


# ----------------------------------------------------------------------------------------- both halves, a bad network
def test_club_forgets_what_is_acknowledged() -> None:
    buffer = ClubBuffer()
    club = ClubConnection(HELLO, buffer)
    hub = HubConnection(ClubRegistry(), 0)
    exchange(club, hub)
    for number in range(20):
        club.send_batch(buffer.add(batch(number)))
    exchange(club, hub)
    assert len(buffer) == 4


def exchange(club: ClubConnection, hub: HubConnection) -> tuple[list, list]:
    at_hub, at_club = [], []
    for _ in range(4):
        for frame in club.take():
            at_hub += hub.receive(frame, 1)
        for frame in hub.take():
            at_club += club.receive(frame, 1)
    return at_hub, at_club


def test_club_hears_why_it_is_refused() -> None:
    club = ClubConnection(HELLO, ClubBuffer())
    hub = HubConnection(ClubRegistry(token="fore"), 0)
    _, at_club = exchange(club, hub)
    assert [event.note.code for event in at_club if isinstance(event, Refused)] == ["bad-token"]
    assert club.close is not None


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_every_batch_arrives_once_through_any_breaks(seed: int) -> None:
    """Connections break at random places, losing what is in flight; batches still all arrive, each once."""
    chance = random.Random(seed)
    registry, buffer, taken, number = ClubRegistry(), ClubBuffer(), [], 0
    while number < 120 or len(buffer):
        club, hub = ClubConnection(HELLO, buffer), HubConnection(registry, 0)
        alive = chance.randint(1, 60) if number < 120 else 10_000
        for _ in range(alive):
            up = club.take()
            down = hub.take()
            for frame in down:
                assert not any(isinstance(event, Refused) for event in club.receive(frame, 1))
            for frame in up:
                taken += [event.batch.sequence for event in hub.receive(frame, 1) if isinstance(event, BatchArrived)]
            if club.welcomed and number < 120:
                club.send_batch(buffer.add(batch(number)))
                number += 1
            elif club.welcomed:
                club.bye()
            if hub.close:
                for frame in hub.take():
                    club.receive(frame, 1)
                break
        hub.lost()
    assert sorted(taken) == list(range(120))


def test_small_buffer_forgets_the_oldest_and_the_hub_knows() -> None:
    registry, buffer = ClubRegistry(), ClubBuffer(capacity=10)
    hub, club = HubConnection(registry, 0), ClubConnection(HELLO, buffer)
    exchange(club, hub)
    hub.lost()
    for number in range(25):
        buffer.add(batch(number))
    assert buffer.forgotten == 15
    hub, club = HubConnection(registry, 0), ClubConnection(HELLO, buffer)
    at_hub, at_club = exchange(club, hub)
    assert any(isinstance(event, Welcomed) and event.resent == 10 for event in at_club)
    first = next(event for event in at_hub if isinstance(event, BatchArrived))
    assert first.gap == (0, 14)
