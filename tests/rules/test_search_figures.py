"""What is kept of a search says what was looked for and never who looked."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.search_figures import LONGEST, kept_query


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Export\n DATA ", "export data"),
        ("ana@example.com cannot log in", "(address) cannot log in"),
        ("IBAN DE89 3704 0044 0532 0130 00", "iban de(number)"),
        ("call me +49 151 234567", "call me +(number)"),
        ("key tsp_4f9aK2mQ8xYz1", "key (key)"),
        ("error 404 in version 3.14", "error 404 in version 3.14"),
        ("", ""),
    ],
)
def test_addresses_numbers_and_keys_are_left_out(typed: str, kept: str) -> None:
    assert kept_query(typed) == kept


@given(st.text(max_size=300))
def test_whatever_is_typed_is_one_short_line_without_an_address(text: str) -> None:
    kept = kept_query(text)
    assert len(kept) <= LONGEST
    assert kept == " ".join(kept.split())
    assert not re.search(r"\S@\S", kept)
