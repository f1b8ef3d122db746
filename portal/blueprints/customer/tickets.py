"""A customer's tickets: list, thread, answer, resolve, reopen, rate, follow."""

from datetime import datetime
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from portal.base.clock import now
from portal.base.unit_of_work import unit_of_work
from portal.blueprints.customer import customer
from portal.models import Ticket, TicketMessage
from portal.queries import tickets as queries
from portal.queries.people import find_user
from portal.queries.settings import reopen_window
from portal.queries.tickets import TicketFilter
from portal.rules import access, lifecycle
from portal.rules.access import Action
from portal.rules.vocabulary import ACTIVE_STATUSES, Channel, Status
from portal.services import attachments, surveys
from portal.services import tickets as services
from portal.services.attachments import UploadRefused
from portal.services.tickets.replying import NewMessage
from portal.web import limits
from portal.web.clock_views import clock_view, present_clocks
from portal.web.forms import AddressForm, PressForm, RatingForm, ReplyForm, choose_again, new_submission_key, uploads
from portal.web.guards import actor, person, signed_in
from portal.web.pages import page
from portal.web.threads import thread

TABS = {
    "": ("All", ()),
    "active": ("Active", ACTIVE_STATUSES),
    "waiting": ("Waiting for you", (Status.WAITING_CUSTOMER,)),
    "resolved": ("Resolved", (Status.RESOLVED, Status.CLOSED)),
}
OFFERED = (Action.REPLY, Action.RESOLVE, Action.REOPEN, Action.RATE, Action.ADD_FOLLOWER)


@customer.get("/tickets")
@signed_in
def my_tickets() -> ResponseReturnValue:
    """Staff have a queue instead: here they would be shown everybody's."""
    if person().is_staff:
        return redirect("/agent", 303)
    tab = request.args.get("status", "") if request.args.get("status", "") in TABS else ""
    wanted = TicketFilter(statuses=TABS[tab][1], text=request.args.get("q", "")[:200])
    found = queries.page_of_tickets(actor(), wanted, "created", request.args.get("cursor"))
    return page("customer/tickets.html", fragment="rows", found=found, tab=tab, tabs=TABS, q=wanted.text)


@customer.get("/tickets/<int:number>")
@signed_in
def ticket(number: int) -> ResponseReturnValue:
    if person().is_staff:
        return redirect(f"/agent/tickets/{number}", 303)
    return _ticket_page(queries.get_ticket(actor(), number))


@customer.get("/tickets/<int:number>/news")
@signed_in
def news(number: int) -> ResponseReturnValue:
    """What an open page asks now and then. Nothing new answers 204 after reading the ticket alone, not its thread."""
    found = queries.get_ticket(actor(), number)
    if int(found.public_at.timestamp() * 1_000_000) <= request.args.get("since", 0, type=int):
        return "", 204
    return page("customer/ticket.html", fragment="case", **_context(found))


@customer.post("/tickets/<int:number>/reply")
@signed_in
@limits.limit(limits.WRITE, limits.person_or_peer)
def reply(number: int) -> ResponseReturnValue:
    form = ReplyForm()
    if not form.validate():
        return _ticket_page(queries.get_ticket(actor(), number), form=form, status=422)
    queries.get_ticket(actor(), number)
    try:
        message = _post(number, form)
    except UploadRefused as refused:
        found = queries.get_ticket(actor(), number)
        return _ticket_page(found, form=form, file_errors=choose_again(refused), status=413)
    if message.ticket_id != number:
        flash("That ticket was closed, so your message opened this new one.")
    return redirect(f"/tickets/{message.ticket_id}#message-{message.id}", 303)


@customer.post("/tickets/<int:number>/resolve")
@signed_in
@limits.limit(limits.WRITE, limits.person_or_peer)
def resolve(number: int) -> ResponseReturnValue:
    with unit_of_work():
        services.resolve(actor(), queries.get_ticket(actor(), number, lock=True))
    flash("Marked as resolved. Thank you for telling us.")
    return redirect(f"/tickets/{number}", 303)


@customer.post("/tickets/<int:number>/reopen")
@signed_in
@limits.limit(limits.WRITE, limits.person_or_peer)
def reopen(number: int) -> ResponseReturnValue:
    with unit_of_work():
        services.reopen(actor(), queries.get_ticket(actor(), number, lock=True))
    flash("Your ticket is open again.")
    return redirect(f"/tickets/{number}", 303)


@customer.post("/tickets/<int:number>/rate")
@signed_in
@limits.limit(limits.WRITE, limits.person_or_peer)
def rate(number: int) -> ResponseReturnValue:
    form = RatingForm()
    if not form.validate():
        return _ticket_page(queries.get_ticket(actor(), number), rating=form, status=422)
    with unit_of_work():
        locked = queries.get_ticket(actor(), number, lock=True)
        surveys.rate(actor(), locked, int(form.score.data), form.comment.data or "")
    flash("Thank you for your rating.")
    return redirect(f"/tickets/{number}", 303)


@customer.post("/tickets/<int:number>/followers")
@signed_in
@limits.limit(limits.MAILED_LINK, limits.person_or_peer)
def add_follower(number: int) -> ResponseReturnValue:
    """Only people of the same account can follow; any other address gets the same answer, so that nobody can be probed."""
    form = AddressForm()
    if not form.validate():
        return _ticket_page(queries.get_ticket(actor(), number), follower=form, status=422)
    with unit_of_work():
        locked = queries.get_ticket(actor(), number, lock=True)
        services.invite_follower(actor(), locked, find_user(form.email.data))
    flash("If this address belongs to somebody of your account, they now get the public mails of this ticket.")
    return redirect(f"/tickets/{number}", 303)


@customer.post("/tickets/<int:number>/followers/<int:person_id>/remove")
@signed_in
@limits.limit(limits.WRITE, limits.person_or_peer)
def remove_follower(number: int, person_id: int) -> ResponseReturnValue:
    with unit_of_work():
        services.remove_follower(actor(), queries.get_ticket(actor(), number, lock=True), person_id)
    flash("They get no more mails of this ticket.")
    return redirect(f"/tickets/{number}", 303)


def _post(number: int, form: ReplyForm) -> TicketMessage:
    with attachments.staged(uploads()) as files, unit_of_work():
        locked = queries.get_ticket(actor(), number, lock=True)
        wanted = NewMessage(form.body.data, Channel.WEB, files, submission_key=form.submission_key.data or None)
        return services.post_reply(actor(), person(), locked, wanted)


def _ticket_page(found: Ticket, *, status: int = 200, **forms: Any) -> ResponseReturnValue:
    return page("customer/ticket.html", fragment="case", status=status, **_context(found, **forms))


def _context(found: Ticket, **forms: Any) -> dict[str, Any]:
    me, moment, clocks = actor(), now(), list(queries.clocks(found))
    rating = queries.find_rating(found) if found.resolved_at else None
    chosen = {"score": str(rating.score), "comment": rating.comment} if rating else {}
    return {
        "ticket": found,
        "items": thread(queries.messages(me, found), queries.events(me, found), found.requester, for_staff=False),
        "clocks": [clock_view(clock, moment) for clock in present_clocks(clocks)],
        "answer_by": _answer_by(clocks),
        "since": int(found.public_at.timestamp() * 1_000_000),
        "can_reopen": lifecycle.may_reopen(found.status, found.resolved_at, moment, reopen_window()),
        "may": {action.value for action in OFFERED if access.allows(me, action, found.access_facts())},
        "form": ReplyForm(formdata=None, submission_key=new_submission_key()),
        "file_errors": [],
        "rating": RatingForm(formdata=None, data=chosen),
        "rated": rating,
        "follower": AddressForm(formdata=None),
        "press": PressForm(),
        "is_new": request.args.get("new") == "1",
        **forms,
    }


def _answer_by(clocks: list[Any]) -> datetime | None:
    """When the customer may expect an answer: the open reply clock's deadline."""
    open_replies = [clock.due_at for clock in clocks if clock.is_open and clock.kind.value != "resolution"]
    return min(open_replies, default=None)
