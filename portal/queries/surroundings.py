"""What programs are told of a ticket beyond its own row, for one ticket or a page of them in two statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.base.database import db
from portal.models import SlaClock, Ticket, TicketEvent, TicketMessage
from portal.rules.access import Actor


@dataclass(frozen=True)
class Surroundings:
    """changed_at is the last change this reader may know of: to a customer, internal notes leave no trace in it."""

    description: str
    tags: Sequence[str]
    changed_at: datetime
    clocks: Sequence[SlaClock]


def surroundings(actor: Actor, tickets: Iterable[Ticket]) -> dict[int, Surroundings]:
    """By ticket id. The tickets were found for this actor."""
    ids = [ticket.id for ticket in tickets]
    clocks = _clocks(ids)
    query = select(Ticket.id, _FIRST_BODY, Ticket.tag_names, Ticket.updated_at, _LAST_PUBLIC).where(Ticket.id.in_(ids))
    return {
        number: Surroundings(
            body or "", tags, updated if actor.role.is_staff else public or updated, clocks.get(number, ())
        )
        for number, body, tags, updated, public in db.session.execute(query)
    }


_FIRST_BODY = (
    select(TicketMessage.body)
    .where(TicketMessage.ticket_id == Ticket.id, TicketMessage.is_internal.is_(False))
    .order_by(TicketMessage.id)
    .limit(1)
    .correlate(Ticket)
    .scalar_subquery()
)
_LAST_PUBLIC = (
    select(func.max(TicketEvent.created_at))
    .where(TicketEvent.ticket_id == Ticket.id, TicketEvent.is_internal.is_(False))
    .correlate(Ticket)
    .scalar_subquery()
)


def _clocks(ids: Sequence[int]) -> dict[int, list[SlaClock]]:
    found: dict[int, list[SlaClock]] = defaultdict(list)
    for clock in db.session.scalars(select(SlaClock).where(SlaClock.ticket_id.in_(ids)).order_by(SlaClock.id)):
        found[clock.ticket_id].append(clock)
    return found
