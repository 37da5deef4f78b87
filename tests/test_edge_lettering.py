"""Names are drawn in letters that OpenCV has; none becomes a mark that could be any."""

import pytest

from edge_demo.screen import lettering
from edge_demo.screen.lettering import written


@pytest.fixture
def ascii_alone(monkeypatch):
    """As in OpenCV 4."""
    monkeypatch.setattr(lettering, "_has", str.isascii)
    for cached in (lettering.written, lettering._letter):
        cached.cache_clear()
    yield
    for cached in (lettering.written, lettering._letter):
        cached.cache_clear()


def test_what_is_ascii_stays_a_question_mark_too():
    assert written("mug? 93 %") == "mug? 93 %"


def test_an_emoji_is_written_as_what_it_is_called():
    """The colour of the thumb and the mark after the heart are no words."""
    assert written("\N{HOT BEVERAGE} mug") == "(hot beverage) mug"
    assert written("\N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}") == "(thumbs up sign)"
    assert written("\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}") == "(heavy black heart)"


def test_joined_emoji_are_written_one_by_one():
    assert written("\N{MAN}\N{ZERO WIDTH JOINER}\N{GIRL}") == "(man)(girl)"


def test_where_only_ascii_is_there_accents_fall_away_and_other_letters_have_numbers(ascii_alone):
    assert written("b\u00fcro \u8336") == "buro U+8336"


def test_bytes_that_are_no_letters_are_written_out():
    assert written("\udcff") == "\\udcff"
