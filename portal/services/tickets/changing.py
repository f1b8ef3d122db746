"""Changes of a ticket's fields. The put_* functions are the only writers of assignee and status."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from portal.base.clock import now
from portal.base.database import db
from portal.models import Category, Participant, SlaClock, Tag, Ticket, TicketMessage, User, ticket_tags
from portal.queries import tickets as ticket_queries
from portal.queries.settings import reopen_window
from portal.rules import access, lifecycle
from portal.rules.access import Action, Actor
from portal.rules.vocabulary import ACTIVE_STATUSES, EventKind, Priority, Status
from portal.services import Invalid, Refused, notifications, sla
from portal.services.tickets.events import record

TAG_LENGTH = 50
TAG_COUNT = 20


def assign(actor: Actor, ticket: Ticket, assignee: User | None) -> None:
    """Give a locked ticket to a staff member, or to nobody. The first assignment starts the work.

    Raises access.Denied, Invalid for somebody who cannot work on it.
    """
    access.require(actor, Action.ASSIGN, ticket.access_facts())
    if assignee is not None and (not assignee.is_staff or assignee.disabled_at is not None):
        raise Invalid("assignee", "Choose somebody of the staff.")
    if ticket.assignee_id == (assignee.id if assignee else None):
        return
    put_assignee(ticket, assignee, actor)
    if assignee is not None:
        put_status(ticket, lifecycle.after_assignment(ticket.status), actor, sla.clocks_of(ticket))


def claim(actor: Actor, claimer: User, ticket: Ticket) -> None:
    """Take an unassigned ticket: one conditional update, so that two never both win. Raises Refused naming the winner."""
    access.require(actor, Action.ASSIGN, ticket.access_facts())
    won = db.session.execute(
        update(Ticket)
        .where(Ticket.id == ticket.id, Ticket.assignee_id.is_(None))
        .values(assignee_id=claimer.id)
        .execution_options(synchronize_session=False)
    )
    if won.rowcount == 0:  # type: ignore[attr-defined]  # a Core update always knows its count
        db.session.refresh(ticket, ["assignee_id", "assignee"])
        if ticket.assignee_id == claimer.id:
            return
        raise Refused(f"{ticket.assignee.name if ticket.assignee else 'Somebody'} has taken this ticket already.")
    put_assignee(ticket, claimer, actor)
    put_status(ticket, lifecycle.after_assignment(ticket.status), actor, sla.clocks_of(ticket))


def change_status(actor: Actor, ticket: Ticket, status: Status) -> None:
    """Any status except out of closed. Raises access.Denied, Refused with the reason."""
    access.require(actor, Action.CHANGE_STATUS, ticket.access_facts())
    put_status(ticket, status, actor, sla.clocks_of(ticket))


def resolve(actor: Actor, ticket: Ticket) -> None:
    """The requester or an agent says it is done. Raises access.Denied, Refused."""
    access.require(actor, Action.RESOLVE, ticket.access_facts())
    put_status(ticket, Status.RESOLVED, actor, sla.clocks_of(ticket))


def reopen(actor: Actor, ticket: Ticket) -> None:
    """Back to work within the reopen window. Raises access.Denied, Refused."""
    access.require(actor, Action.REOPEN, ticket.access_facts())
    window = reopen_window()
    if not lifecycle.may_reopen(ticket.status, ticket.resolved_at, now(), window):
        raise Refused(
            f"A ticket can be reopened for {window.days} days after it was resolved. Please open a new one."
            if ticket.resolved_at
            else "This ticket is not resolved."
        )
    clocks = sla.clocks_of(ticket)
    put_status(ticket, lifecycle.reopened(ticket.assignee_id is not None), actor, clocks)
    if not actor.role.is_staff:
        sla.asked_again(ticket, clocks, now())


def change_priority(actor: Actor, ticket: Ticket, priority: Priority) -> None:
    """Set by a person, which the reason then says; open clocks get the new targets. Raises access.Denied."""
    access.require(actor, Action.CHANGE_PRIORITY, ticket.access_facts())
    if ticket.priority is priority:
        return
    old, ticket.priority, ticket.priority_reason = ticket.priority, priority, "Set by an agent"
    record(ticket, actor, EventKind.PRIORITY_CHANGED, old=old, new=priority)
    sla.retarget(ticket, sla.clocks_of(ticket), is_raise=priority.rank < old.rank)


def change_category(actor: Actor, ticket: Ticket, category: Category) -> None:
    """Raises access.Denied."""
    access.require(actor, Action.CHANGE_CATEGORY, ticket.access_facts())
    if ticket.category_id == category.id:
        return
    old, ticket.category = ticket.category.slug, category
    record(ticket, actor, EventKind.CATEGORY_CHANGED, old=old, new=category.slug)


def set_tags(actor: Actor, ticket: Ticket, names: Iterable[str], *, seen: Iterable[str] | None = None) -> None:
    """Replace the tags; with the tags the writer saw, only what they added and took away. Raises access.Denied, Invalid."""
    access.require(actor, Action.CHANGE_TAGS, ticket.access_facts())
    old = list(ticket_queries.tags(ticket))
    wanted = clean_tags(names)
    new = wanted if seen is None else clean_tags([*(set(old) - (set(seen) - set(wanted))), *(set(wanted) - set(seen))])
    if new == old:
        return
    write_tags(ticket, new)
    record(ticket, actor, EventKind.TAGS_CHANGED, old=old, new=new)


def add_follower(actor: Actor, ticket: Ticket, person: User) -> None:
    """A follower receives the public mails and may answer. Raises access.Denied."""
    access.require(actor, Action.ADD_FOLLOWER, ticket.access_facts())
    added = db.session.execute(
        insert(Participant)
        .values(ticket_id=ticket.id, user_id=person.id, added_by_id=actor.id, created_at=now())
        .on_conflict_do_nothing()
        .returning(Participant.user_id)
    )
    if added.first():
        record(ticket, actor, EventKind.FOLLOWER_ADDED, new=person.name)


def invite_follower(actor: Actor, ticket: Ticket, person: User | None) -> None:
    """Add the owner of an address if there is one who may follow, and say nothing either way. Raises access.Denied.

    A customer may add people of the same account: anybody else could be probed for an account here, or be sent mail
    they never asked for. Agents may add any customer.
    """
    access.require(actor, Action.ADD_FOLLOWER, ticket.access_facts())
    if person is None or person.is_staff or person.disabled_at or person.id == ticket.requester_id:
        return
    if actor.role.is_staff or (actor.account_id is not None and actor.account_id == person.account_id):
        add_follower(actor, ticket, person)


def remove_follower(actor: Actor, ticket: Ticket, person_id: int) -> None:
    """Who may add followers may remove them; to remove somebody who is none changes nothing. Raises access.Denied."""
    access.require(actor, Action.ADD_FOLLOWER, ticket.access_facts())
    removed = db.session.scalar(
        delete(Participant)
        .where(Participant.ticket_id == ticket.id, Participant.user_id == person_id, User.id == Participant.user_id)
        .returning(User.name)
        .execution_options(synchronize_session=False)
    )
    if removed is not None:
        record(ticket, actor, EventKind.FOLLOWER_ADDED, old=removed)


def release_tickets(person: User) -> None:
    """Somebody works here no longer: the tickets they had wait for whoever takes them."""
    query = (
        select(Ticket)
        .where(Ticket.assignee_id == person.id, Ticket.status.in_(ACTIVE_STATUSES))
        .options(joinedload(Ticket.assignee))
        .order_by(Ticket.id)
        .with_for_update(of=Ticket)
    )
    for ticket in db.session.scalars(query):
        put_assignee(ticket, None, None, reason=f"{person.name} works here no longer")


def put_assignee(ticket: Ticket, assignee: User | None, actor: Actor | None, reason: str = "") -> None:
    """Write the assignee, the event, and the mail owed to the new one."""
    old = ticket.assignee.name if ticket.assignee else None
    ticket.assignee = assignee
    event = record(
        ticket,
        actor,
        EventKind.ASSIGNED,
        old=old,
        new=assignee.name if assignee else None,
        reason=reason,
    )
    if assignee is not None and actor is not None and assignee.id != actor.id:
        notifications.assigned(ticket, event, assignee)


def put_status(
    ticket: Ticket,
    status: Status,
    actor: Actor | None,
    clocks: Sequence[SlaClock],
    *,
    reason: str = "",
    message: TicketMessage | None = None,
) -> None:
    """Write the status, the event, the clocks' moves and the mail owed. Raises Refused for an impossible change."""
    if status is ticket.status:
        sla.refresh_next_due(ticket, clocks)
        return
    try:
        lifecycle.check_change(ticket.status, status)
    except lifecycle.Impossible as why:
        raise Refused(str(why)) from None
    old, moment, was_done = ticket.status, now(), not ticket.status.is_active
    ticket.status = status
    if status.is_active:
        ticket.resolved_at = None
    elif not was_done:
        ticket.resolved_at = moment
    event = record(ticket, actor, EventKind.STATUS_CHANGED, old=old, new=status, reason=reason)
    sla.status_changed(ticket, clocks, old, moment)
    if status is Status.RESOLVED:
        notifications.resolved(ticket, event, actor, message)


def clean_tags(names: Iterable[str]) -> list[str]:
    """Tags as they are stored: lower case, one space between words, sorted, no repeats. Raises Invalid."""
    cleaned = sorted({" ".join(name.lower().split()) for name in names} - {""})
    if len(cleaned) > TAG_COUNT:
        raise Invalid("tags", f"At most {TAG_COUNT} tags.")
    if any(len(name) > TAG_LENGTH or "," in name for name in cleaned):
        raise Invalid("tags", f"A tag has at most {TAG_LENGTH} characters and no comma.")
    if not all(name.isprintable() for name in cleaned):
        raise Invalid("tags", "A tag holds text only.")
    return cleaned


def write_tags(ticket: Ticket, names: Iterable[str]) -> None:
    """Make the ticket's tags exactly these; unknown ones are made. Raises Invalid."""
    cleaned = clean_tags(names)
    db.session.execute(ticket_tags.delete().where(ticket_tags.c.ticket_id == ticket.id))
    if not cleaned:
        return
    db.session.execute(insert(Tag).values([{"name": name} for name in cleaned]).on_conflict_do_nothing())
    chosen = select(Tag.id).where(Tag.name.in_(cleaned))
    rows = [{"ticket_id": ticket.id, "tag_id": tag_id} for tag_id in db.session.scalars(chosen)]
    db.session.execute(insert(ticket_tags).values(rows))
