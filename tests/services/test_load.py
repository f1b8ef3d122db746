"""Bulk data: as true as if people had made it, and gone without a trace when loading fails."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import joinedload, undefer

from portal.base.clock import now
from portal.base.database import db
from portal.base.job_app import create_job_app
from portal.base.markup import render_article, render_markdown
from portal.base.problem import Problem
from portal.base.settings import Settings
from portal.base.slugs import slug
from portal.base.unit_of_work import unit_of_work
from portal.cli.seed import command, read_sentences, seed_load
from portal.models import Article, Category, SlaClock, SlaPolicy, Ticket, TicketEvent, TicketMessage, User
from portal.queries import routing
from portal.queries import tickets as ticket_queries
from portal.queries.knowledge.search import search_articles
from portal.rules import priority, sla
from portal.rules.vocabulary import ArticleStatus, Channel, ClockState, EventKind, Role, Status
from portal.services import Refused, accounts, tickets
from portal.services.load import Plan, load, settle
from portal.services.load.articles import make_vocabulary
from portal.services.load.promises import deadline
from portal.services.load.texts import Texts, make_sentences
from portal.services.tickets.opening import NewTicket
from portal.services.tickets.replying import NewMessage
from tests.conftest import new_database

TICKETS, MESSAGES, ARTICLES = 600, 4, 60


class Silence:
    """A watch that looks away."""

    def begin(self, phase: str, steps: int) -> None:
        pass

    def advance(self, steps: int) -> None:
        pass


class LateDoubts(Silence):
    """A watch that ends the work when nearly all of it is done."""

    def begin(self, phase: str, steps: int) -> None:
        if phase == "indexes and foreign keys":
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def database(settings: Settings, worker_number: int) -> Settings:
    """A database of its own, because loading locks and rebuilds tables."""
    return settings.filled(database_url=new_database(f"load_{worker_number}"))


@pytest.fixture(scope="module")
def bare_schema(database: Settings) -> dict[str, list[str]]:
    """Indexes, constraints and triggers before anything was loaded."""
    with create_job_app(database).app_context():
        return schema()


@pytest.fixture(scope="module")
def earlier(database: Settings, bare_schema: dict[str, list[str]]) -> int:
    """The number of a ticket that was there before the load."""
    with create_job_app(database).app_context(), unit_of_work():
        eve = accounts.make_customer("eve@example.com", "Eve")
        return a_ticket_of(eve).id


@pytest.fixture(scope="module")
def loaded_settings(database: Settings, earlier: int) -> Settings:
    """600 tickets with 4 messages each and 60 articles, beside what was there; the tests that use them only read."""
    seed_load(database, Plan(TICKETS, MESSAGES, articles=ARTICLES))
    return database


@pytest.fixture
def loaded(loaded_settings: Settings) -> Iterator[Flask]:
    app = create_job_app(loaded_settings)
    with app.app_context():
        yield app


def a_ticket_of(person: User) -> Ticket:
    category = routing.find_category("technical")
    assert category
    wanted = NewTicket("Where is my money?", "It is not there.", category, Channel.WEB)
    return tickets.open_ticket(person.actor(), person, wanted)


CATALOGUE = {
    "indexes": "select indexdef from pg_indexes where schemaname = 'public'",
    "constraints": "select concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid), convalidated) from pg_constraint",
    "triggers": "select concat_ws(' ', tgname, tgrelid::regclass, tgenabled) from pg_trigger where not tgisinternal",
}


def schema() -> dict[str, list[str]]:
    """What PostgreSQL says of itself, without the casts and brackets that it adds when it reads its own words."""
    found = {name: db.session.scalars(text(query)) for name, query in CATALOGUE.items()}
    return {name: sorted(re.sub(r"::[a-z ]+(\[\])?|[()]", "", line) for line in lines) for name, lines in found.items()}


def rows(query: str) -> int:
    return db.session.scalar(text(query)) or 0


def bulk_tickets() -> list[Ticket]:
    query = select(Ticket).options(joinedload(Ticket.requester).joinedload(User.account), joinedload(Ticket.category))
    return [one for one in db.session.scalars(query) if one.requester.email.endswith("@load.example")]


def test_every_index_constraint_and_trigger_is_back(loaded: Flask, bare_schema: dict[str, list[str]]) -> None:
    assert schema() == bare_schema


def test_what_was_there_before_still_is(loaded: Flask, earlier: int) -> None:
    eve = db.session.scalars(select(User).where(User.email == "eve@example.com")).one()
    found = ticket_queries.page_of_tickets(eve.actor(), ticket_queries.TicketFilter(text="money"))
    assert [ticket.id for ticket in found.rows] == [earlier]


def test_there_are_as_many_tickets_and_messages_as_asked_for(loaded: Flask) -> None:
    numbers = Counter(db.session.scalars(select(TicketMessage.ticket_id)))
    assert len(bulk_tickets()) == TICKETS
    assert all(numbers[ticket.id] == MESSAGES for ticket in bulk_tickets())
    assert rows("select count(*) from support_ticket_messages where is_internal") > TICKETS * 0.05


def test_there_are_40_agents_and_customers_of_every_tier(loaded: Flask) -> None:
    agents = select(func.count()).where(User.role == Role.AGENT, User.email.endswith("@load.example"))
    assert db.session.scalar(agents) == 40
    assert {ticket.requester.account.tier for ticket in bulk_tickets() if ticket.requester.account} == {
        "free",
        "pro",
        "premium",
    }


def test_numbers_rise_with_time_over_three_years(loaded: Flask) -> None:
    opened = [ticket.created_at for ticket in sorted(bulk_tickets(), key=lambda ticket: ticket.id)]
    assert opened == sorted(opened)
    assert 1000 < (now() - opened[0]).days <= 3 * 365
    assert (now() - opened[-1]).days < 7
    assert rows("select count(*) from ticket_events where created_at > now()") == 0


def test_most_tickets_are_done_and_a_few_are_active(loaded: Flask) -> None:
    states = Counter(ticket.status for ticket in bulk_tickets())
    active = sum(number for status, number in states.items() if status.is_active)
    assert 0.01 < active / TICKETS < 0.1
    assert set(states) >= {Status.CLOSED, Status.RESOLVED, Status.IN_PROGRESS, Status.WAITING_CUSTOMER}


def test_the_events_lead_from_open_to_the_present_status(loaded: Flask) -> None:
    walks: dict[int, list[TicketEvent]] = {}
    query = select(TicketEvent).where(TicketEvent.kind == EventKind.STATUS_CHANGED).order_by(TicketEvent.id)
    for event in db.session.scalars(query):
        walks.setdefault(event.ticket_id, []).append(event)
    for ticket in bulk_tickets():
        walk = walks.get(ticket.id, [])
        assert [event.old for event in walk] == ["open", *(event.new for event in walk)][: len(walk)]
        assert ["open", *(event.new for event in walk)][-1] == ticket.status
        resolved = [event.created_at for event in walk if event.new == "resolved"]
        assert resolved == [ticket.resolved_at] * len(resolved)


def test_every_message_has_its_event_and_the_last_event_dates_the_ticket(loaded: Flask) -> None:
    assert not rows("""
        select count(*) from support_ticket_messages as message
        left join ticket_events as event on event.message_id = message.id and event.ticket_id = message.ticket_id
            and event.created_at - message.created_at < interval '1 second' and event.is_internal = message.is_internal
        where event.id is null""")
    assert not rows("""
        select count(*) from support_tickets as ticket
        where updated_at <> (select max(created_at) from ticket_events where ticket_id = ticket.id)""")


def test_first_answers_and_assignees_are_those_of_the_thread(loaded: Flask) -> None:
    assert not rows("""
        select count(*) from support_tickets as ticket where first_response_at is distinct from (
            select min(message.created_at) from support_ticket_messages as message
            join users on users.id = message.author_id and users.role <> 'customer'
            where message.ticket_id = ticket.id and not is_internal)""")
    assert not rows("""
        select count(*) from support_tickets as ticket where (assignee_id is null) = exists(
            select from ticket_events where ticket_id = ticket.id and kind = 'assigned')""")


def test_each_priority_and_its_reason_are_what_the_rules_say(loaded: Flask) -> None:
    in_force = routing.priority_rules()
    for ticket in bulk_tickets()[::10]:
        thread = select(TicketMessage.body).where(TicketMessage.ticket_id == ticket.id).order_by(TicketMessage.id)
        first = db.session.scalars(thread).first()
        tier = ticket.requester.account.tier if ticket.requester.account else "free"
        facts = {"text": f"{ticket.subject}\n\n{first}", "tier": tier, "category": ticket.category.slug}
        decision = priority.decide(in_force, facts)
        assert (ticket.priority, ticket.priority_reason) == (decision.priority, decision.reason)


def test_every_clock_is_due_when_the_rules_say(loaded: Flask) -> None:
    policy = db.session.scalars(select(SlaPolicy).options(joinedload(SlaPolicy.calendar))).one().as_policy()
    of_ticket = {ticket.id: ticket for ticket in bulk_tickets()}
    for clock in db.session.scalars(select(SlaClock)):
        if clock.ticket_id not in of_ticket:
            continue
        target = policy.targets[of_ticket[clock.ticket_id].priority][clock.kind]
        counted = [pause for pause in clock.closed_pauses if clock.breached_at is None or pause[1] <= clock.breached_at]
        assert clock.due_at == sla.deadline(policy.calendar, clock.started_at, target, counted)
        assert clock.warn_at == sla.warning_at(policy.calendar, clock.started_at, target, counted)
        assert clock.breached_at in (None, clock.due_at)


def test_clocks_stop_pause_and_run_with_the_status(loaded: Flask) -> None:
    moment = now()
    states = {ticket.id: ticket.status for ticket in bulk_tickets()}
    seen = set()
    for clock in db.session.scalars(select(SlaClock).where(SlaClock.ticket_id.in_(states))):
        status = states[clock.ticket_id]
        assert clock.is_open <= status.is_active
        assert (clock.paused_at is not None) == (clock.kind == "resolution" and status is Status.WAITING_CUSTOMER)
        seen.add(clock.state(moment))
    assert seen >= {ClockState.MET, ClockState.BREACHED, ClockState.PAUSED}


def test_each_ticket_repeats_the_clock_that_ends_first(loaded: Flask) -> None:
    assert not rows("""
        select count(*) from support_tickets as ticket
        left join lateral (
            select kind, due_at, warn_at from sla_clocks
            where ticket_id = ticket.id and met_at is null and cancelled_at is null and paused_at is null
            order by due_at limit 1
        ) as clock on true
        where (next_due_at, next_warn_at, next_due_kind) is distinct from (due_at, warn_at, kind)""")


def test_what_is_shown_is_what_was_written_rendered(loaded: Flask) -> None:
    for message in db.session.scalars(select(TicketMessage).limit(300)):
        assert message.body_html == render_markdown(message.body)


def test_search_documents_hold_the_words_the_triggers_would_have_put_there(loaded: Flask) -> None:
    assert rows("select count(*) from ticket_search") == TICKETS + 1
    assert not rows("""
        select count(*) from support_tickets as ticket join ticket_search as found on found.ticket_id = ticket.id
        cross join lateral (
            select string_agg(body, ' ') filter (where not is_internal) as public, string_agg(body, ' ') as whole
            from support_ticket_messages where ticket_id = ticket.id
        ) as thread
        where found.is_active <> (ticket.status in ('open', 'in_progress', 'waiting_customer'))
           or tsvector_to_array(document) <> tsvector_to_array(to_tsvector('english', subject || ' ' || public))
           or tsvector_to_array(staff_document) <> tsvector_to_array(to_tsvector('english', subject || ' ' || whole))""")


def test_work_goes_on_after_a_load(loaded: Flask) -> None:
    agent = db.session.scalars(select(User).where(User.role == Role.AGENT).limit(1)).one()
    number = next(ticket.id for ticket in bulk_tickets() if ticket.status is Status.IN_PROGRESS)
    ticket = ticket_queries.get_ticket(agent.actor(), number, lock=True)
    message = tickets.post_reply(agent.actor(), agent, ticket, NewMessage("Is it better now?", Channel.WEB))
    opened = a_ticket_of(ticket.requester)
    db.session.flush()
    assert ticket.status is Status.WAITING_CUSTOMER
    assert message.id > MESSAGES * TICKETS
    assert opened.id > max(one.id for one in bulk_tickets() if one.id != opened.id)
    db.session.rollback()


def test_a_second_load_goes_on_top(loaded_settings: Settings) -> None:
    fresh = loaded_settings.filled(database_url=new_database("load_twice"))
    with create_job_app(fresh).app_context():
        for seed in (1, 1):
            with unit_of_work():
                load(Plan(30, 2, seed), Silence())
        settle(Silence())
        assert rows("select count(*) from support_tickets") == 60
        assert rows("select count(*) from users where role = 'agent'") == 80


def test_one_message_a_ticket_is_enough(loaded_settings: Settings) -> None:
    fresh = loaded_settings.filled(database_url=new_database("load_single"))
    with create_job_app(fresh).app_context():
        with unit_of_work():
            load(Plan(120, 1), Silence())
        assert rows("select count(*) from support_ticket_messages") == 120
        assert rows("select count(*) from sla_clocks where kind = 'first_response' and cancelled_at is not null") > 60


def test_a_load_that_fails_leaves_the_database_as_it_was(
    database: Settings, earlier: int, bare_schema: dict[str, list[str]]
) -> None:
    with create_job_app(database).app_context():
        tables = ("accounts", "users", "support_tickets", "support_ticket_messages", "ticket_search")
        before = [rows(f"select count(*) from {table}") for table in tables]  # noqa: S608 (our own list)
        db.session.rollback()
        with pytest.raises(KeyboardInterrupt), unit_of_work():
            load(Plan(50), LateDoubts())
        assert [rows(f"select count(*) from {table}") for table in tables] == before  # noqa: S608
        assert schema() == bare_schema


def test_a_load_gives_way_to_somebody_who_uses_the_tables(database: Settings, earlier: int) -> None:
    address = database.database_url.replace("+psycopg", "")
    with psycopg.connect(address) as somebody, create_job_app(database).app_context():
        somebody.execute("select id from support_tickets limit 1")
        with pytest.raises(Refused, match="stop the portal"), unit_of_work():
            load(Plan(10), Silence())


def test_the_same_seed_makes_the_same_texts(loaded: Flask) -> None:
    def drawn(seed: int) -> list[str]:
        texts = Texts(make_sentences(seed), 100, seed)
        return [texts.opening().subject for _ in range(5)] + [texts.message().body for _ in range(20)]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)


def test_given_texts_are_what_people_write(loaded_settings: Settings, tmp_path: Path) -> None:
    given = tmp_path / "texts.csv"
    given.write_text('label,text\n1,"Where\tis my card,\nplease? C:\\new"\n2,I *paid* twice\n')
    fresh = loaded_settings.filled(database_url=new_database("load_texts"))
    seed_load(fresh, Plan(20, 2, texts=read_sentences(given)))
    with create_job_app(fresh).app_context():
        assert set(db.session.scalars(select(Ticket.subject))) == {
            "Where is my card, please? C:\\new",
            "I *paid* twice",
        }
        for message in db.session.scalars(select(TicketMessage)):
            assert message.body_html == render_markdown(message.body)


@pytest.mark.parametrize("content", ["", "label\n1\n", "text\n"])
def test_a_file_without_texts_is_refused(tmp_path: Path, content: str) -> None:
    given = tmp_path / "texts.csv"
    given.write_text(content)
    with pytest.raises(Problem, match=r"texts\.csv"):
        read_sentences(given)


@pytest.mark.parametrize(
    "wrong", [["--tickets", "0"], ["--tickets", "many"], [], ["--tickets", "5", "--texts", "nowhere.csv"]]
)
def test_wrong_usage_is_told(wrong: list[str]) -> None:
    assert CliRunner().invoke(command, ["load", *wrong]).exit_code == 2


def test_pauses_shift_a_deadline_as_the_rules_do_whatever_the_calendar(loaded: Flask) -> None:
    from portal.rules.calendar import ALWAYS, parse_calendar

    office = parse_calendar("Europe/Berlin", [[["09:00", "17:00"]]] * 5 + [[], []], [])
    assert deadline(ALWAYS, 0, 100, [(50, 80), (90, 95), (500, 600)]) == 135
    assert deadline(ALWAYS, 0, 100, [(100, 200)]) == 100
    thursday_9_utc = 9 * 3600
    assert deadline(office, thursday_9_utc, 8 * 3600, [(10 * 3600, 11 * 3600)]) == (24 + 10) * 3600


def test_every_category_is_used(loaded: Flask) -> None:
    assert {ticket.category_id for ticket in bulk_tickets()} == set(db.session.scalars(select(Category.id)))


def test_articles_are_as_if_they_had_been_written(loaded: Flask) -> None:
    articles = db.session.scalars(select(Article).options(undefer(Article.body), undefer(Article.body_html))).all()
    assert len(articles) == ARTICLES
    for article in articles:
        rendered = render_article(article.body)
        assert article.body_html == rendered.html
        assert article.words == rendered.words
        assert article.headings == [[one.level, one.id, one.text] for one in rendered.headings]
        assert article.slug == slug(article.title)
    assert not rows("""
        select count(*) from kb_articles as article where not exists (
            select from kb_article_revisions as revision where revision.article_id = article.id
            and (revision.title, revision.body, revision.tags) = (article.title, article.body, article.tags))""")


def test_articles_are_found(loaded: Flask) -> None:
    published = select(Article).where(Article.status == ArticleStatus.PUBLISHED)
    for article in db.session.scalars(published.order_by(Article.id).limit(10)):
        assert article.id in {hit.id for hit in search_articles(article.title).hits[:2]}


def test_articles_can_be_loaded_alone(settings: Settings, worker_number: int) -> None:
    alone = settings.filled(database_url=new_database(f"load_articles_{worker_number}"))
    seed_load(alone, Plan(0, articles=12))
    with create_job_app(alone).app_context():
        assert rows("select count(*) from kb_articles") == 12
        assert rows("select count(*) from support_tickets") == 0


def test_a_vocabulary_is_as_wide_as_asked_for() -> None:
    words = make_vocabulary(random.Random(3), 20_000)
    assert len(set(words)) == 20_000
    assert all(word.isascii() and word.isalpha() and word.islower() and len(word) < 20 for word in words)
