"""Calendars count the minutes that a clock on the wall of their zone shows within their hours, and no others."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.calendar import (
    ALWAYS,
    MINUTES_A_DAY,
    Calendar,
    add_open_time,
    open_time_between,
    parse_calendar,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OFFICE_DAY = [["09:00", "12:00"], ["13:00", "17:00"]]
OFFICE = [OFFICE_DAY] * 5 + [[], []]
EVERY_HOUR: list[list[list[str]]] = [[["00:00", "24:00"]]] * 7


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


# ---- examples


def test_around_the_clock_time_is_just_time() -> None:
    start = at("2026-03-28T23:30")
    assert add_open_time(ALWAYS, start, 48 * HOUR) == start + 48 * HOUR
    assert open_time_between(ALWAYS, start, start + 5 * HOUR) == 5 * HOUR


def test_a_question_of_friday_afternoon_is_due_on_monday() -> None:
    berlin = parse_calendar("Europe/Berlin", OFFICE, [])
    asked = at("2026-10-02T16:30", "Europe/Berlin")
    assert add_open_time(berlin, asked, 2 * HOUR) == at("2026-10-05T10:30", "Europe/Berlin")


def test_lunch_and_holidays_do_not_count() -> None:
    berlin = parse_calendar("Europe/Berlin", OFFICE, ["2026-10-05"])
    asked = at("2026-10-02T11:30", "Europe/Berlin")
    assert add_open_time(berlin, asked, HOUR) == at("2026-10-02T13:30", "Europe/Berlin")
    assert add_open_time(berlin, asked, 6 * HOUR) == at("2026-10-06T10:30", "Europe/Berlin")


def test_sixteen_working_hours_with_an_eight_hour_day_are_two_days() -> None:
    week = parse_calendar("UTC", [[["08:00", "16:00"]]] * 5 + [[], []], [])
    assert add_open_time(week, at("2026-10-05T08:00"), 16 * HOUR) == at("2026-10-06T16:00")


def test_time_that_ends_with_the_day_ends_at_closing_and_not_at_the_next_opening() -> None:
    berlin = parse_calendar("Europe/Berlin", OFFICE, [])
    assert add_open_time(berlin, at("2026-10-05T09:00", "Europe/Berlin"), 7 * HOUR) == at(
        "2026-10-05T17:00", "Europe/Berlin"
    )


def test_an_hour_that_is_skipped_in_spring_is_not_counted() -> None:
    nights = parse_calendar("Europe/Berlin", [[["01:00", "05:00"]]] * 7, [])
    spring = at("2026-03-29T00:00", "Europe/Berlin")
    assert open_time_between(nights, spring, spring + 8 * HOUR) == 3 * HOUR


def test_an_hour_that_comes_twice_in_autumn_counts_twice() -> None:
    nights = parse_calendar("Europe/Berlin", [[["01:00", "05:00"]]] * 7, [])
    autumn = at("2026-10-25T00:00", "Europe/Berlin")
    assert open_time_between(nights, autumn, at("2026-10-25T08:00", "Europe/Berlin")) == 5 * HOUR


def test_opening_within_the_skipped_hour_means_opening_when_the_clock_has_jumped() -> None:
    early = parse_calendar("Europe/Berlin", [[["02:30", "05:00"]]] * 7, [])
    assert add_open_time(early, at("2026-03-29T00:00"), HOUR) == at("2026-03-29T02:00")
    assert open_time_between(early, at("2026-03-29T00:00"), at("2026-03-29T12:00")) == 2 * HOUR


def test_around_the_clock_in_a_zone_with_summer_time_no_moment_is_lost_when_the_clock_changes() -> None:
    full = parse_calendar("America/New_York", EVERY_HOUR, ["2026-12-25"])
    start, end = at("2026-10-30T12:00"), at("2026-11-03T12:00")
    assert open_time_between(full, start, end) == end - start


def test_results_are_utc_whatever_comes_in() -> None:
    result = add_open_time(parse_calendar("Asia/Tokyo", OFFICE, []), at("2026-10-05T09:00", "Asia/Tokyo"), HOUR)
    assert result.tzinfo is UTC
    assert result == at("2026-10-05T01:00")


def test_five_years_of_holidays_are_given_up_on() -> None:
    first = date(2026, 1, 1)
    closed = parse_calendar("UTC", OFFICE, [(first + number * DAY).isoformat() for number in range(6 * 366)])
    with pytest.raises(ValueError, match="five years"):
        add_open_time(closed, at("2026-01-01T00:00"), HOUR)


def test_time_is_not_taken_away() -> None:
    with pytest.raises(ValueError, match="only be added"):
        add_open_time(ALWAYS, at("2026-01-01T00:00"), -HOUR)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        open_time_between(ALWAYS, datetime(2026, 1, 1), at("2026-01-01T00:00"))  # noqa: DTZ001


REFUSED = [
    ("Mars/Olympus", OFFICE, [], "Mars/Olympus"),
    ("../etc/passwd", OFFICE, [], "passwd"),
    ("Europe", OFFICE, [], "Europe"),
    ("", OFFICE, [], "zone"),
    (None, OFFICE, [], "None"),
    ("UTC", [[]] * 7, [], "open minute"),
    ("UTC", [OFFICE_DAY] * 6, [], "seven"),
    ("UTC", "always", [], "seven"),
    ("UTC", [None] * 7, [], "None"),
    ("UTC", [[["09:00", "12:00"], ["11:59", "13:00"]]] * 7, [], "overlap"),
    ("UTC", [[["12:00", "09:00"]]] * 7, [], "ends after"),
    ("UTC", [[["09:00", "09:00"]]] * 7, [], "ends after"),
    ("UTC", [[["24:00", "24:00"]]] * 7, [], "ends after"),
    ("UTC", [[["09:00"]]] * 7, [], "HH:MM"),
    ("UTC", [[["9:00", "12:00"]]] * 7, [], "9:00"),
    ("UTC", [[["09:00", "25:00"]]] * 7, [], "25:00"),
    ("UTC", [[[9, 12]]] * 7, [], "9"),
    ("UTC", OFFICE, ["Christmas"], "Christmas"),
    ("UTC", OFFICE, [25], "25"),
    ("UTC", OFFICE, None, "list of dates"),
]


@pytest.mark.parametrize(("zone", "hours", "holidays", "culprit"), REFUSED)
def test_a_calendar_that_cannot_be_is_refused(zone: str, hours: object, holidays: object, culprit: str) -> None:
    with pytest.raises(ValueError, match=culprit.replace(".", r"\.")):
        parse_calendar(zone, hours, holidays)


def test_intervals_may_touch_and_come_in_any_order() -> None:
    day = [["13:00", "24:00"], ["09:00", "13:00"]]
    assert parse_calendar("UTC", [day] * 7, []).hours[0] == ((540, 780), (780, 1440))


# ---- against a count minute by minute

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Africa/Casablanca",
]
CHANGES = [
    "2026-03-08",
    "2026-03-29",
    "2026-10-25",
    "2026-11-01",
    "2026-04-05",
    "2026-10-04",
    "2011-12-29",
    "2026-02-14",
]

day_hours = st.lists(st.integers(0, MINUTES_A_DAY), max_size=6, unique=True).map(
    lambda cuts: tuple(zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False))
)
around_a_change = st.builds(
    lambda day, minutes: at(f"{day}T00:00") + (minutes - 2 * MINUTES_A_DAY) * MINUTE,
    st.sampled_from(CHANGES),
    st.integers(0, 4 * MINUTES_A_DAY),
)
calendars = st.builds(
    Calendar,
    st.sampled_from(ZONES),
    st.tuples(*[day_hours] * 7),
    st.frozensets(st.sampled_from([date.fromisoformat(day) for day in CHANGES]), max_size=3),
)


def open_minutes(calendar: Calendar, start: datetime, end: datetime) -> Iterator[datetime]:
    """The oracle: look at the wall clock at the beginning of every minute."""
    while start < end:
        wall = start.astimezone(ZoneInfo(calendar.time_zone))
        minute = wall.hour * 60 + wall.minute
        hours = calendar.hours[wall.weekday()]
        if wall.date() not in calendar.holidays and any(opens <= minute < closes for opens, closes in hours):
            yield start
        start += MINUTE


@settings(max_examples=150, deadline=None)
@given(calendars, around_a_change, st.integers(0, 3 * MINUTES_A_DAY))
def test_open_time_is_what_a_count_of_minutes_gives(calendar: Calendar, start: datetime, minutes: int) -> None:
    end = start + minutes * MINUTE
    counted = list(open_minutes(calendar, start, end))
    assert open_time_between(calendar, start, end) == len(counted) * MINUTE


@settings(max_examples=100, deadline=None)
@given(calendars, around_a_change, st.integers(1, MINUTES_A_DAY))
def test_a_due_time_is_the_end_of_the_last_counted_minute(calendar: Calendar, start: datetime, minutes: int) -> None:
    counted = list(open_minutes(calendar, start, start + 5 * DAY))
    if len(counted) >= minutes:
        assert add_open_time(calendar, start, minutes * MINUTE) == counted[minutes - 1] + MINUTE


amounts = st.timedeltas(timedelta(0), timedelta(days=4))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
open_calendars = calendars.filter(
    lambda calendar: any(closes - opens > 60 for day in calendar.hours for opens, closes in day)
)


@settings(max_examples=100, deadline=None)
@given(open_calendars, moments, amounts)
def test_what_is_added_is_what_lies_between(calendar: Calendar, start: datetime, amount: timedelta) -> None:
    end = add_open_time(calendar, start, amount)
    assert open_time_between(calendar, start, end) == amount


@settings(max_examples=100, deadline=None)
@given(open_calendars, moments, amounts, amounts)
def test_adding_twice_is_adding_the_sum(calendar: Calendar, start: datetime, one: timedelta, two: timedelta) -> None:
    assert add_open_time(calendar, add_open_time(calendar, start, one), two) == add_open_time(
        calendar, start, one + two
    )


@settings(max_examples=100, deadline=None)
@given(calendars, around_a_change, amounts, amounts)
def test_open_time_adds_up_over_any_cut(calendar: Calendar, first: datetime, one: timedelta, two: timedelta) -> None:
    second, third = first + one, first + one + two
    whole = open_time_between(calendar, first, third)
    assert open_time_between(calendar, first, second) + open_time_between(calendar, second, third) == whole
