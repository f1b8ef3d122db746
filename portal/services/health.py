"""Whether everything the portal stands on is there."""

import socket

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.base import redis
from portal.base.current import current_settings
from portal.base.database import db
from portal.base.migrations import is_current
from portal.models import Category

MAIL_WAIT_S = 1.0


def readiness() -> dict[str, object]:
    """status is "ready", "degraded" (Redis away: pages work, mail waits) or "not ready"; checks say why in a word or two."""
    checks = {"database": _database(), "redis": "ok" if redis.answers() else "away", "mail": _mail()}
    degraded = "ready" if checks["redis"] == "ok" else "degraded"
    is_ready = checks["database"] == "ok" and checks["mail"] == "ok"
    return {"status": degraded if is_ready else "not ready", "checks": checks}


def _database() -> str:
    try:
        if not is_current(db.session.connection()):
            return "not migrated"
        return "ok" if db.session.scalar(select(Category.id).limit(1)) else "no defaults"
    except (DBAPIError, PoolTimeout):
        db.session.rollback()
        return "away"


def _mail() -> str:
    """Whether mail can be handed over: somebody listens where it goes."""
    settings = current_settings()
    try:
        with socket.create_connection((settings.mail_server, settings.mail_port), MAIL_WAIT_S):
            return "ok"
    except OSError:
        return "away"
