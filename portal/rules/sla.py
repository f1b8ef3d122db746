"""Service levels: which policy applies, when a clock is due, and what a clock is at a given moment.

A clock counts the open time of its calendar from its start, without its pauses. A pause that has not ended is no
matter of this arithmetic: a paused clock has no deadline until it resumes, and then the pause is a closed one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.rules.calendar import Calendar, add_open_time, open_time_between
from portal.rules.conditions import evaluate
from portal.rules.vocabulary import ClockKind, ClockState, Priority

Pauses = Sequence[tuple[datetime, datetime]]
"""Pauses that have ended, from and to, in any order; they may overlap."""

WARNING_SHARE = 0.75


@dataclass(frozen=True)
class Policy:
    """Targets by priority and clock, counted in a calendar, for the tickets its conditions match."""

    id: int
    version: int
    name: str
    conditions: Mapping[str, Any]
    targets: Mapping[Priority, Mapping[ClockKind, timedelta]]
    calendar: Calendar


def choose_policy(policies: Sequence[Policy], facts: Mapping[str, object]) -> Policy:
    """The first policy that matches; facts: "tier", "category", "team". Raises LookupError when none does."""
    for policy in policies:
        if evaluate(policy.conditions, facts) is not None:
            return policy
    raise LookupError("No service-level policy matches; keep one without conditions at the end of the list.")


def deadline(calendar: Calendar, started_at: datetime, target: timedelta, pauses: Pauses) -> datetime:
    """The first moment (UTC) at which the target has been used. Raises ValueError as `add_open_time` does."""
    moment, left = started_at, target
    for begins, ends in _after(started_at, _merged(pauses)):
        counted = open_time_between(calendar, moment, begins)
        if counted >= left:
            break
        moment, left = ends, left - counted
    return add_open_time(calendar, moment, left)


def warning_at(
    calendar: Calendar, started_at: datetime, target: timedelta, pauses: Pauses, share: float = WARNING_SHARE
) -> datetime:
    """The moment (UTC) at which that share of the target has been used."""
    return deadline(calendar, started_at, target * share, pauses)


def retargeted(
    calendar: Calendar,
    started_at: datetime,
    target: timedelta,
    pauses: Pauses,
    *,
    is_raise: bool,
    breached: bool,
    due_at: datetime,
) -> datetime:
    """When a clock is due after a change of priority, counted from its own start.

    Raising always moves the due time; lowering does not move one that was missed, so it never undoes a breach.
    """
    if breached and not is_raise:
        return due_at
    return deadline(calendar, started_at, target, pauses)


def state(
    *,
    due_at: datetime,
    now: datetime,
    met_at: datetime | None,
    paused_at: datetime | None,
    cancelled_at: datetime | None,
    breached_at: datetime | None,
) -> ClockState:
    """What a clock is. A cancelled one is nothing else; a missed deadline stays missed; exactly on time is in time."""
    if cancelled_at is not None:
        return ClockState.CANCELLED
    if breached_at is not None:
        return ClockState.BREACHED
    if met_at is not None:
        return ClockState.BREACHED if met_at > due_at else ClockState.MET
    if paused_at is not None:
        return ClockState.PAUSED
    return ClockState.BREACHED if now > due_at else ClockState.RUNNING


def _merged(pauses: Pauses) -> Iterator[tuple[datetime, datetime]]:
    """The pauses in order, those that overlap or touch as one; a pause that ends before it begins is none."""
    current: tuple[datetime, datetime] | None = None
    for begins, ends in sorted(pause for pause in pauses if pause[0] < pause[1]):
        if current is None or begins > current[1]:
            if current is not None:
                yield current
            current = begins, ends
        else:
            current = current[0], max(current[1], ends)
    if current is not None:
        yield current


def _after(started_at: datetime, pauses: Iterable[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """The parts of the pauses that lie after the start."""
    return ((max(begins, started_at), ends) for begins, ends in pauses if ends > started_at)
