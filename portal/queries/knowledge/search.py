"""The one search of the knowledge base: for the pages, the API, suggestions and `portal kb search`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from psycopg.errors import QueryCanceled
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from portal.base.database import db
from portal.queries.knowledge.search_rank import rank
from portal.queries.knowledge.search_snippets import Pieces, excerpt, marked
from portal.queries.knowledge.search_words import understand
from portal.rules.search_text import parse, with_corrections

STATEMENT_MS = 500
"""What each of the two statements may take; a search that takes longer has found nothing."""

ALIKE = 0.12
"""Runs of three letters that a word shares with a misspelt one, so low that two slips rarely hide it."""

MOST_HITS = 50
LIKELY = 0.2
"""The score of 1 is an article that says all of the query in its title; below this one only a few words happen to meet."""


@dataclass(frozen=True)
class Hit:
    """An article that was found. The pieces are plain text in order, True for words that were asked for."""

    id: int
    external_id: str | None
    slug: str
    title: str
    summary: str
    score: float
    snippet: Pieces
    title_pieces: Pieces


@dataclass(frozen=True)
class Found:
    """The hits, best first; did_you_mean is the whole query again when words were corrected; of several words only if
    that found an answer, for in a small vocabulary some word is always near."""

    hits: Sequence[Hit]
    did_you_mean: str | None

    @property
    def is_likely(self) -> bool:
        """Whether the best hit says enough of the query to be an answer: any two texts share some word."""
        return bool(self.hits) and self.hits[0].score >= LIKELY


NOTHING = Found((), None)


def search_articles(text: str, *, for_staff: bool = False, limit: int = 10, with_snippets: bool = True) -> Found:
    """Articles that answer a text, at most MOST_HITS. Staff also find internal ones; drafts and archived ones nobody.

    Any text is a query; one that takes too long has found nothing. Quoted words must stand together, unless they do so
    nowhere: people quote messages with slips of their own.
    """
    query = parse(text)
    if not query.words:
        return NOTHING
    try:
        with _limited_time() as connection:
            understood = understand(connection, query, for_staff=for_staff)
            corrected = with_corrections(query.text, understood.corrections)
            find = partial(
                rank,
                connection,
                understood=understood,
                corrected=corrected,
                for_staff=for_staff,
                limit=max(1, min(limit, MOST_HITS)),
                with_snippets=with_snippets,
            )
            rows = find(query) or (find(query.without_phrases()) if query.phrases else ())
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            return NOTHING
        raise
    found = Found([_hit(row) for row in rows], corrected)
    is_sure = understood.corrections and (found.is_likely or len(query.words) == 1)
    return found if is_sure else replace(found, did_you_mean=None)


@contextmanager
def _limited_time() -> Iterator[Connection]:
    """A shorter statement time-out, until the savepoint is rolled back: reading leaves nothing else to undo, and
    after a time-out the transaction can go on."""
    connection = db.session.connection()
    savepoint = connection.begin_nested()
    try:
        connection.exec_driver_sql(
            f"select set_config('statement_timeout', '{STATEMENT_MS}', true),"
            f" set_config('pg_trgm.similarity_threshold', '{ALIKE}', true)"
        )
        yield connection
    finally:
        savepoint.rollback()


def _hit(row: Any) -> Hit:
    words = frozenset(row.marked or ())
    return Hit(
        id=row.id,
        external_id=row.external_id,
        slug=row.slug,
        title=row.title,
        summary=row.summary,
        score=float(row.score),
        snippet=excerpt(row.plain, words),
        title_pieces=marked(row.title, words),
    )
