"""Answers and notes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.base.clock import now
from portal.base.database import db
from portal.base.markup import render_markdown
from portal.models import Ticket, TicketMessage, User
from portal.queries.settings import reopen_window
from portal.rules import access, lifecycle
from portal.rules.access import Action, Actor
from portal.rules.vocabulary import Channel, EventKind, Status
from portal.services import Refused, notifications, sla
from portal.services.attachments import StagedFile, attach, discard
from portal.services.tickets.changing import put_assignee, put_status
from portal.services.tickets.events import record
from portal.services.tickets.opening import NewTicket, first_message_id, open_ticket, scoped_key


@dataclass(frozen=True)
class NewMessage:
    """What somebody writes into a thread. then: the status an agent wants afterwards, None for the usual one.

    The same submission_key of one person posts one message into a ticket, however often it is sent.
    """

    body: str
    channel: Channel
    files: Sequence[StagedFile] = ()
    quoted: str = ""
    submission_key: str | None = None
    then: Status | None = None


def post_reply(actor: Actor, author: User, ticket: Ticket, wanted: NewMessage) -> TicketMessage:
    """A public message into a locked ticket; the rules of lifecycle say what becomes of the status.

    A customer's reply to a closed ticket opens a linked follow-up: the message then belongs to another ticket.
    Raises access.Denied, Refused.
    """
    access.require(actor, Action.REPLY, ticket.access_facts())
    if earlier := _already_posted(actor, ticket, wanted):
        discard(wanted.files)
        return earlier
    if actor.role.is_staff:
        return _agent_reply(actor, author, ticket, wanted)
    return _customer_reply(actor, author, ticket, wanted)


def add_note(actor: Actor, author: User, ticket: Ticket, wanted: NewMessage) -> TicketMessage:
    """An internal note: no customer ever sees it, no clock moves. Raises access.Denied."""
    access.require(actor, Action.NOTE, ticket.access_facts())
    if earlier := _already_posted(actor, ticket, wanted):
        discard(wanted.files)
        return earlier
    message = _insert(actor, ticket, author, wanted, is_internal=True)
    record(ticket, actor, EventKind.NOTED, message=message, is_internal=True)
    return message


def _agent_reply(actor: Actor, author: User, ticket: Ticket, wanted: NewMessage) -> TicketMessage:
    if ticket.status is Status.CLOSED:
        raise Refused("This ticket is closed. Open a follow-up ticket instead.")
    message = _insert(actor, ticket, author, wanted, is_internal=False)
    record(ticket, actor, EventKind.REPLIED, message=message)
    if ticket.first_response_at is None:
        ticket.first_response_at = message.created_at
    if ticket.assignee_id is None:
        put_assignee(ticket, author, None, reason="First to answer")
    target = wanted.then or lifecycle.after_agent_reply(ticket.status)
    resolves = target is Status.RESOLVED and ticket.status is not Status.RESOLVED
    clocks = sla.answered(ticket, sla.clocks_of(ticket), message.created_at)
    put_status(ticket, target, actor, clocks, message=message)
    if not resolves:  # else the confirmation carries the answer
        notifications.public_message(ticket, message, author)
    return message


def _customer_reply(actor: Actor, author: User, ticket: Ticket, wanted: NewMessage) -> TicketMessage:
    outcome = lifecycle.after_customer_reply(
        ticket.status,
        text=wanted.body,
        has_assignee=ticket.assignee_id is not None,
        resolved_at=ticket.resolved_at,
        now=now(),
        window=reopen_window(),
    )
    if outcome.outcome == "follow_up":
        return _follow_up(actor, author, ticket, wanted)
    message = _insert(actor, ticket, author, wanted, is_internal=False)
    record(ticket, actor, EventKind.REPLIED, message=message, reason=_REASONS.get(outcome.outcome, ""))
    clocks = sla.clocks_of(ticket)
    put_status(ticket, outcome.status, actor, clocks, reason=_REASONS.get(outcome.outcome, ""))
    if outcome.outcome != "courtesy":
        sla.asked_again(ticket, clocks, message.created_at)
    notifications.public_message(ticket, message, author)
    return message


_REASONS = {"courtesy": "A thank-you does not reopen", "reopened": "The customer wrote again"}


def _follow_up(actor: Actor, author: User, ticket: Ticket, wanted: NewMessage) -> TicketMessage:
    """A reply after the reopen window: the old ticket stays closed, a new one points to it."""
    follow_up = NewTicket(
        subject=ticket.subject,
        description=wanted.body,
        category=ticket.category,
        channel=wanted.channel,
        files=wanted.files,
        quoted=wanted.quoted,
        follows=ticket,
        submission_key=wanted.submission_key,
    )
    opened = open_ticket(actor, author, follow_up)
    return db.session.get_one(TicketMessage, first_message_id(opened))


def _already_posted(actor: Actor, ticket: Ticket, wanted: NewMessage) -> TicketMessage | None:
    """The message a repeated form posted; the caller holds the ticket's lock, so repeats come one by one."""
    key = scoped_key(wanted.submission_key, actor, ticket)
    if key is None:
        return None
    return db.session.scalars(select(TicketMessage).where(TicketMessage.submission_key == key)).one_or_none()


def _insert(actor: Actor, ticket: Ticket, author: User, wanted: NewMessage, *, is_internal: bool) -> TicketMessage:
    message = TicketMessage(
        ticket_id=ticket.id,
        author_id=author.id,
        is_internal=is_internal,
        channel=wanted.channel,
        body=wanted.body,
        body_html=render_markdown(wanted.body),
        quoted=wanted.quoted,
        created_at=now(),
        submission_key=scoped_key(wanted.submission_key, actor, ticket),
    )
    db.session.add(message)
    db.session.flush()
    attach(ticket, message, wanted.files)
    return message
