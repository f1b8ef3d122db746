"""Clocks through the services: pausing exactly, raising and lowering, reopening, calendars; and any history at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from portal.base import clock as wall
from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import BusinessCalendar, SlaClock, SlaPolicy, Ticket, User
from portal.rules.access import Denied
from portal.rules.vocabulary import ClockKind, ClockState, Priority, Status
from portal.services import Refused
from portal.services import tickets as services
from tests.cast import Cast
from tests.factories import (
    MONDAY,
    after,
    clock_of,
    clocks,
    did,
    events,
    fresh,
    noted,
    opened,
    replied,
)
from tests.services.promises import Oracle, as_row, repeats_the_next

HOUR = timedelta(hours=1)
FIRST, NEXT, RESOLUTION = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE, ClockKind.RESOLUTION


def set_status(ticket: Ticket, person: User, status: Status, **time: float) -> None:
    with after(**time):
        did(person, services.change_status, ticket, status)


def set_priority(ticket: Ticket, person: User, priority: Priority, **time: float) -> None:
    with after(**time):
        did(person, services.change_priority, ticket, priority)


def opened_on_monday(person: User) -> Ticket:
    """High priority for ana (8 and 24 hours), low for ben (48 and 120)."""
    with after():
        return opened(person)


@pytest.mark.parametrize(
    ("priority", "hours"), [("urgent", (2, 8)), ("high", (8, 24)), ("medium", (24, 72)), ("low", (48, 120))]
)
def test_the_specified_targets_hold_as_written(cast: Cast, priority: str, hours: tuple[int, int]) -> None:
    with after():
        ticket = opened(cast.ben, by=cast.cleo, priority=Priority(priority))
    assert (clock_of(ticket, FIRST).due_at, clock_of(ticket, RESOLUTION).due_at) == (
        MONDAY + hours[0] * HOUR,
        MONDAY + hours[1] * HOUR,
    )


def test_a_warning_is_due_at_three_quarters(cast: Cast) -> None:
    assert clock_of(opened_on_monday(cast.ana), FIRST).warn_at == MONDAY + 6 * HOUR


class TestWaitingForTheCustomer:
    def test_pauses_the_resolution_and_resumes_it_exactly(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        set_status(ticket, cast.cleo, Status.WAITING_CUSTOMER, hours=2, seconds=13.000007)
        set_status(ticket, cast.cleo, Status.IN_PROGRESS, hours=50, seconds=13.000019)
        assert clock_of(ticket, RESOLUTION).due_at == MONDAY + 72 * HOUR + timedelta(microseconds=12)

    def test_adds_every_pause(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        for start in (1, 10, 20):
            set_status(ticket, cast.cleo, Status.WAITING_CUSTOMER, hours=start)
            set_status(ticket, cast.cleo, Status.IN_PROGRESS, hours=start + 3)
        assert clock_of(ticket, RESOLUTION).due_at == MONDAY + 33 * HOUR

    def test_never_pauses_the_first_response(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        set_status(ticket, cast.cleo, Status.WAITING_CUSTOMER, hours=1)
        clock = clock_of(ticket, FIRST)
        assert (clock.paused_at, clock.due_at) == (None, MONDAY + 8 * HOUR)

    def test_with_nothing_else_running_leaves_nothing_due(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        with after(hours=1):
            replied(ticket, cast.cleo)
        assert fresh(ticket).next_due_at is None

    def test_does_not_heal_a_deadline_missed_before(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        set_status(ticket, cast.cleo, Status.WAITING_CUSTOMER, hours=30)
        set_status(ticket, cast.cleo, Status.IN_PROGRESS, hours=90)
        clock = clock_of(ticket, RESOLUTION)
        assert (clock.breached_at, clock.due_at) == (MONDAY + 24 * HOUR, MONDAY + 24 * HOUR)

    def test_keeps_a_deadline_from_passing_meanwhile(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        set_status(ticket, cast.cleo, Status.WAITING_CUSTOMER, hours=23)
        assert clock_of(ticket, RESOLUTION).state(MONDAY + 900 * HOUR) is ClockState.PAUSED

    def test_and_resolving_counts_no_paused_time(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        set_status(ticket, cast.cleo, Status.WAITING_CUSTOMER, hours=23)
        set_status(ticket, cast.cleo, Status.RESOLVED, hours=99)
        clock = clock_of(ticket, RESOLUTION)
        assert (clock.breached_at, clock.met_at, clock.paused_at) == (None, MONDAY + 99 * HOUR, None)
        assert clock.state(MONDAY + 999 * HOUR) is ClockState.MET


class TestRaising:
    def test_moves_the_due_times_from_the_original_start(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ben)
        set_priority(ticket, cast.cleo, Priority.URGENT, hours=1)
        assert (clock_of(ticket, FIRST).due_at, clock_of(ticket, RESOLUTION).due_at) == (
            MONDAY + 2 * HOUR,
            MONDAY + 8 * HOUR,
        )
        assert fresh(ticket).next_due_at == MONDAY + 2 * HOUR

    def test_may_put_a_deadline_into_the_past(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ben)
        set_priority(ticket, cast.cleo, Priority.URGENT, hours=30)
        assert clock_of(ticket, FIRST).state(MONDAY + 30 * HOUR) is ClockState.BREACHED

    def test_leaves_finished_clocks_alone(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ben)
        with after(hours=3):
            replied(ticket, cast.cleo)
        set_priority(ticket, cast.cleo, Priority.URGENT, hours=4)
        clock = clock_of(ticket, FIRST)
        assert (clock.due_at, clock.state(MONDAY + 999 * HOUR)) == (MONDAY + 48 * HOUR, ClockState.MET)


class TestLowering:
    def test_moves_what_is_not_missed(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        set_priority(ticket, cast.cleo, Priority.LOW, hours=1)
        assert (clock_of(ticket, FIRST).due_at, clock_of(ticket, RESOLUTION).due_at) == (
            MONDAY + 48 * HOUR,
            MONDAY + 120 * HOUR,
        )

    def test_never_undoes_a_breach(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        set_priority(ticket, cast.cleo, Priority.LOW, hours=9)
        assert clock_of(ticket, FIRST).state(MONDAY + 9 * HOUR) is ClockState.BREACHED
        assert clock_of(ticket, FIRST).due_at == MONDAY + 8 * HOUR

    def test_and_raising_a_little_does_not_undo_it_either(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        set_priority(ticket, cast.cleo, Priority.LOW, hours=9)
        set_priority(ticket, cast.cleo, Priority.MEDIUM, hours=10)
        assert clock_of(ticket, FIRST).state(MONDAY + 10 * HOUR) is ClockState.BREACHED

    def test_of_a_paused_clock_counts_the_pause_when_it_ends(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        set_status(ticket, cast.cleo, Status.WAITING_CUSTOMER, hours=2)
        set_priority(ticket, cast.cleo, Priority.LOW, hours=5)
        set_status(ticket, cast.cleo, Status.IN_PROGRESS, hours=12)
        assert clock_of(ticket, RESOLUTION).due_at == MONDAY + 130 * HOUR

    def test_and_raising_again_comes_back_to_the_same_time(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        set_priority(ticket, cast.cleo, Priority.LOW, hours=1)
        set_priority(ticket, cast.cleo, Priority.HIGH, hours=2)
        assert clock_of(ticket, FIRST).due_at == MONDAY + 8 * HOUR


class TestReopening:
    def test_starts_a_new_instance_and_leaves_history_its_own(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        set_status(ticket, cast.cleo, Status.RESOLVED, hours=1)
        before = as_row(clock_of(ticket, RESOLUTION))
        set_status(ticket, cast.cleo, Status.IN_PROGRESS, hours=30)
        assert as_row(clock_of(ticket, RESOLUTION)) == before
        assert clock_of(ticket, RESOLUTION, 2).due_at == MONDAY + 54 * HOUR

    def test_straight_into_waiting_starts_it_paused(self, cast: Cast) -> None:
        ticket = opened_on_monday(cast.ana)
        set_status(ticket, cast.cleo, Status.RESOLVED, hours=1)
        set_status(ticket, cast.cleo, Status.WAITING_CUSTOMER, hours=2)
        assert clock_of(ticket, RESOLUTION, 2).paused_at == MONDAY + 2 * HOUR


@contextmanager
def office_hours(zone: str = "Europe/Berlin", holidays: tuple[str, ...] = ()) -> Iterator[None]:
    """Monday to Friday, 9 to 17, for the standard policy while the test runs."""
    hours = [[["09:00", "17:00"]]] * 5 + [[], []]
    with unit_of_work():
        calendar = BusinessCalendar(name="Office", time_zone=zone, hours=hours, holidays=list(holidays))
        db.session.add(calendar)
        db.session.flush()
        db.session.execute(update(SlaPolicy).values(calendar_id=calendar.id))
    try:
        yield
    finally:
        with unit_of_work():
            db.session.execute(update(SlaClock).values(policy_id=select(SlaPolicy.id).limit(1).scalar_subquery()))
            db.session.execute(update(SlaPolicy).values(calendar_id=1))
            db.session.delete(calendar)


class TestABusinessCalendar:
    def test_counts_open_hours_only(self, cast: Cast) -> None:
        with office_hours(), after(hours=-1):  # Monday, 9:00 in Berlin
            ticket = opened(cast.ana)
            assert clock_of(ticket, FIRST).due_at == datetime(2026, 3, 2, 16, tzinfo=UTC)
            assert clock_of(ticket, RESOLUTION).due_at == datetime(2026, 3, 4, 16, tzinfo=UTC)

    def test_a_pause_over_the_weekend_costs_nothing(self, cast: Cast) -> None:
        with office_hours():
            with after(hours=-1):
                ticket = opened(cast.ana)
            due = clock_of(ticket, RESOLUTION).due_at
            set_status(ticket, cast.cleo, Status.WAITING_CUSTOMER, hours=8)  # 18:00, closed
            set_status(ticket, cast.cleo, Status.IN_PROGRESS, hours=22)  # before 9:00
            assert clock_of(ticket, RESOLUTION).due_at == due

    def test_a_holiday_is_no_day(self, cast: Cast) -> None:
        with office_hours(holidays=("2026-03-03",)), after(hours=-1):
            assert clock_of(opened(cast.ana), RESOLUTION).due_at == datetime(2026, 3, 5, 16, tzinfo=UTC)


def test_a_clock_keeps_the_policy_it_was_started_under(cast: Cast) -> None:
    ticket = opened_on_monday(cast.ana)
    [policy] = db.session.scalars(select(SlaPolicy))
    clock = clock_of(ticket, FIRST)
    assert (clock.policy_id, clock.policy_version, clock.target_minutes) == (policy.id, policy.version, 480)


ACTS = st.sampled_from(
    [
        "agent replies",
        "agent replies and resolves",
        "agent replies and keeps it",
        "customer replies",
        "customer thanks",
        "customer resolves",
        "customer reopens",
        "agent notes",
        *[f"status {status.value}" for status in Status if status is not Status.CLOSED],
        *[f"priority {priority.value}" for priority in Priority],
    ]
)
GAPS = st.one_of(st.integers(0, 600), st.integers(0, 14 * 86_400)).map(lambda seconds: timedelta(seconds=seconds))


def act(cast: Cast, ticket: Ticket, what: str) -> None:
    verb, _, value = what.partition(" ")
    match verb, value:
        case "agent", "notes":
            noted(ticket, cast.cleo)
        case "agent", reply:
            then = {
                "replies": None,
                "replies and resolves": Status.RESOLVED,
                "replies and keeps it": Status.IN_PROGRESS,
            }
            replied(ticket, cast.cleo, then=then[reply])
        case "customer", "replies" | "thanks":
            replied(ticket, cast.ana, "It is still wrong, why?" if value == "replies" else "Thank you!")
        case "customer", "resolves":
            did(cast.ana, services.resolve, ticket)
        case "customer", _:
            did(cast.ana, services.reopen, ticket)
        case "status", _:
            did(cast.cleo, services.change_status, ticket, Status(value))
        case _:
            did(cast.cleo, services.change_priority, ticket, Priority(value))


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # every step is a transaction: shrinking would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(st.tuples(GAPS, ACTS), min_size=1, max_size=14))
def test_after_any_history_the_clocks_are_what_its_events_say(cast: Cast, history: list[tuple[timedelta, str]]) -> None:
    moment = MONDAY
    with wall.at(moment):
        ticket = opened(cast.ana)
    for gap, what in history:
        moment += gap
        with wall.at(moment):
            try:
                act(cast, ticket, what)
            except (Refused, Denied):
                db.session.rollback()
        found = clocks(ticket)
        oracle = Oracle({cast.cleo.id}).replay(events(ticket))
        assert {as_row(clock) for clock in found} == {promise.as_row() for promise in oracle.promises}
        late = {(clock.kind.value, clock.instance) for clock in found if clock.state(moment) is ClockState.BREACHED}
        assert late == {(each.kind, each.instance) for each in oracle.promises if each.is_late(moment)}
        assert fresh(ticket).next_due_at == oracle.next_due()
        assert repeats_the_next(fresh(ticket), found)
