"""What people do with tickets. Each verb asks the access gate, changes rows, moves the clocks, leaves an event and
puts what must be mailed into the outbox, all in the caller's transaction."""

from portal.services.tickets.changing import (
    add_follower,
    assign,
    change_category,
    change_priority,
    change_status,
    claim,
    invite_follower,
    release_tickets,
    remove_follower,
    reopen,
    resolve,
    set_tags,
)
from portal.services.tickets.opening import first_message_id, open_ticket
from portal.services.tickets.replying import add_note, post_reply

__all__ = [
    "add_follower",
    "add_note",
    "assign",
    "change_category",
    "change_priority",
    "change_status",
    "claim",
    "first_message_id",
    "invite_follower",
    "open_ticket",
    "post_reply",
    "release_tickets",
    "remove_follower",
    "reopen",
    "resolve",
    "set_tags",
]
