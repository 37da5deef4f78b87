"""Events reach the broker, whenever it comes; passwords reach nobody else."""

import datetime
import json
import time

import numpy as np
import pytest
from tiny_broker import BAD_LOGIN, Login, Message, TinyBroker

from edge_demo.camera.frames import Frame
from edge_demo.errors import EdgeError
from edge_demo.model.matcher import MatchResult
from edge_demo.outputs.mqtt import MOST_WAITING, Mqtt, level_of, parsed
from edge_demo.results.events import Event

SEEN = Event("seen", "cup", 0.934, 0.97, True, (1.0, 2.0, 3.0, 4.0), 1.5, 1.0)
NOON = datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.timezone.utc)
ONLINE = Message("home/cam/status", "online", True)
OFFLINE = Message("home/cam/status", "offline", True)

pytest.importorskip("paho.mqtt")


def opened(port, login="ann:secret@", password=None):
    return Mqtt(parsed(f"mqtt://{login}127.0.0.1:{port}/home/cam", password), lambda: NOON)


def tell(mqtt, number):
    mqtt.tell(SEEN, Frame(number, np.zeros((4, 4, 3), np.uint8), 10.0), MatchResult(1.0, []))


def frames(broker):
    return [json.loads(text)["frame"] for topic, text, _ in broker.messages if topic.endswith("/event")]


def test_an_address_in_full_and_a_short_one():
    broker = parsed("mqtts://ann:s%40c%2Fr@Example.org:1234/home/cam/")
    assert (broker.host, broker.port, broker.tls) == ("example.org", 1234, True)
    assert (broker.user, broker.password, broker.topic) == ("ann", "s@c/r", "home/cam")
    broker = parsed("mqtt://10.0.0.7", None)
    assert (broker.port, broker.tls, broker.user, broker.password, broker.topic) == (
        1883,
        False,
        None,
        None,
        "getnet",
    )
    assert parsed("mqtts://h").port == 8883


def test_the_environment_gives_a_password_that_the_address_leaves_out():
    assert parsed("mqtt://ann@h", "secret").password == "secret"
    assert parsed("mqtt://ann:own@h", "secret").password == "own"
    with pytest.raises(EdgeError, match="expected a user"):
        parsed("mqtt://h", "secret")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "broker",
        "http://h",
        "mqtt://",
        "mqtt://h:0",
        "mqtt://h:70000",
        "mqtt://h/a/+/b",
        "mqtt://h/" + "long" * 20_000,
        "mqtt://a..b",
        "mqtt://u:p/w@h:1",
        "mqtt://u:p@h/t?x",
        "mqtt://u:p@h/t#x",
        "mqtt://u:p%ff@h/t",
        "mqtt://u:p\udcff@h/t",
    ],
)
def test_what_is_no_address_is_refused_in_one_line(address):
    with pytest.raises(EdgeError, match="--mqtt: expected mqtt://user:password@host") as caught:
        parsed(address)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("special", "#/?")
def test_a_password_that_would_be_cut_is_refused_with_what_to_do_and_not_shown(special):
    for password in (f"q@zz{special}wobble", f"12{special}wobble"):
        with pytest.raises(EdgeError, match=r"GETNET_MQTT_PASSWORD.*%23 for #") as caught:
            parsed(f"mqtt://ann:{password}@10.0.0.7/home/cam")
        assert "***@10.0.0.7" in str(caught.value)
        assert not any(piece in str(caught.value) for piece in ("zz", "wobble"))


def test_a_password_of_the_environment_that_is_no_text_is_refused_in_one_line():
    with pytest.raises(EdgeError, match="GETNET_MQTT_PASSWORD"):
        parsed("mqtt://ann@h", "p\udcff")


def test_no_message_holds_the_password():
    broker = parsed("mqtt://ann:secret@h/t")
    assert broker.name == "mqtt://***@h/t"
    assert "secret" not in repr(broker)
    with pytest.raises(EdgeError) as caught:
        parsed("mqtt://ann:secret@h:port")
    assert "secret" not in str(caught.value)


def test_a_name_is_one_level_of_a_topic():
    assert level_of("cup/left #2+").startswith("cup_left _2__")
    assert level_of("Füller") == "Füller"
    assert len({level_of(name) for name in ("cup+", "cup#", "cup_")}) == 3 and level_of("cup_") == "cup_"


def test_a_session_logs_in_says_online_tells_events_and_says_offline():
    with TinyBroker() as broker:
        mqtt = opened(broker.port)
        tell(mqtt, 7)
        assert broker.wait_for(lambda broker: len(broker.messages) == 2)
        mqtt.close()
        assert broker.logins == [Login("ann", "secret", "home/cam/status", "offline")]
        assert broker.messages[-1] == OFFLINE and ONLINE in broker.messages
        (topic, text, retained) = next(message for message in broker.messages if "event" in message.topic)
        assert (topic, retained) == ("home/cam/cup/event", False)
        assert json.loads(text) == {
            "event": "seen",
            "name": "cup",
            "score": 0.934,
            "kind_score": 0.97,
            "same": True,
            "frame": 7,
            "time_s": 1.5,
            "since_s": 1.0,
            "box_px": [1.0, 2.0, 3.0, 4.0],
            "outline_px": None,
            "angle_deg": None,
            "utc": "2026-05-01T12:00:00.000Z",
        }


def test_a_broker_that_dies_and_comes_back_gets_what_happened_meanwhile(capfd):
    with TinyBroker() as broker:
        mqtt = opened(broker.port)
        tell(mqtt, 1)
        assert broker.wait_for(lambda broker: frames(broker) == [1] and ONLINE in broker.messages)
    while not mqtt._away:
        time.sleep(0.01)
    tell(mqtt, 2)
    tell(mqtt, 3)
    with TinyBroker(broker.port) as again:
        assert again.wait_for(lambda broker: frames(broker) == [2, 3] and ONLINE in broker.messages)
        mqtt.close()
        assert again.messages[-1] == OFFLINE
    printed = capfd.readouterr().err
    assert printed.count("expected an MQTT broker") == 1 and printed.count("is there again") == 1
    assert "***@127.0.0.1" in printed and "secret" not in printed


def test_a_wrong_login_is_told_once_and_tried_again(capfd):
    with TinyBroker(answer=BAD_LOGIN) as broker:
        mqtt = opened(broker.port)
        assert broker.wait_for(lambda broker: len(broker.logins) == 2)
        broker.answer = 0
        assert broker.wait_for(lambda broker: ONLINE in broker.messages)
        mqtt.close()
    printed = capfd.readouterr().err
    assert printed.count("expected an MQTT broker") == 1
    assert "user name or password" in printed.lower()


def test_without_a_broker_nothing_waits_and_no_more_than_so_many_events_are_kept(capfd):
    with TinyBroker() as broker:
        port = broker.port
    mqtt = opened(port)
    for number in range(MOST_WAITING + 50):
        tell(mqtt, number)
    assert len(mqtt._client._out_messages) == MOST_WAITING
    while not mqtt._away:
        time.sleep(0.01)
    mqtt.close()
    assert "Connection refused" in capfd.readouterr().err
    with TinyBroker(port) as broker:
        mqtt = opened(port)
        assert broker.wait_for(lambda broker: ONLINE in broker.messages)
        mqtt.close()


def test_without_the_package_the_way_to_it_is_named(without_modules):
    without_modules("paho.mqtt", "paho")
    with pytest.raises(EdgeError, match="pip install"):
        opened(1)
