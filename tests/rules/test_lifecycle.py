"""A ticket's status after everything that can happen to it, the whole table."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.lifecycle import (
    CustomerReply,
    Impossible,
    after_agent_reply,
    after_assignment,
    after_customer_reply,
    check_change,
    may_reopen,
    reopened,
)
from portal.rules.vocabulary import Status

NOW = datetime(2026, 10, 8, 12, 0, tzinfo=UTC)
WINDOW = timedelta(days=7)
OPEN, WORKING, WAITING, RESOLVED, CLOSED = Status


def reply(status: Status, text: str, *, days_ago: float = 1, has_assignee: bool = True) -> CustomerReply:
    resolved_at = None if status.is_active else NOW - timedelta(days=days_ago)
    return after_customer_reply(
        status, text=text, has_assignee=has_assignee, resolved_at=resolved_at, now=NOW, window=WINDOW
    )


@pytest.mark.parametrize("status", Status)
def test_only_an_open_ticket_starts_by_assignment(status: Status) -> None:
    assert after_assignment(status) is (WORKING if status is OPEN else status)


@pytest.mark.parametrize(
    ("before", "after"), [(OPEN, WAITING), (WORKING, WAITING), (WAITING, WAITING), (RESOLVED, RESOLVED)]
)
def test_after_an_agents_reply_it_is_the_customers_turn_unless_it_is_resolved(before: Status, after: Status) -> None:
    assert after_agent_reply(before) is after


def test_an_agent_cannot_reply_to_a_closed_ticket() -> None:
    with pytest.raises(Impossible, match="closed"):
        after_agent_reply(CLOSED)


@pytest.mark.parametrize(("old", "new"), list(product(Status, Status)))
def test_agents_may_set_any_status_except_out_of_closed(old: Status, new: Status) -> None:
    if old is CLOSED and new is not CLOSED:
        with pytest.raises(Impossible, match="closed and cannot become"):
            check_change(old, new)
    else:
        check_change(old, new)


def test_an_impossible_change_is_explained_in_words_for_people() -> None:
    with pytest.raises(Impossible) as refusal:
        check_change(CLOSED, WAITING)
    assert str(refusal.value) == (
        "This ticket is closed and cannot become “Waiting for customer”. Open a follow-up ticket instead."
    )


def test_a_reopened_ticket_goes_back_to_its_agent_or_to_the_queue() -> None:
    assert reopened(has_assignee=True) is WORKING
    assert reopened(has_assignee=False) is OPEN


@pytest.mark.parametrize(("before", "after"), [(OPEN, OPEN), (WORKING, WORKING), (WAITING, WORKING)])
@pytest.mark.parametrize("text", ["Thanks!", "It still fails"])
def test_a_reply_to_active_work_is_a_reply_whatever_it_says(before: Status, after: Status, text: str) -> None:
    assert reply(before, text) == CustomerReply(after, "reply")


@pytest.mark.parametrize(("has_assignee", "after"), [(True, WORKING), (False, OPEN)])
def test_a_reply_within_the_window_reopens(has_assignee: bool, after: Status) -> None:
    assert reply(RESOLVED, "It still fails", has_assignee=has_assignee) == CustomerReply(after, "reopened")


def test_a_thank_you_within_the_window_does_not_reopen() -> None:
    assert reply(RESOLVED, "Thanks, Cleo!") == CustomerReply(RESOLVED, "courtesy")


def test_a_thank_you_with_a_question_reopens() -> None:
    assert reply(RESOLVED, "Thanks! And the invoice?") == CustomerReply(WORKING, "reopened")


@pytest.mark.parametrize("text", ["Thanks!", "It still fails"])
def test_a_reply_after_the_window_is_a_follow_up_and_leaves_the_ticket_alone(text: str) -> None:
    assert reply(RESOLVED, text, days_ago=7.01) == CustomerReply(RESOLVED, "follow_up")


@pytest.mark.parametrize("days_ago", [0, 6, 8])
def test_a_reply_to_a_closed_ticket_is_a_follow_up(days_ago: float) -> None:
    assert reply(CLOSED, "It still fails", days_ago=days_ago) == CustomerReply(CLOSED, "follow_up")


def test_the_window_holds_to_its_last_moment_and_not_longer() -> None:
    assert may_reopen(RESOLVED, NOW - WINDOW, NOW, WINDOW)
    assert not may_reopen(RESOLVED, NOW - WINDOW - timedelta(microseconds=1), NOW, WINDOW)


@pytest.mark.parametrize("status", [OPEN, WORKING, WAITING, CLOSED])
def test_only_a_resolved_ticket_can_be_reopened(status: Status) -> None:
    assert not may_reopen(status, NOW, NOW, WINDOW)


def test_a_ticket_that_does_not_know_when_it_was_resolved_is_not_reopened() -> None:
    assert not may_reopen(RESOLVED, None, NOW, WINDOW)


@given(
    st.sampled_from(Status),
    st.text(max_size=50) | st.just("Thanks!"),
    st.booleans(),
    st.timedeltas(timedelta(0), timedelta(days=14)),
)
def test_every_reply_has_an_outcome_that_fits_its_status(
    status: Status, text: str, has_assignee: bool, ago: timedelta
) -> None:
    resolved_at = None if status.is_active else NOW - ago
    after = after_customer_reply(
        status, text=text, has_assignee=has_assignee, resolved_at=resolved_at, now=NOW, window=WINDOW
    )
    assert after.status is not WAITING
    assert (after.outcome == "reply") is status.is_active
    assert (after.outcome in ("courtesy", "follow_up")) is not after.status.is_active
    assert after.status is not CLOSED or status is CLOSED
