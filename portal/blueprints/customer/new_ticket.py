"""Writing a ticket, signed in or not. Without an account it starts once the mailed link is used."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import SelectChoice

from portal.base.unit_of_work import unit_of_work
from portal.blueprints.customer import customer
from portal.models import Article
from portal.models.ticket import SUBJECT_LENGTH
from portal.queries import NotFound, routing
from portal.queries.knowledge import articles, quick_answers
from portal.rules.vocabulary import Channel, TokenPurpose
from portal.services import attachments, guests, one_time
from portal.services import tickets as services
from portal.services.attachments import UploadRefused
from portal.services.knowledge import suggesting
from portal.services.knowledge.suggesting import Suggestions
from portal.services.tickets.opening import NewTicket
from portal.web import limits
from portal.web.forms import (
    GuestTicketForm,
    NewTicketForm,
    OneLine,
    PressForm,
    choose_again,
    new_submission_key,
    uploads,
)
from portal.web.guards import actor, person, public
from portal.web.pages import page

TEMPLATE = "customer/new_ticket.html"
NOTHING_YET = Suggestions()


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
@limits.limit(limits.MAILED_LINK, limits.named_address, exempt_when=limits.is_signed_in)
def open_ticket() -> ResponseReturnValue:
    form = _form()
    if not form.validate():
        return _page(form, status=422)
    _count_ticket()
    try:
        return _open(form) if current_user.is_authenticated else _ask_to_confirm(form)
    except UploadRefused as refused:
        return _page(form, status=413, file_errors=choose_again(refused))


@limits.limit(limits.OPEN_TICKET, limits.person_or_peer)
def _count_ticket() -> None:
    """Counts a form that is taken, and refuses it past the limit; one that came back with errors did not count."""


@customer.post("/tickets/suggestions")
@public
@limits.limit(limits.SEARCH, limits.person_or_peer)
def suggest() -> ResponseReturnValue:
    """What answers the ticket as far as it is written; asked for while somebody types, or by a button without JavaScript."""
    form = _form()
    return page(TEMPLATE, fragment="suggestions", **_context(form, suggested=_suggested(form)))


@customer.post("/tickets/solved")
@public
@limits.limit(limits.WRITE, limits.person_or_peer)
def solved() -> ResponseReturnValue:
    """Something that was offered solved it: the ticket is not sent, and the portal knows what helped."""
    kind, _, number = request.form.get("solved", "").partition(":")
    chosen = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    helped = {
        "article_id": articles.get_article(chosen, for_staff=False).id if kind == "article" else None,
        "quick_answer_id": quick_answers.get_quick_answer(chosen).id if kind == "answer" else None,
    }
    with unit_of_work():
        suggesting.note_solved(request.form.get("submission_key", ""), **helped)
    return page("customer/solved.html")


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
    asked = OneLine()(request.args.get("q", "")[:SUBJECT_LENGTH].replace("\0", ""))
    form = kind(formdata=None, submission_key=new_submission_key(), subject=asked) if fresh else kind()
    form.category.choices = [
        SelectChoice("", "Choose one"),
        *(SelectChoice(row.slug, row.name) for row in routing.categories()),
    ]
    return form


def _page(form: NewTicketForm, *, status: int = 200, file_errors: Sequence[str] = ()) -> ResponseReturnValue:
    return page(TEMPLATE, status=status, **_context(form, file_errors=file_errors))


def _context(
    form: NewTicketForm, *, file_errors: Sequence[str] = (), suggested: Suggestions = NOTHING_YET
) -> dict[str, Any]:
    return {"form": form, "file_errors": file_errors, "suggested": suggested, "read_before": _read_before()}


def _suggested(form: NewTicketForm) -> Suggestions:
    found = suggesting.suggestions_for(form.subject.data or "", form.description.data or "")
    with unit_of_work():
        suggesting.note_shown(form.submission_key.data or "", found)
    return found


def _read_before() -> Article | None:
    """The article somebody comes from; whatever else the address says is no article."""
    given = request.values.get("article", "")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        return None
    try:
        return articles.get_article(int(given), for_staff=False)
    except NotFound:
        return None


def _open(form: NewTicketForm) -> ResponseReturnValue:
    with attachments.staged(uploads()) as files, unit_of_work():
        ticket = services.open_ticket(actor(), person(), _wanted(form, files))
        suggesting.note_sent(form.submission_key.data)
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
        read_before=_read_and_searched(),
    )


def _read_and_searched() -> str:
    """What somebody read and searched for before writing, for whoever answers; empty when it was nothing."""
    article, query = _read_before(), OneLine()(request.values.get("q", "")[:300].replace("\0", ""))
    read = f"“{article.title}”" if article else ""
    searched = f"searched for “{query}”" if query else ""
    return " and ".join(filter(None, (read, searched)))


def _ask_to_confirm(form: NewTicketForm) -> ResponseReturnValue:
    """The same answer whether or not the address is known; the mail repeats nothing of what was typed."""
    assert isinstance(form, GuestTicketForm)
    with attachments.staged(uploads()) as files, unit_of_work():
        guests.ask_to_confirm(form.email.data, form.name.data or "", _wanted(form, files))
        suggesting.note_sent(form.submission_key.data)
    return page("session/check_mail.html", address=form.email.data, reason="ticket")
