"""A ticket as agents see it: the thread with notes, clocks, properties; writing a reply or a note."""

from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from portal.base.clock import now
from portal.base.current import current_settings
from portal.base.unit_of_work import unit_of_work
from portal.blueprints.agent import agent
from portal.models import Ticket, TicketMessage
from portal.queries import people, routing, similar
from portal.queries import tickets as queries
from portal.rules.vocabulary import AGENT_STATUS_WORDS, Channel, Priority, Status
from portal.services import attachments
from portal.services import tickets as services
from portal.services.attachments import UploadRefused
from portal.services.knowledge import suggesting
from portal.services.tickets.replying import NewMessage
from portal.web import limits
from portal.web.clock_views import clock_view, present_clocks, queue_clock
from portal.web.forms import AgentMessageForm, choose_again, new_submission_key, uploads
from portal.web.guards import actor, person, staff
from portal.web.pages import page, partials, render_block, wants_fragment
from portal.web.threads import thread

TEMPLATE = "agent/ticket.html"


@agent.get("/tickets/<int:number>")
@staff
def ticket(number: int) -> ResponseReturnValue:
    return page(TEMPLATE, **ticket_context(queries.get_ticket(actor(), number)))


@agent.get("/tickets/<int:number>/news")
@staff
def news(number: int) -> ResponseReturnValue:
    """What an open page asks when the stream says that the ticket changed."""
    found = queries.get_ticket(actor(), number)
    if _version(found) <= request.args.get("since", 0, type=int):
        return "", 204
    return refreshed(found)


@agent.get("/tickets/<int:number>/helpers")
@staff
def helpers(number: int) -> ResponseReturnValue:
    """What may help to answer: articles, a ready answer, solved tickets. An open page fetches it once it stands."""
    found = queries.get_ticket(actor(), number)
    first = queries.messages(actor(), found)[0].body
    helping = {
        "suggested": suggesting.suggestions_for(found.subject, first, for_staff=True),
        "similar": similar.similar_solved(actor(), found),
        "base_url": current_settings().base_url,
    }
    if wants_fragment():
        return render_block(TEMPLATE, "helpers", ticket=found, helping=helping)
    return page(TEMPLATE, **ticket_context(found, helping=helping))


@agent.post("/tickets/<int:number>/messages")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def write(number: int) -> ResponseReturnValue:
    """A reply or a note; the answer to htmx is the thread as stored and a fresh composer."""
    form = AgentMessageForm()
    if not form.validate():
        return _invalid(number, form)
    queries.get_ticket(actor(), number)
    try:
        with attachments.staged(uploads()) as files, unit_of_work():
            locked = queries.get_ticket(actor(), number, lock=True)
            message = _post(locked, form, files)
    except UploadRefused as refused:
        return _files_refused(number, form, refused)
    said = "Note added" if message.is_internal else "Reply sent"
    if not wants_fragment():
        flash(said)
        return redirect(f"/agent/tickets/{number}#message-{message.id}", 303)
    return refreshed(queries.get_ticket(actor(), number), toast=said, composer=True)


def _post(locked: Ticket, form: AgentMessageForm, files: list[attachments.StagedFile]) -> TicketMessage:
    then = Status(form.then.data) if form.then.data else None
    key = form.submission_key.data or None
    wanted = NewMessage(form.body.data, Channel.WEB, files, submission_key=key, then=then)
    write_it = services.add_note if form.kind.data == "note" else services.post_reply
    return write_it(actor(), person(), locked, wanted)


def _invalid(number: int, form: AgentMessageForm) -> ResponseReturnValue:
    context = ticket_context(queries.get_ticket(actor(), number), form=form)
    if wants_fragment():
        return render_block(TEMPLATE, "composer_errors", **context), 422
    return page(TEMPLATE, status=422, **context)


def _files_refused(number: int, form: AgentMessageForm, refused: UploadRefused) -> ResponseReturnValue:
    """The composer as it was, the reason above it. An open page keeps its files too, so it is told the reason only."""
    reasons = [str(refused)] if wants_fragment() else choose_again(refused)
    context = ticket_context(queries.get_ticket(actor(), number), form=form, file_errors=reasons)
    if wants_fragment():
        headers = {"HX-Retarget": "#composer-errors", "HX-Reswap": "innerHTML"}
        return render_block(TEMPLATE, "composer_errors", **context), 413, headers
    return page(TEMPLATE, status=413, **context)


_SWAPS = {"composer": "outerHTML"}
"""A region that is morphed keeps what was typed into it and not sent yet; a composer whose text was sent begins anew."""


def refreshed(found: Ticket, *, toast: str = "", composer: bool = False) -> ResponseReturnValue:
    """The changed regions of an open ticket page: thread, head, properties, and the composer when it was sent."""
    context = ticket_context(found)
    regions = ["case_head", "props"] + (["composer"] if composer else [])
    parts = [(f"#{name}", _SWAPS.get(name, "outerMorph"), render_block(TEMPLATE, name, **context)) for name in regions]
    if composer:
        parts.append(("#composer-errors", "innerHTML", ""))
    body = partials(("#thread", "outerMorph", render_block(TEMPLATE, "thread", **context)), *parts)
    headers = {"HX-Reswap": "none"}
    if toast:
        headers["HX-Trigger"] = f'{{"toast":{{"text":"{toast}"}}}}'
    return body, 200, headers


def ticket_context(found: Ticket, **forms: Any) -> dict[str, Any]:
    """Everything the ticket page shows, in at most eight statements with the reader's session."""
    me, moment, clocks = actor(), now(), list(queries.clocks(found))
    return {
        "ticket": found,
        "items": thread(queries.messages(me, found), queries.events(me, found), found.requester, for_staff=True),
        "clocks": [clock_view(clock, moment) for clock in present_clocks(clocks)],
        "main_clock": queue_clock(found, moment),
        "since": _version(found),
        "status_choices": [(status.value, words) for status, words in AGENT_STATUS_WORDS.items()],
        "priority_choices": [(priority.value, priority.value.capitalize()) for priority in Priority],
        "staff_choices": [("", "Nobody"), *((member.id, member.name) for member in people.staff())],
        "category_choices": [(category.slug, category.name) for category in routing.categories()],
        "helping": None,
        "file_errors": [],
        "form": AgentMessageForm(formdata=None, submission_key=new_submission_key()),
        **forms,
    }


def _version(found: Ticket) -> int:
    return int(found.updated_at.timestamp() * 1_000_000)
