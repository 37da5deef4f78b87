"""What a class may be called: what every label file, and a spreadsheet, holds as that name."""

import pytest

from edge_demo.errors import EdgeError
from getnet_tf.autolabel.class_name import check_classes, class_name


@pytest.mark.parametrize("name", ["cup", 'd\'or, "x"', "é ü 猫", "yes", "v1.2", "a#b", "a-b", "don't"])
def test_what_label_files_hold_is_left_as_it_is(name):
    assert class_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "...",
        " cup",
        "cup ",
        "bell\a",
        "two\nlines",
        "caf\udce9",
        "a:b",
        "#1",
        "=1+1",
        "+1",
        "-1",
        "@x",
    ],
)
def test_what_breaks_a_label_file_or_begins_a_formula_is_refused(name):
    with pytest.raises(EdgeError, match="name that label files can hold"):
        class_name(name)


def test_folders_are_classes_part_by_part_and_differ_by_more_than_case():
    check_classes(["fruit/pear", "fruit/plum"])
    for folders, words in ((["fruit/=1"], "fruit/=1"), (["fruit/pear", "Fruit/Pear"], "share a name")):
        with pytest.raises(EdgeError, match=words):
            check_classes(folders)
