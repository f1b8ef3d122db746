"""Answers while a ticket is written, what became of it, and what readers miss."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.base.clock import now
from portal.base.database import db
from portal.models import BegunTicket, OutboxMail, QuickAnswer, Ticket, User
from portal.queries.knowledge import insights
from portal.rules.vocabulary import Deflection, Status
from portal.services import tickets as ticket_services
from portal.services.knowledge import figures
from portal.services.mailing import message_for
from tests.blueprints.test_knowledge import written
from tests.cast import Cast, Visitor
from tests.factories import did, events, noted, opened

Browsers = Callable[[User], Visitor]
BEGUN = {"subject": "cannot export", "description": "I want my trades as a file", "submission_key": "one-form"}


def begun() -> BegunTicket:
    return db.session.scalars(select(BegunTicket).execution_options(populate_existing=True)).one()


class TestWhileATicketIsWritten:
    def test_articles_and_a_ready_answer_are_offered(self, app: object, visitor: Visitor) -> None:
        article = written()
        part = visitor.post_part("/tickets/suggestions", dict(BEGUN)).text
        assert part.strip().startswith('<aside class="suggestions" id="suggestions"')
        assert article.title in part
        assert "Export my data" in part
        assert "This solved it" in part

    def test_the_same_is_had_without_scripts_and_nothing_typed_is_lost(self, app: object, visitor: Visitor) -> None:
        article = written()
        page = visitor.post("/tickets/suggestions", dict(BEGUN)).text
        assert article.title in page
        assert "I want my trades as a file" in page
        assert 'value="one-form"' in page

    def test_what_is_internal_is_offered_to_nobody(self, cast: Cast, browser_of: Browsers, visitor: Visitor) -> None:
        written("Export quietly", status="internal")
        for browser in (visitor, browser_of(cast.ana)):
            assert "quietly" not in browser.post_part("/tickets/suggestions", dict(BEGUN)).text

    @pytest.mark.parametrize("typed", ["", "ab", "\0\0\0\0", "x" * 50_000, "'\"!&|()", "مرحبا بك", "設定" * 300])
    def test_any_text_is_taken(self, app: object, visitor: Visitor, typed: str) -> None:
        for form in ({"subject": typed}, {"subject": "x", "description": typed}):
            assert visitor.post_part("/tickets/suggestions", {**form, "submission_key": "k"}).status_code == 200

    def test_somebody_who_comes_from_an_article_brings_it_along(self, cast: Cast, browser_of: Browsers) -> None:
        article, ana = written(), browser_of(cast.ana)
        page = ana.get(f"/tickets/new?article={article.id}&q=excel%20export").text
        assert f'You come from “<a href="{article.path}">Export your trades</a>”' in page
        assert 'value="excel export"' in page
        form = {**BEGUN, "category": "technical", "article": str(article.id), "q": "excel export"}
        ana.post("/tickets/new", form)
        ticket = db.session.scalars(select(Ticket)).one()
        told = "“Export your trades” and searched for “excel export”"
        assert told in [event.new for event in events(ticket)]
        assert told in browser_of(cast.cleo).get(f"/agent/tickets/{ticket.id}").text.replace("&#34;", '"')
        assert "searched for" not in ana.get(f"/tickets/{ticket.id}").text

    @pytest.mark.parametrize("given", ["0", "x", "99999", "9" * 30, "-1"])
    def test_an_article_that_is_none_brings_nothing(self, app: object, visitor: Visitor, given: str) -> None:
        assert "You come from" not in visitor.get(f"/tickets/new?article={given}").text

    def test_a_draft_is_no_article_to_come_from(self, app: object, visitor: Visitor) -> None:
        draft = written("Secret plans", status="draft")
        assert "Secret plans" not in visitor.get(f"/tickets/new?article={draft.id}").text


class TestWhatBecameOfIt:
    def test_solved_sends_nothing_and_counts_what_helped(self, app: object, visitor: Visitor) -> None:
        article = written()
        visitor.post_part("/tickets/suggestions", dict(BEGUN))
        assert begun().outcome is Deflection.SHOWN
        page = visitor.post("/tickets/solved", {**BEGUN, "solved": f"article:{article.id}"}).text
        assert "Glad that helped" in page
        assert (begun().outcome, begun().article_id) == (Deflection.SOLVED, article.id)
        assert db.session.scalars(select(Ticket)).all() == []

    def test_a_ready_answer_counts_offered_and_solved(self, app: object, visitor: Visitor) -> None:
        answer = db.session.scalars(select(QuickAnswer).where(QuickAnswer.title == "Export my data")).one()
        before = (answer.shown, answer.used)
        for _ in range(3):
            visitor.post_part("/tickets/suggestions", dict(BEGUN))
        visitor.post("/tickets/solved", {**BEGUN, "solved": f"answer:{answer.id}"})
        visitor.post("/tickets/solved", {**BEGUN, "solved": f"answer:{answer.id}"})
        db.session.refresh(answer)
        assert (answer.shown, answer.used) == (before[0] + 1, before[1] + 1)

    def test_opened_and_then_sent_is_sent(self, cast: Cast, browser_of: Browsers) -> None:
        article, ana = written(), browser_of(cast.ana)
        ana.post_part("/tickets/suggestions", dict(BEGUN))
        assert "Before you begin" in ana.get(f"/kb/articles/{article.id}/peek?form=one-form").text
        figures.take_down(now().date())
        assert (begun().outcome, begun().article_id) == (Deflection.OPENED, article.id)
        ana.post("/tickets/new", {**BEGUN, "category": "technical"})
        assert begun().outcome is Deflection.SENT
        assert begun().ended_at is not None

    @pytest.mark.parametrize("solved", ["", "article:", "article:x", "answer:" + "9" * 30, "other:1", "article:4711"])
    def test_whatever_is_said_to_have_solved_it_breaks_nothing(
        self, app: object, visitor: Visitor, solved: str
    ) -> None:
        written()
        visitor.post_part("/tickets/suggestions", dict(BEGUN))
        assert visitor.post("/tickets/solved", {**BEGUN, "solved": solved}).status_code in (200, 404, 422)

    def test_nothing_says_who_it_was(self, cast: Cast, browser_of: Browsers) -> None:
        written()
        browser_of(cast.ana).post_part("/tickets/suggestions", dict(BEGUN))
        assert begun().form_key != "one-form"
        assert set(BegunTicket.__table__.columns.keys()).isdisjoint({"user_id", "email", "session_id", "peer"})


class TestBesideAnOpenTicket:
    def test_stand_articles_a_ready_answer_and_solved_tickets_like_it(self, cast: Cast, browser_of: Browsers) -> None:
        article, internal = written(), written("Export for refunds", status="internal")
        like, other, active = (
            opened(cast.ben, subject) for subject in ("Export of trades fails", "A login question", "Export!")
        )
        for ticket in (like, other):
            did(cast.cleo, ticket_services.change_status, ticket, Status.RESOLVED)
        ticket = opened(cast.ana, "Cannot export trades", "Please.")
        noted(ticket, cast.cleo)
        part = browser_of(cast.cleo).get_part(f"/agent/tickets/{ticket.id}/helpers").text
        assert f'data-insert="[{article.title}](http://localhost:8000{article.path})"' in part
        assert internal.title in part
        assert "Export my data" in part
        assert f"/agent/tickets/{like.id}" in part
        assert f"/agent/tickets/{other.id}" not in part
        assert f"/agent/tickets/{active.id}" not in part

    def test_the_same_stands_on_the_whole_page_without_scripts(self, cast: Cast, browser_of: Browsers) -> None:
        article, ticket = written(), opened(cast.ana, "Cannot export trades")
        page = browser_of(cast.cleo).get(f"/agent/tickets/{ticket.id}/helpers").text
        assert article.title in page
        assert "Cannot export trades" in page
        assert browser_of(cast.ana).get(f"/agent/tickets/{ticket.id}/helpers").status_code == 404


class TestInsights:
    def test_tell_what_was_searched_missed_and_left_unopened(
        self, cast: Cast, browser_of: Browsers, visitor: Visitor
    ) -> None:
        article = written()
        for path in (
            "/kb/search?q=zebra",
            "/kb/search?q=zebra",
            "/kb/search?q=trades",
            "/kb/search?q=export",
            f"{article.path}?q=export",
        ):
            visitor.get(path)
        figures.take_down(now().date())
        since = now().date() - timedelta(days=7)
        assert [(row.query, row.searches) for row in insights.top_queries(since)] == [
            ("zebra", 2),
            ("export", 1),
            ("trades", 1),
        ]
        assert [row.query for row in insights.without_result(since)] == ["zebra"]
        assert [row.query for row in insights.without_click(since)] == ["trades"]
        assert "zebra" in browser_of(cast.cleo).get("/agent/articles/insights?days=7").text

    def test_name_topics_of_tickets_no_article_covers_with_the_searches_about_them(
        self, cast: Cast, visitor: Visitor
    ) -> None:
        written("Export your trades")
        for _ in range(3):
            opened(cast.ana, "Webhook signature is wrong")
            opened(cast.ben, "Cannot export my trades")
        visitor.get("/kb/search?q=webhook%20payload")
        figures.take_down(now().date())
        since = now() - timedelta(days=1)
        topics = insights.to_write(since, insights.without_result(since.date()))
        first = next(topic for topic in topics if set(topic.words) == {"webhook", "signatur"})
        assert (first.tickets, list(first.searches)) == (3, ["webhook payload"])
        assert not [topic for topic in topics if set(topic.words) == {"export", "trade"}]

    def test_the_funnel_counts_each_form_once(self, app: object, visitor: Visitor) -> None:
        article = written()
        for key in ("a", "b", "c"):
            visitor.post_part("/tickets/suggestions", {**BEGUN, "submission_key": key})
        visitor.post("/tickets/solved", {"submission_key": "a", "solved": f"article:{article.id}"})
        assert insights.funnel(now() - timedelta(days=1)) == {"shown": 3, "opened": 1, "solved": 1, "sent": 0}


def test_the_acknowledgement_names_articles_that_may_help(cast: Cast) -> None:
    article = written()
    opened(cast.ana, "Cannot export trades")
    mail = message_for(db.session.scalars(select(OutboxMail.id)).one())
    text = mail.get_body(("plain",))
    assert text is not None
    assert article.title in text.get_content()
    assert f"http://localhost:8000{article.path}" in text.get_content()
