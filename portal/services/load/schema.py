"""What the big tables carry around their rows, taken away and put back within one transaction."""

from collections.abc import Iterable, Sequence

import psycopg
from psycopg.errors import LockNotAvailable
from sqlalchemy import text

from portal.base.database import db
from portal.services import Refused

_LIMITS = {
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "2s",
    "maintenance_work_mem": "512MB",
    "work_mem": "256MB",
}

_INDEXES = """
select format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
from pg_index where indrelid = cast(:table as regclass) and not indisunique order by indexrelid
"""
_FOREIGN_KEYS = """
select format('alter table %s drop constraint %I', conrelid::regclass, conname),
       format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
from pg_constraint where conrelid = cast(:table as regclass) and contype = 'f' order by oid
"""


def driver() -> psycopg.Connection:
    """psycopg's connection of the caller's transaction."""
    connection = db.session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return connection


def run(statement: str) -> None:
    """One statement in the caller's transaction, as PostgreSQL's own catalogue or this package wrote it."""
    driver().execute(statement.encode())


def allow_long_work() -> None:
    """Lift the limits of short requests until the transaction ends."""
    for name, value in _LIMITS.items():
        run(f"set local {name} = '{value}'")


def strip(tables: Sequence[str]) -> list[str]:
    """Take away what slows writing; unique keys and checks stay. Returns the statements that bring all of it back.

    Raises Refused when somebody else holds one of the tables.
    """
    try:
        for table in tables:
            run(f"lock table {table} in access exclusive mode")
    except LockNotAvailable:
        raise Refused("Somebody is using the tables: stop the portal first.") from None
    indexes, foreign_keys = _catalogue(_INDEXES, tables), _catalogue(_FOREIGN_KEYS, tables)
    for drop, _ in (*foreign_keys, *indexes):
        run(drop)
    for table in tables:
        run(f"alter table {table} disable trigger user")
    triggers = [f"alter table {table} enable trigger user" for table in tables]
    return [*(make for _, make in (*indexes, *foreign_keys)), *triggers]


def next_number(table: str) -> int:
    """An id that no row of the table has, nor any after it."""
    sequence = "select nextval(pg_get_serial_sequence(:table, 'id'))"
    number: int = db.session.execute(text(sequence), {"table": table}).scalar_one()
    return number


def set_number(table: str, last: int) -> None:
    """The next row gets an id beyond the last one used."""
    sequence = "select setval(pg_get_serial_sequence(:table, 'id'), :last)"
    db.session.execute(text(sequence), {"table": table, "last": last})


def _catalogue(query: str, tables: Iterable[str]) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for table in tables for row in db.session.execute(text(query), {"table": table})]
