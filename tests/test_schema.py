"""The schema: models and migrations agree to the last index, the way back works, and the database keeps its own word."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

import portal.models  # noqa: F401 (makes the whole schema known)
from portal.base.database import Base, db, normalised_url
from portal.base.migrations import FOLDER, _config
from portal.base.unit_of_work import unit_of_work
from portal.models import Ticket
from tests.cast import Cast
from tests.conftest import new_database
from tests.factories import category, did, noted, opened, replied, services

CHECKS_AND_KEYS = """
    select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
    where connamespace = 'public'::regnamespace and conrelid::regclass::text <> 'alembic_version'
      and contype <> 't'  -- triggers are in no model
"""
INDEXES = "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public' and tablename <> 'alembic_version'"
COLUMNS = """
    select table_name, column_name, data_type, is_nullable, column_default, generation_expression,
           character_maximum_length, is_identity, identity_start
    from information_schema.columns where table_schema = 'public' and table_name <> 'alembic_version'
"""
ROUTINES = """
    select proname, pg_get_functiondef(p.oid) from pg_proc p
    where pronamespace = 'public'::regnamespace
      and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
"""


def engine_of(name: str) -> Engine:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return create_engine(normalised_url(new_database(f"{name}_{worker}")), poolclass=NullPool)


def rows(connection: Connection, query: str) -> set[tuple[object, ...]]:
    return {tuple(row) for row in connection.execute(text(query))}


@pytest.fixture(scope="module")
def migrated() -> Iterator[Connection]:
    """A database at head."""
    with engine_of("migrated").connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def created() -> Iterator[Connection]:
    """A database made from the models alone."""
    with engine_of("created").connect() as connection:
        connection.execute(text("drop schema public cascade; create schema public"))
        for extension in ("pg_trgm", "unaccent", "btree_gin"):
            connection.execute(text(f"create extension if not exists {extension}"))
        Base.metadata.create_all(connection)
        yield connection


def test_alembic_finds_nothing_to_change(migrated: Connection) -> None:
    context = MigrationContext.configure(migrated, opts={"compare_type": True, "compare_server_default": True})
    assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize("query", [CHECKS_AND_KEYS, INDEXES, COLUMNS], ids=["constraints", "indexes", "columns"])
def test_what_migrations_make_is_what_the_models_say(migrated: Connection, created: Connection, query: str) -> None:
    assert rows(migrated, query) == rows(created, query)


def test_the_way_back_to_nothing_and_up_again_makes_the_same() -> None:
    with engine_of("returned").connect() as connection:
        queries = (CHECKS_AND_KEYS, INDEXES, COLUMNS, ROUTINES, "select key, value::text from settings")
        before = [rows(connection, query) for query in queries]
        connection.rollback()
        command.downgrade(_config(connection), "base")
        connection.commit()
        assert rows(connection, COLUMNS) == rows(connection, ROUTINES) == set()
        connection.rollback()
        command.upgrade(_config(connection), "head")
        connection.commit()
        assert [rows(connection, query) for query in queries] == before


def test_every_revision_follows_the_one_before_it_by_number() -> None:
    numbers = sorted(path.name.split("_")[0] for path in Path(FOLDER, "versions").glob("*.py"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


@pytest.fixture
def ticket(cast: Cast) -> Ticket:
    return opened(cast.ana)


REFUSED = {
    "an address in capitals": "insert into users (email, name, role) values ('Eve@example.net', 'Eve', 'agent')",
    "an address without @": "insert into users (email, name, role) values ('eve', 'Eve', 'agent')",
    "two people with one address": "insert into users (email, name, role) values ('ana@example.com', 'Eve', 'agent')",
    "a customer without account": "insert into users (email, name, role) values ('eve@example.net', 'Eve', 'customer')",
    "an unknown role": "insert into users (email, name, role) values ('eve@example.net', 'Eve', 'root')",
    "an unknown tier": "update accounts set tier = 'gold'",
    "an unknown status": "update support_tickets set status = 'gone'",
    "an unknown priority": "update support_tickets set priority = 'now'",
    "resolved without a time": "update support_tickets set status = 'resolved'",
    "a time without being resolved": "update support_tickets set resolved_at = now()",
    "an empty subject": "update support_tickets set subject = ''",
    "a ticket without requester": "update support_tickets set requester_id = null",
    "a requester who is none": "update support_tickets set requester_id = 4711",
    "deleting somebody with tickets": "delete from users where email = 'ana@example.com'",
    "a clock twice": "insert into sla_clocks select (c).* from (select c from sla_clocks c limit 1) as one",
    "a clock met and cancelled": "update sla_clocks set met_at = now(), cancelled_at = now()",
    "a clock without time": "update sla_clocks set target_minutes = 0",
    "one cause twice to one address": """
        insert into outbox (kind, cause, recipient, next_attempt_at)
        select kind, cause, recipient, now() from outbox limit 1""",
    "sending without a lease": "update outbox set state = 'sending'",
    "a lease without sending": "update outbox set leased_until = now()",
    "sent without a time": "update outbox set state = 'sent'",
    "a score of six": """
        insert into satisfaction_ratings (ticket_id, resolved_at, score) select id, now(), 6 from support_tickets""",
    "a tag in capitals": "insert into tags (name) values ('VIP')",
    "a delivery twice": """
        insert into inbound_emails (provider, event_key, raw, next_attempt_at)
        values ('raw', 'one', '', now()), ('raw', 'one', '', now())""",
    "an event rewritten": "update ticket_events set reason = 'nothing happened'",
    "a negative file": """
        insert into attachments (ticket_id, message_id, key, filename, content_type, size, sha256)
        select ticket_id, id, 'k', 'f', 't', -1, 's' from support_ticket_messages""",
    "two sessions with one token": """
        insert into sessions (token_hash, user_id, seen_at, expires_at)
        select 'same', id, now(), now() from users""",
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_database_refuses(ticket: Ticket, what: str) -> None:
    with pytest.raises(DBAPIError) as refused:
        db.session.execute(text(REFUSED[what]))
    assert type(refused.value.orig).__name__ in {
        "CheckViolation",
        "UniqueViolation",
        "ForeignKeyViolation",
        "NotNullViolation",
        "RaiseException",
    }
    db.session.rollback()


class TestTheSearchDocuments:
    def found(self, word: str, column: str = "document") -> list[int]:
        query = f"select ticket_id from ticket_search where {column} @@ websearch_to_tsquery('english', :word)"  # noqa: S608
        return list(db.session.scalars(text(query), {"word": word}))

    def test_hold_subject_and_public_words(self, ticket: Ticket, cast: Cast) -> None:
        replied(ticket, cast.cleo, "Try the spectrometer.")
        for word in ("chart", "candles", "spectrometer"):
            assert self.found(word) == self.found(word, "staff_document") == [ticket.id]

    def test_hold_notes_for_staff_only(self, ticket: Ticket, cast: Cast) -> None:
        noted(ticket, cast.cleo, "Looks like sabotage.")
        assert self.found("sabotage", "staff_document") == [ticket.id]
        assert self.found("sabotage") == []

    def test_know_whether_the_ticket_is_active(self, ticket: Ticket, cast: Cast) -> None:
        active = text("select is_active from ticket_search where ticket_id = :id")
        assert db.session.scalar(active, {"id": ticket.id}) is True
        did(cast.cleo, services.resolve, ticket)
        assert db.session.scalar(active, {"id": ticket.id}) is False

    def test_go_with_the_ticket(self, ticket: Ticket) -> None:
        with unit_of_work():
            db.session.execute(text("delete from support_tickets"))
        assert db.session.scalar(text("select count(*) from ticket_search")) == 0

    def test_survive_a_very_long_thread(self, ticket: Ticket, cast: Cast) -> None:
        for start in range(0, 60_000, 12_000):
            replied(ticket, cast.cleo, " ".join(f"w{number}x" for number in range(start, start + 12_000)))
        assert self.found("w7x") == [ticket.id]


def test_the_defaults_are_those_of_the_product(app: object) -> None:
    slugs = db.session.scalars(text("select slug from categories order by position")).all()
    assert slugs == ["billing", "technical", "account", "feature_request", "general"]
    assert category("general").name == "Something else"
    assert rows(db.session.connection(), "select key, value::text from settings") >= {
        ("reopen_window_days", "7"),
        ("survey_change_days", "14"),
        ("sla_warning_share", "0.75"),
    }
