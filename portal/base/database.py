"""The database: one engine, one scoped session, limits on every wait."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import Flask, has_request_context
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import BigInteger, Connection, DateTime, Engine, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from portal.base.settings import Settings

STATEMENT_TIMEOUT_MS = 5_000
LOCK_TIMEOUT_MS = 2_000
IDLE_IN_TRANSACTION_MS = 15_000
POOL_WAIT_S = 3
CONNECT_TIMEOUT_S = 3


class Base(DeclarativeBase):
    """Names every constraint, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        int: BigInteger,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


CHANGING = "changing"
"""Set in a session's info while a unit of work is open."""


class PortalSession(Session):
    """What a web request reads outside a unit of work it reads as of one moment, and read-only: a page made of several
    statements never shows a message beside the status of the moment before it."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        engine = super().get_bind(*args, **kwargs)
        if self.info.get(CHANGING) or not has_request_context() or not isinstance(engine, Engine):
            return engine
        return _as_of_one_moment(engine)


@lru_cache(maxsize=4)
def _as_of_one_moment(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


db = SQLAlchemy(metadata=Base.metadata, session_options={"class_": PortalSession, "expire_on_commit": False})


def normalised_url(url: str) -> str:
    """SQLAlchemy's name for psycopg 3, whatever spelling of a PostgreSQL address was given."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url


def engine_options(pool_size: int) -> dict[str, Any]:
    """Pool and connection limits: waits end after seconds, dead peers are noticed, JIT stays off for short statements."""
    return {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_timeout": POOL_WAIT_S,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "hide_parameters": True,  # errors are logged: what people wrote, and nonces, are not
        "connect_args": {
            "connect_timeout": CONNECT_TIMEOUT_S,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
            "application_name": "portal",
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
            f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS} -c jit=off -c timezone=UTC",
        },
    }


def install_database(app: Flask, settings: Settings) -> None:
    """Bind the app to the database of the settings."""
    app.config["SQLALCHEMY_DATABASE_URI"] = normalised_url(settings.database_url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings.web_threads)
    db.init_app(app)
