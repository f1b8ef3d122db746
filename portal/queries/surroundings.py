"""What programs are told of a ticket beyond its own row, for one ticket or a page of them in two statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.base.database import db
from portal.models import SlaClock, Ticket, TicketMessage


@dataclass(frozen=True)
class Surroundings:
    """description is the first message, which is always public."""

    description: str
    tags: Sequence[str]
    clocks: Sequence[SlaClock]


def surroundings(tickets: Iterable[Ticket]) -> dict[int, Surroundings]:
    """By ticket id. Whoever asks has found the tickets with the reader's own filter."""
    ids = [ticket.id for ticket in tickets]
    clocks = _clocks(ids)
    query = select(Ticket.id, _FIRST_BODY, Ticket.tag_names).where(Ticket.id.in_(ids))
    return {
        number: Surroundings(body or "", tags, clocks.get(number, ()))
        for number, body, tags in db.session.execute(query)
    }


_FIRST_BODY = (
    select(TicketMessage.body)
    .where(TicketMessage.ticket_id == Ticket.id, TicketMessage.is_internal.is_(False))
    .order_by(TicketMessage.id)
    .limit(1)
    .correlate(Ticket)
    .scalar_subquery()
)


def _clocks(ids: Sequence[int]) -> dict[int, list[SlaClock]]:
    found: dict[int, list[SlaClock]] = defaultdict(list)
    for clock in db.session.scalars(select(SlaClock).where(SlaClock.ticket_id.in_(ids)).order_by(SlaClock.id)):
        found[clock.ticket_id].append(clock)
    return found
