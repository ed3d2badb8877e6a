"""Plain MQTT topics from a real mosquitto on loopback, with TLS and a password."""

import json
import time
from contextlib import contextmanager
from dataclasses import replace

import paho.mqtt.client as paho
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.streams.brokers import Broker, Sink, secure_lines
from twinswing.errors import InputError
from twinswing.streams.mqtt_payload import Malformed, covers, parse, time_ns, valid_wildcard
from twinswing.streams.mqtt_source import MqttSource
from twinswing.streams.observations import LinkState, Quality
from twinswing.streams.supervisor import Backoff, Supervisor

QUICK = Backoff(first_s=0.05, most_s=0.2)


@pytest.fixture
def broker(tmp_path):
    made = Broker(tmp_path, secure_lines(tmp_path)).start()
    yield made
    made.stop()


@contextmanager
def peer(broker, will: tuple[str, str] | None = None):
    """A device's client; gives a function that publishes and waits until the broker has it."""
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.tls_set(str(broker.folder / "ca.pem"))
    client.username_pw_set("plant", "right")
    if will is not None:
        client.will_set(*will, qos=1, retain=True)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()

    def publish(topic: str, payload, retain: bool = False) -> None:
        text = payload if isinstance(payload, bytes | str) else json.dumps(payload)
        client.publish(topic, text, qos=1, retain=retain).wait_for_publish(10.0)

    publish.client = client
    yield publish
    client.disconnect()
    client.loop_stop()


def source(broker, **more) -> MqttSource:
    settings = {
        "topics": ["works/#"], "tls": True, "ca_file": str(broker.folder / "ca.pem"), "user": "plant",
        "password": "right", "client_id": "twin",
    } | more  # fmt: skip
    return MqttSource("gateway", "127.0.0.1", broker.port, **settings)


@contextmanager
def running(watched, sink=None):
    sink = sink or Sink()
    with Supervisor([watched], sink, backoff=QUICK):
        yield sink


def test_objects_numbers_and_texts_arrive_with_the_payloads_time(broker) -> None:
    with running(source(broker, time_field="ts")) as sink, peer(broker) as publish:
        sink.wait_live()
        publish(
            "works/mill", {"ts": "2024-05-01T10:00:00.25Z", "spindle": {"load": 40, "on": True}, "axes": [1.5, None]}
        )
        sink.wait(lambda: sink.last("works/mill#axes.1"))
        got = {o.item: (o.value, o.quality) for o in sink.observations}
        assert got == {
            "works/mill#spindle.load": (40.0, Quality.GOOD),
            "works/mill#spindle.on": (1.0, Quality.GOOD),
            "works/mill#axes.0": (1.5, Quality.GOOD),
            "works/mill#axes.1": (None, Quality.UNAVAILABLE),
        }
        assert {o.t_ns for o in sink.observations} == {1714557600_250000000}
        publish("works/state", "RUNNING")
        sink.wait(lambda: sink.last("works/state"))
        assert sink.last("works/state").value == "RUNNING"
        assert sink.last("works/state").quality is Quality.UNCERTAIN  # it has no time, although one is promised


def test_only_wanted_items_and_only_their_topics(broker) -> None:
    with running(source(broker, topics=[], items=["works/a#x", "works/b"])) as sink, peer(broker) as publish:
        sink.wait_live()
        publish("works/c", "1")
        publish("works/a", {"x": 1, "y": 2})
        publish("works/b", "3")
        sink.wait(lambda: sink.last("works/b"))
        assert [(o.item, o.value) for o in sink.observations] == [("works/a#x", 1.0), ("works/b", 3.0)]
        assert sink.last("works/b").quality is Quality.GOOD


def test_a_retained_value_is_old_and_says_so(broker) -> None:
    with peer(broker) as publish:
        publish("works/plain", "5", retain=True)
        with running(source(broker)) as sink:
            sink.wait(lambda: sink.last("works/plain"))
            assert sink.last("works/plain").quality is Quality.UNCERTAIN
            publish("works/plain", "6", retain=True)
            sink.wait(lambda: sink.last("works/plain").value == 6.0)
            assert sink.last("works/plain").quality is Quality.GOOD  # live, although the broker retains it too


def test_the_broker_keeps_what_comes_while_we_are_away(broker) -> None:
    watched = source(broker, time_field="t")
    with running(watched) as sink:
        sink.wait_live()
    with peer(broker) as publish:
        for number in range(50):
            publish("works/count", {"t": 1_700_000_000 + number, "n": number})
    with running(watched, sink):
        sink.wait(lambda: len(sink.values("works/count#n")) >= 50)
    assert sink.values("works/count#n") == [float(n) for n in range(50)]
    assert all(o.quality is Quality.GOOD for o in sink.observations)
    assert any("kept our session" in status.message for status in sink.statuses)


def test_a_killed_broker_is_told_and_found_again(broker) -> None:
    with running(source(broker)) as sink:
        sink.wait_live()
        broker.kill()
        sink.wait_status(lambda s: s.state is LinkState.DOWN)
        broker.start()
        sink.wait_live(2)
        with peer(broker) as publish:
            publish("works/a", "1")
            sink.wait(lambda: sink.last("works/a"))


def test_bad_payloads_are_counted_told_once_and_harm_nothing(broker) -> None:
    watched = source(broker, max_payload=1000, time_field="ts")
    with running(watched) as sink, peer(broker) as publish:
        sink.wait_live()
        for bad in (
            b'{"a": 1',
            b"\xff\xfe\x00",
            b"[" * 900,
            b'{"a": ' + b"1" * 990 + b"}",
            b"x" * 3000,
            b'{"a": 1e999}',
        ):
            publish("works/bad", bad)
        publish("works/future", {"ts": time.time() + 1e7, "v": 1})
        publish("works/good", {"ts": time.time(), "v": 1})
        sink.wait(lambda: sink.last("works/good#v"))
        assert sink.last("works/good#v").quality is Quality.GOOD
        assert watched.malformed == 4
        assert len([s for s in sink.statuses if "works/bad" in s.message]) == 1
        assert sink.last("works/future#v").quality is Quality.UNCERTAIN
        assert abs(sink.last("works/future#v").t_ns - time.time_ns()) < 60e9


def test_a_device_that_dies_takes_its_items_along(broker) -> None:
    watched = source(broker, status_topics=["works/+/status"])
    with running(watched) as sink, peer(broker) as other:
        sink.wait_live()
        with peer(broker, will=("works/press/status", "offline")) as publish:
            publish("works/press/force", {"kn": 4})
            other("works/saw/speed", "9")
            sink.wait(lambda: sink.last("works/press/force#kn") and sink.last("works/saw/speed"))
            publish.client._sock.close()  # dies without a goodbye: the broker publishes its will
            sink.wait(lambda: sink.last("works/press/force#kn").quality is Quality.UNAVAILABLE)
        assert sink.last("works/saw/speed").quality is Quality.GOOD


@pytest.mark.parametrize(
    ("settings", "told"),
    [({"password": "wrong"}, "password"), ({"ca_file": "other.pem"}, "not trusted"), ({"tls": False}, "")],
)
def test_what_cannot_be_mended_is_told(broker, settings, told) -> None:
    if "ca_file" in settings:
        settings = {"ca_file": str(broker.folder / settings["ca_file"])}
    if settings.get("tls") is False:
        settings = {"tls": False, "ca_file": ""}
    made = source(broker, **settings)
    made.broker = replace(made.broker, timeout_s=1.0)  # a listener with TLS answers one without by silence
    with running(made) as sink:
        status = sink.wait_status(lambda s: s.state is LinkState.DOWN)
        assert told in status.message
        assert ("tries again" in status.message) == (not told)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"topics": ["a/#/b"]}, "no topic"),
        ({"topics": []}, "expected topics"),
        ({"qos": 3}, "qos"),
        ({"time_unit": "h"}, "time_unit"),
        ({"port": 70000}, "port"),
        ({"ca_file": "x.pem"}, "tls is not true"),
        ({"user": "u", "password": "p"}, "unencrypted"),
        ({"version": 3}, "version"),
    ],
)
def test_wrong_settings_are_refused_in_one_sentence(settings, told) -> None:
    with pytest.raises(InputError, match=told):
        MqttSource("gateway", "broker.example", **({"topics": ["a"]} | settings))


# ------------------------------------------------------------------------------------------------------------- payloads
@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_no_payload_does_more_than_be_malformed(payload) -> None:
    try:
        values = parse(payload)
    except Malformed:
        return
    assert all(value is None or isinstance(value, float | str) for value in values.values())
    assert all(value == value and abs(value) != float("inf") for value in values.values() if isinstance(value, float))


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(-(10**9), 10**9) | st.text("xyz"), max_size=5)
)
def test_an_object_comes_back_key_by_key(document) -> None:
    assert parse(json.dumps({"m": document}).encode()) == {f"m.{k}": v if isinstance(v, str) else float(v)
                                                             for k, v in document.items()}  # fmt: skip


def test_time_stamps_of_every_unit() -> None:
    for stamp in (1.7e9, 1.7e12, 1.7e15, 1.7e18, "1700000000", "2023-11-14T22:13:20+00:00", "2023-11-14T22:13:20"):
        assert time_ns(stamp) == 1_700_000_000_000_000_000
    for stamp in (None, "yesterday", float("inf"), "nan"):
        assert time_ns(stamp) is None
    assert time_ns(1_700_000_000.0, "ms") == 1_700_000_000_000_000


def test_wildcards() -> None:
    assert covers("a/+/c", "a/b/c")
    assert covers("a/#", "a")
    assert not covers("a/+", "a/b/c")
    assert not covers("#", "$SYS/uptime")
    assert [valid_wildcard(text) for text in ("a/#", "+", "a+/b", "#/a", "")] == [True, True, False, False, False]
