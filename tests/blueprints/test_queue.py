"""What an agent's main button sends, who opened a ticket for whom, and what the queue keeps and says."""

import html
import re
from collections.abc import Callable

from portal.models import User
from portal.rules.vocabulary import Status
from portal.services import tickets as services
from tests.cast import Cast, Visitor
from tests.factories import claimed, did, fresh, opened

Browsers = Callable[[User], Visitor]


def main_button(page: str) -> dict[str, str]:
    """What the composer's first button, and so the Enter key, sends besides the text."""
    composer = page[page.index('id="composer"') :]
    button = re.search(r'<button class="btn primary"([^>]*)>', composer)
    assert button is not None
    return dict(re.findall(r'(then)="?([^"]*)"', button[1].replace('name="then" value', "then")))


def test_the_main_button_leaves_it_to_the_rules_what_a_reply_makes_of_the_ticket(
    cast: Cast, browser_of: Browsers
) -> None:
    ticket, cleo = opened(cast.ana), browser_of(cast.cleo)
    did(cast.cleo, services.resolve, ticket)
    sent = main_button(cleo.get(f"/agent/tickets/{ticket.id}").text)
    cleo.post(f"/agent/tickets/{ticket.id}/messages", {"kind": "reply", "body": "One more thing.", **sent})
    assert fresh(ticket).status is Status.RESOLVED


def test_the_main_button_makes_an_open_ticket_wait_for_the_customer(cast: Cast, browser_of: Browsers) -> None:
    ticket, cleo = opened(cast.ana), browser_of(cast.cleo)
    claimed(ticket, cast.cleo)
    sent = main_button(cleo.get(f"/agent/tickets/{ticket.id}").text)
    cleo.post(f"/agent/tickets/{ticket.id}/messages", {"kind": "reply", "body": "Try again.", **sent})
    assert fresh(ticket).status is Status.WAITING_CUSTOMER


def test_the_thread_says_who_opened_the_ticket_for_whom(cast: Cast, browser_of: Browsers) -> None:
    ticket, own = opened(cast.ana, by=cast.cleo), opened(cast.ana)
    for person, path in ((cast.cleo, "/agent/tickets"), (cast.ana, "/tickets")):
        page = browser_of(person).get(f"{path}/{ticket.id}").text
        assert "Cleo Martin opened this for Ana Petrović" in page
        assert 'class="msg agent"' in page
        assert "opened this for" not in browser_of(person).get(f"{path}/{own.id}").text


class TestTheQueue:
    def test_sends_its_counts_with_every_part_and_not_for_nothing(self, cast: Cast, browser_of: Browsers) -> None:
        opened(cast.ana)
        part = browser_of(cast.cleo).get_part("/agent?view=open").text
        assert part.count('id="rows"') == 1
        [views] = re.findall(r'<hx-partial hx-target="#views" hx-swap="outerMorph">(.*?)</hx-partial>', part, re.DOTALL)
        assert re.search(r'view=unassigned".*?<span class="n">1</span>', views, re.DOTALL)
        assert "<html" not in part

    def test_of_one_customer_stays_that_customer_s_while_it_is_filtered(self, cast: Cast, browser_of: Browsers) -> None:
        opened(cast.ana)
        page = browser_of(cast.cleo).get(f"/agent?view=all&requester={cast.ana.id}&priority=high").text
        assert f'<input type="hidden" name="requester" value="{cast.ana.id}">' in page
        [all_again] = re.findall(r'<a class="btn sm" href="([^"]*)">.*?Only Ana Petrović', page)
        assert "requester" not in all_again
        assert "priority=high" in all_again

    def test_of_a_customer_without_such_tickets_offers_the_way_back(self, cast: Cast, browser_of: Browsers) -> None:
        page = browser_of(cast.cleo).get(f"/agent?view=all&requester={cast.ana.id}").text
        assert "Clear filters" in page
        assert "Only Ana Petrović" in page

    def test_leads_from_a_later_page_to_the_first_and_says_so(self, cast: Cast, browser_of: Browsers) -> None:
        for _ in range(26):
            opened(cast.ana)
        cleo = browser_of(cast.cleo)
        [onward] = re.findall(r'href="([^"]*cursor=[^"]*)"', cleo.get("/agent?view=all").text)
        later = cleo.get(html.unescape(onward)).text
        assert re.search(r'<a class="btn sm" href="/agent\?view=all&amp;sort=created">First page</a>', later)
        assert "Previous" not in later
