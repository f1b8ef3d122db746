"""Every way to fail has its page, its alert for a part, and tells nothing of what went wrong inside."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask, abort
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal import create_app
from portal.base.settings import Settings
from portal.models import User
from portal.queries import NotFound
from portal.queries.paging import BadCursor
from portal.rules.access import Action, Denied
from portal.services import Invalid, Refused
from portal.services.attachments import UploadRefused
from portal.web.guards import public
from tests.cast import PARTIAL, Visitor

SECRET = "what happened inside"
RAISED: dict[str, tuple[Callable[[], Exception], int, str]] = {
    "absent": (NotFound, 404, "There is nothing here"),
    "hidden": (lambda: Denied(Action.VIEW, hidden=True), 404, "There is nothing here"),
    "denied": (lambda: Denied(Action.RESOLVE, hidden=False), 403, "not yours to open"),
    "refused": (lambda: Refused("Cleo has taken it."), 409, "Cleo has taken it."),
    "invalid": (lambda: Invalid("tags", "At most 20 tags."), 422, "At most 20 tags."),
    "too large": (lambda: UploadRefused("At most 10 files."), 413, "At most 10 files."),
    "a bad cursor": (lambda: BadCursor(SECRET), 400, "could not read that request"),
    "a database that is away": (lambda: OperationalError(SECRET, {}, Exception(SECRET)), 503, "away for a moment"),
    "a lost connection": (lambda: InterfaceError(SECRET, {}, Exception(SECRET)), 503, "away for a moment"),
    "no connection free": (lambda: PoolTimeout(SECRET), 503, "away for a moment"),
    "a broken constraint": (lambda: IntegrityError(SECRET, {}, psycopg.Error(SECRET)), 500, "Something broke"),
    "a mistake of ours": (lambda: ZeroDivisionError(SECRET), 500, "Something broke"),
}


@pytest.fixture(scope="module")
def failing(settings: Settings) -> Flask:
    """The portal with one more page, which fails as asked."""
    app = create_app(settings)

    @app.get("/fail/<how>")
    @public
    def fail(how: str) -> str:
        raise RAISED[how][0]()

    @app.get("/abort/<int:code>")
    @public
    def stop(code: int) -> str:
        abort(code)

    return app


@pytest.fixture
def visitor(failing: Flask, app: Flask) -> Iterator[Visitor]:
    return Visitor(failing)


@pytest.mark.parametrize("how", RAISED)
def test_each_failure_has_its_page_and_its_alert(visitor: Visitor, how: str) -> None:
    _, status, said = RAISED[how]
    page, part = visitor.get(f"/fail/{how}"), visitor.get_part(f"/fail/{how}")
    assert page.status_code == part.status_code == status
    assert said in page.text
    assert "<html" in page.text
    assert SECRET not in page.text + part.text
    assert "<html" not in part.text
    assert (part.headers["HX-Retarget"], part.headers["HX-Reswap"]) == ("#alerts", "innerHTML")


@pytest.mark.parametrize("code", [400, 403, 404, 405, 409, 413, 422, 429, 500, 503])
def test_each_status_has_a_page_of_its_own_with_a_way_on(visitor: Visitor, code: int) -> None:
    page = visitor.get(f"/abort/{code}")
    assert page.status_code == code
    assert f"Error {code}" in page.text
    assert 'href="/"' in page.text


def test_a_status_without_a_page_gets_the_general_one(visitor: Visitor) -> None:
    page = visitor.get("/abort/418")
    assert page.status_code == 418
    assert "<html" in page.text


def test_the_database_away_says_when_to_come_back(visitor: Visitor) -> None:
    assert visitor.get("/fail/a database that is away").headers["Retry-After"] == "5"


def test_a_wrong_verb_names_the_right_ones(visitor: Visitor) -> None:
    answer = visitor.post("/healthz")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_no_page_repeats_the_address_asked_for(visitor: Visitor) -> None:
    assert "YouHaveWon" not in visitor.get("/YouHaveWon-call-0900").text


def test_an_error_page_knows_nobody(failing: Flask, app: Flask, cleo: User) -> None:
    """Those pages work without a database, so they show nobody's name."""
    assert "Cleo" not in Visitor(failing).signed_in_as(cleo).get("/abort/404").text


def test_failures_leave_the_portal_working(visitor: Visitor) -> None:
    for how in RAISED:
        visitor.get(f"/fail/{how}", headers=PARTIAL)
    assert visitor.get("/tickets/new").status_code == 200
