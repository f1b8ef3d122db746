"""What becomes of a ticket's status, and what cannot.

open -> in_progress -> waiting_customer -> in_progress -> ... -> resolved -> closed
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from portal.rules.courtesy import is_courtesy
from portal.rules.vocabulary import AGENT_STATUS_WORDS, Status

Outcome = Literal["reply", "courtesy", "reopened", "follow_up"]


class Impossible(Exception):
    """A change the ticket's status does not allow; the text is a reason for people."""


@dataclass(frozen=True)
class CustomerReply:
    """The status after a customer's reply, and what the reply was; a follow-up belongs into a new, linked ticket."""

    status: Status
    outcome: Outcome


def after_assignment(status: Status) -> Status:
    """Being given to somebody starts the work on an open ticket. Unassigning leaves the status: do not ask then."""
    return Status.IN_PROGRESS if status is Status.OPEN else status


def after_agent_reply(status: Status) -> Status:
    """A public reply makes it the customer's turn; resolved stays resolved. Raises Impossible on a closed ticket."""
    if status is Status.CLOSED:
        raise Impossible("This ticket is closed. Open a follow-up ticket to write again.")
    return Status.RESOLVED if status is Status.RESOLVED else Status.WAITING_CUSTOMER


def check_change(old: Status, new: Status) -> None:
    """Agents may set any status, except out of closed. Raises Impossible; to change nothing is always possible."""
    if old is Status.CLOSED and new is not Status.CLOSED:
        word = AGENT_STATUS_WORDS[new]
        raise Impossible(f"This ticket is closed and cannot become “{word}”. Open a follow-up ticket instead.")


def reopened(has_assignee: bool) -> Status:
    """Where a reopened ticket goes: back to its agent, or back to the queue."""
    return Status.IN_PROGRESS if has_assignee else Status.OPEN


def may_reopen(status: Status, resolved_at: datetime | None, now: datetime, window: timedelta) -> bool:
    """Whether a ticket is resolved, and not longer ago than the window; its last moment is within."""
    return status is Status.RESOLVED and resolved_at is not None and now - resolved_at <= window


def after_customer_reply(
    status: Status,
    *,
    text: str,
    has_assignee: bool,
    resolved_at: datetime | None,
    now: datetime,
    window: timedelta,
) -> CustomerReply:
    """What a customer's reply does.

    text is the new text only, without quoted history. In the reopen window a thank-you changes nothing and all else
    reopens; after the window, and on a closed ticket, every reply is a follow-up and leaves this ticket as it is.
    """
    if status.is_active:
        return CustomerReply(Status.IN_PROGRESS if status is Status.WAITING_CUSTOMER else status, "reply")
    if not may_reopen(status, resolved_at, now, window):
        return CustomerReply(status, "follow_up")
    if is_courtesy(text):
        return CustomerReply(status, "courtesy")
    return CustomerReply(reopened(has_assignee), "reopened")
