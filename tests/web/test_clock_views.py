"""Clocks in words: what is left, what is late, what rests."""

from datetime import timedelta

import pytest

from portal.models import SlaClock, Ticket
from portal.rules.vocabulary import ClockKind, Priority, Status
from portal.services import tickets as services
from portal.web.clock_views import clock_view, left_long, left_short, present_clocks, queue_clock
from tests.cast import Cast
from tests.factories import MONDAY, after, clock_of, clocks, did, fresh, opened, replied

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("minutes", "short", "long"),
    [
        (0, "0:00", "0 min left"),
        (18, "0:18", "18 min left"),
        (60, "1:00", "1 h 0 min left"),
        (2879, "47:59", "47 h 59 min left"),
        (2880, "2d 0h", "2 d 0 h left"),
        (7200, "5d 0h", "5 d 0 h left"),
        (-1, "\u22120:01", "Overdue by 1 min"),
        (-42, "\u22120:42", "Overdue by 42 min"),
        (-2885, "\u22122d 0h", "Overdue by 2 d 0 h"),
    ],
)
def test_time_left_in_few_and_in_many_words(minutes: int, short: str, long: str) -> None:
    assert (left_short(minutes), left_long(minutes)) == (short, long)


@pytest.fixture
def ticket(cast: Cast) -> Ticket:
    """Ana's, due in 8 and 24 hours; a deadline is near after 6."""
    with after():
        return opened(cast.ana)


@pytest.mark.parametrize(
    ("hours", "level", "short"),
    [
        (0, "ok", "8:00"),
        (5.99, "ok", "2:00"),
        (6, "risk", "2:00"),
        (8, "breached", "0:00"),
        (9, "breached", "\u22121:00"),
    ],
)
def test_the_queue_shows_the_clock_that_ends_first(ticket: Ticket, hours: float, level: str, short: str) -> None:
    view = queue_clock(fresh(ticket), MONDAY + hours * HOUR)
    assert (view.label, view.level, view.short) == ("First response", level, short)
    assert (view.due_at, view.warn_at) == (MONDAY + 8 * HOUR, MONDAY + 6 * HOUR)


def test_the_queue_says_why_nothing_runs(ticket: Ticket, cast: Cast) -> None:
    with after(hours=1):
        replied(ticket, cast.cleo)
    assert queue_clock(fresh(ticket), MONDAY).level == "paused"
    with after(hours=2):
        did(cast.cleo, services.resolve, ticket)
    assert queue_clock(fresh(ticket), MONDAY).level == "met"


def view_of(ticket: Ticket, kind: ClockKind, hours: float) -> tuple[str, str]:
    view = clock_view(clock_of(ticket, kind), MONDAY + hours * HOUR)
    return view.level, view.long


class TestOneClock:
    def test_running_tells_what_is_used(self, ticket: Ticket) -> None:
        view = clock_view(clock_of(ticket, ClockKind.FIRST_RESPONSE), MONDAY + 2 * HOUR)
        assert (view.level, view.target_minutes, view.used_minutes) == ("ok", 480, 120)

    def test_met_tells_after_what_time(self, ticket: Ticket, cast: Cast) -> None:
        with after(hours=3):
            replied(ticket, cast.cleo)
        assert view_of(ticket, ClockKind.FIRST_RESPONSE, 99) == ("met", "Met after 3 h 0 min")

    def test_met_late_is_not_hidden(self, ticket: Ticket, cast: Cast) -> None:
        with after(hours=9):
            replied(ticket, cast.cleo)
        assert view_of(ticket, ClockKind.FIRST_RESPONSE, 99) == ("breached", "Late, after 9 h 0 min")

    def test_paused_and_cancelled_say_so(self, ticket: Ticket, cast: Cast) -> None:
        with after(hours=1):
            did(cast.cleo, services.change_status, ticket, Status.WAITING_CUSTOMER)
        assert view_of(ticket, ClockKind.RESOLUTION, 2) == ("paused", "Paused, waiting for the customer")
        with after(hours=3):
            did(cast.cleo, services.resolve, ticket)
        assert view_of(ticket, ClockKind.FIRST_RESPONSE, 4) == ("cancelled", "Not needed any more")

    def test_paused_after_its_deadline_is_late_and_not_a_number_that_runs(self, ticket: Ticket, cast: Cast) -> None:
        with after(hours=30):
            did(cast.cleo, services.change_status, ticket, Status.WAITING_CUSTOMER)
        view = clock_view(clock_of(ticket, ClockKind.RESOLUTION), MONDAY + 90 * HOUR)
        assert (view.level, view.due_at) == ("breached", MONDAY + 24 * HOUR)


def test_a_panel_shows_the_latest_clock_of_each_kind(ticket: Ticket, cast: Cast) -> None:
    for _ in range(3):
        replied(ticket, cast.cleo)
        replied(ticket, cast.ana)
    did(cast.cleo, services.change_priority, ticket, Priority.URGENT)
    shown: list[SlaClock] = present_clocks(clocks(ticket))
    assert sorted((clock.kind.value, clock.instance) for clock in shown) == [
        ("first_response", 1),
        ("next_response", 3),
        ("resolution", 1),
    ]
