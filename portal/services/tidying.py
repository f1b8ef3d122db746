"""What has had its time goes: sessions, spent links, repeated answers, files that found no message."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from portal.base.database import db
from portal.base.storage import storage
from portal.base.unit_of_work import unit_of_work
from portal.models import Attachment, IdempotencyKey, OneTimeToken, UserSession
from portal.rules.vocabulary import TokenPurpose

KEEP_SPENT_LINKS = timedelta(days=7)
KEEP_ANSWERS = timedelta(hours=24)
KEEP_ORPHANS = timedelta(hours=24)
_BATCH = 500


def tidy(now: datetime) -> dict[str, int]:
    """Remove each kind in a unit of work of its own; how many of each went."""
    return {
        "sessions": _remove(delete(UserSession).where(UserSession.expires_at < now)),
        "links": _remove(delete(OneTimeToken).where(OneTimeToken.expires_at < now - KEEP_SPENT_LINKS)),
        "answers": _remove(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEEP_ANSWERS)),
        "files": _remove_orphans(now),
    }


def _remove(statement: object) -> int:
    with unit_of_work():
        return int(db.session.execute(statement).rowcount)  # type: ignore[call-overload]  # a DELETE knows its count


def _remove_orphans(now: datetime) -> int:
    """Files older than a day that neither a message nor an unspent link holds."""
    old = (now - KEEP_ORPHANS).timestamp()
    keys = [key for key, written in storage().stored_keys() if written < old]
    waiting, removed = _waiting_keys(), 0
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        held = set(db.session.scalars(select(Attachment.key).where(Attachment.key.in_(batch)))) | waiting
        for key in set(batch) - held:
            storage().delete(key)
            removed += 1
    db.session.rollback()
    return removed


def _waiting_keys() -> set[str]:
    """Files of tickets whose writers have not confirmed their address yet."""
    payloads = db.session.scalars(
        select(OneTimeToken.payload).where(
            OneTimeToken.purpose == TokenPurpose.CONFIRM_TICKET, OneTimeToken.used_at.is_(None)
        )
    )
    return {file["key"] for payload in payloads for file in payload.get("files", ())}
