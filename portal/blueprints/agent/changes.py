"""Changes of a ticket's properties, one field each. Answers with the changed regions, or sends back to the page."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from portal.base.unit_of_work import unit_of_work
from portal.blueprints.agent import agent
from portal.blueprints.agent.tickets import refreshed
from portal.models import Ticket
from portal.queries import people, routing
from portal.queries import tickets as queries
from portal.rules.vocabulary import Priority, Status
from portal.services import Invalid
from portal.services import tickets as services
from portal.web import limits
from portal.web.forms import ADDRESS_LENGTH
from portal.web.guards import actor, person, staff
from portal.web.pages import wants_fragment

Choice = TypeVar("Choice", bound=StrEnum)


@agent.post("/tickets/<int:number>/status")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def status(number: int) -> ResponseReturnValue:
    wanted = _chosen(Status, "status")
    return _change(number, lambda ticket: services.change_status(actor(), ticket, wanted), "Status changed")


@agent.post("/tickets/<int:number>/priority")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def priority(number: int) -> ResponseReturnValue:
    wanted = _chosen(Priority, "priority")
    return _change(number, lambda ticket: services.change_priority(actor(), ticket, wanted), "Priority changed")


@agent.post("/tickets/<int:number>/category")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def category(number: int) -> ResponseReturnValue:
    wanted = routing.find_category(request.form.get("category", ""))
    if wanted is None:
        abort(422)
    return _change(number, lambda ticket: services.change_category(actor(), ticket, wanted), "Category changed")


@agent.post("/tickets/<int:number>/assignee")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def assignee(number: int) -> ResponseReturnValue:
    """A staff member's id, or nothing for nobody."""
    given = request.form.get("assignee", "")
    chosen = people.find_staff(int(given)) if given.isascii() and given.isdigit() and len(given) < 19 else None
    if given and chosen is None:
        abort(422)
    return _change(number, lambda ticket: services.assign(actor(), ticket, chosen), "Assignee changed")


@agent.post("/tickets/<int:number>/claim")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def claim(number: int) -> ResponseReturnValue:
    return _change(number, lambda ticket: services.claim(actor(), person(), ticket), "This ticket is yours")


@agent.post("/tickets/<int:number>/tags")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def tags(number: int) -> ResponseReturnValue:
    """What the writer saw goes along, so that a tag somebody else has set meanwhile stays."""
    names, seen = (request.form.get(field, "").split(",") for field in ("tags", "seen"))
    known = [name.strip() for name in seen if name.strip()]
    return _change(number, lambda ticket: services.set_tags(actor(), ticket, names, seen=known), "Tags changed")


@agent.post("/tickets/<int:number>/followers")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def add_follower(number: int) -> ResponseReturnValue:
    """Any customer; an agent may know who is none, so is told."""
    wanted = people.find_user(request.form.get("email", "")[:ADDRESS_LENGTH].replace("\0", ""))
    if wanted is None or wanted.is_staff or wanted.disabled_at:
        raise Invalid("email", "No customer has this address.")
    return _change(number, lambda ticket: services.invite_follower(actor(), ticket, wanted), "Follower added")


@agent.post("/tickets/<int:number>/followers/<int:person_id>/remove")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def remove_follower(number: int, person_id: int) -> ResponseReturnValue:
    return _change(number, lambda ticket: services.remove_follower(actor(), ticket, person_id), "Follower removed")


@agent.post("/tickets/<int:number>/resolve")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def resolve(number: int) -> ResponseReturnValue:
    return _change(number, lambda ticket: services.resolve(actor(), ticket), "Resolved")


@agent.post("/tickets/<int:number>/reopen")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def reopen(number: int) -> ResponseReturnValue:
    return _change(number, lambda ticket: services.reopen(actor(), ticket), "Open again")


def _chosen(kind: type[Choice], field: str) -> Choice:
    """The value of a select; whatever it does not offer is 422."""
    wanted = request.form.get(field, "")
    if wanted not in set(kind):
        abort(422)
    return kind(wanted)


def _change(number: int, change: Callable[[Ticket], None], said: str) -> ResponseReturnValue:
    with unit_of_work():
        ticket = queries.get_ticket(actor(), number, lock=True)
        change(ticket)
    if wants_fragment():
        return refreshed(queries.get_ticket(actor(), number), toast=said)
    flash(said)
    return redirect(f"/agent/tickets/{number}", 303)
