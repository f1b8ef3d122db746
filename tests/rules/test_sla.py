"""Deadlines count open time without pauses; clocks never forget a breach; the first policy that fits applies."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.calendar import ALWAYS, Calendar, open_time_between, parse_calendar
from portal.rules.sla import Policy, choose_policy, deadline, retargeted, state, warning_at
from portal.rules.vocabulary import ClockKind, ClockState, Priority

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MONDAY = datetime(2026, 10, 19, 9, 0, tzinfo=UTC)
BERLIN = parse_calendar("Europe/Berlin", [[["09:00", "12:00"], ["13:00", "17:00"]]] * 5 + [[], []], ["2026-10-20"])


def test_around_the_clock_the_specified_hours_hold_as_written() -> None:
    assert deadline(ALWAYS, MONDAY, 2 * HOUR, []) == MONDAY + 2 * HOUR


def test_a_pause_moves_the_deadline_by_its_length() -> None:
    pauses = [(MONDAY + HOUR, MONDAY + 25 * HOUR)]
    assert deadline(ALWAYS, MONDAY, 8 * HOUR, pauses) == MONDAY + 32 * HOUR


def test_pauses_that_overlap_count_once() -> None:
    pauses = [(MONDAY + 3 * HOUR, MONDAY + 5 * HOUR), (MONDAY + 2 * HOUR, MONDAY + 4 * HOUR)]
    assert deadline(ALWAYS, MONDAY, 8 * HOUR, pauses) == MONDAY + 11 * HOUR


def test_a_pause_over_a_closed_night_moves_the_deadline_by_its_open_hours_only() -> None:
    asked = datetime(2026, 10, 21, 14, 0, tzinfo=UTC)
    pauses = [(asked, asked + 18 * HOUR)]  # 16:00 to 10:00 in Berlin: one hour of that day, one of the next
    assert deadline(BERLIN, asked, HOUR, pauses) == asked + 19 * HOUR


def test_a_pause_after_the_deadline_changes_nothing() -> None:
    assert deadline(ALWAYS, MONDAY, HOUR, [(MONDAY + 2 * HOUR, MONDAY + 3 * HOUR)]) == MONDAY + HOUR


def test_a_target_used_up_when_the_pause_begins_is_due_then() -> None:
    assert deadline(ALWAYS, MONDAY, HOUR, [(MONDAY + HOUR, MONDAY + 3 * HOUR)]) == MONDAY + HOUR


def test_the_warning_comes_at_three_quarters() -> None:
    assert warning_at(ALWAYS, MONDAY, 8 * HOUR, []) == MONDAY + 6 * HOUR
    assert warning_at(ALWAYS, MONDAY, 8 * HOUR, [(MONDAY, MONDAY + HOUR)], share=0.5) == MONDAY + 5 * HOUR


@pytest.mark.parametrize("breached", [False, True])
def test_raising_the_priority_always_moves_the_due_time(breached: bool) -> None:
    due = retargeted(ALWAYS, MONDAY, 2 * HOUR, [], is_raise=True, breached=breached, due_at=MONDAY + 8 * HOUR)
    assert due == MONDAY + 2 * HOUR


def test_lowering_the_priority_moves_the_due_time_of_a_clock_that_is_in_time() -> None:
    due = retargeted(ALWAYS, MONDAY, 8 * HOUR, [], is_raise=False, breached=False, due_at=MONDAY + 2 * HOUR)
    assert due == MONDAY + 8 * HOUR


def test_lowering_the_priority_does_not_undo_a_breach() -> None:
    due = retargeted(ALWAYS, MONDAY, 8 * HOUR, [], is_raise=False, breached=True, due_at=MONDAY + 2 * HOUR)
    assert due == MONDAY + 2 * HOUR


BEFORE, DUE, LATER = MONDAY - HOUR, MONDAY, MONDAY + HOUR
MOMENTS = [None, BEFORE, DUE, LATER]


def expected_state(now: datetime, met: object, paused: object, cancelled: object, breached: object) -> ClockState:
    is_running = met is None and paused is None
    if cancelled:
        return ClockState.CANCELLED
    if breached or met == LATER or (is_running and now == LATER):
        return ClockState.BREACHED
    if met:
        return ClockState.MET
    return ClockState.PAUSED if paused else ClockState.RUNNING


@pytest.mark.parametrize("now", [BEFORE, DUE, LATER])
def test_a_clock_has_one_state_for_each_combination_of_its_moments(now: datetime) -> None:
    for met, paused, cancelled, breached in product(MOMENTS, [None, BEFORE], [None, BEFORE], [None, DUE]):
        assert state(
            due_at=DUE, now=now, met_at=met, paused_at=paused, cancelled_at=cancelled, breached_at=breached
        ) is expected_state(now, met, paused, cancelled, breached)


def policy(number: int, conditions: dict[str, object]) -> Policy:
    targets = {priority: dict.fromkeys(ClockKind, HOUR) for priority in Priority}
    return Policy(number, 1, f"policy {number}", conditions, targets, ALWAYS)


def test_the_first_policy_that_matches_applies() -> None:
    policies = [policy(1, {"field": "tier", "op": "is", "value": "premium"}), policy(2, {}), policy(3, {})]
    assert choose_policy(policies, {"tier": "premium"}).id == 1
    assert choose_policy(policies, {"tier": "free"}).id == 2


def test_without_a_policy_that_matches_nothing_is_promised_in_silence() -> None:
    with pytest.raises(LookupError):
        choose_policy([policy(1, {"field": "tier", "op": "is", "value": "premium"})], {"tier": "free"})


calendars = st.sampled_from([ALWAYS, BERLIN, parse_calendar("America/New_York", [[["20:00", "24:00"]]] * 7, [])])
offsets = st.integers(-3 * 1440, 12 * 1440).map(lambda minutes: MONDAY + minutes * MINUTE)
pause_lists = st.lists(st.tuples(offsets, offsets).map(lambda pair: (min(pair), max(pair))), max_size=5)
targets = st.integers(0, 20 * 60).map(lambda minutes: minutes * MINUTE)


def counted(calendar: Calendar, start: datetime, end: datetime, pauses: list[tuple[datetime, datetime]]) -> timedelta:
    """The oracle: look at the beginning of every minute whether it is paused, and whether it is open."""
    moments = [start + number * MINUTE for number in range((end - start) // MINUTE)]
    counting = [moment for moment in moments if not any(begins <= moment < ends for begins, ends in pauses)]
    return sum((open_time_between(calendar, moment, moment + MINUTE) for moment in counting), timedelta(0))


@settings(deadline=None)
@given(calendars, targets, pause_lists)
def test_at_the_deadline_exactly_the_target_has_been_counted_and_not_a_minute_before(
    calendar: Calendar, target: timedelta, pauses: list[tuple[datetime, datetime]]
) -> None:
    due = deadline(calendar, MONDAY, target, pauses)
    assert counted(calendar, MONDAY, due, pauses) == target
    if target:
        assert counted(calendar, MONDAY, due - MINUTE, pauses) == target - MINUTE


@given(calendars, targets, pause_lists)
def test_the_order_and_the_overlap_of_pauses_do_not_matter(
    calendar: Calendar, target: timedelta, pauses: list[tuple[datetime, datetime]]
) -> None:
    due = deadline(calendar, MONDAY, target, pauses)
    assert deadline(calendar, MONDAY, target, [*reversed(pauses), *pauses]) == due


@given(calendars, targets, pause_lists)
def test_the_warning_never_comes_after_the_deadline(
    calendar: Calendar, target: timedelta, pauses: list[tuple[datetime, datetime]]
) -> None:
    assert warning_at(calendar, MONDAY, target, pauses) <= deadline(calendar, MONDAY, target, pauses)


@given(calendars, targets, targets, pause_lists, st.booleans())
def test_a_breach_survives_every_change_of_priority_downwards(
    calendar: Calendar, old: timedelta, more: timedelta, pauses: list[tuple[datetime, datetime]], breached: bool
) -> None:
    due = deadline(calendar, MONDAY, old, pauses)
    moved = retargeted(calendar, MONDAY, old + more, pauses, is_raise=False, breached=breached, due_at=due)
    assert moved == due if breached else moved >= due
