"""Mail coming in: a ledger row first, then a job decides what it is. Each mail ends in exactly one state."""

from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from portal.base.clock import now
from portal.base.database import db
from portal.base.queue import PROCESS_INBOUND
from portal.base.unit_of_work import ring_after_commit, unit_of_work
from portal.mail.parse import ParsedMail, parse_mail
from portal.models import InboundEmail, User
from portal.models.ticket import BODY_LENGTH, SUBJECT_LENGTH
from portal.queries import routing
from portal.queries import tickets as ticket_queries
from portal.rules.automatic_mail import may_be_answered
from portal.rules.threading import Outcome
from portal.rules.vocabulary import Channel, InboundState
from portal.services import accounts, attachments
from portal.services import tickets as ticket_services
from portal.services.inbound_evidence import Weighed, end_of, facts_of, weigh
from portal.services.outbox import wait_after
from portal.services.tickets.opening import NewTicket
from portal.services.tickets.replying import NewMessage

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 10  # spread over some three hours
NO_SUBJECT = "(no subject)"


def receive(provider: str, event_key: str, raw: bytes, envelope_from: str = "", envelope_to: str = "") -> bool:
    """Put a mail into the ledger; the same delivery again adds nothing. True when it is new."""
    moment = now()
    added = db.session.execute(
        insert(InboundEmail)
        .values(
            provider=provider,
            event_key=event_key,
            raw=raw,
            envelope_from=_hint(envelope_from),
            envelope_to=_hint(envelope_to),
            created_at=moment,
            next_attempt_at=moment,
        )
        .on_conflict_do_nothing(index_elements=["provider", "event_key"])
        .returning(InboundEmail.id)
    )
    ring_after_commit(PROCESS_INBOUND)
    return added.first() is not None


def process_next() -> bool:
    """Take one waiting mail to its end, each step in a unit of work of its own. False when none waits.

    What failed is tried again, later each time; a worker that dies leaves the row for LEASE. MAX_ATTEMPTS end in held.
    """
    claimed = _claim()
    if claimed is None:
        return False
    row_id, raw, attempts = claimed
    try:
        if attempts > MAX_ATTEMPTS:
            _hold(row_id, f"It could not be read in {MAX_ATTEMPTS} attempts.")
        else:
            _process(row_id, raw)
    except Exception:
        log.exception("inbound mail not processed", mail=row_id, attempt=attempts)
        if attempts >= MAX_ATTEMPTS:
            _hold(row_id, "It could not be processed; the log of the worker says why.")
        else:
            _put_off(row_id, attempts)
    return True


def _claim() -> tuple[int, bytes, int] | None:
    """The oldest waiting mail; the count goes up before any work, so that poison ends."""
    moment = now()
    with unit_of_work():
        waiting = (
            select(InboundEmail.id)
            .where(InboundEmail.state == InboundState.RECEIVED, InboundEmail.next_attempt_at <= moment)
            .order_by(InboundEmail.next_attempt_at, InboundEmail.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        claimed = db.session.execute(
            update(InboundEmail)
            .where(InboundEmail.id == waiting.scalar_subquery())
            .values(attempts=InboundEmail.attempts + 1, next_attempt_at=moment + LEASE)
            .returning(InboundEmail.id, InboundEmail.raw, InboundEmail.attempts)
            .execution_options(synchronize_session=False)
        ).first()
    return (claimed.id, claimed.raw, claimed.attempts) if claimed else None


def _put_off(row_id: int, attempts: int) -> None:
    """Wait as the outbox does: what is wrong may be a full disk, not the mail. Not if somebody else has it by now."""
    ours = (InboundEmail.id == row_id, InboundEmail.attempts == attempts, InboundEmail.state == InboundState.RECEIVED)
    with unit_of_work():
        db.session.execute(update(InboundEmail).where(*ours).values(next_attempt_at=now() + wait_after(attempts)))


def _process(row_id: int, raw: bytes) -> None:
    mail = parse_mail(raw)
    uploads = [attachments.Upload(part.filename, BytesIO(part.content)) for part in mail.attachments]
    with attachments.staged_from_mail(uploads) as (files, left_out):
        with unit_of_work():
            row = _lock(row_id)
            used = row is not None and _settle(row, mail, files, left_out)
        if not used:
            attachments.discard(files)


def _lock(row_id: int) -> InboundEmail | None:
    """The row, if nobody has ended it meanwhile."""
    query = select(InboundEmail).where(InboundEmail.id == row_id, InboundEmail.state == InboundState.RECEIVED)
    return db.session.scalars(query.with_for_update()).one_or_none()


def _settle(row: InboundEmail, mail: ParsedMail, files: list[attachments.StagedFile], left_out: str) -> bool:
    """Give the row its final state and the portal its message. True when the files found a message."""
    row.from_address = _hint(mail.from_address)
    row.subject = mail.subject[:300]
    row.mail_id = mail.message_id[:998]
    if end := end_of(mail, row):
        _end(row, *end)
        return False
    weighed = weigh(mail)
    if weighed.decision.outcome is Outcome.HELD:
        _end(row, InboundState.HELD, weighed.decision.reason)
        return False
    content = _Content(mail, files, left_out)
    if weighed.decision.outcome is Outcome.REPLY:
        _reply(row, content, weighed)
    else:
        _open(row, content, is_proven=weighed.decision.outcome is Outcome.NEW_TICKET, reason=weighed.decision.reason)
    return row.state is not InboundState.HELD


@dataclass(frozen=True)
class _Content:
    mail: ParsedMail
    files: list[attachments.StagedFile]
    left_out: str

    @property
    def body(self) -> str:
        """The new text; a mail of files alone says so, and a file that was too large is named."""
        text = (self.mail.reply or self.mail.text).strip()[:BODY_LENGTH]
        parts = [text or ("(no text)" if not self.files else "(files only)"), self.left_out]
        return "\n\n".join(part for part in parts if part)

    @property
    def quoted(self) -> str:
        return "\n".join(part for part in (self.mail.signature, self.mail.quoted) if part)[:BODY_LENGTH]


def _reply(row: InboundEmail, content: _Content, weighed: Weighed) -> None:
    author, number = weighed.author, weighed.number
    if author is None or number is None:
        _end(row, InboundState.HELD, "The sender is nobody the ticket knows.")
        return
    if author.disabled_at is not None:
        _end(row, InboundState.HELD, "Its sender's account is disabled.")
        return
    locked = ticket_queries.get_ticket(author.actor(), number, lock=True)
    wanted = NewMessage(content.body, Channel.EMAIL, content.files, quoted=content.quoted)
    message = ticket_services.post_reply(author.actor(), author, locked, wanted)
    state = InboundState.REPLY if message.ticket_id == number else InboundState.FOLLOW_UP
    row.ticket_id, row.message_id = message.ticket_id, message.id
    _end(row, state, weighed.decision.reason)


def _open(row: InboundEmail, content: _Content, *, is_proven: bool, reason: str) -> None:
    category = routing.find_category("general")
    requester = _requester(content.mail)
    if category is None or requester is None:
        _end(row, InboundState.HELD, "It could not become a ticket: its sender may not open one.")
        return
    wanted = NewTicket(
        subject=" ".join(content.mail.subject.split())[:SUBJECT_LENGTH] or NO_SUBJECT,
        description=content.body,
        category=category,
        channel=Channel.EMAIL,
        files=content.files,
        quoted=content.quoted,
        is_proven=is_proven,
        may_be_answered=may_be_answered(facts_of(content.mail)),
    )
    ticket = ticket_services.open_ticket(requester.actor(), requester, wanted)
    row.ticket_id = ticket.id
    row.message_id = ticket_services.first_message_id(ticket)
    _end(row, InboundState.NEW_TICKET, reason)


def _requester(mail: ParsedMail) -> User | None:
    """Whom the mail is from, made when unknown; nobody for staff and disabled people: they write in the portal."""
    if not mail.from_address:
        return None
    person = accounts.customer_for(mail.from_address, mail.from_name)
    return None if person.is_staff or person.disabled_at is not None else person


def _hold(row_id: int, reason: str) -> None:
    with unit_of_work():
        row = _lock(row_id)
        if row is not None:
            _end(row, InboundState.HELD, reason)


def _end(row: InboundEmail, state: InboundState, reason: str) -> None:
    row.state, row.reason, row.processed_at = state, reason[:500], now()


def _hint(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:320]
