"""Opening a ticket."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from portal.base.clock import now
from portal.base.database import db
from portal.base.markup import render_markdown
from portal.base.tokens import token_hash
from portal.models import Category, Ticket, TicketMessage, User
from portal.queries import routing
from portal.rules import access, priority
from portal.rules.access import Action, Actor
from portal.rules.vocabulary import Channel, EventKind, Priority, Status
from portal.services import notifications, sla
from portal.services.attachments import StagedFile, attach, discard
from portal.services.tickets.changing import write_tags
from portal.services.tickets.events import record


@dataclass(frozen=True)
class NewTicket:
    """What somebody asks. description is the new text only; quoted is folded history of a mail.

    may_be_answered is false for a mail of a list or a no-reply sender. priority is set only by staff; otherwise the
    rules decide. The same submission_key of one person opens one ticket, however often it is sent.
    """

    subject: str
    description: str
    category: Category
    channel: Channel
    files: Sequence[StagedFile] = ()
    tags: Sequence[str] = ()
    quoted: str = ""
    priority: Priority | None = None
    is_proven: bool = True
    may_be_answered: bool = True
    follows: Ticket | None = None
    submission_key: str | None = field(default=None)
    read_before: str = ""


def open_ticket(actor: Actor, requester: User, wanted: NewTicket) -> Ticket:
    """Open a ticket for the requester (loaded with account) and owe the acknowledgement. Raises access.Denied."""
    access.require(actor, Action.OPEN_TICKET)
    key = scoped_key(wanted.submission_key, actor)
    if earlier := _already_opened(key):
        discard(wanted.files)
        return earlier
    decision = _decide_priority(requester, wanted)
    ticket = _insert(requester, wanted, decision, key)
    message = _first_message(ticket, actor, requester, wanted)
    attach(ticket, message, wanted.files)
    record(ticket, actor, EventKind.CREATED, new=Status.OPEN, message=message)
    record(ticket, None, EventKind.PRIORITY_CHANGED, new=decision.priority, reason=decision.reason)
    if wanted.follows is not None:
        record(ticket, None, EventKind.LINKED, new=wanted.follows.id, reason="The earlier ticket is closed")
    if wanted.read_before:
        record(ticket, actor, EventKind.READ_BEFORE, new=wanted.read_before, is_internal=True)
    if wanted.tags:
        write_tags(ticket, wanted.tags)
    sla.start_first_clocks(ticket, requester, wanted.category)
    notifications.ticket_opened(ticket, message, requester, may_be_answered=wanted.may_be_answered)
    return ticket


def first_message_id(ticket: Ticket) -> int:
    """The message a ticket began with."""
    return db.session.scalars(select(func.min(TicketMessage.id)).where(TicketMessage.ticket_id == ticket.id)).one()


def scoped_key(submission_key: str | None, actor: Actor, ticket: Ticket | None = None) -> str | None:
    """A form's key as it is stored: it counts for one person (and one ticket), whoever else sends the same."""
    return submission_key and token_hash(f"{actor.id}:{ticket.id if ticket else ''}:{submission_key}")


def _already_opened(key: str | None) -> Ticket | None:
    """The ticket a repeated form opened; concurrent repeats wait here for the first."""
    if key is None:
        return None
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    return db.session.scalars(select(Ticket).where(Ticket.submission_key == key)).one_or_none()


def _decide_priority(requester: User, wanted: NewTicket) -> priority.Decision:
    if wanted.priority is not None:
        return priority.Decision(wanted.priority, "Set by an agent", None)
    facts = {
        "text": f"{wanted.subject}\n\n{wanted.description}",
        "tier": requester.account.tier.value if requester.account else "free",
        "category": wanted.category.slug,
    }
    return priority.decide(routing.priority_rules(), facts)


def _insert(requester: User, wanted: NewTicket, decision: priority.Decision, key: str | None) -> Ticket:
    moment = now()
    ticket = Ticket(
        subject=wanted.subject,
        status=Status.OPEN,
        priority=decision.priority,
        priority_reason=decision.reason,
        category_id=wanted.category.id,
        channel=wanted.channel,
        is_proven=wanted.is_proven,
        requester_id=requester.id,
        account_id=requester.account_id,
        follows_id=wanted.follows.id if wanted.follows else None,
        created_at=moment,
        updated_at=moment,
        public_at=moment,
        has_files=bool(wanted.files),
        submission_key=key,
    )
    db.session.add(ticket)
    db.session.flush()
    return ticket


def _first_message(ticket: Ticket, actor: Actor, requester: User, wanted: NewTicket) -> TicketMessage:
    """What an agent writes for somebody is the agent's own text; it is no answer, so no clock stops."""
    message = TicketMessage(
        ticket_id=ticket.id,
        author_id=actor.id if actor.role.is_staff else requester.id,
        is_internal=False,
        channel=wanted.channel,
        body=wanted.description,
        body_html=render_markdown(wanted.description),
        quoted=wanted.quoted,
        created_at=ticket.created_at,
    )
    db.session.add(message)
    db.session.flush()
    return message
