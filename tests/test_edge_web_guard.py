"""Who may use the page: no other page in the same browser, and from outside only who has the token."""

import json

import pytest
from edge_model import write_centroid
from edge_web import served

from edge_demo.errors import EdgeError
from edge_demo.web import endpoint, guard

TOKEN = "a long enough secret"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_centroid(tmp_path_factory.mktemp("model") / "centroid.tflite")


@pytest.fixture(scope="module")
def client(model):
    with served(model) as client:
        client.wait_for(lambda state: state["frame"])
        yield client


@pytest.fixture(scope="module")
def closed(model):
    """With a token."""
    with served(model, token=TOKEN) as client:
        yield client


REQUESTS = [
    ("GET", "/"),
    ("GET", "/page.js"),
    ("GET", "/api/state"),
    ("GET", "/api/stream"),
    ("GET", "/api/events"),
    ("POST", "/api/login"),
    ("PUT", "/api/level"),
    ("POST", "/api/pictures"),
    ("GET", "/api/pictures/x"),
    ("POST", "/api/objects"),
    ("DELETE", "/api/objects/x"),
    ("GET", "/nothing"),
]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},  # DNS rebinding
        {"Host": "evil.example:{port}"},
        {"Host": "127.0.0.1.evil.example:{port}"},
        {"Host": "localhost@evil.example:{port}"},
        {"Host": "192.168.0.9:{port}"},  # it listens to this computer alone
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},  # another program of this computer
        {"Origin": "http://localhost:{port}"},  # not what Host says
        {"Origin": "null"},
    ],
    ids=str,
)
def test_what_another_page_sends_is_refused(client, headers):
    headers = {key: value.format(port=client.port) for key, value in headers.items()}
    for method, path in REQUESTS:
        status, _, content = client.send(method, path, headers=headers)
        assert status == 403, (method, path)
        assert set(json.loads(content)) == {"error"}


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pictures_embedded_by_another_page_are_refused_but_links_work(client, site):
    assert client.send("GET", "/api/stream", headers={"Sec-Fetch-Site": site})[0] == 403
    assert client.send("GET", "/", headers={"Sec-Fetch-Site": site})[0] == 200


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:{port}", "LOCALHOST:{port}", "127.0.0.1:9", "[::1]:{port}"]
)
def test_names_of_this_computer_work_through_a_tunnel_too(client, host):
    host = host.format(port=client.port)
    assert client.send("GET", "/api/state", headers={"Host": host, "Origin": f"http://{host}"})[0] == 200


def test_a_page_may_not_send_what_browsers_let_it_send_unasked(client):
    """A form of another page can post text/plain without a preflight."""
    status, _, _ = client.send("PUT", "/api/level", b'{"level": 0.9}', {"Content-Type": "text/plain"})
    assert status == 415


def test_nobody_learns_anything_without_the_token(closed):
    for method, path in REQUESTS:
        if path.startswith("/api/") and path != "/api/login":
            status, _, content = closed.send(method, path)
            assert status == 401, path
            assert "token" in json.loads(content)["error"]
    assert closed.send("GET", "/")[0] == 200  # the page holds nothing, and asks


@pytest.mark.parametrize(
    "token", ["", "another secret here", TOKEN[:-1], TOKEN + "x", None, 5, [TOKEN], "ü" * 20]
)
def test_another_token_is_refused(closed, token):
    status, headers, _ = closed.send(
        "POST", "/api/login", json.dumps({"token": token}), {"Content-Type": "application/json"}
    )
    assert status == 401
    assert "Set-Cookie" not in headers
    bearer = str(token).encode().decode("latin-1")
    assert closed.send("GET", "/api/state", headers={"Authorization": f"Bearer {bearer}"})[0] in (400, 401)
    assert (
        closed.send("GET", f"/api/state?token={TOKEN.replace(' ', '%20')}")[0] == 401
    )  # never in an address


def test_the_token_opens_as_header_and_as_cookie(closed):
    assert closed.send("GET", "/api/state", headers={"Authorization": f"Bearer {TOKEN}"})[0] == 200
    status, headers, _ = closed.send(
        "POST", "/api/login", json.dumps({"token": TOKEN}), {"Content-Type": "application/json"}
    )
    assert status == 200
    cookie, *attributes = headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
    assert TOKEN not in cookie
    assert closed.send("GET", "/api/state", headers={"Cookie": cookie})[0] == 200
    assert closed.send("GET", "/api/state", headers={"Cookie": cookie[:-1]})[0] == 401
    foreign = {"Cookie": cookie, "Origin": "http://evil.example"}
    assert closed.send("GET", "/api/state", headers=foreign)[0] == 403


def test_a_cookie_outlives_the_program_but_not_its_token():
    with endpoint.opened("127.0.0.1:0").socket as listening:
        place = endpoint.Endpoint(listening, "127.0.0.1", True)
        cookies = [
            guard.Guard(place, token).log_in(token, "10.0.0.9").cookies for token in (TOKEN, TOKEN, TOKEN[1:])
        ]
    values = [next(iter(cookie.values())).value for cookie in cookies]
    assert values[0] == values[1] != values[2]


def test_an_address_that_others_reach_needs_a_token():
    with endpoint.opened("0.0.0.0:0").socket as listening:
        place = endpoint.Endpoint(listening, "0.0.0.0", False)
        with pytest.raises(EdgeError, match="Add --token"):
            guard.Guard(place, None)


def test_a_name_that_leads_to_this_computer_alone_is_answered_to():
    """Debian gives the computer's own name an address of the loopback."""
    with endpoint.opened("127.0.0.1:0").socket as listening:
        place = endpoint.Endpoint(listening, "pi", True)
        assert place.answers_to("pi") and place.url.startswith("http://pi:")
        assert not place.answers_to("pi.local") and not place.answers_to("192.168.0.9")


def test_a_public_address_answers_to_numbers_and_its_own_name_only(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "Pi")
    with endpoint.opened("127.0.0.1:0").socket as listening:
        place = endpoint.Endpoint(listening, "cam.lan", False)
        named = [
            host
            for host in ("pi", "pi.local", "cam.lan", "localhost", "192.168.0.9", "::1")
            if place.answers_to(host)
        ]
        assert len(named) == 6
        assert not any(
            map(place.answers_to, ("evil.example", "pi.evil.example", "", "192.168.0.9.evil.example"))
        )


@pytest.mark.parametrize("text", ["8080", ":8080", "[::1]:8080", "localhost:8080"])
def test_addresses_without_a_host_are_this_computer_alone(text, monkeypatch):
    opened = {}

    class Socket:
        def getsockname(self):
            return opened["place"]

    def create_server(place, family):
        opened["place"] = place
        return Socket()

    monkeypatch.setattr("socket.create_server", create_server)
    place = endpoint.opened(text)
    assert place.loopback and place.port == 8080
    assert place.url in ("http://127.0.0.1:8080/", "http://[::1]:8080/", "http://localhost:8080/")
