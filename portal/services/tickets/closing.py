"""The end of a ticket's life."""

from portal.models import Ticket
from portal.rules.vocabulary import Status
from portal.services.tickets.changing import put_status

CLOSED_BECAUSE = "The time in which it could be reopened is over"


def close(ticket: Ticket) -> None:
    """Nobody reopened the resolved ticket in time; a rule closes it, no person. Raises Refused."""
    put_status(ticket, Status.CLOSED, None, [], reason=CLOSED_BECAUSE)
