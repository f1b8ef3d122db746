"""One line of what was typed: nothing breaks it, nothing hides in it, and letters stay joined."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.one_line import is_blank, one_line

FLAG = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("No\r\nBcc: eve@example.com\x07candles", "No Bcc: eve@example.com candles"),
        ("  a \u2028 b\u00a0\u3000c ", "a b c"),
        ("z\u200be\u200bro\ufeff", "zero"),
        ("\u202eexe.txt", "exe.txt"),
        (f"England {FLAG} \U0001fae8 now", f"England {FLAG} \U0001fae8 now"),
        (FAMILY, FAMILY),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\ue000 private", "\ue000 private"),
    ],
)
def test_what_breaks_or_hides_goes_and_what_joins_stays(typed: str, line: str) -> None:
    assert one_line(typed) == line


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u2060", "\u3164", "\u2800\u200d", "\u202e", "\u00ad"])
def test_nothing_to_see_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", ".", "\U0001fae8", "\ue000", FLAG, "\u0645"])
def test_what_shows_is_not(text: str) -> None:
    assert not is_blank(text)


@given(st.text())
def test_a_line_is_one_line_however_often_it_is_made(text: str) -> None:
    line = one_line(text)
    assert one_line(line) == line == line.strip()
    assert len(line.splitlines()) <= 1
