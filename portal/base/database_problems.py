"""The database's errors that a person at the terminal can mend, in one sentence each."""

import psycopg
from psycopg.errors import UndefinedTable
from sqlalchemy.exc import DBAPIError


def explain(error: BaseException) -> str | None:
    """None when it is nothing a person can mend: then it is a fault of ours."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, UndefinedTable):
        return "The database has no schema yet: `portal migrate` makes it."
    if isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None:
        return f"The database does not answer: {_first_line(cause)}"
    return None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]
