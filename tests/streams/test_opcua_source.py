"""The OPC UA source against a real server on loopback."""

import asyncio
import stat
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import wait_until
from tests.streams.brokers import Sink, free_port
from tests.streams.opcua_servers import MachineTool, at
from twinswing.errors import InputError
from twinswing.streams.observations import LinkState, Quality
from twinswing.streams.opcua_browse import browse
from twinswing.streams.opcua_connection import Server
from twinswing.streams.opcua_source import OpcUaSource
from twinswing.streams.supervisor import Backoff, Supervisor

QUICK = Backoff(first_s=0.05, most_s=0.2)
STATES = ("Program.State", "ItemState", "OperationMode", "Spindle.Override", "PowerOn", "T1.Life", "Program.Name")


@contextmanager
def running(*sources, sink=None):
    sink = sink or Sink()
    with Supervisor(sources, sink, backoff=QUICK):
        yield sink


@contextmanager
def tool(*args, history=(), **kwargs):
    server = MachineTool(*args, **kwargs).start(history)
    try:
        yield server
    finally:
        server.stop()


def source(server: MachineTool, *names: str, **more) -> OpcUaSource:
    more = {"publishing_s": 0.05, "sampling_s": 0.01, "silence_s": 3.0, "timeout_s": 5.0} | more
    return OpcUaSource("tool", server.url, items=[at(name) for name in names], **more)


@pytest.fixture(scope="module")
def server():
    with tool(free_port()) as running_server:
        yield running_server


def test_a_machine_tools_states_arrive_by_name_with_the_servers_time(server) -> None:
    when = datetime.now(UTC) - timedelta(seconds=3)
    with running(source(server, *STATES)) as sink:
        sink.wait(lambda: all(sink.last(at(name)) for name in STATES))
        first = {name: sink.last(at(name)).value for name in STATES}
        assert first == {
            "Program.State": "Initializing", "ItemState": "NotExecuting", "OperationMode": "Setup",
            "Spindle.Override": 100.0, "PowerOn": 1.0, "T1.Life": 42.0, "Program.Name": "O1001",
        }  # fmt: skip
        server.write("OperationMode", 2, when=when)
        sink.wait(lambda: sink.last(at("OperationMode")).value == "Processing")
        assert sink.last(at("OperationMode")).t_ns == pytest.approx(when.timestamp() * 1e9, abs=1000)
        server.write("OperationMode", 1)


def test_no_change_between_two_tellings_is_lost(server) -> None:
    with running(source(server, "Count", publishing_s=0.5)) as sink:
        sink.wait(lambda: sink.last(at("Count")))

        async def burst() -> None:
            for number in range(1, 501):
                await server.set("Count", number)

        server.call(burst())
        sink.wait(lambda: sink.last(at("Count")).value == 500.0)
        assert sink.values(at("Count"))[-500:] == [float(n) for n in range(1, 501)]


def test_doubt_and_ignorance_of_the_server_are_told(server) -> None:
    with running(source(server, "Spindle.Override")) as sink:
        sink.wait(lambda: sink.last(at("Spindle.Override")))
        server.write("Spindle.Override", 77.0, status=0x40900000)  # UncertainLastUsableValue
        sink.wait(lambda: sink.last(at("Spindle.Override")).value == 77.0)
        assert sink.last(at("Spindle.Override")).quality is Quality.UNCERTAIN
        server.write("Spindle.Override", 78.0, status=0x808B0000)  # BadDeviceFailure
        sink.wait(lambda: sink.last(at("Spindle.Override")).value is None)
        assert sink.last(at("Spindle.Override")).quality is Quality.UNAVAILABLE
        assert "DeviceFailure" in sink.last(at("Spindle.Override")).message
        server.write("Spindle.Override", float("nan"))
        server.write("Spindle.Override", 100.0)
        sink.wait(lambda: sink.last(at("Spindle.Override")).value == 100.0)
        assert all(o.value == o.value for o in sink.observations)  # a NaN never gets through as a number


def test_a_stamp_from_the_future_is_not_believed(server) -> None:
    with running(source(server, "Spindle.Override")) as sink:
        sink.wait(lambda: sink.last(at("Spindle.Override")))
        server.write("Spindle.Override", 55.0, when=datetime.now(UTC) + timedelta(days=900))
        sink.wait(lambda: sink.last(at("Spindle.Override")).value == 55.0)
        seen = sink.last(at("Spindle.Override"))
        assert seen.quality is Quality.UNCERTAIN
        assert abs(seen.t_ns - time.time_ns()) < 60e9
        server.write("Spindle.Override", 100.0)


def test_values_that_the_servers_queue_dropped_are_told(server) -> None:
    with running(source(server, "Spindle.Override")) as sink:
        sink.wait(lambda: sink.last(at("Spindle.Override")))
        server.write("Spindle.Override", 60.0, status=0x00000480)  # good, of a data value, overflow
        told = sink.wait_status(lambda s: s.lost)
        assert told.items == (at("Spindle.Override"),)
        sink.wait(lambda: sink.last(at("Spindle.Override")).value == 60.0)
        assert sink.last(at("Spindle.Override")).quality is Quality.GOOD
        server.write("Spindle.Override", 100.0)


def test_nodes_that_are_missing_or_cannot_be_shown_do_not_take_the_others_along(server) -> None:
    odd = OpcUaSource(
        "tool", server.url, publishing_s=0.05,
        items=[at("Nothing"), "nsu=urn:nobody;s=Spindle", at("Array"), at("Program.Name")],
    )  # fmt: skip
    with running(odd) as sink:
        sink.wait(lambda: sink.last(at("Program.Name")) and sink.last(at("Array")))
        assert sink.last(at("Program.Name")).value == "O1001"
        for item in (at("Nothing"), "nsu=urn:nobody;s=Spindle", at("Array")):
            assert sink.last(item).quality is Quality.UNAVAILABLE
        told = " ".join(status.message for status in sink.statuses)
        assert "BadNodeIdUnknown" in told
        assert "urn:nobody" in told
        assert "an array" in told


def test_browse_lists_addresses_that_work(server) -> None:
    found = {item.path: item for item in asyncio.run(browse(Server("tool", server.url)))}
    item = found["Tool/Monitoring/Spindle.Override" if "Tool/Monitoring/Spindle.Override" in found else
                 "Tool/Monitoring/Override"]  # fmt: skip
    assert item.address == at("Spindle.Override")
    assert item.value == 100.0
    assert found["Tool/Production/ActiveProgram/State"].value == "Initializing"


# ------------------------------------------------------------------------------------------------------------ losses
def test_after_a_broken_connection_the_server_gives_what_it_had_queued() -> None:
    with tool(free_port()) as server, running(source(server, "Count", "ItemState", history=False)) as sink:
        sink.wait(lambda: sink.last(at("Count")) and sink.last(at("ItemState")))

        async def cut_and_count() -> None:
            for client in list(server.server.bserver.clients):
                client.transport.abort()
            for number in range(1, 101):
                await server.set("Count", number)

        before_ns = time.time_ns()
        server.call(cut_and_count())
        sink.wait_status(lambda s: s.state is LinkState.DOWN)
        sink.wait(lambda: sink.last(at("Count")).value == 100.0)
        assert sink.values(at("Count")) == [0.0, *map(float, range(1, 101))]
        sink.wait(lambda: sink.last(at("ItemState")).t_ns > before_ns)  # said to hold still, which ends its being stale
        assert sink.last(at("ItemState")).value == "NotExecuting"


def test_a_restarted_server_with_other_indexes_is_found_again() -> None:
    port = free_port()
    first = MachineTool(port).start()
    watched = source(first, "Count", "ItemState")
    with running(watched) as sink:
        sink.wait(lambda: sink.last(at("Count")))
        first.stop()
        sink.wait_status(lambda s: s.state is LinkState.DOWN)
        with tool(port, fillers=3) as second:
            assert second.index != first.index
            sink.wait_live(2)
            second.write("Count", 7)
            sink.wait(lambda: sink.last(at("Count")).value == 7.0)


def test_what_happened_while_away_is_read_from_the_servers_history() -> None:
    with tool(free_port(), history=("Count",)) as server:
        watched = source(server, "Count")
        with running(watched) as sink:
            sink.wait(lambda: sink.last(at("Count")))
            server.write("Count", 1)
            sink.wait(lambda: sink.last(at("Count")).value == 1.0)
        # The window is closed, which ends the subscription; the same source goes on later.
        for number in range(2, 30):
            server.write("Count", number)
        # The server writes its history behind its values.
        wait_until(lambda: len(server.call(server.nodes["Count"].read_raw_history())) >= 30, 10.0, "the history")
        with running(watched, sink=sink):
            sink.wait(lambda: sink.last(at("Count")).value == 29.0)
            assert sink.values(at("Count")) == [float(n) for n in range(30)]
            assert any("history" in status.message for status in sink.statuses)
        times = [o.t_ns for o in sink.observations]
        assert times == sorted(times)


def test_a_stalled_server_is_given_up_and_a_fast_one_beside_it_is_not_held_up(server) -> None:
    with tool(free_port()) as stalls:
        slow = OpcUaSource("slow", stalls.url, items=[at("Count")], publishing_s=0.05, silence_s=1.0, timeout_s=1.0)
        fast = source(server, "Count")
        slow_sink, seen = Sink(), Sink()

        class Both:
            def observed(self, name, observations) -> None:
                (slow_sink if name == "slow" else seen).observed(name, observations)

            def linked(self, name, status) -> None:
                (slow_sink if name == "slow" else seen).linked(name, status)

        with running(slow, fast, sink=Both()):
            slow_sink.wait(lambda: slow_sink.last(at("Count")))
            seen.wait(lambda: seen.last(at("Count")))
            go = stalls.stall()
            try:
                slow_sink.wait_status(lambda s: s.state is LinkState.STALE)
                for number in range(1000, 1020):
                    began = time.monotonic()
                    server.write("Count", number)
                    seen.wait(lambda number=number: seen.last(at("Count")).value == float(number))
                    assert time.monotonic() - began < 2.0
                slow_sink.wait_status(lambda s: s.state is LinkState.DOWN)
            finally:
                go.set()
            slow_sink.wait_live(2)
            stalls.write("Count", 5)
            slow_sink.wait(lambda: slow_sink.last(at("Count")).value == 5.0)


def test_a_server_in_which_nothing_changes_is_not_stale(server) -> None:
    with running(source(server, "Program.Name", silence_s=0.5)) as sink:
        sink.wait(lambda: sink.last(at("Program.Name")))
        time.sleep(1.6)  # three times the silence that is allowed: only keep-alives come
        assert not [s for s in sink.statuses if s.state in {LinkState.STALE, LinkState.DOWN}]


# ---------------------------------------------------------------------------------------------------------- security
@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    with tool(free_port(), folder=folder, secure=True, users=True) as server:
        yield server


def secure(server, folder, **more) -> OpcUaSource:
    settings = {"security": "Basic256Sha256", "user": "plant", "password": "right", "folder": str(folder)} | more
    return source(server, "Program.State", **settings)


def refused(watched) -> str:
    with running(watched) as sink:
        return sink.wait_status(lambda s: s.state is LinkState.DOWN).message


@pytest.mark.parametrize(
    ("security", "mode"),
    [("Basic256Sha256", "SignAndEncrypt"), ("Aes256Sha256RsaPss", "SignAndEncrypt"), ("Aes128Sha256RsaOaep", "Sign")],
)
def test_signed_and_encrypted_with_a_password(secured, tmp_path, security, mode) -> None:
    watched = secure(secured, tmp_path, security=security, mode=mode, trust=str(secured.certificate))
    with running(watched) as sink:
        sink.wait(lambda: sink.last(at("Program.State")))
        assert sink.last(at("Program.State")).value == "Initializing"
    assert stat.S_IMODE((tmp_path / "own.pem").stat().st_mode) == 0o600


def test_an_unknown_server_is_refused_until_a_person_accepts_it(secured, tmp_path) -> None:
    message = refused(secure(secured, tmp_path))
    assert "is not known" in message
    (rejected,) = (tmp_path / "rejected").iterdir()
    assert rejected.read_bytes() == secured.certificate.read_bytes()
    (tmp_path / "trusted").mkdir()
    rejected.rename(tmp_path / "trusted" / rejected.name)
    with running(secure(secured, tmp_path)) as sink:
        sink.wait(lambda: sink.last(at("Program.State")))


def test_another_servers_certificate_is_not_trusted(secured, tmp_path) -> None:
    other = MachineTool(1, folder=tmp_path)
    other._certify()
    assert "is not known" in refused(secure(secured, tmp_path, trust=str(other.certificate)))


def test_a_wrong_password_and_a_policy_that_is_not_offered_are_told_and_not_tried_again(secured, tmp_path) -> None:
    trust = str(secured.certificate)
    assert "password" in refused(secure(secured, tmp_path, trust=trust, password="wrong"))
    message = refused(secure(secured, tmp_path, trust=trust, security="Aes128Sha256RsaOaep"))
    assert "Basic256Sha256 SignAndEncrypt" in message


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"url": "http://host"}, "opc.tcp"),
        ({"url": "opc.tcp://host:99999"}, "opc.tcp"),
        ({"url": "opc.tcp://me:secret@host"}, "as settings"),
        ({"security": "Basic128Rsa15"}, "Basic256Sha256"),
        ({"mode": "Whisper"}, "SignAndEncrypt"),
        ({"user": "plant", "password": "x"}, "unencrypted"),
        ({"items": ["Spindle"]}, "expected a node"),
        ({"items": ["ns=2;i=x"]}, "expected a node"),
        ({"items": ["ns=2;i=99999999999"]}, "below 2"),
        ({"items": []}, "no item"),
        ({"queue": 0}, "queue"),
        ({"publishing_s": 0.0}, "above zero"),
        ({"user_certificate": "a.der"}, "needs its key"),
        ({"password_env": "TWINSWING_TEST_UNSET"}, "TWINSWING_TEST_UNSET"),
        ({"password": "a", "password_file": "b"}, "one of"),
    ],
)
def test_wrong_settings_are_refused_in_one_sentence(settings, told) -> None:
    given = {"url": "opc.tcp://plc.example:4840", "items": [at("Count")]} | settings
    with pytest.raises(InputError, match=told):
        OpcUaSource("tool", given.pop("url"), **given)
