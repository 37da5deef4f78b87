"""What an object may be called, and which names are one name."""

import pytest

from edge_demo.errors import EdgeError
from edge_demo.gallery.object_name import MAX_BYTES, check_apart, safe_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my cup", "my cup"),
        ("../x", "_x"),
        ("10:15", "10_15"),
        ("caf\udce9", "caf_"),  # a byte of another encoding
        ("bell\a two\nlines", "bell_ two_lines"),
        ("cafe\u0301", "caf\u00e9"),  # two characters or one: it looks the same
        ("con", "_con"),
        ("COM1.front", "_COM1.front"),
        ("console", "console"),
        ("cup. ", "cup"),
    ],
)
def test_a_name_is_one_plain_folder_everywhere_and_can_be_drawn(text, name):
    assert safe_name(text) == name
    assert safe_name(name) == name


@pytest.mark.parametrize("text", ["", "...", " . "])
def test_a_name_of_which_nothing_is_left_is_refused(text):
    with pytest.raises(EdgeError, match="name for an object"):
        safe_name(text)


def test_long_names_stay_apart_and_are_not_too_long():
    front, back = safe_name("ü" * 100 + " front"), safe_name("ü" * 100 + " back")
    assert front != back and front.startswith("ü" * 30)
    assert max(len(name.encode()) for name in (front, back)) <= MAX_BYTES
    assert safe_name(front) == front


@pytest.mark.parametrize(("one", "other"), [("a_b", "a_b"), ("Cup", "cup"), ("STRASSE", "straße")])
def test_two_things_that_somebody_takes_for_one_are_refused_with_both(one, other):
    with pytest.raises(EdgeError, match=r"a\.png and b\.png share a name"):
        check_apart([(one, "a.png"), ("pen", "c.png"), (other, "b.png")])
    check_apart([(one, "a.png"), ("pen", "c.png")])
