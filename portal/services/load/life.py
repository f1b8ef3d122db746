"""One ticket's life as rows, moving as the services move a ticket: same statuses, same events, same clocks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from portal.rules.priority import Decision
from portal.rules.vocabulary import ClockKind, EventKind, Status
from portal.services.load.copying import NULL, Row, escaped
from portal.services.load.people import Agent, Customer
from portal.services.load.promises import Pause, Promise, moment_of
from portal.services.load.texts import Opening, Piece
from portal.services.tickets.closing import CLOSED_BECAUSE

TABLES = ("support_tickets", "support_ticket_messages", "ticket_events", "sla_clocks")


@dataclass(frozen=True)
class Facts:
    """What a ticket begins with. Moments are seconds since 1970."""

    number: int
    first_message: int
    created: int
    requester: Customer
    agent: Agent
    opening: Opening
    decision: Decision
    promise: Promise
    channel: str


@dataclass(slots=True)
class Clock:
    """One promise, running until met or cancelled."""

    kind: ClockKind
    instance: int
    started: int
    due: int
    pauses: list[Pause] = field(default_factory=list)
    paused: int | None = None
    met: int | None = None
    breached: int | None = None
    cancelled: int | None = None

    @property
    def is_open(self) -> bool:
        return self.met is None and self.cancelled is None

    def mark_late(self, moment: int) -> None:
        if self.breached is None and self.paused is None and self.due < moment:
            self.breached = self.due

    def meet(self, moment: int) -> None:
        self.mark_late(moment)
        self.met = moment


class Life:
    """Begins open, with its first message; every verb takes the moment it happens at, none earlier than the last."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.status: str = Status.OPEN
        self._messages: list[Row] = []
        self._events: list[Row] = []
        self._claimed = False
        self._updated = facts.created
        self._first_response: int | None = None
        self._resolved: int | None = None
        self._next_message = facts.first_message
        self._resolution = self._start(ClockKind.RESOLUTION, 1, facts.created)
        self._reply = self._start(ClockKind.FIRST_RESPONSE, 1, facts.created)
        self._clocks = [self._reply, self._resolution]
        number = self._insert(facts.created, facts.requester.id, facts.opening.text, facts.channel)
        self._event(facts.created, facts.requester.id, EventKind.CREATED, new=Status.OPEN, message=number)
        decision = facts.decision
        self._event(
            facts.created, None, EventKind.PRIORITY_CHANGED, new=decision.priority, reason=escaped(decision.reason)
        )

    def claim(self, moment: int) -> None:
        """The agent takes the open ticket."""
        self._claimed = True
        agent = self.facts.agent
        self._event(moment, agent.id, EventKind.ASSIGNED, new=agent.name, internal=True)
        self._put_status(moment, Status.IN_PROGRESS, agent.id)

    def write(self, moment: int, who: str, text: Piece, then: Status | None = None) -> None:
        """A message of the customer, a reply or a note of the agent; `then` is the status after a reply."""
        if who == "note":
            number = self._insert(moment, self.facts.agent.id, text, "web", internal=True)
            self._event(moment, self.facts.agent.id, EventKind.NOTED, message=number, internal=True)
        elif who == "agent":
            self._answer(moment, text, then or Status.WAITING_CUSTOMER)
        else:
            self._ask(moment, text)

    def resolve(self, moment: int) -> None:
        """The requester says that it is done."""
        self._put_status(moment, Status.RESOLVED, self.facts.requester.id)

    def close(self, moment: int) -> None:
        """Nobody reopened it in time."""
        self._put_status(moment, Status.CLOSED, None, CLOSED_BECAUSE)

    def settle(self, moment: int) -> None:
        """What was due before this moment and still runs is late."""
        for clock in self._clocks:
            if clock.is_open:
                clock.mark_late(moment)

    def add_to(self, rows: Mapping[str, list[Row]]) -> None:
        """All of it as rows, by table of TABLES."""
        tickets, messages, events, clocks = (rows[table] for table in TABLES)
        tickets.append(self._ticket_row())
        messages += self._messages
        events += self._events
        clocks += [self._clock_row(clock) for clock in self._clocks]

    def _ticket_row(self) -> Row:
        facts = self.facts
        running = [clock for clock in self._clocks if clock.is_open and clock.paused is None]
        first = min(running, key=lambda clock: clock.due, default=None)
        warn = facts.promise.warn(first.kind, first.started, first.pauses) if first else None
        return (
            f"{facts.number}\t{facts.opening.subject}\t{self.status}\t{facts.decision.priority}"
            f"\t{escaped(facts.decision.reason)}\t{facts.opening.category.id}\t{facts.channel}\t{facts.requester.id}"
            f"\t{facts.requester.account_id}\t{facts.agent.id if self._claimed else NULL}\t{_shown(facts.created)}"
            f"\t{_shown(self._updated)}\t{_shown(self._first_response)}\t{_shown(self._resolved)}"
            f"\t{_shown(first.due if first else None)}\t{_shown(warn)}\t{first.kind if first else NULL}"
        )

    def _clock_row(self, clock: Clock) -> Row:
        promise = self.facts.promise
        pauses = ", ".join(f'["{_shown(begins)}", "{_shown(ends)}"]' for begins, ends in clock.pauses)
        return (
            f"{self.facts.number}\t{clock.kind}\t{clock.instance}\t{promise.policy_id}\t{promise.version}"
            f"\t{promise.targets[clock.kind] // 60}\t{_shown(clock.started)}\t{_shown(clock.due)}"
            f"\t{_shown(promise.warn(clock.kind, clock.started, clock.pauses))}\t{_shown(clock.paused)}\t[{pauses}]"
            f"\t{_shown(clock.met)}\t{_shown(clock.breached)}\t{_shown(clock.cancelled)}"
        )

    def _answer(self, moment: int, text: Piece, then: Status) -> None:
        agent = self.facts.agent.id
        number = self._insert(moment, agent, text, "web")
        self._event(moment, agent, EventKind.REPLIED, message=number)
        self._first_response = self._first_response or moment
        if self._reply.is_open:
            self._reply.meet(moment)
        self._put_status(moment, then, agent)

    def _ask(self, moment: int, text: Piece) -> None:
        requester = self.facts.requester.id
        number = self._insert(moment, requester, text, self.facts.channel)
        self._event(moment, requester, EventKind.REPLIED, message=number)
        if self.status == Status.WAITING_CUSTOMER:
            self._put_status(moment, Status.IN_PROGRESS, requester)
        if not self._reply.is_open:
            instance = 1 if self._reply.kind is ClockKind.FIRST_RESPONSE else self._reply.instance + 1
            self._reply = self._start(ClockKind.NEXT_RESPONSE, instance, moment)
            self._clocks.append(self._reply)

    def _put_status(self, moment: int, status: Status, actor: int | None, reason: str = "") -> None:
        old, self.status = self.status, status.value
        if old == status:
            return
        self._event(moment, actor, EventKind.STATUS_CHANGED, old=old, new=status, reason=reason)
        if status is Status.RESOLVED:
            self._resolved = moment
            self._finish(moment)
        elif status is Status.WAITING_CUSTOMER:
            self._resolution.mark_late(moment)
            self._resolution.paused = moment
        elif old == Status.WAITING_CUSTOMER:
            self._resume(moment)

    def _resume(self, moment: int) -> None:
        clock = self._resolution
        if clock.paused is None:
            return
        clock.pauses.append((clock.paused, moment))
        clock.paused = None
        if clock.breached is None:
            clock.due = self.facts.promise.due(clock.kind, clock.started, clock.pauses)

    def _finish(self, moment: int) -> None:
        self._resume(moment)
        self._resolution.meet(moment)
        if self._reply.is_open:
            self._reply.cancelled = moment

    def _start(self, kind: ClockKind, instance: int, moment: int) -> Clock:
        return Clock(kind, instance, moment, self.facts.promise.due(kind, moment, ()))

    def _insert(self, moment: int, author: int, text: Piece, channel: str, *, internal: bool = False) -> int:
        number = self._next_message
        self._next_message += 1
        self._messages.append(
            f"{number}\t{self.facts.number}\t{author}\t{'t' if internal else 'f'}\t{channel}\t{text.body}\t{text.html}"
            f"\t{_shown(moment)}"
        )
        return number

    def _event(
        self,
        moment: int,
        actor: int | None,
        kind: EventKind,
        *,
        old: str | None = None,
        new: str | None = None,
        reason: str = "",
        message: int | None = None,
        internal: bool = False,
    ) -> None:
        self._updated = moment
        self._events.append(
            f"{self.facts.number}\t{NULL if actor is None else actor}\t{kind}\t{_json(old)}\t{_json(new)}\t{reason}"
            f"\t{NULL if message is None else message}\t{'t' if internal else 'f'}\t{_shown(moment)}"
        )


def _json(word: str | None) -> str:
    """Statuses, priorities and our own names hold nothing that JSON or COPY would need escaped."""
    return NULL if word is None else f'"{word}"'


@lru_cache(maxsize=256)
def _shown(moment: int | None) -> str:
    """The same few moments stand in many rows of a life."""
    return NULL if moment is None else moment_of(moment).isoformat()
