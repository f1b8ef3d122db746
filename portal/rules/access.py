"""The one gate: who may do what, and to which ticket. What is not granted here is denied, and denying raises.

What a customer may do depends on how the ticket is theirs:

- the requester: read, answer, resolve, reopen, rate, add followers; no other customer does the last four;
- a follower: read and answer (an answer may itself reopen, as `lifecycle` says);
- a colleague of an account that shares its tickets: read;
- a stranger: nothing, and the answer is the same as for a ticket that does not exist.

Everybody signed in reads and rates articles; which ones they find, the row filter says.
Staff work on every ticket but never rate one, not even their own. Only an admin administers, and only in a browser:
no scope of an API token reaches that far.
"""

from dataclasses import dataclass
from enum import StrEnum

from portal.rules.vocabulary import Role, Scope


class Action(StrEnum):
    VIEW = "view"
    REPLY = "reply"
    NOTE = "note"
    ATTACH = "attach"
    ASSIGN = "assign"
    CHANGE_STATUS = "change_status"
    CHANGE_PRIORITY = "change_priority"
    CHANGE_CATEGORY = "change_category"
    CHANGE_TAGS = "change_tags"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    RATE = "rate"
    ADD_FOLLOWER = "add_follower"
    OPEN_TICKET = "open_ticket"
    READ_NOTES = "read_notes"
    WORK_QUEUE = "work_queue"
    READ_ARTICLES = "read_articles"
    RATE_ARTICLE = "rate_article"
    WRITE_ARTICLES = "write_articles"
    ADMINISTER = "administer"


class Relation(StrEnum):
    """How a ticket is a customer's; the closest one counts."""

    REQUESTER = "requester"
    FOLLOWER = "follower"
    COLLEAGUE = "colleague"
    STRANGER = "stranger"


@dataclass(frozen=True)
class Actor:
    """Who asks. No id is nobody in particular and may nothing; scopes None is a browser, which is not narrowed."""

    id: int | None
    role: Role
    account_id: int | None
    scopes: frozenset[Scope] | None = None


@dataclass(frozen=True)
class TicketFacts:
    """What about a ticket decides who may do something to it."""

    requester_id: int
    account_id: int | None
    shares_tickets: bool
    follower_ids: frozenset[int]


class Denied(Exception):
    """Not allowed. hidden: the actor may not even learn that the thing exists (404), else a plain refusal (403)."""

    def __init__(self, action: Action, *, hidden: bool) -> None:
        super().__init__("There is nothing here." if hidden else f"You may not do this: {action.replace('_', ' ')}.")
        self.action = action
        self.hidden = hidden


_EVERYBODYS = frozenset({Action.OPEN_TICKET, Action.READ_ARTICLES, Action.RATE_ARTICLE})
_WITHOUT_TICKET = _EVERYBODYS | {Action.WORK_QUEUE, Action.WRITE_ARTICLES, Action.ADMINISTER}
_SCOPES = {
    Action.VIEW: Scope.TICKETS_READ,
    Action.READ_NOTES: Scope.TICKETS_READ,
    Action.WORK_QUEUE: Scope.TICKETS_READ,
    Action.READ_ARTICLES: Scope.KB_READ,
    Action.RATE_ARTICLE: Scope.KB_WRITE,
    Action.WRITE_ARTICLES: Scope.KB_WRITE,
}
_STAFF_GRANTS = frozenset(Action) - {Action.RATE, Action.ADMINISTER}
_FOLLOWER_GRANTS = frozenset({Action.VIEW, Action.REPLY, Action.ATTACH})
_GRANTS = {
    Relation.REQUESTER: _FOLLOWER_GRANTS | {Action.RESOLVE, Action.REOPEN, Action.RATE, Action.ADD_FOLLOWER},
    Relation.FOLLOWER: _FOLLOWER_GRANTS,
    Relation.COLLEAGUE: frozenset({Action.VIEW}),
    Relation.STRANGER: frozenset[Action](),
}


def require(actor: Actor, action: Action, ticket: TicketFacts | None = None) -> None:
    """Return when the actor may do this, raise Denied otherwise.

    An action on a ticket needs the ticket's facts: without them there is no ticket, so it is hidden.
    """
    require_scope(actor, action)
    if action not in _WITHOUT_TICKET and ticket is None:
        raise Denied(action, hidden=True)
    if not _granted(actor, action, ticket):
        raise Denied(action, hidden=_is_hidden(actor, ticket))


def allows(actor: Actor, action: Action, ticket: TicketFacts | None = None) -> bool:
    """The same as a question, for offering only what may be done."""
    try:
        require(actor, action, ticket)
    except Denied:
        return False
    return True


def require_scope(actor: Actor, action: Action) -> None:
    """Raise Denied when the actor's token does not reach this far, whatever the ticket."""
    if not _scope_allows(actor, action):
        raise Denied(action, hidden=False)


def scope_of(action: Action) -> Scope:
    """The scope a token needs for this."""
    return _SCOPES.get(action, Scope.TICKETS_WRITE)


def relation(actor: Actor, ticket: TicketFacts) -> Relation:
    """How the ticket is this person's. Two people without an account are no colleagues."""
    if actor.id is None:
        return Relation.STRANGER
    if actor.id == ticket.requester_id:
        return Relation.REQUESTER
    if actor.id in ticket.follower_ids:
        return Relation.FOLLOWER
    same_account = actor.account_id is not None and actor.account_id == ticket.account_id
    return Relation.COLLEAGUE if same_account and ticket.shares_tickets else Relation.STRANGER


def _scope_allows(actor: Actor, action: Action) -> bool:
    if actor.scopes is None:
        return True
    if action is Action.ADMINISTER:
        return False
    return scope_of(action) in actor.scopes


def _granted(actor: Actor, action: Action, ticket: TicketFacts | None) -> bool:
    if actor.id is None:
        return False
    if actor.role.is_staff:
        return action in _STAFF_GRANTS or (action is Action.ADMINISTER and actor.role is Role.ADMIN)
    if ticket is None or action in _WITHOUT_TICKET:
        return action in _EVERYBODYS
    return action in _GRANTS[relation(actor, ticket)]


def _is_hidden(actor: Actor, ticket: TicketFacts | None) -> bool:
    return ticket is not None and not _granted(actor, Action.VIEW, ticket)
