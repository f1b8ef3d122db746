"""Tickets: open, list, read, change. The same services and queries as the pages."""

from flask import Response, request
from pydantic import TypeAdapter

from portal.base.unit_of_work import unit_of_work
from portal.blueprints.api import outputs, reading, shapes
from portal.blueprints.api.bearer import actor, bearer, user
from portal.blueprints.api.door import PREFIX, api
from portal.blueprints.api.inputs import NewTicket, NewTicketByStaff, TicketChanges, TicketQuery
from portal.blueprints.api.once import Answer, answered_once
from portal.blueprints.api.operation import Operation, described
from portal.blueprints.api.problems import ApiProblem
from portal.models import Category, Ticket, User
from portal.queries import NotFound, people, routing
from portal.queries import tickets as queries
from portal.queries.surroundings import surroundings
from portal.queries.tickets import TicketFilter
from portal.rules import access
from portal.rules.access import Action
from portal.rules.vocabulary import Channel
from portal.services import Invalid, accounts, attachments
from portal.services import tickets as services
from portal.services.attachments import StagedFile
from portal.services.tickets import opening
from portal.web import limits

_CHANGES = TypeAdapter(TicketChanges)
_DIGITS = 19


@api.get("/support/tickets")
@described(Operation("List tickets", outputs.TicketPage, query=TicketQuery, problems=(422,)))
@bearer(Action.VIEW)
def list_tickets() -> Response:
    """A customer's token lists that customer's tickets and those shared with them; an agent's lists all."""
    wanted = reading.query(TicketQuery)
    if wanted.sort == "updated" and not actor().role.is_staff:
        raise Invalid("sort", "Only agents can sort by the latest change.")
    found = queries.page_of_tickets(actor(), _filter(wanted), wanted.sort, wanted.cursor, wanted.limit)
    around = surroundings(found.rows)
    items = [shapes.summary(actor(), ticket, around[ticket.id]) for ticket in found.rows]
    page = outputs.TicketPage(items=items, next_cursor=found.next_cursor)
    return Answer(200, page.model_dump_json()).response()


@api.post("/support/tickets")
@limits.limit(limits.OPEN_TICKET, limits.bearer_or_peer)
@described(
    Operation(
        "Open a ticket",
        outputs.Ticket,
        status=201,
        bodies=(NewTicket, NewTicketByStaff),
        takes_files=True,
        may_repeat=True,
        headers=("Location", "ETag"),
    )
)
@bearer(Action.OPEN_TICKET)
def open_ticket() -> Response:
    """Agents may name a requester; a person nobody knew becomes a customer."""
    wanted = reading.body(NewTicketByStaff if actor().role.is_staff else NewTicket)
    with attachments.staged(reading.files()) as files, unit_of_work():
        answer = answered_once(wanted, files, lambda: _opened(wanted, files))
    return answer.response()


@api.get("/support/tickets/<ticket_id>")
@described(Operation("Read a ticket", outputs.Ticket, headers=("ETag",), problems=(404,)))
@bearer(Action.VIEW)
def show_ticket(ticket_id: str) -> Response:
    """With its messages. The ETag names this version for If-Match."""
    return _whole(queries.get_ticket(actor(), number(ticket_id)), 200).response()


@api.put("/support/tickets/<ticket_id>")
@described(
    Operation(
        "Change a ticket",
        outputs.TicketSummary,
        bodies=(TicketChanges,),
        takes_version=True,
        headers=("ETag",),
        problems=(404, 409, 412),
    )
)
@bearer(Action.CHANGE_STATUS)
def change_ticket(ticket_id: str) -> Response:
    """Agents only. All given fields change, or none. A status is set last."""
    raw = reading.json_bytes()
    with unit_of_work():
        ticket = queries.get_ticket(actor(), number(ticket_id), lock=True)
        access.require(actor(), Action.CHANGE_STATUS, ticket.access_facts())
        _check_version(ticket)
        _change(ticket, reading.checked(_CHANGES, reading.parsed(raw)))
        body = shapes.summary(actor(), ticket, surroundings([ticket])[ticket.id]).model_dump_json()
    return Answer(200, body, {"ETag": _etag(ticket)}).response()


def number(text: str) -> int:
    """The integer of an address, written plainly and nothing else. Raises NotFound."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and text[0] != "0"):
        raise NotFound
    return int(text)


def location(ticket_id: int) -> str:
    """The address of a ticket in the API."""
    return f"{PREFIX}/support/tickets/{ticket_id}"


def _opened(wanted: NewTicket, files: list[StagedFile]) -> Answer:
    new = opening.NewTicket(
        subject=wanted.subject,
        description=wanted.description,
        category=_category(wanted.category),
        channel=Channel.API,
        files=files,
        tags=wanted.tags,
        priority=wanted.priority if isinstance(wanted, NewTicketByStaff) else None,
    )
    ticket = services.open_ticket(actor(), _requester(wanted), new)
    return _whole(queries.get_ticket(actor(), ticket.id), 201, Location=location(ticket.id))


def _whole(ticket: Ticket, status: int, **headers: str) -> Answer:
    around = surroundings([ticket])[ticket.id]
    shape = shapes.whole(actor(), ticket, around, queries.messages(actor(), ticket))
    return Answer(status, shape.model_dump_json(), {**headers, "ETag": _etag(ticket)})


def _change(ticket: Ticket, given: TicketChanges) -> None:
    if "category" in given:
        services.change_category(actor(), ticket, _category(given["category"]))
    if "priority" in given:
        services.change_priority(actor(), ticket, given["priority"])
    if "tags" in given:
        services.set_tags(actor(), ticket, given["tags"])
    if "assignee" in given:
        services.assign(actor(), ticket, _assignee(given["assignee"]))
    if "status" in given:
        services.change_status(actor(), ticket, given["status"])


def _filter(wanted: TicketQuery) -> TicketFilter:
    return TicketFilter(
        statuses=tuple(wanted.status),
        priorities=tuple(wanted.priority),
        category=wanted.category,
        assignee=_assignee_filter(wanted.assignee),
        requester=_requester_filter(wanted.requester),
        created_after=wanted.created_after,
        text=wanted.q,
    )


def _assignee_filter(text: str | None) -> int | None:
    """0 is nobody."""
    if text is None:
        return None
    return {"none": 0, "me": actor().id}.get(text) if text in ("none", "me") else int(text)


def _requester_filter(text: str | None) -> int | None:
    """0 is nobody's number: an unknown address finds nothing, as somebody else's does."""
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < _DIGITS:
        return int(text)
    known = people.find_user(text)
    return known.id if known else 0


def _requester(wanted: NewTicket) -> User:
    if isinstance(wanted, NewTicketByStaff) and wanted.requester_email is not None:
        return accounts.customer_for(wanted.requester_email)
    return user()


def _category(slug: str) -> Category:
    found = routing.find_category(slug)
    if found is None:
        raise Invalid("category", f"Choose one of: {', '.join(row.slug for row in routing.categories())}.")
    return found


def _assignee(user_id: int | None) -> User | None:
    if user_id is None:
        return None
    found = people.find_staff(user_id)
    if found is None:
        raise Invalid("assignee", "Nobody who can be given tickets has this id.")
    return found


def _version(ticket: Ticket) -> str:
    """The moment of the last change this reader may know of, in microseconds."""
    return f"{shapes.changed_at(actor(), ticket).timestamp() * 1_000_000:.0f}"


def _etag(ticket: Ticket) -> str:
    return f'"{_version(ticket)}"'


def _check_version(ticket: Ticket) -> None:
    """If-Match names versions, not bytes: what compression or a proxy adds to a tag on its way is overlooked."""
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return
    given = {tag.partition(":")[0] for tag in request.if_match.as_set(include_weak=True) if tag}
    if _version(ticket) not in given:
        raise ApiProblem(412)
