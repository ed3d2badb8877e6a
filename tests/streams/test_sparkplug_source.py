"""The Sparkplug source against a real mosquitto with TLS and a password, and an edge node that can be killed."""

import asyncio
import json
from contextlib import contextmanager

import paho.mqtt.client as paho
import pytest

from tests.streams.brokers import Broker, Sink, secure_lines
from tests.streams.sparkplug_nodes import EdgeNode
from twinswing.errors import InputError
from twinswing.streams.mqtt_connection import Link
from twinswing.streams.observations import LinkState, Quality
from twinswing.streams.sparkplug_messages import Payload
from twinswing.streams.sparkplug_source import SparkplugSource
from twinswing.streams.supervisor import Backoff, Supervisor

MILL = {"speed": 3.0, "feed": 4.0}
SPEED = "works/edge/mill#speed"


@pytest.fixture
def broker(tmp_path):
    made = Broker(tmp_path, secure_lines(tmp_path)).start()
    yield made
    made.stop()


class LiveNode(EdgeNode):
    """An edge node with a connection: its death is its will, and it is born again when it is asked to."""

    def __init__(self, broker) -> None:
        super().__init__()
        self.broker = broker
        self.asked = 0
        self.speed = 3.0

    def __enter__(self) -> "LiveNode":
        self.connect()
        client = self.client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        client.tls_set(str(self.broker.folder / "ca.pem"))
        client.username_pw_set("plant", "right")
        client.will_set(*self.death(), qos=1)
        client.on_connect = lambda c, *_: c.subscribe(self.topic("NCMD"), 1)
        client.on_subscribe = lambda *_: self.births()
        client.on_message = self._command
        client.connect("127.0.0.1", self.broker.port)
        client.loop_start()
        return self

    def __exit__(self, *_) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _command(self, _client, _data, message) -> None:
        if Payload.FromString(message.payload).metrics[0].name == "Node Control/Rebirth":
            self.asked += 1
            self.births()

    def births(self) -> None:
        self.send(self.birth({"uptime": 1.0}))
        self.send(self.device_birth("mill", MILL | {"speed": self.speed}))

    def send(self, message) -> None:
        self.client.publish(*message)

    def say(self, speed: float, lost: bool = False) -> None:
        self.speed = speed
        message = self.data("mill", speed=speed)
        if not lost:
            self.send(message)

    def kill(self) -> None:
        self.client._sock.close()


def source(broker, **more) -> SparkplugSource:
    settings = {"tls": True, "ca_file": str(broker.folder / "ca.pem"), "user": "plant", "password": "right"} | more
    return SparkplugSource("cell", "127.0.0.1", broker.port, **settings)


@contextmanager
def running(watched, sink=None):
    sink = sink or Sink()
    with Supervisor([watched], sink, backoff=Backoff(first_s=0.05, most_s=0.2)):
        yield sink


def test_births_that_were_before_us_are_asked_for_and_data_follow(broker) -> None:
    with LiveNode(broker) as node, running(source(broker, items=[SPEED])) as sink:
        sink.wait(lambda: sink.last(SPEED))
        assert sink.last(SPEED).value == 3.0
        node.say(8.0)
        sink.wait(lambda: sink.last(SPEED).value == 8.0)
        assert sink.last(SPEED).quality is Quality.GOOD
        assert {o.item for o in sink.observations} == {SPEED}


def test_a_gap_ends_in_a_birth_with_the_true_value(broker) -> None:
    watched = source(broker, groups=["works"], reorder_s=0.1)
    with running(watched) as sink:
        sink.wait_live()
        with LiveNode(broker) as node:
            sink.wait(lambda: sink.last(SPEED))
            node.say(5.0, lost=True)
            node.say(6.0)
            status = sink.wait_status(lambda s: s.lost)
            assert status.lost == 1
            sink.wait(lambda: sink.last(SPEED).value == 6.0 and sink.last(SPEED).quality is Quality.GOOD)
            assert node.asked >= 1


def test_a_killed_node_is_stale_until_it_is_born_again(broker) -> None:
    with running(source(broker, groups=["works"])) as sink:
        sink.wait_live()
        with LiveNode(broker) as node:
            sink.wait(lambda: sink.last(SPEED))
            node.kill()
            gone = sink.wait_status(lambda s: s.state is LinkState.STALE and s.items)
            assert set(gone.items) == {"works/edge#uptime", SPEED, "works/edge/mill#feed"}
        before = len(sink.values(SPEED))
        with LiveNode(broker):
            sink.wait(lambda: len(sink.values(SPEED)) > before)


def test_a_restarted_broker_is_found_again_and_births_are_asked_for(broker) -> None:
    with running(source(broker, items=[SPEED])) as sink:
        sink.wait_live()
        broker.kill()
        sink.wait_status(lambda s: s.state is LinkState.DOWN)
        broker.start()
        sink.wait_live(2)
        with LiveNode(broker):
            sink.wait(lambda: sink.last(SPEED))


@pytest.mark.parametrize("slow", [False, True], ids=["", "told to end before the broker has answered"])
def test_the_primary_host_says_whether_it_is_there(broker, slow, monkeypatch) -> None:
    if slow:
        publish = Link.publish

        async def unanswered(self, topic, payload, qos=0, retain=False) -> None:
            await publish(self, topic, payload, qos, retain)
            await asyncio.sleep(60.0 if json.loads(payload)["online"] else 0.0)

        monkeypatch.setattr(Link, "publish", unanswered)
    heard = Sink()
    listener = paho.Client(paho.CallbackAPIVersion.VERSION2)
    listener.tls_set(str(broker.folder / "ca.pem"))
    listener.username_pw_set("plant", "right")
    listener.on_message = lambda _c, _d, message: heard.observed("", [json.loads(message.payload)["online"]])
    listener.connect("127.0.0.1", broker.port)
    listener.subscribe("spBv1.0/STATE/twin", 1)
    listener.loop_start()
    try:
        with running(source(broker, groups=["works"], host_id="twin")):
            heard.wait(lambda: heard.observations[-1:] == [True])
        heard.wait(lambda: heard.observations[-1:] == [False])
    finally:
        listener.disconnect()
        listener.loop_stop()


@pytest.mark.parametrize(
    ("settings", "told"),
    [({"items": ["works/edge"]}, "group/node"), ({"groups": ["a/b"]}, "cannot be"), ({"reorder_s": 0.0}, "reorder_s")],
)
def test_wrong_settings_are_refused_in_one_sentence(settings, told) -> None:
    with pytest.raises(InputError, match=told):
        SparkplugSource("cell", "127.0.0.1", **settings)
