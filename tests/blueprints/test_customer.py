"""The customer's pages: what each step shows, and where it leads; all of it without JavaScript."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.base.database import db
from portal.models import SatisfactionRating, Ticket, User
from portal.rules.vocabulary import ClockKind, Status, TokenPurpose
from portal.services import surveys
from portal.services import tickets as services
from tests.cast import Cast, Visitor
from tests.factories import after, clock_of, did, fresh, opened, replied
from tests.services.test_accounts import last_link

Browsers = Callable[[User], Visitor]
TICKET = {"subject": "No candles", "description": "None **at all**.", "category": "technical"}


def words(answer: TestResponse) -> str:
    """What a reader reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


@pytest.fixture
def hers(cast: Cast, browser_of: Browsers) -> Visitor:
    return browser_of(cast.ana)


class TestWritingATicket:
    def test_shows_number_priority_reason_and_when_to_expect_an_answer(self, hers: Visitor) -> None:
        with after():
            answer = hers.post("/tickets/new", TICKET)
            page = words(hers.get(answer.location or ""))
        assert answer.location == "/tickets/1001?new=1"
        assert "We have it: ticket 1001." in page
        assert "High" in page
        assert "Premium plan" in page
        assert "Expect our answer by today, 17:00 UTC" in page

    def test_shows_the_text_as_it_was_meant(self, hers: Visitor) -> None:
        hers.post("/tickets/new", TICKET)
        assert "<p>None <strong>at all</strong>.</p>" in hers.get("/tickets/1001").text

    def test_gives_each_form_a_key_of_its_own(self, hers: Visitor) -> None:
        keys = {
            re.findall(r'name="submission_key" value="([^"]+)"', hers.get("/tickets/new").text)[0] for _ in range(3)
        }
        assert len(keys) == 3

    def test_of_a_guest_ends_with_the_mailed_links_button(self, cast: Cast, visitor: Visitor) -> None:
        page = visitor.post("/tickets/new", {**TICKET, "email": "eva@example.net", "name": "Eva"})
        assert "eva@example.net" in page.text
        assert "No candles" not in page.text
        link = f"/tickets/confirm/{last_link(TokenPurpose.CONFIRM_TICKET)}"
        for _ in range(2):
            assert "Send my ticket" in visitor.get(link).text
        assert db.session.scalars(select(Ticket)).all() == []
        assert "We have it: ticket 1001" in words(visitor.post(link))
        for again in (visitor.get(link), visitor.post(link)):
            assert "We already have it: ticket 1001" in words(again)
        assert len(db.session.scalars(select(Ticket)).all()) == 1

    def test_of_staff_leads_to_their_queue(self, cast: Cast, browser_of: Browsers) -> None:
        assert browser_of(cast.cleo).get("/tickets/new").location == "/agent"

    def test_of_a_guest_signs_nobody_in(self, cast: Cast, visitor: Visitor) -> None:
        visitor.post("/tickets/new", {**TICKET, "email": "ana@example.com"})
        visitor.post(f"/tickets/confirm/{last_link(TokenPurpose.CONFIRM_TICKET)}")
        assert visitor.get("/tickets/1001").status_code == 303


class TestTheList:
    def test_shows_what_each_tab_says(self, hers: Visitor, cast: Cast) -> None:
        received, waiting, done = (opened(cast.ana, subject) for subject in ("Received one", "Waiting one", "Done one"))
        replied(waiting, cast.cleo)
        did(cast.cleo, services.change_status, done, Status.CLOSED)
        shown = {
            tab: {subject for subject in ("Received one", "Waiting one", "Done one") if subject in hers.get(path).text}
            for tab, path in {
                tab: f"/tickets?status={tab}" for tab in ("", "active", "waiting", "resolved", "x")
            }.items()
        }
        everything = {"Received one", "Waiting one", "Done one"}
        assert shown == {
            "": everything,
            "active": {"Received one", "Waiting one"},
            "waiting": {"Waiting one"},
            "resolved": {"Done one"},
            "x": everything,
        }
        assert fresh(received).status is Status.OPEN

    def test_uses_the_customers_words(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        said = []
        for status in Status:
            did(cast.cleo, services.change_status, ticket, status)
            said.append(re.findall(r'<span class="badge \w+">([^<]+)</span>', hers.get_part("/tickets").text)[0])
        assert [word.replace("&#39;", "'") for word in said] == [
            "Received",
            "We're on it",
            "Waiting for you",
            "Resolved",
            "Resolved",
        ]

    def test_leads_page_by_page_to_the_oldest(self, hers: Visitor, cast: Cast) -> None:
        numbers = [opened(cast.ana).id for _ in range(30)]
        found, path = [], "/tickets"
        while path:
            page = hers.get(path).text
            found += re.findall(r'href="/tickets/(\d+)"', page)
            following = re.findall(r'href="(\?[^"]*cursor=[^"]*)" rel="next"', page)
            path = "/tickets" + following[0].replace("&amp;", "&") if following else ""
        assert [int(number) for number in found] == numbers[::-1]

    def test_says_what_is_true_when_there_is_nothing(self, hers: Visitor) -> None:
        assert "No tickets yet" in words(hers.get("/tickets"))
        assert "Nothing found for “candles”" in words(hers.get("/tickets?q=candles"))

    def test_of_a_page_that_is_none_is_a_page_that_says_so(self, hers: Visitor) -> None:
        assert hers.get("/tickets?cursor=nonsense").status_code == 400


class TestATicket:
    def test_is_answered_and_leads_to_the_message(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        answer = hers.post(f"/tickets/{ticket.id}/reply", {"body": "More about it."})
        assert re.fullmatch(rf"/tickets/{ticket.id}#message-\d+", answer.location or "")
        assert "More about it." in hers.get(f"/tickets/{ticket.id}").text

    def test_that_is_closed_leads_to_the_follow_up(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.change_status, ticket, Status.CLOSED)
        answer = hers.post(f"/tickets/{ticket.id}/reply", {"body": "It is back."})
        assert (answer.location or "").startswith(f"/tickets/{ticket.id + 1}#message-")
        page = words(hers.get(f"/tickets/{ticket.id + 1}"))
        assert "your message opened this new one" in page
        assert f"This follows up ticket {ticket.id}" in page

    def test_is_resolved_reopened_and_rated_by_buttons(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        here = f"/tickets/{ticket.id}"
        assert "Mark as resolved" in hers.get(here).text
        assert hers.post(f"{here}/resolve").location == here
        page = hers.get(here).text
        assert "Mark as resolved" not in page
        assert "How did we do?" in page
        hers.post(f"{here}/rate", {"score": "4", "comment": "Quick."})
        assert "You gave 4 of 5" in words(hers.get(here))
        hers.post(f"{here}/reopen")
        assert fresh(ticket).status is Status.OPEN

    def test_offers_no_reopening_after_the_window(self, hers: Visitor, cast: Cast) -> None:
        with after():
            ticket = opened(cast.ana)
            did(cast.cleo, services.resolve, ticket)
        assert ">Reopen<" not in hers.get(f"/tickets/{ticket.id}").text.replace("</svg>", ">")

    def test_tells_an_open_page_what_is_new_and_only_that(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        [path] = re.findall(r'hx-get="([^"]+/news[^"]+)"', hers.get(f"/tickets/{ticket.id}").text)
        assert (hers.get_part(path).status_code, hers.get_part(path).data) == (204, b"")
        replied(ticket, cast.cleo, "Fresh words.")
        news = hers.get_part(path)
        assert news.status_code == 200
        assert "Fresh words." in news.text
        assert "<html" not in news.text

    def test_says_by_when_we_answer_and_what_we_wait_for(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana)
        due = clock_of(ticket, ClockKind.FIRST_RESPONSE).due_at
        assert f"by {'today' if due.date() == ticket.created_at.date() else 'tomorrow'}" in words(
            hers.get(f"/tickets/{ticket.id}")
        )
        replied(ticket, cast.cleo)
        assert "We wait for yours" in words(hers.get(f"/tickets/{ticket.id}"))


class TestTheSurvey:
    @pytest.fixture
    def link(self, cast: Cast) -> str:
        ticket = opened(cast.ana)
        did(cast.cleo, services.resolve, ticket)
        return f"/survey/{surveys.survey_token(ticket.id, cast.ana.id)}"

    def ratings(self) -> list[int]:
        return list(db.session.scalars(select(SatisfactionRating.score)))

    def test_stores_nothing_when_the_link_is_followed(self, link: str, visitor: Visitor) -> None:
        for score in range(1, 6):
            page = visitor.get(f"{link}?score={score}")
            assert re.findall(r'value="(\d)" required checked', page.text) == [str(score)]
        assert self.ratings() == []

    def test_needs_no_sign_in_and_can_be_changed(self, link: str, visitor: Visitor) -> None:
        assert "You gave 2 of 5" in words(visitor.post(link, {"score": "2", "comment": "Slow."}))
        page = visitor.get(link).text
        assert "Slow." in page
        assert re.findall(r'value="(\d)" required checked', page) == ["2"]
        visitor.post(link, {"score": "5"})
        assert self.ratings() == [5]

    def test_that_is_not_open_says_why(self, link: str, cast: Cast, visitor: Visitor) -> None:
        [ticket] = db.session.scalars(select(Ticket))
        did(cast.cleo, services.reopen, ticket)
        assert "not resolved yet" in words(visitor.get(link))
        assert visitor.post(link, {"score": "5"}).status_code == 409

    @pytest.mark.parametrize("token", ["1001-x", "nonsense", "1001", "%00"])
    def test_of_a_wrong_link_is_not_there(self, link: str, visitor: Visitor, token: str) -> None:
        assert visitor.get(f"/survey/{token}").status_code == 404
        assert visitor.post(f"/survey/{token}", {"score": "5"}).status_code == 404

    def test_opens_no_door_to_the_ticket(self, link: str, visitor: Visitor) -> None:
        visitor.post(link, {"score": "5"})
        assert visitor.get("/tickets/1001").status_code == 303


def test_adding_a_follower_answers_alike_for_everybody(hers: Visitor, cast: Cast) -> None:
    ticket = opened(cast.ana)
    answers = []
    for email in ("ben@example.org", "nobody@example.net", "cleo@portal.test", "ana@example.com"):
        answer = hers.post(f"/tickets/{ticket.id}/followers", {"email": email})
        answers.append(
            (answer.status_code, answer.location, "If this address" in hers.get(f"/tickets/{ticket.id}").text)
        )
    assert set(answers) == {(303, f"/tickets/{ticket.id}", True)}
