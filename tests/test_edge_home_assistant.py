"""Each thing appears in Home Assistant by itself, with a state and a picture, and goes with the thing."""

import json
import types

import cv2
import numpy as np
import pytest
from test_edge_mqtt import NOON, OFFLINE, SEEN
from tiny_broker import TinyBroker

from edge_demo.camera.frames import Frame
from edge_demo.errors import EdgeError
from edge_demo.gallery.object_name import safe_name
from edge_demo.model.matcher import MatchResult
from edge_demo.outputs.home_assistant import MOST_BYTES, HomeAssistant, Message, plain
from edge_demo.outputs.mqtt import Mqtt, parsed
from edge_demo.results.events import Event

pytest.importorskip("paho.mqtt")

GONE = Event("gone", "cup", 0.9, 0.9, True, (1.0, 2.0, 3.0, 4.0), 9.0, 7.0)
FRAME = Frame(7, np.zeros((48, 64, 3), np.uint8), 10.0)
NOTHING = MatchResult(1.0, [])


def objects(*names):
    return types.SimpleNamespace(
        known=[types.SimpleNamespace(name=name, color=(0, 0, 255)) for name in names]
    )


@pytest.fixture
def home():
    return HomeAssistant("home/cam", objects("cup"))


def test_a_thing_is_announced_once_with_a_sensor_and_a_picture(home):
    sensor, image, state = home.news()
    assert sensor.topic == "homeassistant/binary_sensor/home_cam_034f31c0/cup/config"
    assert image.topic == "homeassistant/image/home_cam_034f31c0/cup/config"
    said = json.loads(sensor.content)
    assert said["state_topic"] == state.topic == "home/cam/cup/state" and state.content == "OFF"
    assert said["availability_topic"] == "home/cam/status" and said["name"] == "cup"
    shown = json.loads(image.content)
    assert (shown["image_topic"], shown["content_type"]) == ("home/cam/cup/picture", "image/jpeg")
    assert said["device"] == shown["device"] and said["unique_id"] != shown["unique_id"]
    assert home.news() == []


def test_names_that_a_topic_cannot_hold_stay_apart():
    assert plain("cup-1") == "cup-1"
    assert plain("Füller") != plain("Fäller") and plain("杯").isascii()


def test_what_is_seen_is_on_with_its_picture_until_it_is_gone(home):
    home.news()
    state, picture = home.told(SEEN, FRAME, NOTHING, pictures=True)
    assert state == Message("home/cam/cup/state", "ON")
    jpeg = np.frombuffer(picture.content, np.uint8)
    assert picture.topic == "home/cam/cup/picture" and cv2.imdecode(jpeg, cv2.IMREAD_COLOR).shape == (
        48,
        64,
        3,
    )
    assert home.told(SEEN, FRAME, NOTHING, pictures=False) == [state]
    home.forget()
    assert home.news()[-1] == state
    assert home.told(GONE, FRAME, NOTHING, pictures=True) == [Message("home/cam/cup/state", "OFF")]


def test_a_thing_that_is_deleted_is_taken_back_and_a_new_one_announced(home):
    home.news()
    home._objects.known = objects("pen").known
    news = home.news()
    assert [message.content for message in news[:4]] == [""] * 4
    assert [message.topic.split("/")[-2] for message in news[4:]] == ["pen"] * 3
    assert home.told(GONE, FRAME, NOTHING, pictures=True) == []


def test_a_broker_has_all_of_it_retained_even_after_a_run_of_one_frame():
    with TinyBroker() as broker:
        things = objects("cup")
        broker_of = parsed(f"mqtt://127.0.0.1:{broker.port}/home/cam")
        mqtt = Mqtt(broker_of, lambda: NOON, HomeAssistant("home/cam", things))
        mqtt.step()
        mqtt.tell(SEEN, FRAME, NOTHING)
        mqtt.close()
        assert broker.messages[-1] == OFFLINE
        told = {
            message.topic: message for message in broker.messages if message.topic != "home/cam/cup/event"
        }
        assert told["home/cam/cup/state"].text == "ON" and all(message.retained for message in told.values())
        assert sum(topic.startswith("homeassistant/") for topic in told) == 2
        assert any(message.topic == "home/cam/cup/event" for message in broker.messages)


@pytest.mark.parametrize("prefix", ["/", "a/#", "long" * 20_000, "\udcff"])
def test_a_prefix_that_is_no_topic_and_one_without_a_broker_are_refused(prefix):
    given = types.SimpleNamespace(mqtt="mqtt://h", home_assistant=prefix)
    with pytest.raises(EdgeError, match="a topic without"):
        Mqtt.from_arguments(given)
    with pytest.raises(EdgeError, match="--mqtt ADDRESS with --home-assistant"):
        Mqtt.from_arguments(types.SimpleNamespace(mqtt=None, home_assistant="homeassistant"))


def test_the_longest_topics_are_within_those_of_mqtt():
    name = safe_name("ü#" * 80)
    news = HomeAssistant("t" * MOST_BYTES, objects(name), "p" * MOST_BYTES).news()
    assert max(len(message.topic.encode()) for message in news) <= 65_535
