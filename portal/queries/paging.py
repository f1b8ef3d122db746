"""Keyset paging: a cursor holds the sort key of the last row, so that page 1,000 costs what page 1 does."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from portal.base.database import db

MAX_LIMIT = 100
LONGEST_CURSOR = 200
BIGGEST_ID = 2**63 - 1
Row = TypeVar("Row")


class BadCursor(ValueError):
    """The cursor was not made by us, or for another sort."""


@dataclass(frozen=True)
class Sort:
    """A fixed order: columns that all run the same way, the last one unique."""

    name: str
    columns: tuple[InstrumentedAttribute[Any], ...]
    descending: bool = False


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page and the cursor of the next, None at the end."""

    rows: Sequence[Row]
    next_cursor: str | None


def encode_cursor(sort: Sort, row: Any) -> str:
    values = [_plain(getattr(row, column.key)) for column in sort.columns]
    return base64.urlsafe_b64encode(json.dumps([sort.name, *values]).encode()).decode().rstrip("=")


def decode_cursor(sort: Sort, text: str) -> list[Any]:
    """The key values a cursor holds. Raises BadCursor."""
    if len(text) > LONGEST_CURSOR:
        raise BadCursor("not a cursor")
    try:
        name, *values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if name != sort.name or len(values) != len(sort.columns):
            raise BadCursor("the cursor belongs to another list")
        return [_typed(column, value) for column, value in zip(sort.columns, values, strict=True)]
    except (ValueError, TypeError, RecursionError) as wrong:
        raise BadCursor("not a cursor") from wrong


def page_of(query: Select[Row], sort: Sort, cursor: str | None, limit: int) -> Page[Row]:
    """One page of a query in the given order; limit is held to MAX_LIMIT."""
    limit = max(1, min(limit, MAX_LIMIT))
    key = tuple_(*sort.columns)
    if cursor:
        last = tuple_(*decode_cursor(sort, cursor))
        query = query.where(key < last if sort.descending else key > last)
    order = [column.desc() if sort.descending else column.asc() for column in sort.columns]
    rows = db.session.scalars(query.order_by(*order).limit(limit + 1)).all()
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, encode_cursor(sort, rows[-1]) if more else None)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _typed(column: InstrumentedAttribute[Any], value: Any) -> Any:
    kind = column.type.python_type
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise BadCursor("a moment without a zone")
        return moment
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadCursor("a value of another kind")
    if isinstance(value, int) and not -BIGGEST_ID <= value <= BIGGEST_ID:
        raise BadCursor("a number no row has")
    return value
