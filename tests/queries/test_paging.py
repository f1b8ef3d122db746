"""Keyset paging: every row once, in order, however pages are cut; and no cursor but our own."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from portal.models import Ticket
from portal.queries.paging import BadCursor, decode_cursor, encode_cursor, page_of
from portal.queries.tickets import SORTS
from tests.cast import Cast
from tests.factories import after, opened


@pytest.fixture
def tickets(cast: Cast) -> list[int]:
    """Seven tickets, some of them of the very same moment."""
    numbers = []
    for hours in (0, 0, 0, 1, 2, 2, 3):
        with after(hours=hours):
            numbers.append(opened(cast.ana).id)
    return numbers


def walked(sort: str, limit: int) -> list[int]:
    found, cursor = [], None
    while True:
        page = page_of(select(Ticket), SORTS[sort], cursor, limit)
        assert len(page.rows) <= limit
        found += [ticket.id for ticket in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("sort", list(SORTS))
def test_pages_of_any_size_show_every_row_once_in_one_order(tickets: list[int], sort: str, limit: int) -> None:
    whole = walked(sort, 100)
    assert sorted(whole) == tickets
    assert walked(sort, limit) == whole


def test_the_newest_come_first_and_the_soonest_due(tickets: list[int]) -> None:
    assert walked("created", 3) == tickets[::-1]
    assert walked("due", 3) == tickets


def test_a_page_is_never_longer_than_a_hundred(cast: Cast) -> None:
    for limit in (0, -5, 10**9):
        assert len(page_of(select(Ticket), SORTS["created"], None, limit).rows) <= 100


def test_a_row_that_comes_meanwhile_shifts_no_page(tickets: list[int], cast: Cast) -> None:
    first = page_of(select(Ticket), SORTS["created"], None, 3)
    opened(cast.ben)
    second = page_of(select(Ticket), SORTS["created"], first.next_cursor, 3)
    assert [ticket.id for ticket in (*first.rows, *second.rows)] == tickets[::-1][:6]


def test_a_cursor_comes_back_as_it_went(tickets: list[int]) -> None:
    for sort in SORTS.values():
        row = page_of(select(Ticket), sort, None, 1).rows[0]
        assert decode_cursor(sort, encode_cursor(sort, row)) == [getattr(row, column.key) for column in sort.columns]


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "%",
        "é",
        "\0",
        packed(["due", 1, 1]),
        packed(["created"]),
        packed(["created", "1"]),
        packed(["created", True]),
        packed(["created", 1.5]),
        packed(["created", None]),
        packed(["created", 1, 2]),
        packed(["created", 10**30]),
        packed(["created", -(10**30)]),
        packed({"created": 1}),
        packed(5),
        base64.urlsafe_b64encode(b"[" * 3000).decode(),
        base64.urlsafe_b64encode(b'["created", 1' + b"0" * 5000 + b"]").decode(),
    ],
)
def test_any_other_cursor_is_refused(cast: Cast, cursor: str) -> None:
    with pytest.raises(BadCursor):
        page_of(select(Ticket), SORTS["created"], cursor, 10)


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-03-02", "2026-03-02T09:00:00", 5])
def test_a_moment_in_a_cursor_has_a_zone(cast: Cast, moment: object) -> None:
    with pytest.raises(BadCursor):
        page_of(select(Ticket), SORTS["due"], packed(["due", moment, 1]), 10)


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
def test_whatever_is_sent_is_a_cursor_or_refused(cursor: str) -> None:
    try:
        decode_cursor(SORTS["created"], cursor)
    except BadCursor:
        return
