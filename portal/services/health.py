"""Whether everything the portal stands on is there."""

import socket
from datetime import timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.base import redis
from portal.base.clock import now
from portal.base.current import current_settings
from portal.base.database import db
from portal.base.migrations import is_current
from portal.models import Category

MAIL_WAIT_S = 1.0
MAIL_BELIEVED = timedelta(seconds=5)
_KEY = "portal_mail_answer"


def readiness() -> dict[str, object]:
    """status is "ready", "degraded" (Redis away: pages work, mail waits) or "not ready"; checks say why in a word or two."""
    checks = {"database": _database(), "redis": "ok" if redis.answers() else "away", "mail": _mail()}
    degraded = "ready" if checks["redis"] == "ok" else "degraded"
    is_ready = checks["database"] == "ok" and checks["mail"] == "ok"
    return {"status": degraded if is_ready else "not ready", "checks": checks}


def _database() -> str:
    """Gives its connection back at once: the checks that follow may wait, and others need it."""
    try:
        if not is_current(db.session.connection()):
            return "not migrated"
        return "ok" if db.session.scalar(select(Category.id).limit(1)) else "no defaults"
    except (DBAPIError, PoolTimeout):
        return "away"
    finally:
        db.session.remove()


def _mail() -> str:
    """What the mail server last said, asked again when that is MAIL_BELIEVED old."""
    moment, known = now(), current_app.extensions.get(_KEY)
    if known is None or moment - known[0] >= MAIL_BELIEVED:
        known = current_app.extensions[_KEY] = (moment, _ask_for_mail())
    said: str = known[1]
    return said


def _ask_for_mail() -> str:
    """Whether mail can be handed over: somebody listens where it goes."""
    settings = current_settings()
    try:
        with socket.create_connection((settings.mail_server, settings.mail_port), MAIL_WAIT_S):
            return "ok"
    except OSError:
        return "away"
