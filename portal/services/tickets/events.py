"""The trace every change leaves."""

from typing import Any

from portal.base.clock import now
from portal.base.database import db
from portal.base.unit_of_work import hint_after_commit
from portal.models import Ticket, TicketEvent, TicketMessage
from portal.rules.access import Actor
from portal.rules.vocabulary import EventKind


def record(
    ticket: Ticket,
    actor: Actor | None,
    kind: EventKind,
    *,
    old: Any = None,
    new: Any = None,
    reason: str = "",
    message: TicketMessage | None = None,
    is_internal: bool = False,
) -> TicketEvent:
    """Write the event row, touch the ticket, and have open pages told. actor None: a rule did it."""
    moment = now()
    event = TicketEvent(
        ticket_id=ticket.id,
        actor_id=actor.id if actor else None,
        kind=kind,
        old=old,
        new=new,
        reason=reason,
        message_id=message.id if message else None,
        is_internal=is_internal,
        created_at=moment,
    )
    db.session.add(event)
    ticket.updated_at = moment
    if not is_internal:
        ticket.public_at = moment
    hint_after_commit({"ticket": ticket.id, "requester": ticket.requester_id, "internal": is_internal})
    return event
