"""A page made of several statements shows one moment, and reading a page changes nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import InternalError

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import Ticket, User
from tests.cast import Cast, Visitor
from tests.factories import opened, replied

Browsers = Callable[[User], Visitor]


@contextmanager
def meanwhile(app: Flask, table: str, act: Callable[[], object]) -> Iterator[None]:
    """Once the page has read the table, the act happens and is committed before the page reads on."""
    done: list[object] = []

    def in_another_session() -> None:
        with app.app_context():
            done.append(act())

    def interrupt(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not done and f"FROM {table}" in statement:
            done.append(None)
            other = Thread(target=in_another_session)
            other.start()
            other.join(10)

    event.listen(db.engine, "after_cursor_execute", interrupt)
    try:
        yield
    finally:
        event.remove(db.engine, "after_cursor_execute", interrupt)
    assert len(done) == 2


@pytest.mark.parametrize("path", ["/agent/tickets/{}", "/agent/tickets/{}/news?since=0"])
def test_a_reply_that_comes_while_the_page_is_read_is_on_it_wholly_or_not_at_all(
    cast: Cast, app: Flask, browser_of: Browsers, path: str
) -> None:
    ticket = opened(cast.ana)
    replied(ticket, cast.cleo, "Which browser?")

    def answer() -> None:
        replied(db.session.get_one(Ticket, ticket.id), db.session.get_one(User, cast.ana.id), "Firefox, on Linux.")

    browser = browser_of(cast.cleo)
    with meanwhile(app, "support_tickets", answer):
        page = browser.get(path.format(ticket.id)).text
    assert "Waiting for customer" in page
    assert "Firefox, on Linux." not in page
    assert "Firefox, on Linux." in browser.get(path.format(ticket.id)).text


def test_what_a_request_reads_it_cannot_change(app: Flask, cast: Cast) -> None:
    with app.test_request_context("/"), pytest.raises(InternalError, match="read-only"):
        db.session.execute(text("update users set name = 'x'"))


def test_within_a_unit_of_work_the_newest_rows_are_read_and_after_it_too(app: Flask, cast: Cast) -> None:
    names = text("select name from users where id = :id")
    with app.test_request_context("/"):
        before = db.session.scalar(names, {"id": cast.ana.id})
        with app.app_context(), unit_of_work() as other:
            other.execute(text("update users set name = 'Ana Renamed' where id = :id"), {"id": cast.ana.id})
        assert db.session.scalar(names, {"id": cast.ana.id}) == before
        with unit_of_work() as session:
            assert session.scalar(names, {"id": cast.ana.id}) == "Ana Renamed"
        assert db.session.scalar(names, {"id": cast.ana.id}) == "Ana Renamed"


def test_units_of_work_do_not_nest(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="open already"), unit_of_work(), unit_of_work():
        pass
    with unit_of_work():
        pass
