"""Whether everything the portal stands on is there."""

from redis import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.base.clock import now
from portal.base.database import db
from portal.base.migrations import is_current
from portal.base.redis import redis
from portal.models import Category, OutboxMail
from portal.rules.vocabulary import OutboxState


def readiness() -> dict[str, object]:
    """status is "ready", "degraded" (Redis away: pages work, mail waits) or "not ready"; checks say why, one word each."""
    checks = {"database": _database(), "redis": _redis()}
    degraded = "ready" if checks["redis"] == "ok" else "degraded"
    return {"status": degraded if checks["database"] == "ok" else "not ready", "checks": checks}


def _database() -> str:
    try:
        if not is_current(db.session.connection()):
            return "not migrated"
        return "ok" if db.session.scalar(select(Category.id).limit(1)) else "no defaults"
    except (DBAPIError, PoolTimeout):
        db.session.rollback()
        return "away"


def _redis() -> str:
    try:
        redis().ping()
    except (RedisError, OSError):
        return "away"
    return "ok"


def mail_waiting() -> int:
    """Mails whose time has come and which have not gone out."""
    query = select(func.count()).where(OutboxMail.state == OutboxState.QUEUED, OutboxMail.next_attempt_at < now())
    return db.session.scalar(query) or 0
