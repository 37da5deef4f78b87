"""No message ever shows a password."""

import pytest

from edge_demo.camera.address import is_clear, masked, scheme


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://admin:secret@10.0.0.7:554/stream", "rtsp://***@10.0.0.7:554/stream"),
        ("rtsp://admin:se@cr/e?t@10.0.0.7/1", "rtsp://***@10.0.0.7/1"),
        ("http://secret@cam/video.mjpg", "http://***@cam/video.mjpg"),
        (
            "http://cam/v.cgi?user=admin&pwd=secret&channel=1",
            "http://cam/v.cgi?user=***&pwd=***&channel=1",
        ),
        ("https://cam/v?channel=1&access_token=secret#top", "https://cam/v?channel=1&access_token=***"),
        ("rtsp:/admin:secret@cam/1", "rtsp:/***@cam/1"),
        ("admin:secret@cam/1", "***@cam/1"),
        ("http://cam/v.cgi?pwd=se#cr?et&channel=1", "http://cam/v.cgi?pwd=***&channel=1"),
        ("rtsp://admin:secret/stream", "rtsp://***/stream"),
        ("mqtt://admin:99999", "mqtt://***"),
        ("http://cam:8080/video", "http://cam:8080/video"),
        ("rtsp://[fe80::1]:554/1", "rtsp://[fe80::1]:554/1"),
        ("http://cam/video", "http://cam/video"),
        ("clips/me@home.mp4", "clips/me@home.mp4"),
    ],
)
def test_whoever_logs_in_is_masked_and_the_rest_is_kept(url, shown):
    assert masked(url) == shown
    assert masked(shown) == shown


@pytest.mark.parametrize(
    ("spec", "name"), [("RTSP://cam/1", "rtsp"), ("ftp://x", "ftp"), ("a/b.mp4", None), ("c:/a.mp4", None)]
)
def test_an_address_is_told_from_a_path_by_its_scheme(spec, name):
    assert scheme(spec) == name


@pytest.mark.parametrize(
    ("url", "clear"),
    [
        ("rtsp://ann:p@ss#word@host/1", False),
        ("rtsp://ann:p@ss/word@host/1", False),
        ("rtsp://ann:p@ss?word@host/1", False),
        ("rtsp://ann:12#34@10.0.0.7", False),
        ("rtsp://ann:12/34@10.0.0.7", False),
        ("rtsp://ann:pa\nss@10.0.0.7", False),
        ("rtsp://ann:p%40ss%23word@host/1", True),
        ("rtsp://ann:p@ss@host/1", True),
        ("rtsp://host/live@1", True),
        ("rtsp://ann:secret@10.0.0.7:554/live@1", True),
        ("rtsp://10.0.0.7:554/live@1", True),
        ("rtsp://[fe80::1]:554/live@1", True),
        ("http://cam/v.cgi?user=a&pwd=b#c", True),
    ],
)
def test_a_login_whose_end_is_uncertain_is_told_from_a_clear_one(url, clear):
    assert is_clear(url) is clear
