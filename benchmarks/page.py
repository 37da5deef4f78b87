"""How does the page look, and can everybody use it? Chromium shows it in every state, and axe-core judges each.

    npm install --prefix /anywhere axe-core
    python benchmarks/page.py --axe /anywhere/node_modules/axe-core/axe.min.js --out pictures            # some minutes
    python benchmarks/page.py --axe ... --out pictures --also labels/review.html report.html            # and other pages

The page runs by the program's own loop with results that are there already: nothing taught, one thing, twelve of which two are there,
twelve with long names and names in other scripts, a lost camera, none, and an area being chosen. Each is shown on a phone (390 x 844) and a
desktop (1280 x 800), by day and by night, and kept as a PNG. Counted are what axe-core finds serious or critical, and pages that are wider than
their screen. Needs selenium, chromium and chromedriver, as `make test-browser` gets them, and fonts for what the names hold.
"""

import base64
import contextlib
import itertools
import pathlib
import shutil
import sys
import threading
import time

import bench
import cv2
import numpy as np

from edge_demo.camera.frames import Frame
from edge_demo.camera.live import BLANK
from edge_demo.gallery.objects import Objects
from edge_demo.model.matcher import Matcher, MatchResult, ObjectMatch
from edge_demo.model.preprocess import read_picture
from edge_demo.model.shipped import SHIPPED_MODEL
from edge_demo.results.events import Events
from edge_demo.results.smoothing import Smoothing
from edge_demo.watch import loop
from edge_demo.web.screen import WebScreen
from getnet_tf.errors import InputError

EXAMPLES = pathlib.Path(bench.__file__).parent.parent / "edge_demo" / "examples"
SCREENS = {"phone": (390, 844), "desktop": (1280, 800)}
SCHEMES = ("light", "dark")
GRAVE = ("serious", "critical")
FPS = 10.0
SETTLED_S = 1.0

PLAIN = (
    "mug",
    "cup",
    "keys",
    "charger",
    "headphones",
    "wallet",
    "glasses",
    "passport",
    "camera",
    "remote",
    "scissors",
    "torch",
)
LONG = (
    "the blue mug with the white handle that was my grandmother's, chipped",
    "\u8336\u7897",  # tea bowl, in Japanese
    "\u0643\u0648\u0628 \u0627\u0644\u0642\u0647\u0648\u0629",  # coffee cup, in Arabic
    "\u0427\u0430\u0448\u043a\u0430 \u0434\u043b\u044f \u0447\u0430\u044f \u043d\u0430 \u043a\u0443\u0445\u043d\u0435",  # tea cup, in Russian
    "\u2615 mug \U0001f44d\U0001f3fd",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family picture",
    "AveryLongNameInWhichThereIsNoPlaceWhereALineCouldBeBrokenAtAllReally",
    *("b\u00fcro tasse", "<b>bold</b>", "100 %", "'quoted' & \"more\"", "\u00bd"),
)
BOXES = ((210.0, 120.0, 330.0, 280.0), (60.0, 200.0, 150.0, 300.0))
LOST = "no new picture for 12 s, reconnecting"
NONE = "Camera 0 gives no picture. Check that it is plugged in and no other program uses it, or try another number."

# State -> (names, how many are found, notice, frames are blank, what is pressed then)
STATES = {
    "0-things": ((), 0, "", False, ()),
    "1-thing": (PLAIN[:1], 1, "", False, ()),
    "12-things": (PLAIN, 2, "", False, ()),
    "12-things-all": (PLAIN, 2, "", False, ("candidates",)),
    "long-names": (LONG, 2, "", False, ("candidates",)),
    "camera-lost": (PLAIN[:3], 1, LOST, False, ()),
    "no-camera": ((), 0, NONE, True, ()),
    "choosing": (PLAIN[:3], 1, "", False, ("freeze", "whole")),
}


def found_of(names, count, frame_wh):
    """The first `count` are there; the next is one like it, and of the others there are guesses."""
    width, height = frame_wh
    found = []
    for number, name in enumerate(names):
        if number < count:
            found.append(
                ObjectMatch(name, 0.93 - 0.1 * number, True, BOXES[number], 0.2, kind_score=0.95, same=True)
            )
        else:
            left, top = 30.0 + 45 * (number % 8), 20.0 + 60 * (number // 3)
            box_px = (left, top, min(left + 70, width), min(top + 80, height))
            like = number == count
            found.append(
                ObjectMatch(
                    name,
                    0.1,
                    False,
                    box_px,
                    0.9,
                    kind_score=0.85 if like else 0.2,
                    kind_match=like,
                    same=False,
                )
            )
    return found


@contextlib.contextmanager
def shown(matcher, names, count, notice, blank):
    """The port of a page in a state, as long as the block lasts."""
    picture = cv2.resize(read_picture(EXAMPLES / "frames" / "hand.jpg"), (480, 360))
    references = [read_picture(EXAMPLES / name) for name in ("mug.png", "cup.png")]
    objects, stop = Objects(matcher), threading.Event()
    for number, name in enumerate(names):
        objects.add(name, references[number % 2])
    found = found_of(names, count, picture.shape[1::-1])

    def results():
        for index in itertools.count():
            time.sleep(1 / FPS)
            lost = bool(notice) and (blank or index > 5)
            frame = BLANK if blank else picture
            yield (
                Frame(-1 if blank else index, frame, FPS, index / FPS, notice=notice if lost else ""),
                MatchResult(300.0 if len(names) > 1 else 15.0, found),
            )

    screen = WebScreen(0.5, "127.0.0.1:0", None)
    run = (results(), stop, False, objects, Smoothing(0.5), Events(), screen, [])
    thread = threading.Thread(target=loop, args=run, daemon=True)
    thread.start()
    try:
        yield screen.endpoint.port
    finally:
        stop.set()
        thread.join(20)


@contextlib.contextmanager
def chromium():
    """A browser without a window."""
    try:
        from selenium import webdriver
    except ImportError as error:
        raise InputError(
            f"Expected selenium to be installed, received: {error}. Run: pip install selenium"
        ) from None
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with webdriver.Chrome(options=options, service=service) as driver:
        yield driver


def views(driver):
    """Sets up every screen by day and by night, one after the other; gives its name."""
    for (screen, (width, height)), scheme in itertools.product(SCREENS.items(), SCHEMES):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": screen == "phone"}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        yield f"{screen}-{scheme}"


def judged(driver, axe, picture):
    """Takes a picture of a whole page; gives what is wrong with it: {"grave": [...], "minor": count, "wide": bool}."""
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": False})
    picture.write_bytes(base64.b64decode(shot["data"]))
    driver.execute_script(axe)
    code = "const done = arguments[0]; axe.run(document).then((found) => done(found.violations));"
    violations = driver.execute_async_script(code)
    grave = [
        f"{one['id']}: {node['html'][:120]} {node.get('failureSummary', '')[:200]!r}"
        for one in violations
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
    wide = driver.execute_script("return document.documentElement.scrollWidth > innerWidth")
    return {
        "grave": grave,
        "minor": len(violations) - len({line.split(":")[0] for line in grave}),
        "wide": wide,
    }


def press(driver, names):
    """Presses what is seen, by mouse."""
    from selenium.webdriver.support.ui import WebDriverWait

    seen = "const one = document.getElementById(arguments[0]); return one.checkVisibility() && !one.disabled"
    for name in names:
        WebDriverWait(driver, 20, 0.05).until(lambda _, name=name: driver.execute_script(seen, name))
        driver.execute_script("document.getElementById(arguments[0]).click()", name)


def arguments(parser):
    """What the command line knows."""
    parser.add_argument(
        "--axe", type=pathlib.Path, required=True, metavar="FILE", help="axe.min.js of axe-core"
    )
    parser.add_argument(
        "--out", type=pathlib.Path, required=True, metavar="DIR", help="where the pictures go"
    )
    parser.add_argument(
        "--also", type=pathlib.Path, nargs="+", default=[], metavar="FILE", help="further pages"
    )
    parser.add_argument(
        "--only", nargs="*", choices=STATES, default=list(STATES), metavar="STATE", help="of the page"
    )


def measure(options):
    """Every state of the page, then every other page."""
    if not options.axe.is_file():
        raise InputError(f"No such file: {options.axe}. Expected axe.min.js: npm install axe-core.")
    missing = next((path for path in options.also if not path.is_file()), None)
    if missing is not None:
        raise InputError(f"No such page: {missing}. Expected an HTML file; check --also.")
    axe, rows = options.axe.read_text(encoding="utf-8"), []
    options.out.mkdir(parents=True, exist_ok=True)
    matcher = Matcher(SHIPPED_MODEL)

    def judge(driver, name, address, ready, pressed=()):
        for view in views(driver):
            driver.get(address)
            ready(driver)
            press(driver, pressed)
            time.sleep(SETTLED_S)
            picture = options.out / f"{name}-{view}.png"
            found = judged(driver, axe, picture)
            rows.append({"page": name, "view": view, **found, "count": len(found["grave"])})
            for line in found["grave"]:
                bench.say(f"{name} {view}: {line}")

    def live(driver):
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(driver, 20, 0.05).until(
            lambda _: driver.execute_script("return document.body.dataset.mode === 'live'")
        )

    with chromium() as driver:
        for name in options.only:
            names, count, notice, blank, pressed = STATES[name]
            with shown(matcher, names, count, notice, blank) as port:
                judge(driver, name, f"http://127.0.0.1:{port}/", live, pressed)
        for path in options.also:
            judge(driver, path.stem, path.absolute().as_uri(), lambda _driver: None)
    missed = [f"{row['page']} {row['view']}" for row in rows if row["grave"] or row["wide"]]
    return {"pages": rows, "missed": missed}


def markdown(result):
    """A row for each page, over its screens."""
    rows = []
    for name, group in itertools.groupby(result["pages"], lambda row: row["page"]):
        seen = list(group)
        rows.append(
            {
                "page": name,
                "views": len(seen),
                "grave": sum(row["count"] for row in seen),
                "minor": int(np.max([row["minor"] for row in seen])),
                "wide": sum(row["wide"] for row in seen),
            }
        )
    columns = {
        "page": bench.text("page"),
        "screens": bench.text("views"),
        "serious or critical, in all": bench.text("grave"),
        "lesser kinds, at most": bench.text("minor"),
        "wider than the screen": bench.text("wide"),
    }
    return bench.table(rows, columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
