"""No message ever shows a password."""

import pytest

from edge_demo.camera.address import masked, scheme


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
        ("https://cam/v?channel=1&access_token=secret#top", "https://cam/v?channel=1&access_token=***#top"),
        ("rtsp:/admin:secret@cam/1", "rtsp:/***@cam/1"),
        ("admin:secret@cam/1", "***@cam/1"),
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
