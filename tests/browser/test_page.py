"""The page in a real browser, as a user does it: by mouse, finger and keyboard."""

import base64
import json
import time

import cv2
import numpy as np
import pytest
from edge_aligner import write_lying
from edge_web import served, spot

from edge_demo.camera.frames import Frame
from edge_demo.model.preprocess import read_picture

TAB, ENTER, ESCAPE, SHIFT, LEFT, DOWN = "\ue004", "\ue007", "\ue00c", "\ue008", "\ue012", "\ue015"
LONG = "\u8336\u7897 \u0643\u0648\u0628 " + "m" * 60  # 77 bytes in three scripts
TOKEN = "a long enough secret"


def wait(page, script, *arguments):
    """Until a script in the page gives something true; gives that."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(page, 20, 0.05).until(lambda _: page.execute_script(f"return {script}", *arguments))


def mode(page, name):
    wait(page, "document.body.dataset.mode === arguments[0]", name)


def click(page, name):
    wait(page, "document.getElementById(arguments[0]).checkVisibility()", name)
    page.find_element("id", name).click()


def press(page, keys):
    """Presses keys, one after the other, where the focus is."""
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(page).send_keys(*keys).perform()


def hold(page, key, keys):
    """Presses keys while another one is held."""
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(page).key_down(key).send_keys(*keys).key_up(key).perform()


def focused(page):
    """What has the focus: its id, or else its class."""
    return page.execute_script("return document.activeElement.id || document.activeElement.className")


def still(index):
    """A frame whose spot stays: what was shown of it is found in every one."""
    time.sleep(0.01)
    return Frame(index, spot(0), 50.0, index / 50)


def click_found(page, selector):
    """In the row of what is found, as soon as there is one."""
    wait(page, "document.querySelector(`#found ${arguments[0]}`)?.checkVisibility()", selector)
    page.find_element("css selector", f"#found {selector}").click()


def opened(page, client, path="/"):
    client.wait_for(lambda state: state["frame"])
    page.get(f"http://127.0.0.1:{client.port}{path}")
    mode(page, "live")


def teach(page, name):
    """The whole of the frame that is shown becomes a thing of this name."""
    click(page, "freeze")
    click(page, "whole")
    page.find_element("id", "name").send_keys(f"{name}\n")


def drag(page, shares, pointer="mouse"):
    """Drags over the picture from one place to another, both in shares of it: (x0, y0, x1, y1)."""
    from selenium.webdriver.common.actions.action_builder import ActionBuilder
    from selenium.webdriver.common.actions.pointer_input import PointerInput

    wait(page, "document.getElementById('still').naturalWidth > 0")
    area = page.execute_script("return document.getElementById('frame').getBoundingClientRect()")
    x0, y0, x1, y1 = (
        round(area[edge] + share * area[side])
        for share, edge, side in zip(shares, "xyxy", ("width", "height") * 2, strict=True)
    )
    actions = ActionBuilder(page, mouse=PointerInput(pointer, pointer))
    actions.pointer_action.move_to_location(x0, y0).pointer_down()
    actions.pointer_action.move_to_location((x0 + x1) // 2, (y0 + y1) // 2).move_to_location(
        x1, y1
    ).pointer_up()
    actions.perform()


def picture(page):
    """What the live view shows now, (H, W, 3) BGR."""
    wait(page, "document.getElementById('live').naturalWidth > 0")
    shot = page.find_element("id", "live").screenshot_as_base64
    return cv2.imdecode(np.frombuffer(base64.b64decode(shot), np.uint8), cv2.IMREAD_COLOR)


def names(page):
    return page.execute_script(
        "return [...document.querySelectorAll('#gallery .who')].map((who) => who.textContent)"
    )


def test_the_live_view_appears_and_changes(page, model):
    with served(model) as client:
        opened(page, client)
        first = picture(page)
        assert first.max() > 150  # the spot
        wait(page, "document.getElementById('status-text').textContent.includes('frames/s')")
        assert any(not np.array_equal(first, picture(page)) for _ in range(5))


@pytest.mark.parametrize("pointer", ["mouse", "touch"])
def test_an_object_is_shown_by_dragging_and_deleted_again(page, model, tmp_path, pointer):
    with served(model, tmp_path / "things", frame_of=still) as client:
        opened(page, client)
        assert (
            len([step for step in page.find_elements("css selector", "#steps li") if step.is_displayed()])
            == 3
        )
        click(page, "freeze")
        mode(page, "teach")
        assert not page.find_element("id", "keep").is_enabled()
        drag(page, (0.05, 0.05, 0.95, 0.95), pointer)
        page.find_element("id", "name").send_keys("büro tasse")
        click(page, "keep")
        mode(page, "live")
        wait(page, "document.querySelectorAll('#found .match').length === 1")
        assert names(page) == ["büro tasse"]
        height, width = read_picture(tmp_path / "things" / "büro tasse" / "view-1.png").shape[:2]
        assert abs(width - 0.9 * 80) <= 1 and abs(height - 0.9 * 48) <= 1
        wait(page, "document.querySelector('.portrait').naturalWidth > 0")
        click_found(page, ".forget")
        wait(page, "document.querySelectorAll('#gallery li').length === 0")
        page.find_element("css selector", "#toast button").click()  # undo
        wait(page, "document.querySelectorAll('#gallery li').length === 1")
        wait(page, "document.getElementById('toast').textContent.endsWith('is back')")
        click_found(page, ".forget")
        wait(page, "document.querySelectorAll('#gallery li').length === 0")
    assert list((tmp_path / "things").iterdir()) == []


def test_a_thing_is_renamed_by_tapping_its_name(page, model, tmp_path):
    with served(model, tmp_path / "things", frame_of=still) as client:
        opened(page, client)
        teach(page, "mug")
        wait(page, "document.querySelector('#found .who') !== null")
        for keys, name in (("x\ue00c", "mug"), (f"{LONG}\n", LONG), ("<b>&\u200f\u05d0\n", LONG)):
            click_found(page, ".who")
            page.execute_script("document.querySelector('.renaming input').value = ''")
            page.find_element("css selector", ".renaming input").send_keys(keys)
            wait(page, f"document.querySelector('.who')?.textContent === {json.dumps(name)}")
        # What turns others round is no name.
        wait(page, "document.getElementById('toast').textContent.startsWith('Expected a name')")
        wait(page, "document.documentElement.scrollWidth <= innerWidth")
        wait(page, f"document.querySelector('#labels span')?.textContent.startsWith({json.dumps(LONG)})")
    assert (tmp_path / "things" / LONG / "view-1.png").exists()


def test_the_keyboard_alone_suffices(page, model, tmp_path):
    """Tab reaches the button; arrows choose the area, from its middle half on: (20, 12) to (60, 36) of 80 x 48.

    A step is 2 % of 80: after one to the left and five of growing down, (18.4, 12) to (58.4, 44).
    """
    with served(model, tmp_path / "things", frame_of=still) as client:
        opened(page, client)
        press(page, TAB)
        assert focused(page) == "freeze"
        press(page, ENTER)
        mode(page, "teach")
        press(page, LEFT + LEFT)
        hold(page, SHIFT, DOWN * 5)
        assert page.find_element("id", "area-said").get_attribute("textContent") == "From 18, 12 to 58, 44"
        press(page, ENTER + "mug" + ENTER)
        mode(page, "live")
        wait(page, "document.querySelector('.who') !== null")
        assert focused(page) == "freeze"
        reached = set()
        for _ in range(20):
            press(page, TAB)
            reached.add(focused(page))
        assert {"upload", "who", "forget", "level"} <= reached
        page.execute_script("document.querySelector('.who').focus()")
        press(page, ENTER + "cup" + ENTER)
        wait(page, "document.querySelector('.who')?.textContent === 'cup'")
        wait(page, "document.activeElement.className === 'who'")
        page.execute_script("document.querySelector('.forget').focus()")
        press(page, ENTER)
        wait(page, "document.querySelector('#toast button') === document.activeElement")
        press(page, ENTER)  # undo
        wait(page, "document.activeElement.className === 'who'")
        click(page, "freeze")
        mode(page, "teach")
        press(page, ESCAPE)
        mode(page, "live")
    assert read_picture(tmp_path / "things" / "cup" / "view-1.png").shape == (32, 40, 3)


def test_what_is_not_there_is_listed_and_drawn_for_who_asks(page, model):
    """The level is so high that nothing is a match."""
    with served(model) as client:
        opened(page, client)
        click(page, "freeze")
        click(page, "whole")
        click(page, "keep")
        wait(page, "document.querySelector('#found .match') !== null")
        client.json("PUT", "/api/level", {"level": 0.95})
        wait(page, "document.querySelectorAll('#absent li').length === 1")
        assert not page.find_element("id", "absent").is_displayed()
        assert page.find_element("id", "none-found").is_displayed()
        assert page.find_element("id", "gallery-title").text == "Found 0 of 1"
        wait(page, "document.querySelector('#labels span') === null")
        click(page, "candidates")
        wait(page, "document.getElementById('absent').checkVisibility()")
        wait(page, "document.querySelector('#labels .absent') !== null")
        client.json("PUT", "/api/candidates", {"candidates": False})  # somebody else does not want it
        wait(page, "!document.getElementById('absent').checkVisibility()")


def test_a_lost_camera_looks_lost(page, model):
    """It has a picture, and from the 30th frame on it has no new one."""

    def frame_of(index):
        return Frame(
            min(index, 30),
            spot(0),
            50.0,
            min(index, 30) / 50,
            notice="no new picture for 5 s" if index > 30 else "",
        )

    with served(model, frame_of=frame_of) as client:
        client.wait_for(lambda state: state["notice"])
        opened(page, client)
        click(page, "freeze")
        click(page, "whole")
        click(page, "keep")
        mode(page, "live")
        wait(page, "document.querySelector('.score')?.textContent === '\u2013'")
        assert page.find_element("id", "status-text").text == "camera lost"
        assert page.find_element("id", "notice").text == "no new picture for 5 s"
        assert not page.find_element("id", "labels").is_displayed()
        # By what no state that comes meanwhile brings back.
        page.execute_script("document.getElementById('notice').style.visibility = 'hidden'")
        assert picture(page).max() < 130  # the spot is at 255


def test_without_a_camera_a_thing_is_taught_by_this_devices(page, model):
    """Chromium has a film of its own for it."""

    def frame_of(_index):
        time.sleep(0.02)
        return Frame(-1, np.zeros((48, 80, 3), np.uint8), 50.0, notice="Camera 0 gives no picture.")

    with served(model, frame_of=frame_of) as client:
        opened(page, client)
        assert page.find_element("id", "status-text").text == "no camera"
        assert page.find_element("id", "notice").text == "Camera 0 gives no picture."
        assert not page.find_element("id", "freeze").is_displayed()
        click(page, "device")
        mode(page, "shoot")
        press(page, ESCAPE)
        mode(page, "live")
        click(page, "device")
        mode(page, "shoot")
        click(page, "shoot")
        mode(page, "teach")
        page.find_element("id", "name").send_keys("green\n")
        wait(page, "document.querySelector('#gallery .who')?.textContent === 'green'")


def test_what_was_seen_is_shown_in_large(page, model):
    with served(model, frame_of=still) as client:
        opened(page, client)
        teach(page, "mug")
        wait(page, "document.querySelector('#sightings img')?.naturalWidth > 0")
        page.find_element("css selector", "#sightings button").click()
        assert page.find_element("id", "large-text").text.startswith("mug, ")
        press(page, ESCAPE)
        wait(page, "!document.getElementById('large').open")


UNLIKE = """
    const [objects, done] = arguments, asked = [];
    import("/gallery.js").then(({ gallery }) => {
      const [found, absent] = [document.createElement("ul"), document.createElement("ul")];
      gallery({ found, absent }, { unlike: (name) => asked.push(name) })[0]({ objects, level: 0.75, camera: "live" });
      const buttons = [...found.querySelectorAll(".unlike"), ...absent.querySelectorAll(".unlike")];
      buttons.forEach((button) => button.hidden || button.click());
      done([asked, [...found.querySelectorAll(".views")].map((views) => views.textContent)]);
    });
"""


def test_a_false_match_can_be_said_to_be_another_where_the_program_takes_that(page, model):
    known = {
        "color": "#e69f00",
        "views": 1,
        "score": 0.9,
        "kind_score": 0.9,
        "same": True,
        "verdict": "this one",
    }
    objects = [
        {"name": "mug", **known, "match": True, "unlike": 2},
        {"name": "cup", **known, "match": False, "unlike": 0},
        {"name": "pen", **known, "match": True},
    ]
    with served(model) as client:
        opened(page, client)
        assert page.execute_async_script(UNLIKE, objects) == [
            ["mug"],
            ["1 view, 2 counter-examples", "1 view"],
        ]


def test_the_models_own_box_makes_another_view_of_a_known_object(page, model):
    with served(model, frame_of=still) as client:
        opened(page, client)
        click(page, "freeze")
        mode(page, "teach")
        assert not page.find_element("id", "proposed").is_displayed()  # it knows nothing yet
        click(page, "whole")
        click(page, "keep")
        wait(page, "document.querySelectorAll('#found .match').length === 1")
        assert names(page) == ["object 1"]
        assert page.find_element("id", "fleeting").is_displayed()
        click(page, "freeze")
        click(page, "proposed")
        page.find_element("css selector", "#known button").click()
        click(page, "keep")
        wait(page, "document.querySelector('.views').textContent === '2 views'")


def test_a_refused_view_says_why_and_lets_the_user_go_on(page, model):
    with served(model) as client:
        opened(page, client)
        click(page, "freeze")
        mode(page, "teach")
        drag(page, (0.1, 0.7, 0.9, 0.95))  # black
        page.find_element("id", "name").send_keys("a/b\n")
        wait(page, "document.getElementById('teach-error').textContent.includes('a_b')")
        page.find_element("id", "name").clear()
        click(page, "keep")
        wait(page, "document.getElementById('teach-error').textContent.includes('blank')")
        drag(page, (0.1, 0.95, 0.05, 0.05))  # by its lower left corner: now the spot is inside
        click(page, "keep")
        mode(page, "live")


def test_a_picture_file_becomes_a_view(page, model, tmp_path):
    photo = tmp_path / "photo.webp"  # the server takes none: the page makes a JPEG of it
    cv2.imwrite(str(photo), cv2.resize(spot(3), (2400, 1440), interpolation=cv2.INTER_NEAREST))
    with served(model, tmp_path / "things") as client:
        opened(page, client)
        page.find_element("id", "upload").send_keys(str(photo))
        mode(page, "teach")
        page.find_element("id", "name").send_keys("photo\n")
        mode(page, "live")
        wait(page, "document.querySelectorAll('#gallery li').length === 1")
    assert read_picture(tmp_path / "things" / "photo" / "view-1.png").shape == (1152, 1920, 3)


def test_the_threshold_moves_and_acts(page, model):
    with served(model) as client:
        opened(page, client)
        level = page.find_element("id", "level")
        level.send_keys("\ue013" * 10)  # arrow up
        assert client.wait_for(lambda state: state["level"] != 0.5 and state["level"] == 0.6)
        wait(page, "document.getElementById('level-text').textContent === '60 %'")
        client.json("PUT", "/api/level", {"level": 0.25})  # somebody else moves it
        wait(page, "document.getElementById('level-text').textContent === '25 %'")


def test_outlines_are_switched_off_and_on_where_there_are_any(page, model, tmp_path):
    with served(model) as client:
        opened(page, client)
        assert not page.find_element("id", "outlines").is_displayed()
    with served(write_lying(tmp_path / "lying.tflite"), outline="flat") as client:
        opened(page, client)
        click(page, "freeze")
        click(page, "whole")
        click(page, "keep")
        wait(page, "document.getElementById('outlines').checkVisibility()")
        assert page.find_element("id", "outlines").is_selected()
        click(page, "outlines")
        assert client.wait_for(lambda state: state["outlines"] is False)
        click(page, "outlines")
        assert client.wait_for(lambda state: state["outlines"] is True)
        client.json("PUT", "/api/outlines", {"outlines": False})  # somebody else switches them off
        wait(page, "!document.getElementById('outlines').checked")


def test_it_says_that_it_reconnects_and_does(page, model):
    with served(model) as client:
        opened(page, client)
        port = client.port
    mode(page, "lost")
    assert page.find_element("id", "status-text").text == "reconnecting"
    with served(model, address=f"127.0.0.1:{port}") as client:
        mode(page, "live")
        first = picture(page)
        assert any(not np.array_equal(first, picture(page)) for _ in range(5))


def test_a_token_opens_the_page_and_still_does_after_a_restart(page, model):
    with served(model, token=TOKEN) as client:
        page.get(f"http://127.0.0.1:{client.port}/")
        mode(page, "login")
        page.find_element("id", "token").send_keys("something else\n")
        wait(page, "document.getElementById('login-error').textContent.length > 0")
        page.find_element("id", "token").clear()
        page.find_element("id", "token").send_keys(TOKEN + "\n")
        mode(page, "live")
        assert TOKEN not in page.current_url
        (cookie,) = page.get_cookies()
        assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
        port = client.port
    mode(page, "lost")
    with served(model, token=TOKEN, address=f"127.0.0.1:{port}"):
        mode(page, "live")


def test_another_page_of_the_same_browser_can_do_nothing(page, model, tmp_path):
    """A page of another origin posts, deletes and embeds; the log of the browser would show what it read."""
    with served(model, tmp_path / "things") as client, served(model) as other:
        client.wait_for(lambda state: state["frame"])
        opened(page, other)
        code = """
            const done = arguments[1], post = { method: "POST", mode: "no-cors" };
            Promise.allSettled([
                fetch(arguments[0] + "/api/pictures", post),
                fetch(arguments[0] + "/api/level", { method: "PUT", body: '{"level": 0.9}' }),
                fetch(arguments[0] + "/api/state"),
            ]).then((all) => done(all.map((one) => one.status === "fulfilled" && one.value.type !== "opaque")));
        """
        assert page.execute_async_script(code, f"http://127.0.0.1:{client.port}") == [False, False, False]
        assert client.json("GET", "/api/state")[1]["level"] == 0.5
    page.get_log("browser")  # refusals, as they must be


def test_nothing_is_wider_than_a_phone(page, model):
    with served(model) as client:
        page.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True},
        )
        try:
            opened(page, client)
            assert page.execute_script("return document.documentElement.scrollWidth") == 360
            click(page, "freeze")
            mode(page, "teach")
            assert page.execute_script("return document.documentElement.scrollWidth") == 360
            small = page.execute_script(
                "return [...document.querySelectorAll('button, .button')].filter((button) => button.checkVisibility() &&"
                " button.getBoundingClientRect().height < 36).map((button) => button.id)"
            )
            assert small == []
        finally:
            page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_tap_makes_what_is_seen_a_counter_example(page, model):
    with served(model, frame_of=still) as client:
        opened(page, client)
        teach(page, "mug")
        click_found(page, ".unlike")
        wait(page, "document.querySelector('.views').textContent === '1 view, 1 counter-example'")
        assert page.find_element("id", "toast").text == "Not mug: 1 counter-example"


LISTED = """
    const [objects, done] = arguments;
    import("/gallery.js").then(({ gallery }) => {
      const [found, absent] = [document.createElement("ul"), document.createElement("ul")];
      gallery({ found, absent }, {})[0]({ objects, level: 0.75, camera: "live" });
      done([found, absent].map((list) => [...list.children].map((row) => [row.className, row.querySelector(".score").textContent])));
    });
"""


def test_the_list_says_whether_it_is_this_one(page, model):
    """Of a match the score that it is this one, of everything else that of its kind; in words where more than the kind is known."""
    known = {"color": "#e69f00", "views": 1}
    answers = [
        {
            "score": 0.93,
            "kind_score": 0.97,
            "same": True,
            "match": True,
            "like": False,
            "verdict": "this one",
        },
        {
            "score": 0.1,
            "kind_score": 0.88,
            "same": False,
            "match": False,
            "like": True,
            "verdict": "one like it",
        },
        {"score": 0.4, "kind_score": 0.4, "same": None, "match": False, "like": False, "verdict": "no match"},
        {},
    ]
    objects = [{"name": f"cup {number}", **known, **one} for number, one in enumerate(answers)]
    with served(model) as client:
        opened(page, client)
        assert page.execute_async_script(LISTED, objects) == [
            [["match", "this one, 93 %"]],
            [["like", "one like it, 88 %"], ["", "40 %"], ["", "\u2013"]],
        ]
