"""The schema on its way to head."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from portal.base.migrations import MigrationError, upgrade
from portal.base.settings import Settings
from tests.conftest import new_database

ROOT = Path(__file__).resolve().parents[2]


def settings_for(name: str) -> Settings:
    return Settings(database_url=new_database(f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"))


def run(settings: Settings, statement: str) -> None:
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement.encode())


def test_a_second_time_changes_nothing() -> None:
    settings = settings_for("repeated")
    current, head = upgrade(settings)
    assert current == head


def test_a_newer_database_is_refused_and_left_alone() -> None:
    settings = settings_for("newer")
    run(settings, "update alembic_version set version_num = '9999'")
    with pytest.raises(MigrationError, match="at revision 9999, which this version does not know"):
        upgrade(settings)


def test_two_starters_do_not_race() -> None:
    settings = settings_for("raced")
    run(settings, "drop schema public cascade")
    run(settings, "create schema public")
    production = {"REDIS_URL": "redis://127.0.0.1", "SECRET_KEY": "x" * 32, "BASE_URL": "http://localhost"}
    given = {**os.environ, **production, "MAIL_SERVER": "localhost", "DATABASE_URL": settings.database_url}
    command = [sys.executable, "-m", "portal.cli", "migrate"]
    starters = [subprocess.Popen(command, cwd=ROOT, env=given, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = sorted(starter.communicate(timeout=60)[0] for starter in starters)
    head = upgrade(settings)[1]
    assert answers == [f"Already at {head}.\n", f"Migrated from an empty database to {head}.\n"]
