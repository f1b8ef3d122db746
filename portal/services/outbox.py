"""Delivering the outbox: claim one row under a lease, send outside any transaction, mark. The row is the truth."""

import random
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import and_, or_, select, update

from portal.base.clock import now
from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.mail.headers import addresses_of
from portal.mail.transport import Connection, SendResult
from portal.models import OutboxMail
from portal.rules.vocabulary import OutboxState
from portal.services.mailing import NotOwed, message_for

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=90)
MAX_ATTEMPTS = 14
FIRST_WAIT_S = 30
LONGEST_WAIT_S = 3600


@dataclass(frozen=True)
class Claimed:
    """A row that is ours until its lease ends."""

    id: int
    attempts: int


def claim_next() -> Claimed | None:
    """Take the row that is due longest, or one whose worker died; the count goes up before any work."""
    moment = now()
    due = or_(
        and_(OutboxMail.state == OutboxState.QUEUED, OutboxMail.next_attempt_at <= moment),
        and_(OutboxMail.state == OutboxState.SENDING, OutboxMail.leased_until < moment),
    )
    waiting = select(OutboxMail.id).where(due).order_by(OutboxMail.next_attempt_at, OutboxMail.id).limit(1)
    with unit_of_work():
        claimed = db.session.execute(
            update(OutboxMail)
            .where(OutboxMail.id == waiting.with_for_update(skip_locked=True).scalar_subquery())
            .values(state=OutboxState.SENDING, leased_until=moment + LEASE, attempts=OutboxMail.attempts + 1)
            .returning(OutboxMail.id, OutboxMail.attempts)
            .execution_options(synchronize_session=False)
        ).first()
    return Claimed(claimed.id, claimed.attempts) if claimed else None


def deliver(claimed: Claimed, connection: Connection) -> OutboxState:
    """Compose and send one claimed mail and give its row the state that follows. Never raises for the mail's own faults."""
    if claimed.attempts > MAX_ATTEMPTS:
        return _mark(claimed, OutboxState.FAILED, f"Given up after {MAX_ATTEMPTS} attempts.")
    try:
        message = message_for(claimed.id)
    except NotOwed as why:
        return _mark(claimed, OutboxState.SUPPRESSED, str(why))
    except Exception as error:
        log.exception("mail not composed", mail=claimed.id)
        return _retry(claimed, f"It could not be composed: {type(error).__name__}")
    finally:
        db.session.remove()
    return _marked_by(claimed, connection.send(message, *addresses_of(message)))


def _marked_by(claimed: Claimed, result: SendResult) -> OutboxState:
    said = f"{result.code or ''} {result.text}".strip()
    if result.state == "sent":
        return _mark(claimed, OutboxState.SENT, said)
    if result.state == "failed":
        return _mark(claimed, OutboxState.FAILED, said)
    return _retry(claimed, said)


def _retry(claimed: Claimed, reason: str) -> OutboxState:
    if claimed.attempts >= MAX_ATTEMPTS:
        return _mark(claimed, OutboxState.FAILED, reason)
    return _mark(claimed, OutboxState.QUEUED, reason)


def _mark(claimed: Claimed, state: OutboxState, reason: str) -> OutboxState:
    """Only the holder of the lease marks: the count of attempts tells whether somebody else has taken the row since."""
    moment = now()
    with unit_of_work():
        db.session.execute(
            update(OutboxMail)
            .where(
                OutboxMail.id == claimed.id,
                OutboxMail.state == OutboxState.SENDING,
                OutboxMail.attempts == claimed.attempts,
            )
            .values(
                state=state,
                reason=reason[:500],
                leased_until=None,
                sent_at=moment if state is OutboxState.SENT else None,
                next_attempt_at=moment + wait_after(claimed.attempts),
            )
        )
    if state is OutboxState.FAILED:
        log.error("mail failed", mail=claimed.id, reason=reason)
    return state


def wait_after(attempts: int) -> timedelta:
    """Half a minute, doubling up to an hour, with a fifth of jitter, so that many waiting mails do not come at once."""
    seconds = min(FIRST_WAIT_S * 2 ** (attempts - 1), LONGEST_WAIT_S)
    return timedelta(seconds=seconds * random.uniform(1.0, 1.2))  # noqa: S311 (spreading load, not guarding a secret)
