"""The demo: believable, true to the rules, complete or absent, and silent to the outside."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import undefer

from portal import create_app
from portal.base.clock import now
from portal.base.database import db
from portal.base.job_app import create_job_app
from portal.base.problem import Problem
from portal.base.settings import Settings
from portal.base.storage import storage
from portal.cli.seed import command, seed_demo
from portal.models import (
    Account,
    Article,
    ArticleRating,
    ArticleRevision,
    Attachment,
    BegunTicket,
    KbCategory,
    OutboxMail,
    SatisfactionRating,
    SearchDay,
    SlaClock,
    Team,
    TeamMember,
    Ticket,
    TicketEvent,
    TicketMessage,
    User,
)
from portal.queries import tickets as ticket_queries
from portal.queries.knowledge import articles as article_queries
from portal.queries.knowledge import insights
from portal.queries.knowledge.search import search_articles
from portal.queries.people import find_user
from portal.rules.search_figures import kept_query
from portal.rules.vocabulary import (
    ArticleStatus,
    ClockKind,
    ClockState,
    EventKind,
    OutboxState,
    Priority,
    Role,
    SearchDoor,
    Status,
    Tier,
)
from portal.services import accounts, demo
from portal.services.demo.files import content_of
from portal.services.demo.library import FOLDER, read_entries, read_library
from portal.services.demo.stories import duration, file_names, read_stories
from portal.services.tickets import closing
from tests.cast import Visitor
from tests.conftest import new_database


@pytest.fixture(scope="module")
def demo_settings(settings: Settings, worker_number: int) -> Settings:
    """A database of its own with the demo in it, told once; the tests that use it only read."""
    filled = settings.filled(database_url=new_database(f"demo_{worker_number}"))
    assert seed_demo(filled)
    return filled


@pytest.fixture
def told(demo_settings: Settings) -> Iterator[Flask]:
    """The portal with the demo in it."""
    app = create_job_app(demo_settings)
    with app.app_context():
        yield app


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def stored_files() -> set[Path]:
    return {path for path in storage().folder.rglob("*") if path.is_file()}


def pairs(query: Select[Any, Any]) -> dict[Any, Any]:
    return {key: value for key, value in db.session.execute(query)}  # noqa: C416 (dict() of a result takes it for a mapping)


def test_everybody_of_the_sign_ins_gets_in_with_the_one_password(told: Flask) -> None:
    people = [accounts.check_sign_in(email, demo.PASSWORD) for email in demo.SIGN_INS]
    assert [person.role for person in people if person] == [Role.ADMIN, *[Role.AGENT] * 2, *[Role.CUSTOMER] * 3]


def test_the_three_customers_have_their_tiers_in_accounts_of_their_own_that_share_nothing(told: Flask) -> None:
    customers = [find_user(f"{tier}@demo.test") for tier in Tier]
    found = [person.account for person in customers if person and person.account]
    assert [account.tier for account in found] == list(Tier)
    assert len({account.id for account in found}) == 3
    assert not any(account.shares_tickets for account in found)


def test_there_are_12_customers_in_5_accounts_and_4_agents_in_2_teams_each_with_a_lead(told: Flask) -> None:
    roles = pairs(select(User.role, func.count()).group_by(User.role))
    assert roles == {Role.CUSTOMER: 12, Role.AGENT: 4, Role.ADMIN: 1}
    assert (count(Account), count(Team), count(TeamMember)) == (5, 2, 4)
    assert db.session.scalar(select(func.count()).where(TeamMember.is_lead)) == 2
    assert db.session.scalar(select(func.count()).where(Account.shares_tickets)) == 2


def test_every_status_priority_and_state_of_a_promise_has_something_to_show(told: Flask) -> None:
    assert 55 <= count(Ticket) <= 70
    assert set(db.session.scalars(select(Ticket.status))) == set(Status)
    assert set(db.session.scalars(select(Ticket.priority))) == set(Priority)
    moment = now()
    states = {(clock.kind, clock.state(moment)) for clock in db.session.scalars(select(SlaClock))}
    assert {state for _, state in states} == set(ClockState)
    due_soon = select(func.count()).where(Ticket.next_warn_at < moment, Ticket.next_due_at > moment)
    overdue = select(func.count()).where(Ticket.next_due_at < moment)
    assert (db.session.scalar(due_soon) or 0) >= 3
    assert (db.session.scalar(overdue) or 0) >= 2


def test_the_past_lies_within_30_days_and_runs_in_the_order_of_the_numbers(told: Flask) -> None:
    rows = db.session.execute(select(Ticket.created_at, Ticket.updated_at).order_by(Ticket.id)).all()
    opened = [row.created_at for row in rows]
    assert opened == sorted(opened)
    assert now() - opened[0] < timedelta(days=30)
    assert all(row.created_at <= row.updated_at <= now() for row in rows)
    for model in (TicketMessage, TicketEvent, Attachment):
        moments = list(db.session.scalars(select(model.created_at).order_by(model.id)))
        assert moments == sorted(moments)
        assert moments[-1] < now()


def test_each_ticket_repeats_the_clock_that_ends_first(told: Flask) -> None:
    running = select(SlaClock.ticket_id, func.min(SlaClock.due_at)).where(
        SlaClock.met_at.is_(None), SlaClock.cancelled_at.is_(None), SlaClock.paused_at.is_(None)
    )
    by_clocks = pairs(running.group_by(SlaClock.ticket_id))
    by_tickets = select(Ticket.id, Ticket.next_due_at).where(Ticket.next_due_at.is_not(None))
    assert by_clocks == pairs(by_tickets)


def test_closed_tickets_were_resolved_a_reopen_window_before(told: Flask) -> None:
    closings = select(TicketEvent).where(
        TicketEvent.kind == EventKind.STATUS_CHANGED, TicketEvent.new == text("'\"closed\"'::jsonb")
    )
    events = db.session.scalars(closings).all()
    assert events
    for event in events:
        ticket = db.session.get_one(Ticket, event.ticket_id)
        assert ticket.resolved_at is not None
        assert event.created_at - ticket.resolved_at >= timedelta(days=6)
        assert event.reason == closing.CLOSED_BECAUSE


def test_pages_have_something_odd_to_show(told: Flask) -> None:
    subjects = list(db.session.scalars(select(Ticket.subject)))
    bodies = list(db.session.scalars(select(TicketMessage.body)))
    names = list(db.session.scalars(select(User.name)))
    assert any(len(subject) > 160 for subject in subjects)
    assert any(not name.isascii() for name in names)
    assert any("```" in body for body in bodies)
    assert any(len(body) > 1500 for body in bodies)
    assert db.session.scalar(select(func.count()).where(TicketMessage.quoted != "")) == 3
    assert len(set(db.session.scalars(select(User.time_zone)))) > 8
    comments = select(func.count()).where(SatisfactionRating.comment != "")
    assert (db.session.scalar(comments) or 0) >= 10


def test_attachments_are_real_files_of_the_type_their_content_says(told: Flask) -> None:
    kinds = set()
    for attachment in db.session.scalars(select(Attachment)):
        with storage().open(attachment.key) as stored:
            assert len(stored.read()) == attachment.size
        kinds.add(attachment.content_type)
    assert {"image/png", "application/pdf"} <= kinds


def test_no_mail_of_that_past_is_ever_sent(told: Flask) -> None:
    mails = db.session.scalars(select(OutboxMail)).all()
    assert {(mail.state, mail.reason) for mail in mails} == {(OutboxState.SUPPRESSED, demo.SUPPRESSED)}


def test_a_customer_sees_only_what_is_theirs(told: Flask) -> None:
    nina = find_user("free@demo.test")
    assert nina
    page = ticket_queries.page_of_tickets(nina.actor(), ticket_queries.TicketFilter(), limit=100)
    assert page.rows
    assert {ticket.requester_id for ticket in page.rows} == {nina.id}


def test_a_second_load_changes_nothing(told: Flask, demo_settings: Settings) -> None:
    before = (count(Ticket), count(User), count(Article), count(SearchDay), len(stored_files()))
    assert not seed_demo(demo_settings)
    assert (count(Ticket), count(User), count(Article), count(SearchDay), len(stored_files())) == before


def test_of_two_loads_at_once_the_second_finds_the_demo_there(app: Flask, settings: Settings) -> None:
    stories = read_stories()
    with demo.staged_files(stories) as staged:
        seed_demo(settings)
        with pytest.raises(demo.AlreadyThere):
            demo.load(stories, staged, now())
    assert count(Ticket) >= len(stories)


def test_a_story_that_cannot_be_told_leaves_nothing(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = stored_files()
    monkeypatch.setattr(closing, "CLOSED_BECAUSE", "x" * 301)  # longer than a reason may be
    with pytest.raises(Exception, match="too long"):
        seed_demo(settings)
    assert (count(User), count(Ticket), count(OutboxMail), count(Article), count(KbCategory)) == (0, 0, 0, 0, 0)
    assert stored_files() == files


def test_the_stories_are_the_same_every_time() -> None:
    assert read_stories() == read_stories()
    for name in file_names(read_stories()):
        assert content_of(name) == content_of(name)


def test_every_file_of_the_stories_has_a_name_of_its_own() -> None:
    names = file_names(read_stories())
    assert len(names) == len(set(names))


def test_durations_are_read_and_nonsense_is_refused() -> None:
    assert duration("1d 2h 5m") == timedelta(days=1, hours=2, minutes=5)
    for nonsense in ("", "2", "2w", "h"):
        with pytest.raises(ValueError, match="not a duration"):
            duration(nonsense)


def test_a_foreign_database_is_left_alone_without_yes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": "a-secret-key-that-only-the-tests-know",
        "BASE_URL": "https://support.example",
        "MAIL_SERVER": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(command, ["demo"])
    assert isinstance(result.exception, Problem)
    assert "--yes" in str(result.exception)


def test_first_answers_stop_the_first_clock(told: Flask) -> None:
    answered = (
        select(Ticket.first_response_at, SlaClock.met_at)
        .join(SlaClock, SlaClock.ticket_id == Ticket.id)
        .where(SlaClock.kind == ClockKind.FIRST_RESPONSE, Ticket.first_response_at.is_not(None))
    )
    rows = db.session.execute(answered).all()
    assert len(rows) > 30
    assert all(first == met for first, met in rows)


def articles() -> list[Article]:
    query = select(Article).options(undefer(Article.body), undefer(Article.body_html), undefer(Article.headings))
    return list(db.session.scalars(query.order_by(Article.id)))


def test_the_help_centre_has_articles_in_six_categories_and_of_every_status(told: Flask) -> None:
    shelves = article_queries.categories_with_counts(for_staff=False, also_empty=True)
    assert [shelf.category.name for shelf in shelves] == list(read_library().categories)
    assert len(shelves) == 6
    assert all(shelf.articles >= 2 and shelf.category.description for shelf in shelves)
    assert Counter(article.status for article in articles()) == {
        ArticleStatus.PUBLISHED: 19,
        ArticleStatus.DRAFT: 1,
        ArticleStatus.INTERNAL: 1,
        ArticleStatus.ARCHIVED: 1,
    }


def test_every_article_is_there_under_an_id_of_its_own_and_in_the_folder_of_its_category(told: Flask) -> None:
    library = read_library()
    names = [entry.name for entry in read_entries(library)]
    assert sorted(names) == sorted(library.articles) == sorted(path.stem for path in FOLDER.rglob("*.md"))
    assert [article.external_id for article in articles()] == [f"demo/{name}" for name in names]
    folders = {path.parent.name for path in FOLDER.rglob("*.md")}
    assert folders == set(db.session.scalars(select(KbCategory.slug)))


def test_articles_have_the_structure_of_the_template(told: Flask) -> None:
    for article in articles():
        sections = [name for level, _, name in article.headings if level == 2]
        expected = ["Overview", "Prerequisites", "Steps", "Additional resources"]
        assert [name for name in expected if name in sections] == sections
        assert {"Overview", "Steps", "Additional resources"} <= set(sections)
        assert 140 <= article.words <= 500
        assert article.summary
        assert article.tags
    pages = " ".join(article.body_html for article in articles())
    for piece in ("<table>", '<pre tabindex="0">', "<ol>", "<kbd>", "callout note", "callout tip", "callout warning"):
        assert piece in pages


def test_links_of_articles_lead_somewhere_that_answers(told: Flask, demo_settings: Settings) -> None:
    links = {unescape(link) for article in articles() for link in re.findall(r'href="([^"]+)"', article.body_html)}
    assert len(links) > 10
    assert [link for link in links if not link.startswith("/")] == []
    visitor = Visitor(create_app(demo_settings))
    for link in links:
        page = visitor.get(link)
        assert page.status_code == 200, link
        assert "No article answers" not in page.text, link


def test_articles_were_written_changed_and_read_in_the_past(told: Flask) -> None:
    moment = now()
    people = db.session.scalars(select(User).where(User.role == Role.AGENT)).all()
    assert {article.author_id for article in articles()} == {person.id for person in people}
    for article in articles():
        assert moment - timedelta(days=90) < article.created_at < article.updated_at < moment
        versions = (
            select(ArticleRevision).where(ArticleRevision.article_id == article.id).order_by(ArticleRevision.version)
        )
        revisions = list(db.session.scalars(versions))
        assert len(revisions) >= 2
        assert revisions[0].status == ArticleStatus.DRAFT
        assert revisions[-1].created_at == article.updated_at
        if article.status == ArticleStatus.PUBLISHED:
            assert article.published_at is not None
            assert article.created_at < article.published_at < article.updated_at
            assert article.views > 100
    assert len({article.updated_at.date() for article in articles()}) > 10
    assert article_queries.status_counts(moment.date())["due"] == 2


def test_votes_of_articles_are_rows_and_some_say_why(told: Flask) -> None:
    counts = select(
        ArticleRating.article_id,
        func.count().filter(ArticleRating.helpful),
        func.count().filter(~ArticleRating.helpful),
    ).group_by(ArticleRating.article_id)
    by_rows = {article_id: (yes, no) for article_id, yes, no in db.session.execute(counts)}
    by_articles = {article.id: (article.helpful, article.unhelpful) for article in articles()}
    assert {number: votes for number, votes in by_articles.items() if votes != (0, 0)} == by_rows
    remarks = db.session.scalars(select(ArticleRating).where(ArticleRating.comment != "")).all()
    assert len(remarks) > 10
    assert {rating.helpful for rating in remarks} == {True, False}
    published = pairs(select(Article.id, Article.published_at))
    for rating in db.session.scalars(select(ArticleRating)):
        first_seen = published[rating.article_id]
        assert first_seen < rating.created_at < now()


def test_a_search_for_export_finds_the_article_about_it_first(told: Flask) -> None:
    assert search_articles("export").hits[0].external_id == "demo/export-your-data"


def test_searches_of_the_last_days_found_what_search_finds(told: Flask) -> None:
    days = db.session.scalars(select(SearchDay)).all()
    assert {day.door for day in days} == set(SearchDoor)
    assert all(timedelta(0) <= now().date() - day.day <= timedelta(days=14) for day in days)
    assert all(day.opened <= day.found <= day.searches for day in days)
    for search in read_library().searches:
        assert kept_query(search.query) == search.query
        hits = search_articles(search.query, for_staff=search.door == SearchDoor.AGENT).hits
        assert bool(hits) == search.found, search.query
        assert sum(day.opened for day in days if day.query == search.query) == search.opened


def test_agents_see_what_to_write_and_what_the_articles_achieve(told: Flask) -> None:
    since = now() - timedelta(days=30)
    failed = insights.without_result(since.date())
    topics = {topic.words: topic.searches for topic in insights.to_write(since, failed)}
    assert topics["time", "zone"]
    assert topics["app", "phone"]
    assert insights.top_queries(since.date())
    assert insights.without_click(since.date())
    assert insights.least_helpful()
    figures = insights.funnel(since)
    assert figures["shown"] == count(BegunTicket)
    assert 0 < figures["solved"] < figures["opened"] < figures["shown"]
