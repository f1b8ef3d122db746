"""An oracle for service-level clocks: what was promised and kept, told from a ticket's events alone.

It counts around the clock, as the default calendar does, and shares no code with the portal's arithmetic.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.models import SlaClock, Ticket, TicketEvent
from portal.rules.vocabulary import EventKind

HOURS = {
    "urgent": {"first_response": 2, "next_response": 2, "resolution": 8},
    "high": {"first_response": 8, "next_response": 8, "resolution": 24},
    "medium": {"first_response": 24, "next_response": 24, "resolution": 72},
    "low": {"first_response": 48, "next_response": 48, "resolution": 120},
}
PRESSING = list(HOURS)
ACTIVE = {"open", "in_progress", "waiting_customer"}
COURTESY = "A thank-you does not reopen"


@dataclass
class Promise:
    """One clock as it should be."""

    kind: str
    instance: int
    started: datetime
    target: timedelta
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    pausing_since: datetime | None = None
    met: datetime | None = None
    cancelled: datetime | None = None
    missed_at: datetime | None = None

    @property
    def counted_due(self) -> datetime:
        """A pause moves the deadline when it began before it."""
        due = self.started + self.target
        for begins, ends in self.pauses:
            due += ends - begins if begins < due else timedelta(0)
        return due

    @property
    def due(self) -> datetime:
        return self.counted_due if self.missed_at is None else self.missed_at

    @property
    def is_open(self) -> bool:
        return self.met is None and self.cancelled is None

    @property
    def is_running(self) -> bool:
        return self.is_open and self.pausing_since is None

    def look(self, moment: datetime) -> None:
        """A deadline that has passed while it counted is missed for good."""
        if self.is_running and self.missed_at is None and self.due < moment:
            self.missed_at = self.due

    def is_late(self, moment: datetime) -> bool:
        """Missed, or past its deadline just now; what was not needed any more is not late."""
        self.look(moment)
        return self.missed_at is not None and self.cancelled is None

    def as_row(self) -> tuple[object, ...]:
        return (self.kind, self.instance, self.started, self.due, self.pausing_since, self.met, self.cancelled)


class Oracle:
    """Replays events in their order; staff holds the ids of those whose public words are answers."""

    def __init__(self, staff: set[int]) -> None:
        self._staff = staff
        self.promises: list[Promise] = []
        self._status, self._priority = "open", "low"

    def replay(self, events: list[TicketEvent]) -> "Oracle":
        self._priority = str(next(event.new for event in events if event.kind is EventKind.PRIORITY_CHANGED))
        for event in events:
            for promise in self.promises:
                promise.look(event.created_at)
            self._take(event)
        return self

    def next_due(self) -> datetime | None:
        return min((promise.due for promise in self.promises if promise.is_running), default=None)

    def _take(self, event: TicketEvent) -> None:
        match event.kind:
            case EventKind.CREATED:
                self._start("first_response", event.created_at)
                self._start("resolution", event.created_at)
            case EventKind.REPLIED if event.actor_id in self._staff:
                self._answered(event.created_at)
            case EventKind.REPLIED if event.reason != COURTESY:
                self._asked(event.created_at)
            case EventKind.STATUS_CHANGED:
                self._status_changed(event)
            case EventKind.PRIORITY_CHANGED if event.old is not None:
                self._retarget(str(event.new))

    def _start(self, kind: str, moment: datetime) -> None:
        instance = 1 + sum(promise.kind == kind for promise in self.promises)
        self.promises.append(Promise(kind, instance, moment, self._target(kind)))

    def _target(self, kind: str) -> timedelta:
        return timedelta(hours=HOURS[self._priority][kind])

    def _open(self, *, replies: bool) -> list[Promise]:
        return [each for each in self.promises if each.is_open and (each.kind != "resolution") is replies]

    def _answered(self, moment: datetime) -> None:
        for promise in self._open(replies=True):
            promise.met = moment

    def _asked(self, moment: datetime) -> None:
        if not self._open(replies=True):
            self._start("next_response", moment)

    def _status_changed(self, event: TicketEvent) -> None:
        old, self._status = str(event.old), str(event.new)
        if self._status not in ACTIVE:
            self._done(event.created_at)
            return
        if old not in ACTIVE:
            self._start("resolution", event.created_at)
            if event.actor_id not in self._staff:
                self._asked(event.created_at)
        for promise in self._open(replies=False):
            self._pause_or_resume(promise, event.created_at)

    def _done(self, moment: datetime) -> None:
        for promise in self._open(replies=True):
            promise.cancelled = moment
        for promise in self._open(replies=False):
            self._resume(promise, moment)
            promise.look(moment)
            promise.met = moment

    def _pause_or_resume(self, promise: Promise, moment: datetime) -> None:
        if self._status == "waiting_customer":
            promise.pausing_since = promise.pausing_since or moment
        else:
            self._resume(promise, moment)

    def _resume(self, promise: Promise, moment: datetime) -> None:
        if promise.pausing_since is not None:
            promise.pauses.append((promise.pausing_since, moment))
            promise.pausing_since = None

    def _retarget(self, priority: str) -> None:
        is_raise = PRESSING.index(priority) < PRESSING.index(self._priority)
        self._priority = priority
        for promise in self.promises:
            if not promise.is_open or (promise.missed_at is not None and not is_raise):
                continue
            promise.target = self._target(promise.kind)
            if promise.missed_at is not None:
                promise.missed_at = min(promise.missed_at, promise.counted_due)


def as_row(clock: SlaClock) -> tuple[object, ...]:
    """The same of a stored clock."""
    kept = (clock.started_at, clock.due_at, clock.paused_at, clock.met_at, clock.cancelled_at)
    return (clock.kind.value, clock.instance, *kept)


def repeats_the_next(ticket: Ticket, clocks: list[SlaClock]) -> bool:
    """Whether the ticket repeats the running clock that ends first, or nothing when all rest."""
    running = [clock for clock in clocks if clock.is_open and clock.paused_at is None]
    repeated = (ticket.next_due_at, ticket.next_warn_at, ticket.next_due_kind)
    if not running:
        return repeated == (None, None, None)
    soonest = min(clock.due_at for clock in running)
    return repeated in {(clock.due_at, clock.warn_at, clock.kind) for clock in running if clock.due_at == soonest}
