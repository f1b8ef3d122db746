"""What stands in each mail: read from today's rows when it is sent, so that nobody is mailed what is no longer theirs."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.base.current import current_settings
from portal.base.database import db
from portal.mail.compose import OutgoingMail, compose
from portal.mail.headers import message_id_for, reply_address
from portal.models import Account, OneTimeToken, OutboxMail, Participant, Ticket, TicketMessage, User
from portal.rules.vocabulary import MailKind
from portal.services import one_time, surveys


class NotOwed(Exception):
    """The mail must not go out any more; the text says why and is kept with the row."""


def message_for(outbox_id: int) -> OutgoingMail:
    """The mail of an outbox row, the same at every attempt. Raises NotOwed."""
    row = db.session.get_one(OutboxMail, outbox_id)
    return _TELLERS[row.kind](row)


def _about_ticket(row: OutboxMail) -> OutgoingMail:
    """Mails to customers about a ticket: they carry the signed reply address and thread with one another."""
    ticket, person = _ticket(row), _person(row)
    _check_still_concerned(ticket, person)
    context = {**_common(ticket, person), **_of_message(row), "link": _link(f"/tickets/{ticket.id}")}
    if row.kind is MailKind.TICKET_RESOLVED:
        survey = _link(f"/survey/{surveys.survey_token(ticket.id, ticket.requester_id)}")
        context["survey_links"] = [(score, f"{survey}?score={score}") for score in range(1, 6)]
    return _composed(row, context, reply_to=reply_address(current_settings(), ticket.id, row.recipient), ticket=ticket)
