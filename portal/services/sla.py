"""The clocks of a ticket: what starts, pauses, meets and cancels them. All arithmetic lives in rules/sla."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from portal.base.clock import now
from portal.base.database import db
from portal.models import Category, SlaClock, Ticket, User
from portal.queries import routing
from portal.queries import tickets as ticket_queries
from portal.queries.settings import setting
from portal.rules import sla as rules
from portal.rules.vocabulary import ClockKind, Status


def clocks_of(ticket: Ticket) -> list[SlaClock]:
    """The ticket's clocks, oldest first."""
    return list(ticket_queries.clocks(ticket))


def start_first_clocks(ticket: Ticket, requester: User, category: Category) -> None:
    """First response and resolution start with the ticket, under the first policy that fits."""
    facts = {"tier": requester.account.tier.value if requester.account else "free", "category": category.slug}
    policy = rules.choose_policy(routing.sla_policies(), facts)
    clocks = [
        _started(ticket, policy, kind, 1, ticket.created_at)
        for kind in (ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION)
    ]
    refresh_next_due(ticket, clocks)


def answered(ticket: Ticket, clocks: list[SlaClock], moment: datetime) -> list[SlaClock]:
    """A person answered in public: the open reply clocks are met, late ones stay breached."""
    for clock in clocks:
        if clock.is_open and clock.kind is not ClockKind.RESOLUTION:
            _mark_late(clock, moment)
            clock.met_at = moment
    refresh_next_due(ticket, clocks)
    return clocks


def asked_again(ticket: Ticket, clocks: list[SlaClock], moment: datetime) -> None:
    """A customer's message waits for an answer: next response starts, unless a reply clock runs already."""
    replies = [clock for clock in clocks if clock.kind is not ClockKind.RESOLUTION]
    if any(clock.is_open for clock in replies):
        return
    instance = 1 + sum(clock.kind is ClockKind.NEXT_RESPONSE for clock in clocks)
    clocks.append(_started(ticket, _policy_of(clocks[-1]), ClockKind.NEXT_RESPONSE, instance, moment))
    refresh_next_due(ticket, clocks)


def status_changed(ticket: Ticket, clocks: Sequence[SlaClock], old: Status, moment: datetime) -> None:
    """Resolution pauses while the customer is asked; resolving meets it and cancels open reply clocks;
    reopening starts a new resolution clock."""
    clocks = list(clocks)
    if ticket.status.is_active and not old.is_active:
        clocks.append(_next_resolution(ticket, clocks, moment))
    for clock in [clock for clock in clocks if clock.is_open]:
        if not ticket.status.is_active:
            _finish(clock, moment)
        elif clock.kind is ClockKind.RESOLUTION:
            _pause_or_resume(ticket, clock, moment)
    refresh_next_due(ticket, clocks)


def retarget(ticket: Ticket, clocks: Sequence[SlaClock], *, is_raise: bool) -> None:
    """The priority changed: open clocks get the new target, counted from their own start. A missed deadline may only
    move to an earlier time: lowering and then raising a little does not undo the breach either."""
    for clock in [clock for clock in clocks if clock.is_open]:
        policy = _policy_of(clock)
        target = policy.targets[ticket.priority][clock.kind]
        _mark_late(clock, now())
        due = rules.retargeted(
            policy.calendar,
            clock.started_at,
            target,
            clock.closed_pauses,
            is_raise=is_raise,
            breached=clock.breached_at is not None,
            due_at=clock.due_at,
        )
        if due < clock.due_at or (due > clock.due_at and clock.breached_at is None):
            clock.due_at, clock.target_minutes = due, _minutes(target)
            clock.warn_at = rules.warning_at(
                policy.calendar, clock.started_at, target, clock.closed_pauses, _warning_share()
            )
    refresh_next_due(ticket, clocks)


def refresh_next_due(ticket: Ticket, clocks: Sequence[SlaClock]) -> None:
    """Repeat on the ticket the running clock that ends first; none when all rest."""
    running = [clock for clock in clocks if clock.is_open and clock.paused_at is None]
    first = min(running, key=lambda clock: clock.due_at, default=None)
    ticket.next_due_at = first.due_at if first else None
    ticket.next_warn_at = first.warn_at if first else None
    ticket.next_due_kind = first.kind if first else None


def _started(ticket: Ticket, policy: rules.Policy, kind: ClockKind, instance: int, moment: datetime) -> SlaClock:
    target = policy.targets[ticket.priority][kind]
    clock = SlaClock(
        ticket_id=ticket.id,
        kind=kind,
        instance=instance,
        policy_id=policy.id,
        policy_version=policy.version,
        target_minutes=_minutes(target),
        started_at=moment,
        due_at=rules.deadline(policy.calendar, moment, target, []),
        warn_at=rules.warning_at(policy.calendar, moment, target, [], _warning_share()),
        pauses=[],
    )
    db.session.add(clock)
    return clock


def _next_resolution(ticket: Ticket, clocks: Sequence[SlaClock], moment: datetime) -> SlaClock:
    instance = 1 + sum(clock.kind is ClockKind.RESOLUTION for clock in clocks)
    return _started(ticket, _policy_of(clocks[-1]), ClockKind.RESOLUTION, instance, moment)


def _pause_or_resume(ticket: Ticket, clock: SlaClock, moment: datetime) -> None:
    if ticket.status is Status.WAITING_CUSTOMER and clock.paused_at is None:
        _mark_late(clock, moment)
        clock.paused_at = moment
    elif ticket.status is not Status.WAITING_CUSTOMER and clock.paused_at is not None:
        _end_pause(clock, moment)
        _recount(clock)


def _finish(clock: SlaClock, moment: datetime) -> None:
    if clock.kind is not ClockKind.RESOLUTION:
        clock.cancelled_at = moment
        return
    if clock.paused_at is not None:
        _end_pause(clock, moment)
        _recount(clock)
    _mark_late(clock, moment)
    clock.met_at = moment


def _end_pause(clock: SlaClock, moment: datetime) -> None:
    assert clock.paused_at is not None
    clock.pauses = [*clock.pauses, [clock.paused_at.isoformat(), moment.isoformat()]]
    clock.paused_at = None


def _recount(clock: SlaClock) -> None:
    """After a pause the deadline lies later by exactly the counted time that was paused; a missed one stays missed."""
    if clock.breached_at is not None:
        return
    calendar = _policy_of(clock).calendar
    target = timedelta(minutes=clock.target_minutes)
    clock.due_at = rules.deadline(calendar, clock.started_at, target, clock.closed_pauses)
    clock.warn_at = rules.warning_at(calendar, clock.started_at, target, clock.closed_pauses, _warning_share())


def _mark_late(clock: SlaClock, moment: datetime) -> None:
    """A deadline that has passed is breached from the moment it passed, whether or not anybody looked."""
    if clock.breached_at is None and clock.paused_at is None and clock.due_at < moment:
        clock.breached_at = clock.due_at


def _policy_of(clock: SlaClock) -> rules.Policy:
    return routing.sla_policy(clock.policy_id)


def _warning_share() -> float:
    """The share of a target after which its deadline counts as near."""
    return float(setting("sla_warning_share"))


def _minutes(target: timedelta) -> int:
    return int(target.total_seconds() // 60)
