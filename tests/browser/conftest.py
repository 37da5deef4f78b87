"""A headless Chromium, for tests that `make test-browser` runs and `make test` leaves out."""

import pathlib
import shutil

import pytest
from edge_model import write_centroid

HERE = pathlib.Path(__file__).parent


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--browser"):
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="needs a browser: make test-browser"))


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return write_centroid(tmp_path_factory.mktemp("model") / "centroid.tflite")


@pytest.fixture(scope="session")
def chromium():
    """Debian's; from no other place can it be had everywhere."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(argument)
    for argument in ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"):
        options.add_argument(argument)  # a camera that is a film
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with webdriver.Chrome(options=options, service=service) as driver:
        yield driver


@pytest.fixture
def page(chromium):
    """The browser, without what an earlier test left in it; the page must not have complained by the end."""
    chromium.get("about:blank")
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.get_log("browser")
    yield chromium
    complaints = [entry["message"] for entry in chromium.get_log("browser") if entry["source"] != "network"]
    assert complaints == []
