"""The web page's server with a loop that shows it scenes, and a client that says everything it sends."""

import contextlib
import http.client
import itertools
import json
import threading
import time

import numpy as np

from edge_demo.camera.frames import Frame
from edge_demo.effort import QUICK
from edge_demo.gallery.gallery import Gallery
from edge_demo.gallery.objects import Objects
from edge_demo.gallery.pursuit import Pursuit
from edge_demo.model.matcher import Matcher
from edge_demo.outputs.event_log import EventLog
from edge_demo.outputs.recorder import Recorder
from edge_demo.results.events import Events
from edge_demo.results.smoothing import Smoothing


def spot(index):
    """A black frame, (48, 80, 3), with a bright spot that moves by a pixel each frame."""
    frame_bgr_u8 = np.zeros((48, 80, 3), np.uint8)
    left = 8 + index % 40
    frame_bgr_u8[8:24, left : left + 16] = 200
    frame_bgr_u8[8:12, left : left + 8] = 255
    return frame_bgr_u8


class Client:
    """Speaks HTTP to a port of this computer; `send` gives status, headers and body."""

    def __init__(self, port):
        self.port = port
        self.host = f"127.0.0.1:{port}"

    def send(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            sent = {"Host": self.host, **(headers or {})}
            connection.request(method, path, body, sent, encode_chunked="Transfer-Encoding" in sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def json(self, method, path, fields=None, headers=None):
        """Sends and receives JSON: the status and what came."""
        body = None if fields is None else json.dumps(fields)
        kind = {} if fields is None else {"Content-Type": "application/json"}
        status, _, content = self.send(method, path, body, {**kind, **(headers or {})})
        return status, json.loads(content)

    def wait_for(self, condition):
        """The first state of which `condition` holds, from 30 seconds of them."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            status, state = self.json("GET", "/api/state")
            if status == 200 and condition(state):
                return state
            time.sleep(0.02)
        raise AssertionError(f"never came: {state}")


@contextlib.contextmanager
def served(model, gallery=None, out=None, address="127.0.0.1:0", token=None, frame_of=None, outline="off"):
    """A client of the program's own loop over endless frames, on any free port."""
    from edge_demo import watch
    from edge_demo.web.screen import WebScreen

    matcher, stop = Matcher(model, outline=outline), threading.Event()
    # Parts of a frame may be black, to which the model of these tests has no answer.
    whole_frames = Pursuit(matcher, QUICK)
    objects = Objects(matcher, gallery and Gallery(gallery, matcher, "hash"), whole_frames)

    def results():
        for index in itertools.count():
            frame = Frame(index, spot(index), 50.0, index / 50) if frame_of is None else frame_of(index)
            yield frame, watch.NOTHING if frame.stale else objects.match(frame.frame_bgr_u8)

    screen = WebScreen(0.5, address, token)
    openers = [] if out is None else [lambda *_run: Recorder(out), lambda *_run: EventLog(out)]
    run = (results(), stop, False, objects, Smoothing(0.5), Events(), screen, openers)
    thread = threading.Thread(target=watch.loop, args=run)
    client = Client(screen.endpoint.port)
    thread.start()
    try:
        yield client
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
