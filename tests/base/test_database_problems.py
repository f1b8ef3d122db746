"""What a command says when the database is not as it should be."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
from sqlalchemy.exc import OperationalError, ProgrammingError

from portal.base.database_problems import explain

ROOT = Path(__file__).resolve().parents[2]


def test_a_missing_schema_and_a_silent_database_are_explained() -> None:
    missing = ProgrammingError("select", {}, psycopg.errors.UndefinedTable('relation "users" does not exist'))
    silent = OperationalError("select", {}, psycopg.OperationalError("connection refused\nmore"))
    assert explain(missing) == "The database has no schema yet: `portal migrate` makes it."
    assert explain(silent) == "The database does not answer: connection refused"
    assert explain(ValueError("a fault of ours")) is None


def test_a_command_without_its_database_ends_with_one_line() -> None:
    given = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgresql://portal@127.0.0.1:1/portal",
        "REDIS_URL": "redis://127.0.0.1:1",
        "SECRET_KEY": "x" * 32,
        "BASE_URL": "https://support.example.com",
        "MAIL_SERVER": "mail.example.com",
    }
    command = [sys.executable, "-m", "portal.cli", "migrate"]
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("portal: The database does not answer: ")
    assert done.stderr.count("\n") == 1
