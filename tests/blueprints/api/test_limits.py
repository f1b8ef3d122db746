"""How often a program may knock."""

from collections.abc import Iterator

import pytest

from portal import create_app
from portal.base.settings import Settings
from portal.web.limits import limiter
from tests.blueprints.api.conftest import A_TICKET, TICKETS, Program


@pytest.fixture
def limited(settings: Settings, anas: Program) -> Iterator[Program]:
    """ana's program before a portal that counts."""
    yield Program(create_app(settings.filled(ratelimit_enabled=True)), anas.token)
    limiter.enabled = False


def test_tickets_are_counted_by_token_however_the_header_is_spelt(limited: Program, bens: Program) -> None:
    answers = [
        limited.post(TICKETS, A_TICKET, headers={"Authorization": f"{word} {limited.token}"})
        for word in ["Bearer", "bearer", "BEARER", "beareR", "BearER"]
        for _ in range(2)
    ]
    assert {answer.status_code for answer in answers} == {201}
    refused = limited.post(TICKETS, A_TICKET)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.content_type == "application/problem+json"
    assert limited.get(TICKETS).status_code == 200
    assert Program(limited.app, bens.token).post(TICKETS, A_TICKET).status_code == 201
