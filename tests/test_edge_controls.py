"""Keys and mouse without a window: a state, a key, the next state."""

import dataclasses

import pytest

from edge_demo.screen.orders import Facts, Order
from edge_demo.window.controls import Controls, hints, moved, ordered, pressed, settled

FACTS = Facts(("cup", "pen"), (10.0, 20.0, 60.0, 80.0), (320, 240))
NOTHING = Facts((), None, (320, 240))
ENTER, ESCAPE, TAB, BACKSPACE = "\r", "\x1b", "\t", "\b"


def typed(keys, controls=None, facts=FACTS):
    """The last state and all orders of some keys."""
    controls, orders = controls or Controls(0.5), []
    for key in keys:
        controls, order = pressed(controls, ord(key), facts)
        orders += [order] if order else []
    return controls, orders


def dragged(controls, *points, facts=FACTS):
    """The mouse goes down at the first point, moves over the others, and up at the last."""
    controls = moved(controls, "down", points[0], facts)
    for point in points[1:]:
        controls = moved(controls, "move", point, facts)
    return moved(controls, "up", points[-1], facts)


def test_no_key_and_unknown_keys_change_nothing():
    assert pressed(Controls(0.5), 255, FACTS) == (Controls(0.5), None)
    assert typed("xyzn\t") == (Controls(0.5), [])


def test_quit_snapshot_and_pause():
    assert typed("q")[1] == typed(" q")[1] == [Order("quit")]
    assert typed("s") == (Controls(0.5), [Order("snapshot")])
    assert typed(" ") == (Controls(0.5, mode="pause"), [])
    assert typed("  ") == (Controls(0.5), [])
    assert typed(" s") == (Controls(0.5, mode="pause"), [Order("snapshot")])


def test_escape_closes_the_list_ends_a_pause_and_never_the_program():
    assert typed("g" + ESCAPE) == (Controls(0.5), [])
    assert typed(" g" + ESCAPE) == (Controls(0.5, mode="pause"), [])
    assert typed(" " + ESCAPE) == (Controls(0.5), [])
    controls, orders = typed(ESCAPE)
    assert orders == [] and "q ends" in controls.notice


@pytest.mark.parametrize(
    ("keys", "level"),
    [("+", 0.55), ("=", 0.55), ("-", 0.45), ("++--", 0.5), ("+" * 30, 0.95), ("-" * 30, 0.05)],
)
def test_the_level_moves_by_five_percent_within_its_ends(keys, level):
    assert typed(keys)[0].level == level


def test_a_level_between_two_steps_goes_on_to_the_grid():
    """The model's own may be 52.3 %: 57.3 is nearest to 55."""
    assert typed("+", Controls(0.523))[0].level == 0.55


def test_the_list_is_gone_through_and_the_selected_object_deleted_after_a_question():
    controls, orders = typed("g\td")
    assert (controls.listing, controls.selected, controls.mode, orders) == (True, 1, "delete", [])
    assert "Delete pen?" in hints(controls, FACTS)[0]
    assert typed("y", controls) == (dataclasses.replace(controls, mode="watch"), [Order("delete", "pen")])
    for key in ("n", "d", ESCAPE, ENTER):
        assert typed(key, controls) == (dataclasses.replace(controls, mode="watch"), [])
    assert typed("g\t\t")[0].selected == 0
    assert not typed("gg")[0].listing


def test_without_a_list_delete_first_shows_what_there_is():
    assert typed("d") == (Controls(0.5, listing=True), [])
    controls, orders = typed("d", facts=NOTHING)
    assert controls.notice and typed("dd", facts=NOTHING)[1] == orders == []


def test_one_key_says_that_the_surest_match_or_the_selected_one_is_another_thing():
    facts = dataclasses.replace(FACTS, matching=("pen", "cup"))
    assert typed("n", facts=facts) == (Controls(0.5), [Order("not this", "pen")])
    assert typed(" n", facts=facts)[1] == [Order("not this", "pen")]
    assert typed("gn", facts=facts)[1] == [Order("not this", "cup")]
    assert "[n] that is not pen" in hints(Controls(0.5), facts)
    assert "[n] that is not pen" in hints(Controls(0.5, mode="pause"), facts)
    assert not any("[n]" in line for line in hints(Controls(0.5), FACTS))


def test_enter_takes_the_models_box_and_a_typed_name():
    assert typed("r")[0].mode == "box"
    assert typed("r" + ENTER)[0].box_px == FACTS.proposed_px
    controls, orders = typed("r" + ENTER + "my q!x" + BACKSPACE + "\x7f" + ENTER)
    assert orders == [Order("remember", "my q", FACTS.proposed_px)]
    assert controls == Controls(0.5)


def test_without_a_name_it_is_the_next_object():
    assert typed(f"r{ENTER}{ENTER}")[1][0].name == "object 1"
    taken = Facts(("object 1", "cup", "Object 2"), FACTS.proposed_px, (320, 240))
    assert typed(f"r{ENTER} {ENTER}", facts=taken)[1][0].name == "object 3"


def test_tab_goes_through_the_known_names():
    assert [typed(f"r{ENTER}a" + TAB * count)[0].text for count in (0, 1, 2, 3)] == ["a", "cup", "pen", "cup"]


def test_without_a_box_of_the_models_own_one_must_be_dragged():
    controls, orders = typed("r" + ENTER, facts=NOTHING)
    assert (controls.mode, orders) == ("box", [])
    assert "drag" in controls.notice
    assert all("Enter" not in line for line in hints(controls, NOTHING))


def test_a_dragged_box_asks_for_its_name():
    controls = dragged(typed("r")[0], (100, 90), (50, 60), (40, 30))
    assert (controls.mode, controls.box_px, controls.drag_px) == ("name", (40, 30, 100, 90), None)
    assert typed("a" + ENTER, controls)[1] == [Order("remember", "a", (40, 30, 100, 90))]


def test_while_it_is_dragged_the_corners_are_where_the_mouse_is():
    controls = moved(moved(typed("r")[0], "down", (100, 90), FACTS), "move", (40, 95), FACTS)
    assert controls.drag_px == (100, 90, 40, 95)
    assert ordered(controls.drag_px) == (40, 90, 100, 95)


def test_a_box_ends_at_the_frame():
    assert dragged(typed("r")[0], (-5, 200), (400, 900)).box_px == (0, 200, 320, 240)


def test_a_click_is_no_box():
    controls = dragged(typed("r")[0], (100, 90), (104, 150))
    assert (controls.mode, controls.box_px, controls.drag_px) == ("box", None, None)
    assert "Too small" in controls.notice


def test_a_new_drag_replaces_the_box_and_keeps_what_was_typed():
    controls = typed("ab", dragged(typed("r")[0], (0, 0), (20, 20)))[0]
    again = dragged(controls, (100, 100), (150, 150))
    assert (again.box_px, again.text) == ((100, 100, 150, 150), "ab")


def test_escape_goes_back_by_one():
    assert typed(f"r{ENTER}{ESCAPE}")[0].mode == "box"
    assert typed(f"r{ENTER}{ESCAPE}{ESCAPE}") == (Controls(0.5), [])


@pytest.mark.parametrize("keys", ["", " ", "gd"])
def test_elsewhere_the_mouse_does_nothing(keys):
    controls = typed(keys)[0]
    assert dragged(controls, (0, 0), (50, 50)) == controls


def test_after_an_order_the_selection_exists():
    assert settled(Controls(0.5, selected=1), ["cup"], "Deleted pen") == Controls(0.5, notice="Deleted pen")
    assert settled(Controls(0.5, selected=0), [], "").selected == 0


@pytest.mark.parametrize("keys", ["", " ", "r", "r\r", "r\rx", "g", "gd"])
def test_every_mode_shows_its_keys(keys):
    lines = hints(typed(keys)[0], FACTS)
    assert lines and all(len(line) < 60 for line in lines)


def test_a_key_switches_outlines_where_there_are_any():
    facts = dataclasses.replace(FACTS, outlines=True)
    assert typed("o", facts=facts) == (Controls(0.5, outlines=False), [])
    assert typed("oo", facts=facts) == (Controls(0.5), [])
    assert typed(" o", facts=facts)[0] == Controls(0.5, mode="pause", outlines=False)
    assert typed("o") == (Controls(0.5), [])
    for keys in ("", " "):
        assert ["[o]" in hints(typed(keys)[0], known)[-1] for known in (facts, FACTS)] == [True, False]
        assert all(len(line) < 60 for line in hints(typed(keys)[0], facts))
