"""Calendars: when time counts. A calendar is open where its zone's wall clock reads a time within its hours.

That reading decides on days when clocks change, too: an hour that is skipped is not there to count, an hour that
comes twice counts twice, and every amount is real elapsed time. All moments are aware; results are UTC.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60
HORIZON = timedelta(days=5 * 366)
"""How far a walk through a calendar goes before it gives up."""

_DAY = timedelta(days=1)
_CLOCK = re.compile(r"(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")

Span = tuple[datetime, datetime]
Minutes = tuple[int, int]
"""From and to, in minutes since midnight, 0 to 1440; the second is not part of it."""


@dataclass(frozen=True)
class Calendar:
    """Open hours in a zone: seven days, Monday first, each with its intervals in order; nothing is open on holidays."""

    time_zone: str
    hours: tuple[tuple[Minutes, ...], ...]
    holidays: frozenset[date] = frozenset()

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def never_closes(self) -> bool:
        return not self.holidays and all(day == ((0, MINUTES_A_DAY),) for day in self.hours)


ALWAYS = Calendar("UTC", (((0, MINUTES_A_DAY),),) * 7)
"""Around the clock, every day."""


def parse_calendar(time_zone: str, hours: object, holidays: object) -> Calendar:
    """A calendar from its row: hours are 7 lists of ["HH:MM", "HH:MM"] ("24:00" may end a day), holidays ISO dates.

    Raises ValueError, in one line, on an unknown zone, a malformed or overlapping interval, or no open minute.
    """
    _check_zone(time_zone)
    if not isinstance(hours, list) or len(hours) != 7:
        raise ValueError("Opening hours are seven lists, one a day, Monday first.")
    week = tuple(_parse_day(day) for day in hours)
    if not any(week):
        raise ValueError("A calendar needs at least one open minute.")
    return Calendar(time_zone, week, _parse_holidays(holidays))


def add_open_time(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """The first moment at which so much open time has passed since start.

    Raises ValueError for a negative amount, or when five years do not hold so much open time.
    """
    moment, left = _utc(start), amount
    if amount < timedelta(0):
        raise ValueError("Open time can only be added.")
    if calendar.never_closes or not amount:
        return moment + amount
    for opens, closes in _open_pieces(calendar, moment, moment + HORIZON):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise ValueError("The calendar does not have so much open time within five years.")


def open_time_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """How much open time lies between two moments; none when the end is not after the start."""
    if calendar.never_closes:
        return max(_utc(end) - _utc(start), timedelta(0))
    return sum((closes - opens for opens, closes in _open_pieces(calendar, _utc(start), _utc(end))), timedelta(0))


def _open_pieces(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Span]:
    """Open stretches in order; one that spans midnight or a change of clocks comes in pieces that touch."""
    for begins, ends, offset in _offset_segments(calendar.zone, start, end):
        wall_begins, wall_ends = (moment.replace(tzinfo=None) + offset for moment in (begins, ends))
        day = wall_begins.date()
        while day <= wall_ends.date():
            for opens, closes in _wall_intervals(calendar, day):
                opens, closes = max(opens, wall_begins), min(closes, wall_ends)
                if opens < closes:
                    yield (opens - offset).replace(tzinfo=UTC), (closes - offset).replace(tzinfo=UTC)
            day += _DAY


def _wall_intervals(calendar: Calendar, day: date) -> Iterator[Span]:
    """The open hours of one date as its wall clock reads them, without a zone."""
    if day in calendar.holidays:
        return
    midnight = datetime.combine(day, time.min)
    for opens, closes in calendar.hours[day.weekday()]:
        yield midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes)


def _offset_segments(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Cut a stretch of time where the zone's offset from UTC changes, and into at most a day.

    No zone changes its clocks twice within a day.
    """
    while start < end:
        ends = min(start + _DAY, end)
        offset = _offset(zone, start)
        if _offset(zone, ends) != offset:
            ends = _change(zone, start, ends)
        yield start, ends, offset
        start = ends


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The moment between the two at which the offset changes: clocks change on a whole second."""
    offset = _offset(zone, before)
    low, high = 0, int((after.replace(microsecond=0) - before.replace(microsecond=0)).total_seconds())
    base = before.replace(microsecond=0)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, base + timedelta(seconds=middle)) == offset:
            low = middle
        else:
            high = middle
    return base + timedelta(seconds=high)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment needs a zone.")
    return moment.astimezone(UTC)


def _check_zone(name: object) -> None:
    try:
        ZoneInfo(name)  # type: ignore[arg-type]  # whatever the row holds is judged here
    except (KeyError, ValueError, OSError, TypeError, AttributeError):
        raise ValueError(f"Unknown time zone {name!r:.60}.") from None


def _parse_day(day: object) -> tuple[Minutes, ...]:
    if not isinstance(day, list):
        raise ValueError(f"The hours of a day are a list of intervals, not {day!r:.60}.")
    intervals = sorted(_parse_interval(interval) for interval in day)
    for (_, ends), (begins, _) in pairwise(intervals):
        if begins < ends:
            raise ValueError(f"Two intervals of one day overlap: {day!r:.60}.")
    return tuple(intervals)


def _parse_interval(interval: object) -> Minutes:
    if not isinstance(interval, list) or len(interval) != 2:
        raise ValueError(f'An interval is ["HH:MM", "HH:MM"], not {interval!r:.60}.')
    opens, closes = (_parse_clock(clock) for clock in interval)
    if opens >= closes:
        raise ValueError(f"An interval ends after it begins, unlike {interval!r:.60}.")
    return opens, closes


def _parse_clock(clock: object) -> int:
    match = _CLOCK.fullmatch(clock) if isinstance(clock, str) else None
    if match is None:
        raise ValueError(f"A time of day is HH:MM, 00:00 to 24:00, not {clock!r:.60}.")
    return MINUTES_A_DAY if match[1] is None else int(match[1]) * 60 + int(match[2])


def _parse_holidays(holidays: object) -> frozenset[date]:
    if not isinstance(holidays, list):
        raise ValueError("Holidays are a list of dates.")
    try:
        return frozenset(date.fromisoformat(day) for day in holidays)
    except (TypeError, ValueError):
        raise ValueError(f"A holiday is a date like 2026-12-25, unlike one of {holidays!r:.60}.") from None
