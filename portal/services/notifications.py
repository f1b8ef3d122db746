"""Who is told of what: outbox rows in the same transaction as the change. Nobody is mailed about their own act."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from portal.base.clock import now
from portal.base.database import db
from portal.base.queue import DELIVER_OUTBOX
from portal.base.unit_of_work import ring_after_commit
from portal.models import OneTimeToken, OutboxMail, Participant, Ticket, TicketEvent, TicketMessage, User
from portal.rules.access import Actor
from portal.rules.vocabulary import Channel, MailKind, OutboxState

AUTOMATIC_PER_HOUR = 3


def ticket_opened(ticket: Ticket, message: TicketMessage, requester: User, *, may_be_answered: bool = True) -> None:
    """The acknowledgement. To mail it is an automatic answer: robots and lists get none, one address at most 3 an hour."""
    reason = "" if may_be_answered else "The mail asks for no automatic answer"
    if ticket.channel is Channel.EMAIL and not reason:
        reason = _over_the_cap(requester.email)
    _put(MailKind.TICKET_CREATED, f"ticket:{ticket.id}", requester, ticket, message, suppressed=reason)


def public_message(ticket: Ticket, message: TicketMessage, author: User) -> None:
    """A public message goes to requester and followers, and to the assignee when a customer wrote it."""
    for person in _customers_of(ticket):
        if person.id != author.id:
            _put(MailKind.AGENT_REPLY, f"message:{message.id}", person, ticket, message)
    assignee = ticket.assignee
    if assignee is not None and assignee.id != author.id and not author.is_staff:
        _put(MailKind.CUSTOMER_REPLY, f"message:{message.id}", assignee, ticket, message)


def assigned(ticket: Ticket, event: TicketEvent, assignee: User) -> None:
    """An agent was given a ticket by somebody else."""
    db.session.flush()
    _put(MailKind.ASSIGNED, f"event:{event.id}", assignee, ticket)


def resolved(ticket: Ticket, event: TicketEvent, actor: Actor | None, message: TicketMessage | None) -> None:
    """Confirmation with survey and how to reopen; it carries the answer that resolved the ticket, if there was one.

    A requester who resolved it is asked on the page instead.
    """
    db.session.flush()
    if actor is None or actor.id != ticket.requester_id:
        _put(MailKind.TICKET_RESOLVED, f"event:{event.id}", ticket.requester, ticket, message)
    if message is None:
        return
    for person in _customers_of(ticket):
        if person.id != ticket.requester_id and (actor is None or person.id != actor.id):
            _put(MailKind.AGENT_REPLY, f"message:{message.id}", person, ticket, message)


def token_mail(kind: MailKind, token: OneTimeToken, *, suppressed: str = "") -> None:
    """A mail that carries a single-use link, or tells that an address is registered already; kept back for a reason."""
    _insert(
        kind,
        f"token:{token.id}",
        token.email,
        user_id=token.user_id,
        token_id=token.id,
        state=OutboxState.SUPPRESSED if suppressed else OutboxState.QUEUED,
        reason=suppressed,
    )


def _customers_of(ticket: Ticket) -> list[User]:
    """Requester and followers, each once."""
    followers = db.session.scalars(
        select(User)
        .join(Participant, Participant.user_id == User.id)
        .where(Participant.ticket_id == ticket.id, User.id != ticket.requester_id)
    )
    return [ticket.requester, *followers]


def _over_the_cap(address: str) -> str:
    """Why this address gets no further automatic answer now, or nothing. Only answers to mail count, and two mails of
    one address are counted one after the other."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"automatic:{address}", 0))))
    recent = db.session.scalar(
        select(func.count())
        .select_from(OutboxMail)
        .join(Ticket, Ticket.id == OutboxMail.ticket_id)
        .where(
            OutboxMail.recipient == address,
            OutboxMail.kind == MailKind.TICKET_CREATED,
            Ticket.channel == Channel.EMAIL,
            OutboxMail.state != OutboxState.SUPPRESSED,
            OutboxMail.created_at > now() - timedelta(hours=1),
        )
    )
    if (recent or 0) < AUTOMATIC_PER_HOUR:
        return ""
    return f"More than {AUTOMATIC_PER_HOUR} automatic answers to this address within an hour"


def _put(
    kind: MailKind,
    cause: str,
    person: User,
    ticket: Ticket,
    message: TicketMessage | None = None,
    suppressed: str = "",
) -> None:
    reason = suppressed or ("The person is disabled" if person.disabled_at else "")
    _insert(
        kind,
        cause,
        person.email,
        user_id=person.id,
        ticket_id=ticket.id,
        message_id=message.id if message else None,
        state=OutboxState.SUPPRESSED if reason else OutboxState.QUEUED,
        reason=reason,
    )


def _insert(kind: MailKind, cause: str, recipient: str, **values: object) -> None:
    """One row for each cause and address; the same again changes nothing."""
    moment = now()
    db.session.execute(
        insert(OutboxMail)
        .values(kind=kind, cause=cause, recipient=recipient, created_at=moment, next_attempt_at=moment, **values)
        .on_conflict_do_nothing(index_elements=["cause", "recipient"])
    )
    ring_after_commit(DELIVER_OUTBOX)
