"""Tickets as their readers may see them. Every function takes the actor and filters in the query."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, any_, func, literal, or_, select, true, union_all
from sqlalchemy.orm import joinedload, selectinload, undefer
from sqlalchemy.orm.attributes import set_committed_value

from portal.base.database import db
from portal.models import (
    Account,
    Attachment,
    Category,
    Participant,
    SatisfactionRating,
    SlaClock,
    Tag,
    Ticket,
    TicketEvent,
    TicketMessage,
    TicketSearch,
    User,
)
from portal.queries import NotFound
from portal.queries.paging import BIGGEST_ID, Page, Sort, page_of
from portal.queries.people import normalised
from portal.rules.access import Actor
from portal.rules.vocabulary import ACTIVE_STATUSES, Priority, Status

COUNT_CAP = 1000
SHORTEST_BEGINNING = 4
"""Letters: the beginnings of words that are shorter fit too much to be looked up quickly."""
_OPERATOR = re.compile(r'["-]|(?:^|\s)or(?:\s|$)', re.IGNORECASE)

SORTS = {
    "due": Sort("due", (Ticket.due_sort, Ticket.id)),
    "updated": Sort("updated", (Ticket.updated_at, Ticket.id), descending=True),
    "created": Sort("created", (Ticket.id,), descending=True),
}


@dataclass(frozen=True)
class TicketFilter:
    """What a list is narrowed to; None or empty leaves a field alone. assignee 0 means nobody."""

    statuses: tuple[Status, ...] = ()
    priorities: tuple[Priority, ...] = ()
    category: str | None = None
    assignee: int | None = None
    requester: int | None = None
    created_after: datetime | None = None
    overdue_at: datetime | None = None
    text: str = ""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The row filter: staff see all tickets, a customer own ones, followed ones, and those the account shares."""
    if actor.role.is_staff:
        return true()
    followed = select(Participant.ticket_id).where(Participant.user_id == actor.id)
    shared = select(Account.id).where(Account.id == actor.account_id, Account.shares_tickets)
    return or_(
        Ticket.requester_id == actor.id,
        Ticket.account_id == shared.scalar_subquery(),
        Ticket.id == any_(func.array(followed.scalar_subquery())),
    )


def get_ticket(actor: Actor, number: int, *, lock: bool = False) -> Ticket:
    """One ticket with its people, category, tags and rating, as it is now, also where it was read before in this request.
    Raises NotFound, also for a foreign one.

    With lock the ticket row is held until the transaction ends, so that changes of one ticket happen one by one.
    """
    if not 0 < number <= BIGGEST_ID:
        raise NotFound
    query = (
        select(Ticket)
        .where(Ticket.id == number, visible_to(actor))
        .options(
            joinedload(Ticket.requester).joinedload(User.account),
            joinedload(Ticket.account),
            joinedload(Ticket.category),
            joinedload(Ticket.assignee),
            undefer(Ticket.follower_ids),
            undefer(Ticket.followers),
            undefer(Ticket.tag_names),
            undefer(Ticket.rating_score),
            undefer(Ticket.rating_comment),
        )
    )
    if lock:
        query = query.with_for_update(of=Ticket)
    ticket = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if ticket is None:
        raise NotFound
    return ticket


def messages(actor: Actor, ticket: Ticket, after: int = 0) -> Sequence[TicketMessage]:
    """The thread in order, with authors and files; notes only for staff. after: only messages with a greater id."""
    query = (
        select(TicketMessage)
        .where(TicketMessage.ticket_id == ticket.id, TicketMessage.id > after, _open_to(actor, TicketMessage))
        .options(joinedload(TicketMessage.author))
        .order_by(TicketMessage.id)
    )
    if ticket.has_files:
        return db.session.scalars(query.options(selectinload(TicketMessage.attachments))).all()
    return _without_files(db.session.scalars(query).all())


def _open_to(actor: Actor, kind: type[TicketMessage] | type[TicketEvent]) -> ColumnElement[bool]:
    """The wall before internal notes and events: only staff look behind it."""
    return true() if actor.role.is_staff else kind.is_internal.is_(False)


def _without_files(found: Sequence[TicketMessage]) -> Sequence[TicketMessage]:
    """Spares the statement for the many tickets that hold no file."""
    for message in found:
        set_committed_value(message, "attachments", [])
    return found


def events(actor: Actor, ticket: Ticket, after: int = 0) -> Sequence[TicketEvent]:
    """What happened, in order, with who did it; internal events only for staff."""
    query = (
        select(TicketEvent)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.id > after, _open_to(actor, TicketEvent))
        .options(joinedload(TicketEvent.actor))
        .order_by(TicketEvent.id)
    )
    return db.session.scalars(query).all()


def clocks(ticket: Ticket) -> Sequence[SlaClock]:
    """All clocks of a ticket, oldest first, as they are now."""
    query = select(SlaClock).where(SlaClock.ticket_id == ticket.id).order_by(SlaClock.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def tags(ticket: Ticket) -> Sequence[str]:
    """The ticket's tags by name."""
    return db.session.scalars(select(Tag.name).join(Ticket.tags).where(Ticket.id == ticket.id).order_by(Tag.name)).all()


def find_rating(ticket: Ticket) -> SatisfactionRating | None:
    """The rating of the ticket's present resolution."""
    return db.session.scalars(
        select(SatisfactionRating).where(
            SatisfactionRating.ticket_id == ticket.id, SatisfactionRating.resolved_at == ticket.resolved_at
        )
    ).one_or_none()


def get_attachment(actor: Actor, attachment_id: int) -> Attachment:
    """A file of a ticket this reader may see; files of notes only for staff. Raises NotFound."""
    if not 0 < attachment_id <= BIGGEST_ID:
        raise NotFound
    query = (
        select(Attachment)
        .join(TicketMessage, TicketMessage.id == Attachment.message_id)
        .join(Ticket, Ticket.id == Attachment.ticket_id)
        .where(Attachment.id == attachment_id, visible_to(actor), _open_to(actor, TicketMessage))
    )
    attachment = db.session.scalars(query).one_or_none()
    if attachment is None:
        raise NotFound
    return attachment


def page_of_tickets(
    actor: Actor, wanted: TicketFilter, sort: str = "due", cursor: str | None = None, limit: int = 25
) -> Page[Ticket]:
    """One page of the tickets this reader may see, with requester, category and assignee. Raises KeyError, BadCursor."""
    query = _narrowed(select(Ticket).where(visible_to(actor)), actor, wanted).options(
        joinedload(Ticket.requester), joinedload(Ticket.assignee), joinedload(Ticket.category)
    )
    return page_of(query, SORTS[sort], cursor, limit)


def _narrowed(query: Select[Ticket], actor: Actor, wanted: TicketFilter) -> Select[Ticket]:
    query = query.where(*_conditions(wanted))
    return _containing(query, actor, wanted) if wanted.text.strip() else query


def _conditions(wanted: TicketFilter) -> list[ColumnElement[bool]]:
    category = select(Category.id).where(Category.slug == (wanted.category or "").replace("\0", "")).scalar_subquery()
    possible: list[tuple[object, Callable[[], ColumnElement[bool]]]] = [
        (wanted.statuses, lambda: Ticket.status.in_(wanted.statuses)),
        (wanted.priorities, lambda: Ticket.priority.in_(wanted.priorities)),
        (wanted.category, lambda: Ticket.category_id == category),
        (wanted.assignee is not None, lambda: Ticket.assignee_id == (wanted.assignee or None)),
        (wanted.requester is not None, lambda: Ticket.requester_id == wanted.requester),
        (wanted.created_after, lambda: Ticket.created_at > wanted.created_after),
        (wanted.overdue_at, lambda: Ticket.due_sort < wanted.overdue_at),
    ]
    return [condition() for asked, condition in possible if asked]


def _containing(query: Select[Ticket], actor: Actor, wanted: TicketFilter) -> Select[Ticket]:
    """Words anywhere in the thread, the number, or the requester's address. Customers search public text only."""
    text = wanted.text[:200].replace("\0", " ").strip()
    document = TicketSearch.staff_document if actor.role.is_staff else TicketSearch.document
    found = select(TicketSearch.ticket_id).where(document.bool_op("@@")(_asked_words(text)))
    if wanted.statuses and set(wanted.statuses) <= set(ACTIVE_STATUSES):
        found = found.where(TicketSearch.is_active)
    number = text.lstrip("#")
    if number.isascii() and number.isdigit() and len(number) < 19:
        return query.where(Ticket.id.in_(union_all(found, select(literal(int(number), BigInteger)))))
    if "@" in text:
        theirs = select(Ticket.id).join(User, User.id == Ticket.requester_id).where(User.email == normalised(text))
        return query.where(Ticket.id.in_(union_all(found, theirs)))
    return query.where(Ticket.id.in_(found))


def _asked_words(text: str) -> ColumnElement[Any]:
    """The query in websearch syntax; without operators the last word may be the beginning of one, as while typing."""
    whole = func.websearch_to_tsquery("english", text)
    head, _, last = text.rpartition(" ")
    if len(last) < SHORTEST_BEGINNING or not last.isalnum() or _OPERATOR.search(text):
        return whole
    beginning = func.to_tsquery("english", f"{last}:*")
    return whole.op("||")(func.websearch_to_tsquery("english", head).op("&&")(beginning) if head else beginning)


def view_counts(actor: Actor, now: datetime) -> dict[str, int]:
    """How many tickets each built-in view holds, counted no further than COUNT_CAP, in one statement."""
    views = {name: built_in_view(name, actor, now) for name in VIEWS}
    counts = [_capped(actor, wanted).label(name) for name, wanted in views.items()]
    return dict(db.session.execute(select(*counts)).mappings().one())


def _capped(actor: Actor, wanted: TicketFilter) -> ColumnElement[int]:
    ids = _narrowed(select(Ticket), actor, wanted).with_only_columns(Ticket.id).limit(COUNT_CAP).subquery()
    return select(func.count()).select_from(ids).scalar_subquery()


VIEWS = ("mine", "unassigned", "open", "overdue", "waiting")


def built_in_view(name: str, actor: Actor, now: datetime) -> TicketFilter:
    """The filter of a built-in view. Raises KeyError for a name that is none."""
    return {
        "mine": TicketFilter(statuses=ACTIVE_STATUSES, assignee=actor.id),
        "unassigned": TicketFilter(statuses=ACTIVE_STATUSES, assignee=0),
        "open": TicketFilter(statuses=ACTIVE_STATUSES),
        "overdue": TicketFilter(statuses=ACTIVE_STATUSES, overdue_at=now),
        "waiting": TicketFilter(statuses=(Status.WAITING_CUSTOMER,)),
        "resolved": TicketFilter(statuses=(Status.RESOLVED, Status.CLOSED)),
    }[name]
