"""What stands in each mail: read from today's rows when it is sent, so that nobody is mailed what is no longer theirs."""

from collections.abc import Callable
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.base.current import current_settings
from portal.base.database import db
from portal.mail.compose import Envelope, compose
from portal.mail.headers import message_id_for, reply_address
from portal.models import InboundEmail, OneTimeToken, OutboxMail, Participant, Ticket, TicketMessage, User
from portal.queries.settings import reopen_window
from portal.rules.vocabulary import MailKind, OutboxState
from portal.services import one_time, surveys
from portal.services.knowledge.suggesting import suggestions_for

MOST_REFERENCES = 20
MAILED_ARTICLES = 3


class NotOwed(Exception):
    """The mail must not go out any more; the text says why and is kept with the row."""


def message_for(outbox_id: int) -> EmailMessage:
    """The mail of an outbox row, the same at every attempt. Raises NotOwed."""
    row = db.session.get_one(OutboxMail, outbox_id)
    return _TELLERS[row.kind](row)


def _to_customer(row: OutboxMail) -> EmailMessage:
    """Mails to customers about a ticket carry the signed reply address and thread with one another."""
    ticket, person = _ticket(row), _person(row)
    if person.id != ticket.requester_id and not _follows(person, ticket):
        raise NotOwed("The person no longer follows the ticket")
    context = {**_common(ticket, person), **_of_message(row), "link": _link(f"/tickets/{ticket.id}")}
    if row.kind is MailKind.TICKET_CREATED:
        context["expected_by"] = _in_zone(ticket, person)
        context["articles"] = _articles(ticket, context["message_text"]) if ticket.is_proven else []
        if not ticket.is_proven:
            context.update(_without_their_words())
    if row.kind is MailKind.TICKET_RESOLVED:
        survey = _link(f"/survey/{surveys.survey_token(ticket.id, ticket.requester_id)}")
        context["survey_links"] = [(score, f"{survey}?score={score}") for score in range(1, 6)]
        context["reopen_days"] = reopen_window().days
    envelope = Envelope(
        context["name"],
        row.recipient,
        message_id_for(current_settings(), row.id),
        reply_to=reply_address(current_settings(), ticket.id, row.recipient),
        references=_thread(row),
    )
    return compose(current_settings(), row.kind, envelope, context)


def _articles(ticket: Ticket, description: str) -> list[tuple[str, str]]:
    """Title and address of a few articles that may answer meanwhile."""
    hits = suggestions_for(ticket.subject, description).hits[:MAILED_ARTICLES]
    return [(hit.title, _link(f"/kb/articles/{hit.id}-{quote(hit.slug)}")) for hit in hits]


def _to_agent(row: OutboxMail) -> EmailMessage:
    """Mails to agents carry no reply address: agents answer in the portal."""
    ticket, person = _ticket(row), _person(row)
    if not person.is_staff:
        raise NotOwed("The person no longer works here")
    context = {**_common(ticket, person), **_of_message(row), "link": _link(f"/agent/tickets/{ticket.id}")}
    envelope = Envelope(person.name, row.recipient, message_id_for(current_settings(), row.id), references=_thread(row))
    return compose(current_settings(), row.kind, envelope, context)


_PATHS = {
    MailKind.VERIFY_ADDRESS: "/verify/",
    MailKind.SIGN_IN_LINK: "/login/link/",
    MailKind.PASSWORD_RESET: "/password/reset/",
    MailKind.CONFIRM_TICKET: "/tickets/confirm/",
}


def _with_link(row: OutboxMail) -> EmailMessage:
    """Mails that carry a single-use link, or tell that an address is registered."""
    token = db.session.get(OneTimeToken, row.token_id) if row.token_id else None
    if token is None or token.used_at is not None:
        raise NotOwed("The link has been used or withdrawn")
    path = f"{_PATHS[row.kind]}{one_time.link_text(token)}" if row.kind in _PATHS else "/login"
    minutes = int(one_time.LIFETIMES[token.purpose].total_seconds() // 60)
    name = str(token.payload.get("name") or "")
    context = {"name": name, "link": _link(path), "minutes": minutes, "reset_link": _link("/password/forgot")}
    envelope = Envelope("", row.recipient, message_id_for(current_settings(), row.id))
    return compose(current_settings(), row.kind, envelope, context)


_TELLERS: dict[MailKind, Callable[[OutboxMail], EmailMessage]] = {
    MailKind.TICKET_CREATED: _to_customer,
    MailKind.AGENT_REPLY: _to_customer,
    MailKind.TICKET_RESOLVED: _to_customer,
    MailKind.ASSIGNED: _to_agent,
    MailKind.CUSTOMER_REPLY: _to_agent,
    MailKind.CONFIRM_TICKET: _with_link,
    MailKind.VERIFY_ADDRESS: _with_link,
    MailKind.ALREADY_REGISTERED: _with_link,
    MailKind.SIGN_IN_LINK: _with_link,
    MailKind.PASSWORD_RESET: _with_link,
}


def _common(ticket: Ticket, person: User) -> dict[str, Any]:
    return {
        "number": ticket.id,
        "subject": ticket.subject,
        "name": person.name,
        "priority": ticket.priority.value,
        "priority_reason": ticket.priority_reason,
    }


def _without_their_words() -> dict[str, str]:
    """Nothing proves who wrote: the acknowledgement repeats no word of it, or it would carry anybody's text anywhere."""
    return {"subject": "We have your message", "name": "", "message_text": "", "message_html": ""}


def _of_message(row: OutboxMail) -> dict[str, Any]:
    """The public message the mail is about; a note never gets this far, and is refused if it does."""
    if row.message_id is None:
        return {"message_html": "", "message_text": "", "author_name": "", "file_names": []}
    message = db.session.get_one(
        TicketMessage,
        row.message_id,
        options=[joinedload(TicketMessage.author), joinedload(TicketMessage.attachments)],
    )
    if message.is_internal:
        raise NotOwed("A note is never mailed")
    return {
        "message_html": message.body_html,
        "message_text": message.body,
        "author_name": message.author.name if message.author else "TradeSense Support",
        "file_names": [file.filename for file in message.attachments],
    }


def _ticket(row: OutboxMail) -> Ticket:
    if row.ticket_id is None:
        raise NotOwed("The ticket is gone")
    return db.session.get_one(Ticket, row.ticket_id)


def _person(row: OutboxMail) -> User:
    person = db.session.get(User, row.user_id) if row.user_id else None
    if person is None or person.disabled_at is not None:
        raise NotOwed("The person is disabled")
    return person


def _follows(person: User, ticket: Ticket) -> bool:
    return db.session.get(Participant, (ticket.id, person.id)) is not None


def _thread(row: OutboxMail) -> list[str]:
    """Message-IDs the reader's mail program knows: ours to this reader, and the reader's own mails, oldest first."""
    sent = db.session.execute(
        select(OutboxMail.id, OutboxMail.created_at)
        .where(
            OutboxMail.ticket_id == row.ticket_id,
            OutboxMail.recipient == row.recipient,
            OutboxMail.id < row.id,
            OutboxMail.state != OutboxState.SUPPRESSED,
        )
        .order_by(OutboxMail.id.desc())
        .limit(MOST_REFERENCES)
    )
    received = db.session.execute(
        select(InboundEmail.mail_id, InboundEmail.created_at)
        .where(
            InboundEmail.ticket_id == row.ticket_id,
            InboundEmail.from_address == row.recipient,
            InboundEmail.created_at <= row.created_at,
            InboundEmail.mail_id != "",
        )
        .order_by(InboundEmail.id.desc())
        .limit(MOST_REFERENCES)
    )
    known = [(when, message_id_for(current_settings(), number)) for number, when in sent]
    known += [(when, mail_id) for mail_id, when in received if _is_plain_id(mail_id)]
    return [mail_id for _, mail_id in sorted(known)][-MOST_REFERENCES:]


def _is_plain_id(mail_id: str) -> bool:
    """Fit to stand in a header of ours: one token between angle brackets, without spaces, short."""
    return (
        len(mail_id) < 250
        and mail_id.startswith("<")
        and mail_id.endswith(">")
        and mail_id.isascii()
        and " " not in mail_id
    )


def _in_zone(ticket: Ticket, person: User) -> str:
    """When to expect an answer, in the reader's zone; empty when nothing runs."""
    if ticket.next_due_at is None:
        return ""
    return f"{ticket.next_due_at.astimezone(ZoneInfo(person.time_zone)):%a %-d %b %Y, %H:%M} ({person.time_zone})"


def _link(path: str) -> str:
    """Links only from the configured address, never from a request."""
    return f"{current_settings().base_url}{path}"
