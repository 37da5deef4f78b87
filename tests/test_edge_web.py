"""The page's server: what it shows, what it does for those who may, over real HTTP."""

import concurrent.futures
import contextlib
import json
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from urllib.parse import quote

import cv2
import numpy as np
import pytest
from checks import ROOT
from edge_model import write_centroid
from edge_web import Client, served, spot

from edge_demo import __main__ as command
from edge_demo.camera.frames import Frame
from edge_demo.model.preprocess import read_picture

UNFINISHED = b"PUT /api/level HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_centroid(tmp_path_factory.mktemp("model") / "centroid.tflite")


@pytest.fixture
def client(model, tmp_path):
    with served(model, tmp_path / "things") as client:
        client.wait_for(lambda state: state["frame"])
        yield client


def remember(client, name="spot", box_px=(4, 4, 76, 44)):
    """Holds the newest frame and keeps an area of it."""
    status, held = client.json("POST", "/api/pictures")
    assert status == 200
    fields = {"name": name, "picture": held["picture"], "box_px": list(box_px)}
    return client.json("POST", "/api/objects", fields)


def parts(client, count):
    """The first pictures of the live view, BGR."""
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as channel:
        channel.sendall(f"GET /api/stream HTTP/1.0\r\nHost: {client.host}\r\n\r\n".encode())
        received, pictures = channel.makefile("rb"), []
        while len(pictures) < count:
            line = received.readline()
            assert line, "the stream ended"
            if line.startswith(b"Content-Length: "):
                assert received.readline() == b"\r\n"
                jpeg = np.frombuffer(received.read(int(line.split()[1])), np.uint8)
                pictures.append(cv2.imdecode(jpeg, cv2.IMREAD_COLOR))
    return pictures


def test_the_page_and_all_that_it_loads_come_from_here(client):
    status, headers, page = client.send("GET", "/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert b"http://" not in page and b"https://" not in page
    own = {path.name for path in (ROOT / "edge_demo" / "web" / "page").iterdir()} - {"page.html"}
    assert {"looks.css", "page.css", "icon.svg", "page.js", "area.js"} < own
    for path in own:
        status, headers, content = client.send("GET", f"/{path}")
        assert (status, headers["X-Content-Type-Options"]) == (200, "nosniff")
        assert content


def test_the_live_view_is_a_series_of_changing_pictures(client):
    first, second, third = parts(client, 3)
    assert first.shape == (48, 80, 3)
    assert not np.array_equal(first, second) and not np.array_equal(second, third)


def test_two_viewers_see_the_same_pictures(client):
    assert len(parts(client, 2)) == len(parts(client, 2)) == 2


def test_events_tell_every_change(client):
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as channel:
        channel.sendall(f"GET /api/events HTTP/1.0\r\nHost: {client.host}\r\n\r\n".encode())
        lines = (line for line in channel.makefile("rb") if line.startswith(b"data: "))
        first, second = (json.loads(next(lines)[6:]) for _ in range(2))
        assert second["frame"] > first["frame"]
        assert remember(client)[0] == 200
        state = next(state for line in lines if (state := json.loads(line[6:]))["objects"])
    (known,) = state["objects"]
    assert (known["name"], known["color"], known["views"]) == ("spot", "#e69f00", 1)


def test_what_is_shown_is_found_and_stays_in_the_gallery(client, tmp_path):
    assert remember(client) == (200, {"notice": "Remembered spot, 1 view"})
    state = client.wait_for(lambda state: state["objects"] and state["objects"][0].get("match"))
    assert state["kept"] and state["frame_wh"] == [80, 48]
    assert 0.5 <= state["objects"][0]["score"] <= 1
    said = {"kind_score": state["objects"][0]["score"], "same": None, "like": False, "verdict": "a match"}
    assert said.items() <= state["objects"][0].items()
    assert read_picture(tmp_path / "things" / "spot" / "view-1.png").shape == (40, 72, 3)
    # Now the model has a box of its own to propose: that of the best object.
    held = client.json("POST", "/api/pictures")[1]
    assert len(held["proposed_px"]) == 4
    assert held["name"] == "object 1"


def test_the_view_is_cut_out_of_the_frame_that_was_held_not_of_a_later_one(client, tmp_path):
    held = client.json("POST", "/api/pictures")[1]
    status, headers, jpeg = client.send("GET", f"/api/pictures/{held['picture']}")
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    seen = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    frame = client.wait_for(lambda state: True)["frame"]
    client.wait_for(lambda state: state["frame"] > frame + 5)
    fields = {"name": "spot", "picture": held["picture"], "box_px": [0, 0, 80, 48]}
    assert client.json("POST", "/api/objects", fields)[0] == 200
    kept = read_picture(tmp_path / "things" / "spot" / "view-1.png")
    assert np.abs(kept.astype(int) - seen).mean() < 4  # what JPEG changes; a frame later it is above 20
    assert any(np.array_equal(kept, spot(index)) for index in range(40))


def test_the_threshold_acts_on_the_next_frames(client):
    """The spot wanders away from its view and back. At 0.5 it counts from a score of 0.6 on, and never below 0.4."""
    remember(client, box_px=(0, 0, 80, 48))

    def seen(low, high, match):
        def condition(state):
            (known,) = state["objects"]
            return known.get("match") is match and low < known["score"] < high

        return client.wait_for(condition)

    seen(0.6, 1.1, True)
    assert client.json("PUT", "/api/level", {"level": 0.95}) == (200, {"level": 0.95})
    assert seen(0.62, 0.88, False)["level"] == 0.95
    client.json("PUT", "/api/level", {"level": 0.05})
    assert seen(0.12, 0.38, True)["level"] == 0.05


def test_an_object_is_renamed_deleted_and_brought_back(client, tmp_path):
    remember(client, "spot")
    status, headers, jpeg = client.send("GET", "/api/objects/spot/picture")
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (40, 72, 3)
    cup, path = "\u2615 \u8336\u7897", "/api/objects/%E2%98%95%20%E8%8C%B6%E7%A2%97"
    assert client.json("PUT", "/api/objects/spot", {"name": cup}) == (200, {"notice": f"spot is now {cup}"})
    assert client.json("PUT", "/api/objects/spot", {"name": "mug"})[0] == 404
    assert client.json("PUT", path, {"name": "a/b"})[0] == 400
    status, answer = client.json("PUT", path, {"name": "x" * 81})
    assert status == 400 and "80 bytes or less, received one of 81" in answer["error"]
    assert client.json("DELETE", path)[0] == 200 and not (tmp_path / "things" / cup).exists()
    assert client.send("GET", f"{path}/picture")[0] == 404
    assert client.json("POST", "/api/undo", {}) == (200, {"notice": f"{cup} is back"})
    assert (tmp_path / "things" / cup / "view-1.png").exists()
    assert client.json("POST", "/api/undo", {}) == (200, {"notice": "Nothing to undo"})


def test_what_is_deleted_is_gone_from_the_disk_when_the_program_ends(model, tmp_path):
    with served(model, tmp_path / "things") as client:
        client.wait_for(lambda state: state["frame"])
        remember(client)
        client.json("DELETE", "/api/objects/spot")
    assert list((tmp_path / "things").iterdir()) == []


def test_what_was_seen_stays_in_the_time_line(client):
    """The spot is seen once it has matched for 0.3 seconds, and its picture is small and bare of words."""
    assert client.json("GET", "/api/timeline")[1] == {"sightings": [], "changes": 0}
    client.json("PUT", "/api/level", {"level": 0.05})
    remember(client)
    changes = client.wait_for(lambda state: state["timeline"])["timeline"]
    answer = client.json("GET", "/api/timeline")[1]
    (seen,) = answer["sightings"]
    assert (seen["name"], seen["color"], seen["until"]) == ("spot", "#e69f00", None)
    assert answer["changes"] == changes == 1
    status, _, jpeg = client.send("GET", f"/api/timeline/{seen['number']}")
    assert status == 200 and cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1).shape == (48, 80, 3)
    for other in ("0", "2", "-1", "x", "\u0661", "9" * 5000):
        assert client.send("GET", f"/api/timeline/{quote(other)}")[0] in (400, 404)
    client.json("PUT", "/api/level", {"level": 0.95})
    client.wait_for(lambda state: state["timeline"] > changes)
    assert client.json("GET", "/api/timeline")[1]["sightings"][0]["until"] is not None


def test_many_requests_at_once_start_no_more_than_three_threads(client):
    """One for the connections, two that encode and decode."""
    _, held = client.json("POST", "/api/pictures")
    with concurrent.futures.ThreadPoolExecutor(12) as visitors:
        asked = [visitors.submit(client.send, "GET", f"/api/pictures/{held['picture']}") for _ in range(60)]
        assert {answer.result()[0] for answer in asked} == {200}
    names = [thread.name for thread in threading.enumerate()]
    assert sum(name.startswith(("web", "asyncio")) for name in names) <= 3, names


def test_what_is_no_match_is_in_the_picture_for_who_asks_only(client):
    """A spot that is far from what was shown has a box, thin and grey, if candidates are asked for."""
    remember(client)
    client.json("PUT", "/api/level", {"level": 0.95})
    client.wait_for(lambda state: state["objects"] and state["objects"][0].get("match") is False)
    frame = client.wait_for(lambda state: True)["frame"]
    client.wait_for(lambda state: state["frame"] > frame + 2)
    grey = [count_of(picture, 170) for picture in parts(client, 4)]
    assert client.json("PUT", "/api/candidates", {"candidates": True}) == (200, {"candidates": True})
    with_box = [count_of(picture, 170) for picture in parts(client, 4)]
    assert max(grey) + 20 < max(with_box)
    assert client.json("PUT", "/api/candidates", {"candidates": 1})[0] == 400


def count_of(picture, level):
    """How many pixels are nearly so grey, after JPEG."""
    return int((np.abs(picture.astype(int) - level) < 25).all(axis=2).sum())


@pytest.mark.parametrize("level", [0, 0.96, -1, "0.5", None, True, [0.5], 10**400])
def test_levels_out_of_range_are_refused(client, level):
    status, answer = client.json("PUT", "/api/level", {"level": level})
    assert status == 400
    assert "from 0.05 to 0.95" in answer["error"]
    assert client.json("GET", "/api/state")[1]["level"] == 0.5


def test_an_object_is_deleted_and_its_folder_with_it(client, tmp_path):
    remember(client, "büro tasse")
    path = "/api/objects/b%C3%BCro%20tasse"
    assert client.json("DELETE", path) == (200, {"notice": "Deleted büro tasse"})
    assert client.json("GET", "/api/state")[1]["objects"] == []
    assert not (tmp_path / "things" / "büro tasse").exists()
    assert client.json("DELETE", path)[0] == 404


def test_what_matches_and_is_another_thing_becomes_a_counter_example(client, tmp_path):
    remember(client)
    client.wait_for(lambda state: state["objects"] and state["objects"][0].get("match"))
    path = "/api/objects/spot/not-this"
    assert client.json("POST", path, {}) == (200, {"notice": "Not spot: 1 counter-example"})
    client.wait_for(lambda state: state["objects"][0]["unlike"] == 1)
    assert (tmp_path / "things" / "spot" / "unlike" / "view-1.png").is_file()
    assert client.json("POST", "/api/objects/none/not-this", {})[0] == 404
    client.json("PUT", "/api/level", {"level": 0.95})
    client.wait_for(lambda state: not state["objects"][0].get("match"))
    status, refusal = client.json("POST", path, {})
    assert status == 422 and "to be a match" in refusal["error"]


def test_an_uploaded_picture_becomes_a_view(client, tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (30, 50, 3), dtype=np.uint8)
    png = cv2.imencode(".png", picture)[1].tobytes()
    status, _, content = client.send("POST", "/api/pictures", png, {"Content-Type": "image/png"})
    held = json.loads(content)
    assert (status, held["frame_wh"], held["proposed_px"]) == (200, [50, 30], None)
    fields = {"name": "noise", "picture": held["picture"], "box_px": [10, 0, 50, 30]}
    assert client.json("POST", "/api/objects", fields)[0] == 200
    assert np.array_equal(read_picture(tmp_path / "things" / "noise" / "view-1.png"), picture[:, 10:])


@pytest.mark.parametrize("name", ["../evil", "a/b", "..", "", " ", "a\\b", "x\n", "y" * 200, None, 7])
def test_names_that_are_no_plain_folder_are_refused(client, tmp_path, name):
    held = client.json("POST", "/api/pictures")[1]
    fields = {"name": name, "picture": held["picture"], "box_px": [0, 0, 80, 48]}
    status, answer = client.json("POST", "/api/objects", fields)
    assert status == 400
    assert "name" in answer["error"] and "\n" not in answer["error"]
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"box_px": [0, 0, 5, 5]}, 422),  # too small
        ({"box_px": [70, 40, 10, 5]}, 422),  # turned round: nothing is inside
        ({"box_px": [0, 30, 80, 48]}, 422),  # black
        ({"box_px": [0, 0, 80]}, 400),
        ({"box_px": [0, 0, "80", 48]}, 400),
        ({"box_px": None}, 400),
        ({"box_px": [0, 0, float("nan"), 48]}, 400),
        ({"box_px": [0, 0, float("inf"), 48]}, 400),
        ({"picture": "another"}, 404),
        ({"picture": None}, 404),
    ],
)
def test_views_of_nothing_are_refused_and_nothing_is_written(client, tmp_path, change, status):
    held = client.json("POST", "/api/pictures")[1]
    fields = {"name": "spot", "picture": held["picture"], "box_px": [0, 0, 80, 48]}
    received, answer = client.json("POST", "/api/objects", fields | change)
    assert received == status
    assert set(answer) == {"error"} and "\n" not in answer["error"]
    assert [path.name for path in tmp_path.iterdir()] == []


def test_only_the_newest_pictures_are_held(client):
    names = [client.json("POST", "/api/pictures")[1]["picture"] for _ in range(5)]
    statuses = [client.send("GET", f"/api/pictures/{name}")[0] for name in names]
    assert statuses == [404, 200, 200, 200, 200]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/../setup.py", 404), ("GET", "/no", 404), ("GET", "/api/level", 405), ("POST", "/", 405)],
)
def test_what_is_not_there_is_a_line_of_json(client, method, path, status):
    received, answer = client.json(method, path)
    assert received == status
    assert str(status) in answer["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"level": ' + b"[" * 4000, b" " * 5000])
def test_what_is_no_json_is_refused(client, body):
    status, _, content = client.send("PUT", "/api/level", body, {"Content-Type": "application/json"})
    assert status in (400, 413)
    assert set(json.loads(content)) == {"error"}


def test_a_lost_camera_is_told_and_its_last_picture_stays(model):
    def frame_of(index):
        return Frame(min(index, 3), spot(0), 50.0, notice="no new picture for 5 s" if index > 3 else "")

    with served(model, frame_of=frame_of) as client:
        state = client.wait_for(lambda state: state["frame"] > 4)
        assert (state["notice"], state["camera"]) == ("no new picture for 5 s", "lost")
        assert not state["kept"]
        assert len(parts(client, 1)) == 1
        assert client.json("POST", "/api/pictures")[0] == 200


def test_without_a_camera_the_page_says_so_and_takes_pictures(model):
    """A frame of number -1 is none of a camera's: nothing of it can be shown, and a picture file can."""

    def frame_of(_index):
        time.sleep(0.02)
        return Frame(-1, np.zeros((48, 80, 3), np.uint8), 50.0, notice="Camera 0 gives no picture.")

    with served(model, frame_of=frame_of) as client:
        state = client.wait_for(lambda state: state["frame"])
        assert (state["camera"], state["notice"]) == ("none", "Camera 0 gives no picture.")
        status, answer = client.json("POST", "/api/pictures")
        assert status == 503 and "Camera 0 gives no picture. Use a picture" in answer["error"]
        png = cv2.imencode(".png", spot(3))[1].tobytes()
        held = json.loads(client.send("POST", "/api/pictures", png, {"Content-Type": "image/png"})[2])
        fields = {"name": "spot", "picture": held["picture"], "box_px": [0, 0, 80, 48]}
        assert client.json("POST", "/api/objects", fields)[0] == 200
        (known,) = client.wait_for(lambda state: state["objects"])["objects"]
        assert "score" not in known


@contextlib.contextmanager
def program(model, source):
    """The program that serves its page, in a process of its own: the process, and the port."""
    argv = ["--model", str(model), "--source", source, "--web", "127.0.0.1:0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "edge_demo", *argv],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, int(process.stdout.readline().split(":")[2].split("/")[0])
    finally:
        process.kill()


def test_a_page_appears_before_its_camera_does(model, tmp_path):
    """A device that is none: the program serves the page all the same, and ends by a signal."""
    with program(model, "/dev/no-such-camera") as (process, port):
        state = Client(port).wait_for(lambda state: state["frame"])
        assert state["camera"] == "none" and "no-such-camera gives no picture" in state["notice"]
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert stderr.count("\n") == 1 and "Tried again until it is there" in stderr
    assert (process.returncode, stdout) == (0, "0 frames, 0 with a match, median latency 0.0 ms\n")


def test_a_recording_goes_on_beside(model, tmp_path):
    with served(model, out=tmp_path / "out") as client:
        client.wait_for(lambda state: state["frame"])
        remember(client)
        client.wait_for(lambda state: state["frame"] > 20)
        assert len(parts(client, 2)) == 2
    lines = (tmp_path / "out" / "frames.jsonl").read_text().splitlines()
    assert len(lines) > 20
    assert json.loads(lines[-1])["objects"][0]["name"] == "spot"
    assert (tmp_path / "out" / "video.mp4").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_program_though_somebody_watches_and_others_were_rude(model, number):
    with program(model, "sim") as (process, port):
        client = Client(port)
        client.wait_for(lambda state: state["frame"])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as channel:
            channel.sendall(f"GET /api/stream HTTP/1.0\r\nHost: {client.host}\r\n\r\n".encode())
            assert channel.recv(100)
            for rude in (
                b"\x16\x03\x01",
                b"GET /\r\n\r\n",
                b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n",
                UNFINISHED,
            ):
                with socket.create_connection(("127.0.0.1", port), timeout=20) as other:
                    other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    other.sendall(rude)
                    time.sleep(0.1)  # then it is reset, in the middle of what it asked for
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (0, "")
    assert "frames" in stdout


def refused(capfd, *argv):
    """Runs a command line that can't work; gives its line."""
    assert command.main([str(part) for part in argv]) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ") and printed.err.count("\n") == 1
    return printed.err


def test_what_cannot_be_served_is_one_line(capfd, model, monkeypatch):
    monkeypatch.delenv("GETNET_TOKEN", raising=False)
    run = ["--model", model, "--source", "sim", "--web"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"--web 127.0.0.1:{port + 1}" in refused(capfd, *run, f"127.0.0.1:{port}")
    for address in (
        "127.0.0.1:65536",
        "127.0.0.1:http",
        "127.0.0.1:",
        ":",
        "203.0.113.7:8080",
        "no.invalid:80",
        "x" * 300 + ":1",
    ):
        assert "--web" in refused(capfd, *run, address)
    assert "--token" in refused(capfd, *run, "0.0.0.0:0")
    assert "12 characters" in refused(capfd, *run, "127.0.0.1:0", "--token", "short")
    assert "--headless" in refused(capfd, *run, "127.0.0.1:0", "--headless", "--out", "x")
    assert "--web" in refused(capfd, "--model", model, "--token", "long enough to do")


def test_without_aiohttp_the_way_to_get_it_is_named(model):
    code = "import sys; sys.modules['aiohttp'] = None; from edge_demo.__main__ import main; sys.exit(main(sys.argv[1:]))"
    argv = [sys.executable, "-c", code, "--model", str(model), "--source", "sim", "--web", "127.0.0.1:0"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --web: expected aiohttp") and done.stderr.count("\n") == 1


def test_without_web_nothing_of_it_is_imported():
    code = "import sys; import edge_demo.watch; print([name for name in sys.modules if 'aiohttp' in name or 'edge_demo.web' in name])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n"


def test_a_slow_viewer_holds_up_neither_the_loop_nor_others(client):
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as channel:
        channel.sendall(f"GET /api/stream HTTP/1.0\r\nHost: {client.host}\r\n\r\n".encode())
        before = client.json("GET", "/api/state")[1]["frame"]
        time.sleep(0.3)  # it reads nothing
        client.wait_for(lambda state: state["frame"] > before + 5)
        assert len(parts(client, 2)) == 2
