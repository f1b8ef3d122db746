"""Solved tickets about the same thing, for whoever answers a new one."""

from collections.abc import Sequence

from psycopg.errors import QueryCanceled
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from portal.base.database import db
from portal.models import Ticket, TicketSearch
from portal.queries.tickets import visible_to
from portal.rules.access import Actor
from portal.rules.vocabulary import Status

SHOWN = 5
CANDIDATES = 300
"""The newest tickets that share a word; of these the most alike are shown."""
WAIT_MS = 300

_WORDS = text("select replace(cast(plainto_tsquery('english', :subject) as text), '&', '|')")


def similar_solved(actor: Actor, ticket: Ticket) -> Sequence[Ticket]:
    """Resolved and closed tickets whose subject and public words are most like this subject; best first.

    Looked for among the newest CANDIDATES; a search that takes longer than WAIT_MS finds nothing.
    """
    asked = db.session.scalar(_WORDS, {"subject": ticket.subject})
    if not asked:
        return ()
    try:
        with db.session.begin_nested():
            db.session.execute(text(f"set local statement_timeout = {WAIT_MS:d}"))
            found = _most_alike(actor, ticket, asked)
            db.session.execute(text("reset statement_timeout"))
            return found
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            return ()
        raise


def _most_alike(actor: Actor, ticket: Ticket, asked: str) -> Sequence[Ticket]:
    words = func.to_tsquery("simple", asked)  # they are lexemes already
    newest = (
        select(TicketSearch.ticket_id, TicketSearch.document)
        .where(
            TicketSearch.document.bool_op("@@")(words),
            TicketSearch.is_active.is_(False),
            TicketSearch.ticket_id != ticket.id,
        )
        .order_by(TicketSearch.ticket_id.desc())
        .limit(CANDIDATES)
        .subquery()
    )
    query = (
        select(Ticket)
        .join(newest, newest.c.ticket_id == Ticket.id)
        .where(visible_to(actor), Ticket.status.in_((Status.RESOLVED, Status.CLOSED)))
        .options(joinedload(Ticket.requester))
        .order_by(func.ts_rank(newest.c.document, words).desc(), Ticket.id.desc())
        .limit(SHOWN)
    )
    return db.session.scalars(query).all()
