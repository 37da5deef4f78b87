"""Strangers at the page: whatever they send, leave out or don't read, whoever has the token is served."""

import contextlib
import json
import socket
import time

import numpy as np
import pytest
from edge_model import write_centroid
from edge_web import served

from edge_demo.camera.frames import Frame
from edge_demo.web import stream, visitors
from edge_demo.web.complaints import EVERY_S, Complaints
from edge_demo.web.guesses import FORGOTTEN_S, FREE, MOST_PLACES, MOST_WAIT_S, Guesses

TOKEN = "a long enough secret"
KNOWN = {"Authorization": f"Bearer {TOKEN}"}
HALF_A_HEAD = b"GET /api/state HTTP/1.1\r\nHost: local"
HALF_A_BODY = b'POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"'


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_centroid(tmp_path_factory.mktemp("model") / "centroid.tflite")


def opened(client, sent=b""):
    channel = socket.create_connection(("127.0.0.1", client.port), timeout=20)
    channel.sendall(sent)
    return channel


def is_closed(channel):
    """Whether the other side has closed it, after all that it sent."""
    channel.setblocking(False)
    try:
        while channel.recv(1 << 16):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    return True


def ends(channel, within_s=20):
    """Whether the other side closes it; all that it sends is read."""
    channel.settimeout(within_s)
    with contextlib.suppress(ConnectionError):
        while channel.recv(1 << 16):
            pass
    return True


def test_few_places_are_enough_for_whoever_has_the_token(model, monkeypatch):
    """Of 40 that say nothing, or half of something, 8 are in at a time, those that came last; a live view keeps its place."""
    monkeypatch.setattr(visitors, "MOST", 8)
    with served(model, token=TOKEN) as client, contextlib.ExitStack() as stack:
        viewer = stack.enter_context(opened(client, b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n"))
        viewer.sendall(f"Authorization: Bearer {TOKEN}\r\n\r\n".encode())
        assert viewer.recv(12) == b"HTTP/1.1 200"
        strangers = []
        for number in range(40):
            sent = (b"", HALF_A_HEAD, HALF_A_BODY)[number % 3]
            strangers.append(stack.enter_context(opened(client, sent)))
            if number % 8 == 7:
                assert client.send("GET", "/api/state", headers=KNOWN)[0] == 200
        closed = [is_closed(stranger) for stranger in strangers]
        assert all(closed[:-8]) and not closed[-1]
        assert not is_closed(viewer)


@pytest.mark.parametrize(
    "sent", [b"", HALF_A_HEAD, HALF_A_BODY], ids=["silent", "half a head", "half a body"]
)
def test_who_asks_for_nothing_has_to_go(model, monkeypatch, sent):
    monkeypatch.setattr(visitors, "WAITS_S", 0.3)
    with served(model, token=TOKEN) as client, opened(client, sent) as channel:
        assert ends(channel)


def test_who_asks_for_the_page_alone_has_to_go_all_the_same(model, monkeypatch):
    monkeypatch.setattr(visitors, "WAITS_S", 0.5)
    with served(model, token=TOKEN) as client, opened(client) as channel, pytest.raises(ConnectionError):
        for _ in range(1000):
            channel.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            channel.recv(1 << 16)
            time.sleep(0.02)


def test_a_large_body_at_the_login_is_refused_before_it_comes(model):
    with served(model, token=TOKEN) as client, opened(client) as channel:
        head = HALF_A_BODY.replace(b"Length: 99", b"Length: 16000000")
        channel.sendall(head)
        assert channel.recv(12) == b"HTTP/1.1 413"
        with contextlib.suppress(ConnectionError):
            for _ in range(160):
                channel.sendall(bytes(100_000))
        assert ends(channel)
    with served(model, token=TOKEN) as client:  # without a length it is counted as it comes
        pieces = (b" " * 5000 for _ in range(2))
        headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
        assert client.send("POST", "/api/login", pieces, headers)[0] == 413


def test_a_viewer_that_reads_nothing_gives_its_place_back(model, monkeypatch):
    monkeypatch.setattr(stream, "MOST_VIEWERS", 1)
    monkeypatch.setattr(visitors, "STALLS_S", 0.5)
    noise = np.random.default_rng(0).integers(0, 256, (2, 480, 640, 3), dtype=np.uint8)
    asked = f"GET /api/stream HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
    with (
        served(model, token=TOKEN, frame_of=lambda n: Frame(n, noise[n % 2], 50.0)) as client,
        opened(client, asked) as stalled,
    ):
        assert stalled.recv(12) == b"HTTP/1.0 200"
        deadline_s = time.monotonic() + 30
        while time.monotonic() < deadline_s:
            with opened(client, asked) as other:
                if other.recv(12) == b"HTTP/1.0 200":
                    break
            time.sleep(0.1)
        else:
            raise AssertionError("its place stays taken")


def test_the_page_takes_an_eighth_of_the_descriptors_at_most():
    assert [visitors.most_of(limit) for limit in (1024, 256, 2**31)] == [64, 32, 64]


def test_guessing_has_to_wait_and_the_cookie_does_not(model):
    with served(model, token=TOKEN) as client:
        _, headers, _ = client.send(
            "POST", "/api/login", json.dumps({"token": TOKEN}), {"Content-Type": "application/json"}
        )
        cookie = {"Cookie": headers["Set-Cookie"].split(";")[0]}
        guesses = [client.json("POST", "/api/login", {"token": f"guess {n}"}) for n in range(FREE + 2)]
        assert [status for status, _ in guesses] == [401] * (FREE + 1) + [429]
        assert "Wait" in guesses[-1][1]["error"]
        assert client.json("POST", "/api/login", {"token": TOKEN})[0] == 429  # or it would tell itself
        assert client.send("GET", "/api/state", headers=KNOWN)[0] == 429
        assert client.send("GET", "/api/state", headers=cookie)[0] == 200


def test_each_wrong_token_doubles_the_wait_up_to_a_few_seconds():
    """After 20 free ones: 1, 2, 4, 8, 8 s; ten quiet minutes are forgotten, and the right token at once."""
    now_s = [0.0]
    guesses, waits = Guesses(lambda: now_s[0]), []
    for _ in range(FREE + 5):
        guesses.wrong("10.0.0.7")
        waits.append(guesses.wait_s("10.0.0.7"))
        now_s[0] += waits[-1]
    assert waits == [0.0] * FREE + [1.0, 2.0, 4.0, 8.0, 8.0]
    assert MOST_WAIT_S == 8.0 and guesses.wait_s("10.0.0.8") == 0.0
    now_s[0] += FORGOTTEN_S + 1
    guesses.wrong("10.0.0.7")
    assert guesses.wait_s("10.0.0.7") == 0.0


def test_one_network_is_one_guesser_and_few_are_remembered():
    guesses = Guesses(lambda: 0.0)
    for number in range(FREE + 1):
        guesses.wrong(f"2001:db8::{number:x}")
    assert guesses.wait_s("2001:db8::ffff") == 1.0 and guesses.wait_s("2001:db8:0:1::1") == 0.0
    for number in range(2 * MOST_PLACES):
        guesses.wrong(f"10.0.{number // 256}.{number % 256}")
    assert len(guesses._places) == MOST_PLACES


def test_what_strangers_can_bring_about_is_said_once_a_minute(capfd):
    now_s = [0.0]
    complaints = Complaints(lambda: now_s[0])
    for _ in range(10_000):
        complaints.say("socket.accept() out of system resource")
    now_s[0] += EVERY_S
    complaints.say("again")
    first, second = capfd.readouterr().err.splitlines()
    assert first == "--web: socket.accept() out of system resource"
    assert second == "--web: again (9999 more since the last such line)"
