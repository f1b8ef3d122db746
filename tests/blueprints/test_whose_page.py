"""Whom the customers' pages are for, and what they offer to whom."""

import re
from collections.abc import Callable

import pytest

from portal.base.database import db
from portal.models import Ticket, User
from portal.services import tickets as services
from tests.cast import Cast, Visitor
from tests.factories import colleague_of, did, opened, sharing

Browsers = Callable[[User], Visitor]


class TestStaff:
    @pytest.mark.parametrize("who", ["cleo", "dora"])
    def test_are_led_from_a_customer_s_page_to_their_own(self, cast: Cast, browser_of: Browsers, who: str) -> None:
        ticket, theirs = opened(cast.ana), browser_of(getattr(cast, who))
        ways = {"/tickets": "/agent", f"/tickets/{ticket.id}": f"/agent/tickets/{ticket.id}"}
        answers = {path: theirs.get(path) for path in ways}
        assert {path: (answer.status_code, answer.location) for path, answer in answers.items()} == {
            path: (303, way) for path, way in ways.items()
        }

    def test_are_offered_no_rating_of_their_own_ticket(self, cast: Cast, browser_of: Browsers) -> None:
        hers = browser_of(cast.cleo)
        form = {"subject": "No candles", "description": "None.", "category": "technical"}
        ticket = db.session.get_one(Ticket, int(re.findall(r"\d+", hers.post("/tickets/new", form).location)[0]))
        did(cast.cleo, services.resolve, ticket)
        page = hers.post(f"/tickets/{ticket.id}/reply", {"body": ""})
        assert page.status_code == 422
        assert 'id="rate"' not in page.text
        assert f'action="/tickets/{ticket.id}/reopen"' in page.text


def test_a_colleague_is_offered_nothing_to_decide(cast: Cast, browser_of: Browsers) -> None:
    ticket, carl = opened(cast.ana), colleague_of(cast.ana)
    sharing(cast.ana)
    for resolved in (False, True):
        if resolved:
            did(cast.ana, services.resolve, ticket)
        page = browser_of(carl).get(f"/tickets/{ticket.id}").text
        assert not [verb for verb in ("resolve", "reopen", "rate", "followers") if f"/{ticket.id}/{verb}" in page]
