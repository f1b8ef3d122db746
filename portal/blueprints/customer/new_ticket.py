"""Writing a ticket, signed in or not. Without an account it starts once the mailed link is used."""

from collections.abc import Sequence

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import SelectChoice

from portal.base.unit_of_work import unit_of_work
from portal.blueprints.customer import customer
from portal.queries import NotFound, routing
from portal.rules.vocabulary import Channel, TokenPurpose
from portal.services import attachments, guests, one_time
from portal.services import tickets as services
from portal.services.attachments import UploadRefused
from portal.services.tickets.opening import NewTicket
from portal.web import limits
from portal.web.forms import GuestTicketForm, NewTicketForm, PressForm, choose_again, new_submission_key, uploads
from portal.web.guards import actor, person, public
from portal.web.pages import page


@customer.get("/tickets/new")
@public
def new_ticket() -> ResponseReturnValue:
    """The customers' form; staff have a queue instead."""
    if current_user.is_authenticated and person().is_staff:
        return redirect("/agent", 303)
    return _page(_form(fresh=True))


@customer.post("/tickets/new")
@public
@limits.limit(limits.WRITE, limits.person_or_peer)
@limits.limit(limits.OPEN_TICKET, limits.person_or_peer, deduct_when=limits.was_accepted)
@limits.limit(limits.MAILED_LINK, limits.named_address, exempt_when=limits.is_signed_in)
def open_ticket() -> ResponseReturnValue:
    form = _form()
    if not form.validate():
        return _page(form, status=422)
    try:
        return _open(form) if current_user.is_authenticated else _ask_to_confirm(form)
    except UploadRefused as refused:
        return _page(form, status=413, file_errors=choose_again(refused))


@customer.get("/tickets/confirm/<token>")
@public
def confirm_ticket(token: str) -> ResponseReturnValue:
    """Mail scanners follow links: the GET only shows a button."""
    if not one_time.is_open(TokenPurpose.CONFIRM_TICKET, token):
        return _used_before(token)
    return page("customer/confirm_ticket.html", token=token, form=PressForm())


@customer.post("/tickets/confirm/<token>")
@public
@limits.limit(limits.OPEN_TICKET)
def open_confirmed(token: str) -> ResponseReturnValue:
    try:
        with unit_of_work():
            ticket = guests.open_confirmed(token)
    except one_time.LinkSpent:
        return _used_before(token)
    return page("customer/confirmed.html", ticket=ticket)


def _used_before(token: str) -> ResponseReturnValue:
    """Whoever presses twice is told of the ticket there is, not asked to write it again."""
    number = guests.opened_before(token)
    if number is not None:
        return page("customer/confirmed_before.html", number=number)
    flash("This link is too old. Please write your ticket again.", "error")
    return redirect("/tickets/new", 303)


def _form(*, fresh: bool = False) -> NewTicketForm:
    kind = NewTicketForm if current_user.is_authenticated else GuestTicketForm
    form = kind(formdata=None, submission_key=new_submission_key()) if fresh else kind()
    form.category.choices = [
        SelectChoice("", "Choose one"),
        *(SelectChoice(row.slug, row.name) for row in routing.categories()),
    ]
    return form


def _page(form: NewTicketForm, *, status: int = 200, file_errors: Sequence[str] = ()) -> ResponseReturnValue:
    return page("customer/new_ticket.html", form=form, file_errors=file_errors, status=status)


def _open(form: NewTicketForm) -> ResponseReturnValue:
    with attachments.staged(uploads()) as files, unit_of_work():
        ticket = services.open_ticket(actor(), person(), _wanted(form, files))
    return redirect(f"/tickets/{ticket.id}?new=1", 303)


def _wanted(form: NewTicketForm, files: list[attachments.StagedFile]) -> NewTicket:
    category = routing.find_category(form.category.data)
    if category is None:
        raise NotFound
    return NewTicket(
        subject=form.subject.data,
        description=form.description.data,
        category=category,
        channel=Channel.WEB,
        files=files,
        submission_key=form.submission_key.data or None,
    )


def _ask_to_confirm(form: NewTicketForm) -> ResponseReturnValue:
    """The same answer whether or not the address is known; the mail repeats nothing of what was typed."""
    assert isinstance(form, GuestTicketForm)
    with attachments.staged(uploads()) as files, unit_of_work():
        guests.ask_to_confirm(form.email.data, form.name.data or "", _wanted(form, files))
    return page("session/check_mail.html", address=form.email.data, reason="ticket")
