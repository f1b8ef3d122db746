"""What has had its time goes: sessions, spent links, repeated answers, files that found no message."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Delete, delete, select
from sqlalchemy.exc import DBAPIError

from portal.base.database import db
from portal.base.storage import storage
from portal.base.unit_of_work import unit_of_work
from portal.models import ArticleImage, Attachment, IdempotencyKey, OneTimeToken, UserSession
from portal.rules.vocabulary import TokenPurpose

log = structlog.get_logger(__name__)

KEEP_SPENT_LINKS = timedelta(days=7)
KEEP_ANSWERS = timedelta(hours=24)
KEEP_ORPHANS = timedelta(hours=24)
_BATCH = 500
_HOLDERS = (Attachment.key, ArticleImage.key)


def tidy(now: datetime) -> dict[str, int]:
    """Remove each kind in a unit of work of its own; how many of each went. One that fails stops no other."""
    kinds: dict[str, Callable[[], int]] = {
        "sessions": lambda: _remove(delete(UserSession).where(UserSession.expires_at < now)),
        "links": lambda: _remove(delete(OneTimeToken).where(OneTimeToken.expires_at < now - KEEP_SPENT_LINKS)),
        "answers": lambda: _remove(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEEP_ANSWERS)),
        "files": lambda: _remove_orphans(now),
    }
    return {name: _tried(name, remove) for name, remove in kinds.items()}


def _tried(name: str, remove: Callable[[], int]) -> int:
    try:
        return remove()
    except DBAPIError:
        log.exception("not tidied", kind=name)
        db.session.rollback()
        return 0


def _remove(statement: Delete) -> int:
    with unit_of_work():
        return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]  # a DELETE knows its count


def _remove_orphans(now: datetime) -> int:
    """Files older than a day that neither a message, an article's picture nor an unspent link holds."""
    old = (now - KEEP_ORPHANS).timestamp()
    keys = [key for key, written in storage().stored_keys() if written < old]
    waiting, removed = _waiting_keys(now), 0
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        held = waiting.union(*(db.session.scalars(select(key).where(key.in_(batch))) for key in _HOLDERS))
        for key in set(batch) - held:
            storage().delete(key)
            removed += 1
    db.session.rollback()
    return removed


def _waiting_keys(now: datetime) -> set[str]:
    """Files of tickets whose writers have not confirmed their address yet."""
    payloads = db.session.scalars(
        select(OneTimeToken.payload).where(
            OneTimeToken.purpose == TokenPurpose.CONFIRM_TICKET,
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > now,
        )
    )
    return {file["key"] for payload in payloads for file in payload.get("files", ())}
