"""Service levels for bulk data: the rules' own arithmetic, short-cut where the calendar never closes.

Moments are whole seconds since 1970 here, because millions of them are compared and shifted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from portal.queries import routing
from portal.rules import sla
from portal.rules.calendar import Calendar
from portal.rules.vocabulary import ClockKind, Priority, Tier

Pause = tuple[int, int]


@dataclass(frozen=True)
class Promise:
    """What one policy promises for one priority: seconds by kind of clock."""

    policy_id: int
    version: int
    calendar: Calendar
    targets: Mapping[ClockKind, int]

    def due(self, kind: ClockKind, started: int, pauses: Sequence[Pause]) -> int:
        return deadline(self.calendar, started, self.targets[kind], pauses)

    def warn(self, kind: ClockKind, started: int, pauses: Sequence[Pause]) -> int:
        return deadline(self.calendar, started, int(self.targets[kind] * sla.WARNING_SHARE), pauses)


def promises() -> dict[tuple[Tier, str, Priority], Promise]:
    """The promise for every tier, category and priority, by the policies in force."""
    policies = routing.sla_policies()
    found = {}
    for tier in Tier:
        for category in routing.categories():
            policy = sla.choose_policy(policies, {"tier": tier.value, "category": category.slug})
            for priority, targets in policy.targets.items():
                seconds = {kind: int(target.total_seconds()) for kind, target in targets.items()}
                promise = Promise(policy.id, policy.version, policy.calendar, seconds)
                found[tier, category.slug, priority] = promise
    return found


def deadline(calendar: Calendar, started: int, target: int, pauses: Sequence[Pause]) -> int:
    """`rules.sla.deadline` for pauses in order that do not overlap."""
    if not calendar.never_closes:
        moments = [(moment_of(begins), moment_of(ends)) for begins, ends in pauses]
        due = sla.deadline(calendar, moment_of(started), timedelta(seconds=target), moments)
        return int(due.timestamp())
    moment, left = started, target
    for begins, ends in pauses:
        if begins - moment >= left:
            break
        left -= begins - moment
        moment = ends
    return moment + left


def moment_of(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
