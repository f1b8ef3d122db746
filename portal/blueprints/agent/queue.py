"""The queue: built-in views, filters and search, all in the address, so that a view is a link."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.base.clock import now
from portal.blueprints.agent import agent
from portal.queries import NotFound, people, routing
from portal.queries import tickets as queries
from portal.queries.tickets import TicketFilter
from portal.rules.vocabulary import AGENT_STATUS_WORDS, Priority, Status
from portal.web.clock_views import queue_clock
from portal.web.guards import actor, staff
from portal.web.pages import page, partials, render_block, wants_fragment

TEMPLATE = "agent/queue.html"
VIEWS = {
    "mine": ("My open tickets", "inbox", "due"),
    "unassigned": ("Unassigned", "user-question", "due"),
    "overdue": ("Overdue", "flame", "due"),
    "open": ("All open", "list", "due"),
    "waiting": ("Waiting for customer", "clock-pause", "updated"),
    "resolved": ("Resolved", "circle-check", "updated"),
    "all": ("All tickets", "search", "created"),
}
SORT_WORDS = {"due": "Time left", "updated": "Last change", "created": "Newest"}


@dataclass(frozen=True)
class Asked:
    """What the address asks for; unknown values count as not given."""

    view: str
    q: str
    status: str
    priority: str
    assignee: str
    category: str
    requester: str
    sort: str

    @classmethod
    def of_request(cls) -> "Asked":
        args = request.args
        view = args.get("view", "") if args.get("view", "") in VIEWS else "open"
        return cls(
            view=view,
            q=args.get("q", "")[:200].replace("\0", ""),
            status=args.get("status", "") if args.get("status", "") in set(Status) else "",
            priority=args.get("priority", "") if args.get("priority", "") in set(Priority) else "",
            assignee=_number(args.get("assignee", "")),
            category=args.get("category", "")[:64],
            requester=_number(args.get("requester", "")),
            sort=args.get("sort", "") if args.get("sort", "") in SORT_WORDS else VIEWS[view][2],
        )

    def address(self, **changes: str | None) -> str:
        """The queue's address with some values changed; empty ones are left out."""
        given = {key: value for key, value in {**self.__dict__, **changes}.items() if value}
        return f"/agent?{urlencode(given)}"

    def wanted(self) -> TicketFilter:
        base = TicketFilter() if self.view == "all" else queries.built_in_view(self.view, actor(), now())
        return replace(
            base,
            statuses=(Status(self.status),) if self.status else base.statuses,
            priorities=(Priority(self.priority),) if self.priority else (),
            category=self.category or None,
            assignee=int(self.assignee) if self.assignee else base.assignee,
            requester=int(self.requester) if self.requester else None,
            text=self.q,
        )


def _number(text: str) -> str:
    """A whole number that fits the database, else nothing."""
    return text if text.isascii() and text.isdigit() and len(text) < 19 else ""


@agent.get("")
@staff
def queue() -> ResponseReturnValue:
    """An open page is sent its rows and, beside them, the views with their counts."""
    asked = Asked.of_request()
    shown = _shown(asked)
    if not wants_fragment():
        return page(TEMPLATE, **shown, **_filters(asked))
    views = partials(("#views", "outerMorph", render_block(TEMPLATE, "views", **shown)))
    return render_block(TEMPLATE, "rows", **shown) + views


def _shown(asked: Asked) -> dict[str, Any]:
    moment = now()
    found = queries.page_of_tickets(actor(), asked.wanted(), asked.sort, request.args.get("cursor"))
    return {
        "asked": asked,
        "rows": [(ticket, queue_clock(ticket, moment)) for ticket in found.rows],
        "next_cursor": found.next_cursor,
        "views": VIEWS,
        "counts": queries.view_counts(actor(), moment),
        "count_cap": queries.COUNT_CAP,
        "sorts": SORT_WORDS,
    }


def _filters(asked: Asked) -> dict[str, Any]:
    return {
        "members": people.staff(),
        "categories": routing.categories(),
        "statuses": AGENT_STATUS_WORDS,
        "priorities": list(Priority),
        "only": _only(asked),
    }


def _only(asked: Asked) -> str:
    """The name of the customer the queue is narrowed to; a number may be nobody's."""
    try:
        return people.get_user(int(asked.requester)).name if asked.requester else ""
    except NotFound:
        return "one customer"


@agent.get("/search")
@staff
def search() -> ResponseReturnValue:
    """One box over everything: `#1234` jumps to the ticket."""
    q = request.args.get("q", "")[:200]
    number = q.strip().removeprefix("#")
    if q.strip().startswith("#") and number.isascii() and number.isdigit() and len(number) < 19:
        return redirect(f"/agent/tickets/{number}", 303)
    return redirect(f"/agent?{urlencode({'view': 'all', 'q': q})}", 303)
