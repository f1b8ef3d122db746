"""The words every floor shares: statuses, priorities, roles, kinds and states. Values are what the database and the API hold."""

from enum import StrEnum


class Role(StrEnum):
    """Who a person is to the portal. Lead is a flag of a team membership, not a role."""

    CUSTOMER = "customer"
    AGENT = "agent"
    ADMIN = "admin"

    @property
    def is_staff(self) -> bool:
        return self is not Role.CUSTOMER


class Tier(StrEnum):
    """Plan tier of an account; comes from billing, never from a form."""

    FREE = "free"
    PRO = "pro"
    PREMIUM = "premium"


class Status(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def is_active(self) -> bool:
        """Someone still has to do something: not resolved, not closed."""
        return self not in (Status.RESOLVED, Status.CLOSED)


ACTIVE_STATUSES = tuple(status for status in Status if status.is_active)

AGENT_STATUS_WORDS = {
    Status.OPEN: "Open",
    Status.IN_PROGRESS: "In progress",
    Status.WAITING_CUSTOMER: "Waiting for customer",
    Status.RESOLVED: "Resolved",
    Status.CLOSED: "Closed",
}
CUSTOMER_STATUS_WORDS = {
    Status.OPEN: "Received",
    Status.IN_PROGRESS: "We're on it",
    Status.WAITING_CUSTOMER: "Waiting for you",
    Status.RESOLVED: "Resolved",
    Status.CLOSED: "Resolved",
}


class Priority(StrEnum):
    """Listed from the most to the least pressing."""

    URGENT = "urgent"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 is the most pressing."""
        return list(Priority).index(self)


class Channel(StrEnum):
    """The door something came in by."""

    WEB = "web"
    EMAIL = "email"
    API = "api"


class ClockKind(StrEnum):
    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


CLOCK_WORDS = {
    ClockKind.FIRST_RESPONSE: "First response",
    ClockKind.NEXT_RESPONSE: "Next response",
    ClockKind.RESOLUTION: "Resolution",
}


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


class EventKind(StrEnum):
    """What can happen to a ticket; every one leaves a row of `ticket_events`."""

    CREATED = "created"
    REPLIED = "replied"
    NOTED = "noted"
    STATUS_CHANGED = "status_changed"
    PRIORITY_CHANGED = "priority_changed"
    CATEGORY_CHANGED = "category_changed"
    ASSIGNED = "assigned"
    TAGS_CHANGED = "tags_changed"
    RATED = "rated"
    FOLLOWER_ADDED = "follower_added"
    LINKED = "linked"
    READ_BEFORE = "read_before"


class MailKind(StrEnum):
    """Every mail the portal sends; each has subject, text and HTML under templates/mail/."""

    TICKET_CREATED = "ticket_created"
    AGENT_REPLY = "agent_reply"
    TICKET_RESOLVED = "ticket_resolved"
    ASSIGNED = "assigned"
    CUSTOMER_REPLY = "customer_reply"
    CONFIRM_TICKET = "confirm_ticket"
    VERIFY_ADDRESS = "verify_address"
    ALREADY_REGISTERED = "already_registered"
    SIGN_IN_LINK = "sign_in_link"
    PASSWORD_RESET = "password_reset"  # noqa: S105 (a mail's name, not a secret)


class OutboxState(StrEnum):
    """queued and sending are on the way, the others are ends."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"


class InboundState(StrEnum):
    """received is on the way; each mail ends in exactly one of the others."""

    RECEIVED = "received"
    NEW_TICKET = "new_ticket"
    REPLY = "reply"
    FOLLOW_UP = "follow_up"
    HELD = "held"
    DUPLICATE = "duplicate"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    LOOP = "loop"
    REJECTED = "rejected"


class TokenPurpose(StrEnum):
    """What a single-use token from a mail may do; a token of one purpose opens nothing else."""

    VERIFY_ADDRESS = "verify_address"
    SIGN_IN = "sign_in"
    PASSWORD_RESET = "password_reset"  # noqa: S105 (a purpose, not a secret)
    CONFIRM_TICKET = "confirm_ticket"


class Scope(StrEnum):
    """What an API token may do, at most what its owner may."""

    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    KB_READ = "kb:read"
    KB_WRITE = "kb:write"


class ArticleStatus(StrEnum):
    """Published ones everybody reads, internal ones only staff; drafts and archived ones only whoever writes."""

    DRAFT = "draft"
    PUBLISHED = "published"
    INTERNAL = "internal"
    ARCHIVED = "archived"


class SearchDoor(StrEnum):
    """Where a search came from."""

    PAGE = "page"
    API = "api"
    AGENT = "agent"


class Deflection(StrEnum):
    """What became of answers offered to somebody who wrote a ticket, each state further than the one before."""

    SHOWN = "shown"
    OPENED = "opened"
    SOLVED = "solved"
    SENT = "sent"
