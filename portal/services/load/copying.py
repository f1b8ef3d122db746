"""PostgreSQL's COPY: rows as text, the next chunk being made while the last one is written."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from portal.services.load.schema import driver

NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})

Row = str
"""One row of COPY's text format: columns between tabs."""


@dataclass(frozen=True)
class Chunk:
    """Rows of several tables that belong together: so many tickets, with the messages from the first id to the last."""

    tickets: int
    first_message: int
    last_message: int
    rows: Mapping[str, list[Row]]


COLUMNS: Mapping[str, Sequence[LiteralString]] = {
    "accounts": ("id", "name", "tier", "created_at"),
    "users": (
        "id", "email", "name", "role", "account_id", "verified_at", "time_zone", "created_at",
    ),
    "support_tickets": (
        "id", "subject", "status", "priority", "priority_reason", "category_id", "channel", "requester_id", "account_id",
        "assignee_id", "created_at", "updated_at", "first_response_at", "resolved_at", "next_due_at", "next_warn_at",
        "next_due_kind",
    ),
    "support_ticket_messages": (
        "id", "ticket_id", "author_id", "is_internal", "channel", "body", "body_html", "created_at",
    ),
    "ticket_events": (
        "ticket_id", "actor_id", "kind", "old", "new", "reason", "message_id", "is_internal", "created_at",
    ),
    "sla_clocks": (
        "ticket_id", "kind", "instance", "policy_id", "policy_version", "target_minutes", "started_at", "due_at",
        "warn_at", "paused_at", "pauses", "met_at", "breached_at", "cancelled_at",
    ),
    "kb_articles": (
        "id", "slug", "title", "summary", "body", "body_html", "headings", "tags", "category_id", "status", "version",
        "created_at", "updated_at", "published_at", "words", "views",
    ),
    "kb_article_revisions": (
        "article_id", "version", "title", "summary", "body", "tags", "category_id", "status", "created_at",
    ),
}  # fmt: skip


def escaped(text: str) -> str:
    """A text as it stands in a row."""
    return text.translate(_ESCAPES)


def copy_rows(table: str, rows: Iterable[Row]) -> None:
    """Append rows to a table of COLUMNS, in the caller's transaction."""
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in COLUMNS[table])
    command = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), columns)
    with driver().cursor() as cursor, cursor.copy(command) as copy:
        copy.write("\n".join(rows) + "\n")


def copy_chunks(chunks: Iterator[Chunk], then: Callable[[Chunk], None]) -> None:
    """Copy one chunk, and do what comes then, while a second thread makes the next: the one waits for the server,
    the other computes."""
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(next, chunks, None)
        while chunk := coming.result():
            coming = maker.submit(next, chunks, None)
            for table, rows in chunk.rows.items():
                copy_rows(table, rows)
            then(chunk)
