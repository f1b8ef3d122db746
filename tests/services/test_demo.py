"""The demo: believable, true to the rules, complete or absent, and silent to the outside."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Select, func, select, text

from portal.base.clock import now
from portal.base.database import db
from portal.base.job_app import create_job_app
from portal.base.problem import Problem
from portal.base.settings import Settings
from portal.base.storage import storage
from portal.cli.seed import command, seed_demo
from portal.models import (
    Account,
    Attachment,
    OutboxMail,
    SatisfactionRating,
    SlaClock,
    Team,
    TeamMember,
    Ticket,
    TicketEvent,
    TicketMessage,
    User,
)
from portal.queries import tickets as ticket_queries
from portal.queries.people import find_user
from portal.rules.vocabulary import ClockKind, ClockState, EventKind, OutboxState, Priority, Role, Status, Tier
from portal.services import accounts, demo
from portal.services.demo.files import content_of
from portal.services.demo.stories import duration, file_names, read_stories
from portal.services.tickets import closing
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
    before = (count(Ticket), count(User), len(stored_files()))
    assert not seed_demo(demo_settings)
    assert (count(Ticket), count(User), len(stored_files())) == before


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
    assert (count(User), count(Ticket), count(OutboxMail)) == (0, 0, 0)
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
