"""The review page of getnet_tf.autolabel in a real browser, as a user does it: by keyboard and mouse."""

import json
import pathlib

import pytest
from autolabel_files import LABELS, label_of, write_set

from getnet_tf.autolabel.__main__ import main

DOWN, UP, LEFT, RIGHT, HOME, END, TAB = "\ue015", "\ue013", "\ue012", "\ue014", "\ue011", "\ue010", "\ue004"
PHONE = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
# Of LABELS, the most doubtful first: what `scores` gives.
ALL = ["40 %", "45 %", "70 %", "90 %", "98 %"]


@pytest.fixture
def command(tmp_path):
    """The command line of a labelled set with its page; the last of it is the folder."""
    command = write_set(tmp_path)
    main(command)
    return command


@pytest.fixture
def opened(page, command):
    """The browser, with the page of the set open."""
    page.get((pathlib.Path(command[-1]) / "review.html").as_uri())
    return page


def press(page, keys):
    """Presses keys, one after the other, where the focus is."""
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(page).send_keys(*keys).perform()


def click(page, name):
    page.find_element("id", name).click()


def choose(page, name, text):
    from selenium.webdriver.support.ui import Select

    Select(page.find_element("id", name)).select_by_visible_text(text)


def texts(page, selector):
    """The text of every element that is seen."""
    return [one.text for one in page.find_elements("css selector", selector) if one.is_displayed()]


def scores(page):
    """Of the cards that are seen."""
    return texts(page, "#cards .score")


def states(page):
    return texts(page, "#cards .state")


def focused(page):
    """The score of the card that has the focus; "" if none has."""
    return page.execute_script("return document.activeElement.querySelector('.score')?.textContent ?? ''")


def counts(page):
    return page.find_element("id", "counts").text


def test_cards_are_there_by_doubt_and_the_first_is_in_large(opened):
    assert scores(opened) == ALL
    assert states(opened) == ["label", "not believed", "label", "label", "label"]
    assert focused(opened) == "40 %" and texts(opened, "#name, #where") == ["pear", "a/1.png"]
    assert opened.find_element("id", "score").text == "Score 40 %, label, doubtful"
    assert counts(opened) == "0 of 5 decided: 0 accepted, 0 rejected."
    assert not opened.find_element("id", "download").is_enabled()
    box = opened.find_element("css selector", "#frames .box")
    assert [box.get_attribute(name) for name in ("x", "y", "width", "height")] == ["60", "9", "20", "20"]
    assert len(opened.find_elements("css selector", "#frames .other")) == 1  # the cup of the same picture


def test_keys_move_the_focus(opened):
    for keys, expected in (("jj", "70 %"), ("k", "45 %"), (RIGHT, "70 %"), (LEFT + LEFT + LEFT, "40 %")):
        press(opened, keys)
        assert focused(opened) == expected
    press(opened, END)
    assert focused(opened) == "98 %" and opened.find_element("id", "where").text == "a/1.png"
    press(opened, HOME)
    columns = len({one.location["x"] for one in opened.find_elements("css selector", "#cards li")})
    assert 1 < columns < 5
    press(opened, DOWN)
    assert focused(opened) == ALL[columns]
    press(opened, UP)
    assert focused(opened) == "40 %"
    outline = opened.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_keys_decide_and_take_back(opened):
    press(opened, "axa")
    assert states(opened)[:4] == ["accepted", "rejected", "accepted", "label"] and focused(opened) == "90 %"
    assert counts(opened) == "3 of 5 decided: 2 accepted, 1 rejected."
    assert opened.find_element("id", "said").get_attribute("textContent") == f"cup accepted. {counts(opened)}"
    press(opened, "u")  # the latest
    assert states(opened)[2] == "label" and focused(opened) == "70 %"
    press(opened, "kkx")  # another mind
    assert states(opened)[:3] == ["rejected", "rejected", "label"]
    press(opened, "ku")  # this one's
    assert states(opened)[:3] == ["label", "rejected", "label"] and focused(opened) == "40 %"
    assert counts(opened) == "1 of 5 decided: 0 accepted, 1 rejected."


def test_buttons_do_the_same_and_keep_the_focus(opened):
    click(opened, "accept")
    click(opened, "reject")
    assert states(opened)[:3] == ["accepted", "rejected", "label"]
    assert opened.switch_to.active_element.get_attribute("id") == "reject"
    assert opened.find_element("css selector", "[aria-current] .score").text == "70 %"
    click(opened, "undo")
    assert states(opened)[:2] == ["accepted", "not believed"]
    opened.find_elements("css selector", "#cards button")[0].click()
    assert focused(opened) == "40 %"
    assert opened.find_element("id", "accept").get_attribute("aria-pressed") == "true"


def test_filters_leave_out_cards(opened):
    choose(opened, "class", "pear")
    assert scores(opened) == ["40 %", "90 %"] and opened.find_element("id", "matching").text == "2 of 5 shown"
    choose(opened, "class", "all")
    choose(opened, "kept", "not believed")
    assert scores(opened) == ["45 %"] and opened.find_element("id", "where").text == "a/2.png"
    choose(opened, "kept", "labels")
    click(opened, "doubtful")
    assert scores(opened) == ["40 %", "70 %"]
    choose(opened, "class", "pear")
    choose(opened, "kept", "not believed")
    assert scores(opened) == [] and "Change the filters" in opened.find_element("id", "empty").text
    assert not opened.find_element("id", "view").is_displayed()


def test_undecided_only_is_a_list_that_grows_short(opened):
    click(opened, "undecided")
    opened.find_elements("css selector", "#cards button")[1].click()
    press(opened, "x")
    assert scores(opened) == ["40 %", "70 %", "90 %", "98 %"] and focused(opened) == "70 %"
    press(opened, "aaaa")  # the last is followed by the one before
    assert scores(opened) == [] and counts(opened) == "5 of 5 decided: 4 accepted, 1 rejected."
    press(opened, "u")
    assert scores(opened) == ["40 %"] and focused(opened) == "40 %"


def test_keys_of_a_filter_decide_nothing(opened):
    opened.find_element("id", "class").send_keys("a")
    opened.find_element("id", "doubtful").send_keys("x")
    assert counts(opened) == "0 of 5 decided: 0 accepted, 0 rejected."


def test_the_tab_key_leaves_the_list(opened):
    """One stop for all cards, so that a hundred cards are no hundred stops."""
    press(opened, "j" + TAB)
    assert opened.switch_to.active_element.get_attribute("id") == "accept"


def test_decisions_survive_a_reload_and_become_labels(opened, command, tmp_path):
    press(opened, "xa")
    opened.refresh()
    assert states(opened)[:2] == ["rejected", "accepted"]
    file = download(opened, tmp_path)
    decided = json.loads(file.read_text())["decisions"]
    assert {(one["path"], one["name"], one["accepted"]) for one in decided} == {
        ("a/1.png", "pear", False),
        ("a/2.png", "cup", True),
    }
    out = pathlib.Path(command[-1])
    assert main([command[0], "--out", command[-1], "--apply", str(file)]) == 1
    coco = json.loads((out / "coco.json").read_text())
    assert [one["score"] for one in coco["annotations"]] == [0.9, 0.98, 0.45, 0.7]
    opened.refresh()
    assert scores(opened) == ["70 %", "90 %", "98 %", "40 %", "45 %"]
    assert states(opened) == ["label", "label", "label", "rejected", "accepted"]
    press(opened, END + "u")  # what the labels have taken over can be taken back, too
    file.unlink()
    file = download(opened, tmp_path)
    assert {one["accepted"] for one in json.loads(file.read_text())["decisions"]} >= {None}
    main([command[0], "--out", command[-1], "--apply", str(file)])
    coco = json.loads((out / "coco.json").read_text())
    assert [one["score"] for one in coco["annotations"]] == [0.9, 0.98, 0.7]


def download(page, folder):
    """Downloads the decisions; gives the file."""
    from selenium.webdriver.support.ui import WebDriverWait

    page.execute_cdp_cmd("Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
    click(page, "download")
    file = folder / "decisions.json"
    WebDriverWait(page, 20, 0.05).until(lambda _: file.exists())
    return file


def test_a_browser_that_keeps_nothing_is_told_of(page, command, tmp_path):
    """And works on: its decisions can be downloaded."""
    code = "Storage.prototype.setItem = () => { throw new DOMException('full'); }"
    added = page.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": code})
    try:
        page.get((pathlib.Path(command[-1]) / "review.html").as_uri())
        assert not page.find_element("id", "kept-here").is_displayed()
        press(page, "a")
        assert page.find_element("id", "kept-here").text.startswith("This browser keeps no decisions")
        assert len(json.loads(download(page, tmp_path).read_text())["decisions"]) == 1
    finally:
        page.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_names_are_text_and_no_other_script_runs(opened):
    press(opened, "jjj")
    assert opened.find_element("id", "where").text == LABELS[3].path and "</script>" in LABELS[3].path
    assert opened.title == "Review of labels"
    assert opened.find_elements("css selector", "img:not([src^='data:image/jpeg'])") == []
    opened.execute_script("""
        const script = document.createElement("script");
        script.textContent = "document.title = 'evil'";
        document.body.append(script);
    """)
    assert opened.title == "Review of labels"
    (complaint,) = opened.get_log("browser")
    assert "Content Security Policy" in complaint["message"]


def test_pictures_are_shown_with_their_boxes(opened):
    """The bright box of a picture is where the rectangle is; a tiny one is shown from near, too."""
    opened.find_elements("css selector", "#cards button")[2].click()
    frames = opened.find_elements("css selector", "#frames svg")
    assert [frame.get_dom_attribute("viewBox") for frame in frames] == ["0 0 1600 1200", "750 525 200 200"]
    assert frames[0].get_attribute("aria-label") == "b/large.png with a box"
    script = """
        const [image, done] = arguments, picture = new Image();
        picture.onload = () => {
          const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
          canvas.drawImage(picture, 0, 0);
          done([picture.width, picture.height, ...canvas.getImageData(100, 100, 1, 1).data]);
        };
        picture.src = image.getAttribute("href");
    """
    width, height, red, green, blue, _ = opened.execute_async_script(
        script, opened.find_elements("css selector", "#frames image")[1]
    )
    assert (width, height) == (200, 200) and red > 240 and 190 < green < 210 and 50 < blue < 70


def test_what_is_not_on_the_page_is_counted(page, command):
    main([*command, "--review", "2"])
    page.get((pathlib.Path(command[-1]) / "review.html").as_uri())
    assert scores(page) == ["40 %", "45 %"]
    assert "The 3 least doubtful are not on this page (--review 5 shows all)." in counts(page)


def test_a_set_without_candidates_has_a_page(page, tmp_path):
    command = write_set(tmp_path, [label_of("a.png", 30, 20)])
    main(command)
    page.get((pathlib.Path(command[-1]) / "review.html").as_uri())
    assert page.find_element("id", "empty").text == "There are no candidates."
    press(page, "axujk" + UP + DOWN + HOME + END)
    assert counts(page) == "0 of 0 decided: 0 accepted, 0 rejected."


def test_nothing_is_wider_than_a_phone_or_too_small_for_a_finger(page, command):
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    try:
        page.get((pathlib.Path(command[-1]) / "review.html").as_uri())
        assert page.execute_script("return document.documentElement.scrollWidth") == 360
        shown = [one for one in page.find_elements("tag name", "button") if one.is_displayed()]
        assert len(shown) > 4 and min(one.size["height"] for one in shown) >= 36
        click(page, "accept")
        assert texts(page, "#cards .state")[0] == "accepted"
        page.find_element("css selector", "#filters summary").click()
        assert page.find_element("id", "class").is_displayed()
        assert page.execute_script("return document.documentElement.scrollWidth") == 360
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_by_day_and_night(opened, scheme):
    """Contrast of at least 4.5, as WCAG defines it, of every colour of text with what it is on."""
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    try:
        press(opened, "ax")
        colours = opened.execute_script("""
            const behind = (one) => {
              const colour = getComputedStyle(one).backgroundColor;
              return colour === "rgba(0, 0, 0, 0)" ? behind(one.parentElement) : colour;
            };
            const names = "h1, #counts, #matching, #download, .name, .score, .state, #where, #accept, #reject, #undo";
            return [...document.querySelectorAll(names)].map((one) => [getComputedStyle(one).color, behind(one)]);
        """)
        assert len(colours) > 10 and min(contrast(*pair) for pair in colours) >= 4.5
        luminance = luminance_of(
            opened.execute_script("return getComputedStyle(document.body).backgroundColor")
        )
        assert luminance > 0.9 if scheme == "light" else luminance < 0.05
    finally:
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def contrast(*colours):
    darker, lighter = sorted(luminance_of(colour) for colour in colours)
    return (lighter + 0.05) / (darker + 0.05)


def luminance_of(colour):
    """Relative luminance of "rgb(1, 2, 3)"."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(", ")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_one_of_the_kind_that_is_another_is_a_key_and_said(opened):
    press(opened, "n")
    assert states(opened)[0] == "rejected, another of its kind"
    assert counts(opened) == "1 of 5 decided: 0 accepted, 1 rejected."
    press(opened, "k")
    assert opened.find_element("id", "like").get_attribute("aria-pressed") == "true"


def test_the_reference_is_beside_the_photo(opened):
    """Both are dark squares: the cup's has 20 pixels a side, the pear's is 21 wide."""

    def width():
        return opened.execute_script("return document.querySelector('#references img').naturalWidth")

    assert texts(opened, "#name") == ["pear"] and width() == 21
    press(opened, "j")
    assert texts(opened, "#name") == ["cup"] and width() == 20


def test_a_box_is_dragged_and_a_class_changed_and_both_become_labels(opened, command, tmp_path):
    """From (9, 30) to (45, 54) of 90 x 60; then Shift and an arrow move the right edge by 1 % of 90."""
    from selenium.webdriver.common.action_chains import ActionChains

    drag(opened, (0.1, 0.5, 0.5, 0.9))
    choose(opened, "called", "cup")
    opened.find_element("css selector", "#cards button").click()
    ActionChains(opened).key_down("\ue008").send_keys(RIGHT).key_up("\ue008").perform()
    assert states(opened)[0] == "accepted, changed" and texts(opened, "#name") == ["cup"]
    assert focused(opened) == "40 %"
    main([command[0], "--out", command[-1], "--apply", str(download(opened, tmp_path))])
    coco = json.loads((pathlib.Path(command[-1]) / "coco.json").read_text())
    (changed,) = [one for one in coco["annotations"] if one["score"] == 0.4]
    assert changed["category_id"] == 1
    assert changed["bbox"] == pytest.approx([9, 30, 36.9, 24], abs=0.6)
    opened.refresh()
    assert texts(opened, "#cards .name").count("pear") == 1


def drag(page, shares):
    """Drags over the large picture, in shares of what is seen of it: (x0, y0, x1, y1)."""
    from selenium.webdriver.common.action_chains import ActionChains

    area = page.execute_script(
        "return document.querySelector('#frames image').getBoundingClientRect().toJSON()"
    )
    points = [
        (round(area["x"] + x * area["width"]), round(area["y"] + y * area["height"]))
        for x, y in (shares[:2], shares[2:])
    ]
    actions = ActionChains(page)
    actions.w3c_actions.pointer_action.move_to_location(*points[0]).pointer_down()
    actions.w3c_actions.pointer_action.move_to_location(*points[1]).pointer_up()
    actions.perform()
