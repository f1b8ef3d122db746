"""At most eight statements a page, session and person included, however much there is to show."""

from collections.abc import Callable

import pytest

from portal.models import User
from portal.rules.vocabulary import Status
from portal.services import surveys
from portal.services import tickets as services
from tests.cast import Cast, Visitor
from tests.factories import did, noted, opened, replied

BUDGET = 8
Browsers = Callable[[User], Visitor]
Count = Callable[[], list[str]]

PAGES = {
    "queue": ("cleo", "/agent"),
    "queue's rows": ("cleo", "/agent"),
    "filtered queue": ("cleo", "/agent?view=all&status=waiting_customer&priority=high&assignee=0&category=technical"),
    "searched queue": ("cleo", "/agent?view=all&q=candles"),
    "agent's ticket": ("cleo", "/agent/tickets/{ticket}"),
    "agent's news": ("cleo", "/agent/tickets/{ticket}/news"),
    "customer's list": ("ana", "/tickets"),
    "customer's search": ("ana", "/tickets?q=candles&status=resolved"),
    "customer's ticket": ("ana", "/tickets/{ticket}"),
    "customer's news": ("ana", "/tickets/{ticket}/news"),
    "new ticket": ("ana", "/tickets/new"),
    "new ticket of a guest": ("", "/tickets/new"),
    "survey": ("", "/survey/{survey}"),
    "help centre": ("", "/"),
    "sign-in": ("", "/login"),
}


def filled_with(cast: Cast, amount: int) -> dict[str, object]:
    """So many tickets, and one with so many messages, files, notes, tags and a rating."""
    for _ in range(amount):
        opened(cast.ana, "No candles")
    ticket = opened(cast.ana, "No candles", files=[("log.txt", b"hello")])
    for number in range(amount):
        replied(ticket, cast.cleo if number % 2 else cast.ana, "More?", files=[("log.txt", b"hello")])
        noted(ticket, cast.dora)
    did(cast.ana, services.add_follower, ticket, cast.ben)
    did(cast.cleo, services.set_tags, ticket, [f"tag {number}" for number in range(min(amount, 20))])
    did(cast.cleo, services.change_status, ticket, Status.RESOLVED)
    did(cast.ana, surveys.rate, ticket, 5)
    return {"ticket": ticket.id, "survey": surveys.survey_token(ticket.id, cast.ana.id)}


def spent(browser: Visitor, path: str, count_statements: Count, *, part: bool) -> list[str]:
    browser.get(path)
    count_statements()
    answer = browser.get_part(path) if part else browser.get(path)
    assert answer.status_code == 200
    return count_statements()


@pytest.mark.parametrize("amount", [3, 30])
def test_every_page_keeps_its_budget(cast: Cast, browser_of: Browsers, count_statements: Count, amount: int) -> None:
    places = filled_with(cast, amount)
    for name, (who, path) in PAGES.items():
        browser = browser_of(getattr(cast, who)) if who else Visitor(browser_of(cast.ana).app)
        statements = spent(browser, path.format(**places), count_statements, part="rows" in name)
        assert len(statements) <= BUDGET, (name, statements)


def test_no_page_needs_more_for_more(cast: Cast, browser_of: Browsers, count_statements: Count) -> None:
    needed = []
    for amount in (3, 30):
        places = filled_with(cast, amount)
        needed.append(
            {
                name: len(spent(browser_of(getattr(cast, who)), path.format(**places), count_statements, part=False))
                for name, (who, path) in PAGES.items()
                if who
            }
        )
    assert needed[0] == needed[1]


def test_nothing_new_costs_next_to_nothing(cast: Cast, browser_of: Browsers, count_statements: Count) -> None:
    """What every open customer page asks three times a minute."""
    ticket, hers = opened(cast.ana), browser_of(cast.ana)
    path = f"/tickets/{ticket.id}/news?since=99999999999999999"
    hers.get_part(path)
    count_statements()
    assert hers.get_part(path).status_code == 204
    assert len(count_statements()) <= 3
