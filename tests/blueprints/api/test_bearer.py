"""Who is let in, and how far."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from portal import create_app
from portal.base.clock import now
from portal.base.settings import Settings
from portal.base.unit_of_work import unit_of_work
from portal.models import User
from portal.rules.vocabulary import Scope
from portal.services import accounts
from tests.blueprints.api.conftest import A_TICKET, TICKETS, Program
from tests.cast import Visitor


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "tsp_x", "Bearer a=b", "Bearer é"]
)
def test_without_a_living_token_nothing_is_told(stranger: Program, anas: Program, given: str) -> None:
    number = anas.opens()["id"]
    for path in (TICKETS, f"{TICKETS}/{number}", f"{TICKETS}/1", "/api/v1/support/attachments/1"):
        answer = stranger.get(path, headers={"Authorization": given})
        assert answer.status_code == 401
        assert answer.content_type == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_word_bearer_is_written_as_one_likes(anas: Program) -> None:
    for word in ("bearer", "BEARER", "Bearer  "):
        assert anas.get(TICKETS, headers={"Authorization": f"{word} {anas.token}"}).status_code == 200


def test_a_token_ends_on_its_day(program_of: Callable[..., Program], ana: User) -> None:
    program = program_of(ana, days=2)
    assert program.get(TICKETS).status_code == 200
    with time_machine.travel(now() + timedelta(days=2, seconds=1), tick=False):
        assert program.get(TICKETS).status_code == 401


def test_a_disabled_persons_token_is_worthless_at_once(anas: Program, ana: User) -> None:
    with unit_of_work():
        accounts.disable(ana)
    assert anas.get(TICKETS).status_code == 401


def test_scopes_say_how_far_a_token_reaches(program_of: Callable[..., Program], anas: Program, ana: User) -> None:
    number = anas.opens()["id"]
    reader, writer = program_of(ana, (Scope.TICKETS_READ,)), program_of(ana, (Scope.TICKETS_WRITE,))
    assert reader.get(f"{TICKETS}/{number}").status_code == 200
    assert reader.post(TICKETS, A_TICKET).status_code == 403
    assert reader.post(f"{TICKETS}/{number}/messages", {"body": "x"}).status_code == 403
    assert writer.get(TICKETS).status_code == 403
    assert writer.get(f"{TICKETS}/{number}").status_code == 403
    assert writer.post(TICKETS, A_TICKET).status_code == 201


def test_a_signed_in_browser_is_nobody_here(browser_of: Callable[[User], Visitor], ana: User) -> None:
    assert browser_of(ana).get(TICKETS).status_code == 401


def test_no_cookie_is_set_and_no_form_token_asked_for(anas: Program) -> None:
    answer = anas.post(TICKETS, A_TICKET)
    assert answer.status_code == 201
    assert "Set-Cookie" not in answer.headers


def test_reading_writes_nothing_about_the_token(anas: Program, count_statements: Callable[[], list[str]]) -> None:
    count_statements()
    anas.get(TICKETS)
    assert all(statement.lstrip().upper().startswith("SELECT") for statement in count_statements())


def test_without_a_database_the_answer_is_a_problem_that_says_when_to_come_back(
    anas: Program, settings: Settings
) -> None:
    away = settings.filled(database_url="postgresql://nobody@127.0.0.1:9/nothing")
    answer = Program(create_app(away), anas.token).get(TICKETS)
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
