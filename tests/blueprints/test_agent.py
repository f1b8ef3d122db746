"""The agents' pages: the queue as a link, the ticket's controls with and without JavaScript, the stream."""

import json
import re
from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from portal.base.database import db
from portal.models import TicketMessage, User
from portal.rules.vocabulary import AGENT_STATUS_WORDS, Channel, Priority, Status
from portal.services import surveys
from portal.services import tickets as services
from tests.cast import Cast, Visitor
from tests.factories import claimed, did, events, fresh, mails, noted, opened, replied

Browsers = Callable[[User], Visitor]


@pytest.fixture
def hers(cast: Cast, browser_of: Browsers) -> Visitor:
    """Cleo's browser."""
    return browser_of(cast.cleo)


def rows(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tr id="row-(\d+)">', page)]


class TestTheTicket:
    def test_tells_what_the_customer_thought_of_it(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.change_status, ticket, Status.RESOLVED)
        did(cast.ana, surveys.rate, ticket, 2, "It <took> a week.")
        assert "Rated 2 of 5: “It &lt;took&gt; a week.”" in hers.get(f"/agent/tickets/{ticket.id}").text

    def test_keeps_a_tag_somebody_else_has_set_meanwhile(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.dora, services.set_tags, ticket, ["alpha", "gamma"])
        hers.post(f"/agent/tickets/{ticket.id}/tags", {"tags": "zeta", "seen": "alpha"})
        assert sorted(fresh(ticket).tag_names) == ["gamma", "zeta"]

    def test_answers_a_change_with_what_is_there_by_then(self, hers: Visitor, cast: Cast, app: Flask) -> None:
        """Between the agent's note and the page that follows it the customer answers: head and thread tell both."""
        ticket = opened(cast.ana)
        replied(ticket, cast.cleo, "Which browser?")

        notes, answered = select(func.count(TicketMessage.id)).where(TicketMessage.is_internal), []

        def once_the_note_is_stored(_session: object) -> None:
            with app.app_context():
                if not answered and db.session.scalar(notes):
                    answered.append(True)
                    replied(fresh(ticket), cast.ana, "Firefox, on Linux.")

        event.listen(Session, "after_commit", once_the_note_is_stored)
        form = {"kind": "note", "body": "Looks like Firefox."}
        answer = hers.post_part(f"/agent/tickets/{ticket.id}/messages", form).text
        event.remove(Session, "after_commit", once_the_note_is_stored)
        assert "Firefox, on Linux." in answer
        assert 'class="badge in_progress">In progress</span>' in answer


class TestTheQueue:
    def test_offers_all_tickets_where_a_view_holds_nothing_that_fits(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana, "No candles")
        did(cast.cleo, services.change_status, ticket, Status.RESOLVED)
        page = hers.get("/agent?view=open&q=candles").text
        [wider] = re.findall(r'href="([^"]+)">Search all tickets', page)
        assert rows(hers.get(unescape(wider)).text) == [ticket.id]

    def test_shows_each_view_and_its_count(self, hers: Visitor, cast: Cast) -> None:
        mine, other = opened(cast.ana), opened(cast.ben)
        claimed(mine, cast.cleo)
        replied(other, cast.dora)
        shown = {
            view: rows(hers.get(f"/agent?view={view}").text) for view in ("mine", "unassigned", "waiting", "resolved")
        }
        assert shown == {"mine": [mine.id], "unassigned": [], "waiting": [other.id], "resolved": []}
        counts = re.findall(r"view=(\w+)\"[^>]*>.*?<span class=\"n[^\"]*\">(\d+)</span>", hers.get("/agent").text)
        assert dict(counts) == {"mine": "1", "unassigned": "0", "overdue": "0", "open": "2", "waiting": "1"}

    def test_is_narrowed_by_every_filter_in_the_address(self, hers: Visitor, cast: Cast) -> None:
        one = opened(cast.ana, "Everything is down", slug="billing")
        two = opened(cast.ben, "Please add candles", slug="feature_request")
        claimed(one, cast.cleo)
        for query, found in {
            "status=in_progress": [one.id],
            "priority=medium": [two.id],
            "category=billing": [one.id],
            f"assignee={cast.cleo.id}": [one.id],
            "assignee=0": [two.id],
            f"requester={cast.ben.id}": [two.id],
            "q=please": [two.id],
            f"q=%23{one.id}": [one.id],
            "sort=created": [two.id, one.id],
            "sort=due": [one.id, two.id],
            "status=gone&priority=now&assignee=x&sort=drop&view=nonsense": [one.id, two.id],
        }.items():
            assert rows(hers.get(f"/agent?{query}").text) == found, query

    def test_keeps_its_filters_in_its_own_links(self, hers: Visitor, cast: Cast) -> None:
        for _ in range(30):
            opened(cast.ana)
        page = hers.get("/agent?view=all&q=candles&priority=high&sort=created").text
        [following] = re.findall(r'href="(/agent\?[^"]+)" rel="next"', page)
        asked = parse_qs(urlsplit(following.replace("&amp;", "&")).query)
        assert (asked["q"], asked["priority"], asked["sort"]) == (["candles"], ["high"], ["created"])
        assert len(set(rows(page)) | set(rows(hers.get(following.replace("&amp;", "&")).text))) == 30

    def test_says_when_nothing_fits(self, hers: Visitor) -> None:
        assert "No tickets here right now" in hers.get("/agent").text
        assert "Nothing fits “candles”" in hers.get("/agent?q=candles").text

    def test_box_jumps_to_a_number_and_searches_all_else(self, hers: Visitor) -> None:
        assert hers.get("/agent/search?q=%231234").location == "/agent/tickets/1234"
        assert hers.get("/agent/search?q=1234").location == "/agent?view=all&q=1234"
        assert hers.get("/agent/search?q=%23x%0d%0aY").location == "/agent?view=all&q=%23x%0D%0AY"


class TestWriting:
    def test_a_reply_is_public_and_mailed(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        answer = hers.post(f"/agent/tickets/{ticket.id}/messages", {"body": "Try **this**.", "kind": "reply"})
        assert re.fullmatch(rf"/agent/tickets/{ticket.id}#message-\d+", answer.location or "")
        assert fresh(ticket).status is Status.WAITING_CUSTOMER
        assert len(mails(kind="agent_reply")) == 1

    def test_a_note_is_not(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        hers.post(f"/agent/tickets/{ticket.id}/messages", {"body": "Hm.", "kind": "note", "then": "resolved"})
        assert fresh(ticket).status is Status.OPEN
        assert mails(kind="agent_reply") == []

    @pytest.mark.parametrize(
        ("then", "status"),
        [("", "waiting_customer"), ("waiting_customer",) * 2, ("in_progress",) * 2, ("resolved",) * 2],
    )
    def test_a_reply_may_say_what_comes_next(self, hers: Visitor, cast: Cast, then: str, status: str) -> None:
        ticket = opened(cast.ana)
        hers.post(f"/agent/tickets/{ticket.id}/messages", {"body": "Try this.", "kind": "reply", "then": then})
        assert fresh(ticket).status == status

    def test_a_part_comes_back_with_the_thread_and_a_fresh_composer(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        key = re.findall(r'name="submission_key" value="([^"]+)"', hers.get(f"/agent/tickets/{ticket.id}").text)[0]
        form = {"body": "Try this.", "kind": "reply", "submission_key": key}
        answer = hers.post_part(f"/agent/tickets/{ticket.id}/messages", form)
        assert re.findall(r'hx-target="#(\w+)"', answer.text)[:4] == ["thread", "case_head", "props", "composer"]
        assert json.loads(answer.headers["HX-Trigger"]) == {"toast": {"text": "Reply sent"}}
        assert "Try this." in answer.text
        assert key not in answer.text

    def test_that_cannot_be_shows_why_and_takes_no_box_away(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        answer = hers.post_part(f"/agent/tickets/{ticket.id}/messages", {"body": " ", "kind": "reply"})
        assert answer.status_code == 422
        assert "Write a message first" in answer.text
        assert "<textarea" not in answer.text


class TestChanging:
    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("status", "resolved", "Status changed"),
            ("priority", "urgent", "Priority changed"),
            ("category", "billing", "Category changed"),
            ("tags", "vip, api", "Tags changed"),
            ("assignee", "", "Assignee changed"),
        ],
    )
    def test_each_field_leads_back_or_refreshes_what_changed(
        self, hers: Visitor, cast: Cast, field: str, value: str, said: str
    ) -> None:
        ticket = opened(cast.ana)
        path = f"/agent/tickets/{ticket.id}/{field}"
        assert hers.post(path, {field: value}).location == f"/agent/tickets/{ticket.id}"
        assert said in hers.get(f"/agent/tickets/{ticket.id}").text
        part = hers.post_part(path, {field: value})
        assert json.loads(part.headers["HX-Trigger"])["toast"]["text"] == said
        assert part.headers["HX-Reswap"] == "none"

    def test_what_is_impossible_is_409_with_the_reason(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.change_status, ticket, Status.CLOSED)
        for answer in (
            hers.post(f"/agent/tickets/{ticket.id}/status", {"status": "open"}),
            hers.post_part(f"/agent/tickets/{ticket.id}/status", {"status": "open"}),
        ):
            assert answer.status_code == 409
            assert "This ticket is closed and cannot become “Open”" in answer.text

    def test_who_comes_second_to_claim_is_told_who_came_first(
        self, hers: Visitor, cast: Cast, browser_of: Browsers
    ) -> None:
        ticket = opened(cast.ana)
        assert hers.post(f"/agent/tickets/{ticket.id}/claim").status_code == 303
        answer = browser_of(cast.dora).post(f"/agent/tickets/{ticket.id}/claim")
        assert answer.status_code == 409
        assert "Cleo Martin has taken this ticket already" in answer.text


class TestTheTicketPage:
    def test_shows_everything_an_agent_needs(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana, files=[("log.txt", b"hello")], channel=Channel.EMAIL, is_proven=False)
        noted(ticket, cast.dora, "Looks like the importer.")
        page = hers.get(f"/agent/tickets/{ticket.id}").text
        for words in (
            "My chart is empty",
            "ana@example.com",
            "premium plan",
            "Premium plan",
            "Internal note",
            "Looks like the importer.",
            "log.txt",
            "First response",
            "Resolution",
            "by e-mail",
            "Sender not proven",
        ):
            assert words in page, words

    def test_offers_every_value_with_the_present_one_chosen(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        page = hers.get(f"/agent/tickets/{ticket.id}").text
        chosen = re.findall(r'<option value="([^"]*)" selected>', page)
        assert chosen == ["open", "high", "", "technical"]
        for value in (*AGENT_STATUS_WORDS, *Priority):
            assert f'<option value="{value}"' in page

    def test_tells_an_open_page_what_is_new(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        [path] = re.findall(r'hx-get="([^"]+/news[^"]+)"', hers.get(f"/agent/tickets/{ticket.id}").text)
        assert hers.get_part(path).status_code == 204
        noted(ticket, cast.dora, "Fresh note.")
        news = hers.get_part(path)
        assert "Fresh note." in news.text
        assert 'hx-target="#composer"' not in news.text

    def test_leads_to_what_it_follows_up(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.change_status, ticket, Status.CLOSED)
        message = replied(ticket, cast.ana)
        assert f'href="/agent/tickets/{ticket.id}"' in hers.get(f"/agent/tickets/{message.ticket_id}").text


def test_every_act_through_the_pages_names_who_did_it(hers: Visitor, cast: Cast) -> None:
    ticket = opened(cast.ben)
    here = f"/agent/tickets/{ticket.id}"
    hers.post(f"{here}/priority", {"priority": "high"})
    hers.post(f"{here}/category", {"category": "billing"})
    hers.post(f"{here}/tags", {"tags": "vip"})
    hers.post(f"{here}/claim")
    hers.post(f"{here}/messages", {"body": "Try this.", "kind": "reply"})
    hers.post(f"{here}/resolve")
    hers.post(f"{here}/reopen")
    assert {event.actor_id for event in events(ticket)[2:]} == {cast.cleo.id}


def test_the_stream_begins_with_how_to_come_back(hers: Visitor, cast: Cast) -> None:
    answer = hers.get("/agent/stream", buffered=False)
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert next(iter(answer.iter_encoded())) == b"retry: 2000\n\n"
    answer.close()
