"""What the cast does, in one line each: every act in a unit of work of its own, as a door would do it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import select

from portal.base import clock
from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import Category, OutboxMail, SlaClock, Ticket, TicketEvent, TicketMessage, User
from portal.queries import people, routing
from portal.queries import tickets as queries
from portal.rules.vocabulary import Channel, ClockKind
from portal.services import accounts, attachments
from portal.services import tickets as services
from portal.services.attachments import Upload
from portal.services.tickets.opening import NewTicket
from portal.services.tickets.replying import NewMessage

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When most stories begin."""


@contextmanager
def after(**time: float) -> Iterator[datetime]:
    """after(hours=3): the portal's clock stands that long after MONDAY."""
    moment = MONDAY + timedelta(**time)
    with clock.at(moment):
        yield moment


def category(slug: str = "technical") -> Category:
    found = routing.find_category(slug)
    assert found is not None
    return found


def opened(
    requester: User,
    subject: str = "My chart is empty",
    description: str = "It shows no candles since yesterday.",
    *,
    by: User | None = None,
    slug: str = "technical",
    channel: Channel = Channel.WEB,
    files: Sequence[tuple[str, bytes]] = (),
    **more: Any,
) -> Ticket:
    """A ticket the requester opened, or that somebody opened for them."""
    writer = people.get_user((by or requester).id)
    with attachments.staged(_uploads(files)) as stored, unit_of_work():
        wanted = NewTicket(subject, description, category(slug), channel, stored, **more)
        return services.open_ticket(writer.actor(), people.get_user(requester.id), wanted)


def replied(
    ticket: Ticket,
    author: User,
    body: str = "Here is more about it.",
    *,
    files: Sequence[tuple[str, bytes]] = (),
    channel: Channel = Channel.WEB,
    **more: Any,
) -> TicketMessage:
    """A public message of a customer or an agent."""
    with attachments.staged(_uploads(files)) as stored, unit_of_work():
        wanted = NewMessage(body, channel, stored, **more)
        return services.post_reply(author.actor(), author, _locked(author, ticket), wanted)


def noted(
    ticket: Ticket,
    author: User,
    body: str = "Looks like the importer.",
    *,
    files: Sequence[tuple[str, bytes]] = (),
    **more: Any,
) -> TicketMessage:
    """An internal note."""
    with attachments.staged(_uploads(files)) as stored, unit_of_work():
        wanted = NewMessage(body, Channel.WEB, stored, **more)
        return services.add_note(author.actor(), author, _locked(author, ticket), wanted)


def did(person: User, verb: Callable[..., Any], ticket: Ticket, *rest: Any) -> Any:
    """did(cleo, services.change_status, ticket, Status.RESOLVED): one verb of a person on a locked ticket."""
    with unit_of_work():
        return verb(person.actor(), _locked(person, ticket), *rest)


def claimed(ticket: Ticket, claimer: User) -> None:
    with unit_of_work():
        services.claim(claimer.actor(), claimer, _locked(claimer, ticket))


def colleague_of(person: User, email: str = "carl@example.com", name: str = "Carl Weiss") -> User:
    """Another customer of the same account."""
    with unit_of_work():
        other = accounts.make_customer(email, name)
        own, other.account = other.account, person.account
        db.session.flush()
        db.session.delete(own)
    return other


def customer(email: str, name: str = "Eva Lang") -> User:
    with unit_of_work():
        return accounts.make_customer(email, name)


def sharing(person: User) -> None:
    """Switch on that the person's account shares its tickets."""
    with unit_of_work():
        db.session.merge(person.account).shares_tickets = True


def fresh(ticket: Ticket) -> Ticket:
    """The ticket as it is in the database now."""
    return db.session.get_one(Ticket, ticket.id, populate_existing=True)


def clocks(ticket: Ticket) -> list[SlaClock]:
    query = select(SlaClock).where(SlaClock.ticket_id == ticket.id).order_by(SlaClock.id)
    return list(db.session.scalars(query, execution_options={"populate_existing": True}))


def clock_of(ticket: Ticket, kind: ClockKind, instance: int = 1) -> SlaClock:
    [found] = [each for each in clocks(ticket) if (each.kind, each.instance) == (kind, instance)]
    return found


def events(ticket: Ticket) -> list[TicketEvent]:
    return list(
        db.session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id))
    )


def mails(**which: Any) -> list[OutboxMail]:
    """The outbox in order, narrowed by column values."""
    query = select(OutboxMail).filter_by(**which).order_by(OutboxMail.id)
    return list(db.session.scalars(query, execution_options={"populate_existing": True}))


def told(ticket: Ticket) -> list[tuple[str, str]]:
    """Who is owed which mail about a ticket, in order: (kind, address)."""
    return [(mail.kind.value, mail.recipient) for mail in mails(ticket_id=ticket.id)]


def _locked(person: User, ticket: Ticket) -> Ticket:
    return queries.get_ticket(person.actor(), ticket.id, lock=True)


def _uploads(files: Sequence[tuple[str, bytes]]) -> list[Upload]:
    return [Upload(name, BytesIO(content)) for name, content in files]
