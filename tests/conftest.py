"""Real parts for every test: one embedded PostgreSQL and Valkey for the run, a database for each test process."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from xdist.scheduler import LoadScopeScheduling

from portal.base import migrations
from portal.base.current import current_settings
from portal.base.database import Base, db
from portal.base.embedded import Servers
from portal.base.redis import connect
from portal.base.settings import Settings
from portal.models import User
from tests.cast import Cast, Visitor
from tests.running import running_portal  # noqa: F401 (one fixture for the paths and the browser)

_servers: list[tuple[Servers, tempfile.TemporaryDirectory[str]]] = []
DEFAULTS = {"settings", "sla_policies", "business_calendars", "priority_rules", "categories", "quick_answers"}
"""Tables a migration fills; tests leave them as they are."""
PATIENT_S = 20.0
"""What a busy machine may take for what the portal itself gives 0.3 s."""


class TogetherAroundOnePortal(LoadScopeScheduling):
    """Whatever uses the running portal goes to one test process, first of all; every other test wherever there is room."""

    def _split_scope(self, nodeid: str) -> str:
        return "portal" if nodeid.startswith(("tests/browser/", "tests/paths/test_tour.py")) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return TogetherAroundOnePortal(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process starts the servers once; test processes find their addresses in the environment."""
    if hasattr(config, "workerinput") or "TEST_ADMIN_URL" in os.environ:
        return
    folder = tempfile.TemporaryDirectory(prefix="portal-tests-")
    Path(folder.name).chmod(0o755)
    servers = Servers(Path(folder.name) / "var", durable=False)
    servers.start()
    _servers.append((servers, folder))
    os.environ["TEST_ADMIN_URL"], os.environ["TEST_REDIS_URL"] = servers.admin_url, servers.redis_url
    os.environ["TEST_DATABASE_URL"] = servers.database_url


def pytest_unconfigure(config: pytest.Config) -> None:
    while _servers:
        servers, folder = _servers.pop()
        servers.stop()
        folder.cleanup()


def new_database(name: str) -> str:
    """A fresh, migrated database owned by the portal's ordinary role; returns its address."""
    admin = os.environ["TEST_ADMIN_URL"].replace("+psycopg", "")
    url = os.environ["TEST_DATABASE_URL"]
    owner = url.split("://")[1].split(":")[0]
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')
        connection.execute(f'create database "{name}" owner "{owner}"')
    address = url.rsplit("/", 1)[0] + f"/{name}"
    migrations.upgrade(Settings(database_url=address))
    return address


@pytest.fixture(scope="session")
def worker_number(request: pytest.FixtureRequest) -> int:
    """0 for a run in one process, else 1, 2, …"""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw-1")
    return int(worker.removeprefix("gw")) + 1


@pytest.fixture(scope="session")
def settings(worker_number: int, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings as in production, with limits off: tests of the limits make their own app."""
    return Settings(
        database_url=new_database(f"test_{worker_number}"),
        redis_url=os.environ["TEST_REDIS_URL"].removesuffix("/0") + f"/{worker_number}",
        secret_key="a-secret-key-that-only-the-tests-know",
        base_url="http://localhost:8000",
        data_dir=tmp_path_factory.mktemp("data"),
        mail_server="127.0.0.1",
        mail_port=9,
        support_address="support@portal.test",
        inbound_raw_secret="the-raw-hook-secret-of-the-tests-only",
        ratelimit_enabled=False,
        embedded=True,
    )


@pytest.fixture(scope="session")
def _app(settings: Settings) -> Flask:
    from portal import create_app

    return create_app(settings)


def empty_database() -> None:
    """Everything but the defaults goes, and numbers begin anew. Deleting a few rows is far quicker than TRUNCATE."""
    emptied = [table for table in reversed(Base.metadata.sorted_tables) if table.name not in DEFAULTS]
    for table in emptied:
        db.session.execute(table.delete())
    starts = [
        (table.name, table.c.id.identity.start or 1) for table in emptied if "id" in table.c and table.c.id.identity
    ]
    restarts = (f"setval(pg_get_serial_sequence('{name}', 'id'), {start}, false)" for name, start in starts)
    db.session.execute(text(f"select {', '.join(restarts)}"))
    db.session.commit()


@pytest.fixture
def app(_app: Flask) -> Iterator[Flask]:
    """The portal on an empty database; the test runs inside its context."""
    with _app.app_context():
        empty_database()
        connect(current_settings().redis_url, wait_s=PATIENT_S).flushdb()
    with _app.app_context():
        yield _app


@pytest.fixture
def cast(app: Flask) -> Cast:
    """ana, ben, cleo and dora, as rows."""
    return Cast.assemble()


@pytest.fixture
def ana(cast: Cast) -> User:
    """A premium customer."""
    return cast.ana


@pytest.fixture
def ben(cast: Cast) -> User:
    """Another customer, of another account, who must see nothing of ana's."""
    return cast.ben


@pytest.fixture
def cleo(cast: Cast) -> User:
    """An agent."""
    return cast.cleo


@pytest.fixture
def dora(cast: Cast) -> User:
    """An admin."""
    return cast.dora


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """A browser nobody is signed in with."""
    return Visitor(app)


@pytest.fixture
def browser_of(app: Flask) -> Callable[[User], Visitor]:
    """browser_of(ana): a browser in which ana is signed in."""

    def sign_in(person: User) -> Visitor:
        return Visitor(app).signed_in_as(person)

    return sign_in


@pytest.fixture
def count_statements(app: Flask) -> Iterator[Callable[[], list[str]]]:
    """count_statements() gives the SQL sent since the last call."""
    from sqlalchemy import event

    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    def take() -> list[str]:
        taken = list(seen)
        seen.clear()
        return taken

    event.listen(db.engine, "before_cursor_execute", note)
    yield take
    event.remove(db.engine, "before_cursor_execute", note)
