"""Bulk data for measurements: true to every rule and constraint, made in memory and copied in.

Everything happens in the caller's one transaction: indexes, foreign keys and triggers of the big tables are taken away,
rows are copied, then all of it is rebuilt. Should anything fail, the database is what it was before. The tables are
locked meanwhile, so the portal should not be serving.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from portal.base.database import db
from portal.services.load import articles, copying, people, schema, search
from portal.services.load.history import Historian
from portal.services.load.texts import Texts, make_sentences

__all__ = ["Plan", "Watch", "load", "settle"]

CHUNK = 2_000
"""Tickets made and copied at a time."""

TICKETS, MESSAGES = "support_tickets", "support_ticket_messages"
TABLES = (TICKETS, MESSAGES, "ticket_events", "sla_clocks", "ticket_search")


@dataclass(frozen=True)
class Plan:
    """What to load. texts are sentences people might write in tickets; none: made-up ones."""

    tickets: int
    messages: int = 4
    seed: int = 1
    texts: Sequence[str] = ()
    articles: int = 0


class Watch(Protocol):
    """Is told how far the work is."""

    def begin(self, phase: str, steps: int) -> None: ...

    def advance(self, steps: int) -> None: ...


def load(plan: Plan, watch: Watch) -> None:
    """Copy what the plan says into the database. Raises Refused when somebody else uses the tables."""
    schema.allow_long_work()
    if plan.tickets:
        _load_tickets(plan, watch)
    if plan.articles:
        _load_articles(plan, watch)


def _load_tickets(plan: Plan, watch: Watch) -> None:
    watch.begin("people and texts", 1)
    rebuild = schema.strip(TABLES)
    historian = _historian(plan)
    watch.advance(1)
    watch.begin("tickets", plan.tickets)

    def index(chunk: copying.Chunk) -> None:
        search.write_documents(chunk.first_message, chunk.last_message)
        watch.advance(chunk.tickets)

    copying.copy_chunks(historian.chunks(plan.tickets, CHUNK), index)
    schema.set_number(TICKETS, historian.next_ticket - 1)
    schema.set_number(MESSAGES, historian.next_message - 1)
    _rebuild(rebuild, watch)


def _load_articles(plan: Plan, watch: Watch) -> None:
    watch.begin("articles", plan.articles)
    rebuild = schema.strip(articles.TABLES)
    for written in articles.copy_articles(plan.articles, plan.seed):
        watch.advance(written)
    watch.begin("search in articles", 1)
    articles.rebuild_search()
    watch.advance(1)
    _rebuild(rebuild, watch)


def _historian(plan: Plan) -> Historian:
    population = people.make(plan.tickets, plan.seed)
    texts = Texts(plan.texts or make_sentences(plan.seed), plan.tickets, plan.seed)
    first_ticket, first_message = schema.next_number(TICKETS), schema.next_number(MESSAGES)
    return Historian(plan.messages, plan.seed, population, texts, first_ticket, first_message)


def _rebuild(statements: Sequence[str], watch: Watch) -> None:
    watch.begin("indexes and foreign keys", len(statements))
    for statement in statements:
        schema.run(statement)
        watch.advance(1)


def settle(watch: Watch) -> None:
    """After the commit: vacuum and fresh statistics, so that the first reader does not pay for the load."""
    tables = (*TABLES, *articles.TABLES, "users", "accounts")
    watch.begin("vacuum and statistics", len(tables))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("set statement_timeout = 0")
        for table in tables:
            connection.exec_driver_sql(f"vacuum (analyze) {table}")
            watch.advance(1)
        connection.invalidate()  # its settings are not those of the pool
