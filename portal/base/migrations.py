"""The schema's way to the newest revision, one starter at a time."""

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text

from portal.base.database import normalised_url
from portal.base.problem import Problem
from portal.base.settings import Settings

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
_LOCK = 7_310_215_001  # any number that nobody else takes an advisory lock on


class MigrationError(Problem):
    """The database and this version of the code do not fit together."""


def upgrade(settings: Settings) -> tuple[str | None, str]:
    """Bring the schema to head; the revision before and after. A second caller waits for the first.

    `env.py` finds its connection in `config.attributes["connection"]`. Raises MigrationError when the database is newer.
    """
    engine = create_engine(normalised_url(settings.database_url), poolclass=NullPool)
    with engine.connect() as guard, engine.connect() as connection:
        guard.execute(text("select pg_advisory_lock(:lock)"), {"lock": _LOCK})  # let go when the connection closes
        config = _config(connection)
        before, head = _revisions(connection, config)
        connection.rollback()
        if before != head:
            command.upgrade(config, "head")
            connection.commit()
    return before, head


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revisions(connection: Connection, config: Config) -> tuple[str | None, str]:
    scripts = ScriptDirectory.from_config(config)
    current, head = MigrationContext.configure(connection).get_current_revision(), scripts.get_current_head()
    if head is None:
        raise MigrationError(f"{FOLDER} holds no migrations.")
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise MigrationError(
            f"The database is at revision {current}, which this version does not know: run the newer version of the portal."
        )
    return current, head


def is_current(connection: Connection) -> bool:
    """Whether the schema is the one this code was written for."""
    return MigrationContext.configure(connection).get_current_revision() == _head()


@lru_cache(maxsize=1)
def _head() -> str | None:
    """The code's newest revision; read once, as the running code does not change."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return ScriptDirectory.from_config(config).get_current_head()
