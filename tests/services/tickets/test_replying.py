"""Answers and notes: what each does to status, assignee, clocks and outbox."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import Ticket, TicketMessage
from portal.queries import NotFound
from portal.rules.access import Denied
from portal.rules.vocabulary import Channel, ClockKind, ClockState, EventKind, Status
from portal.services import Refused, accounts
from portal.services import tickets as services
from tests.cast import Cast
from tests.factories import (
    MONDAY,
    after,
    claimed,
    clock_of,
    clocks,
    colleague_of,
    customer,
    did,
    events,
    fresh,
    mails,
    noted,
    opened,
    replied,
    sharing,
    told,
)


def since(ticket: Ticket, seen: int) -> list[tuple[str, str]]:
    """Who has been owed which mail after the first `seen` ones."""
    return told(ticket)[seen:]


class TestAnAgentsReply:
    def test_makes_it_the_customers_turn(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        replied(ticket, cast.cleo)
        assert fresh(ticket).status is Status.WAITING_CUSTOMER

    def test_makes_an_unassigned_ticket_the_writers_and_says_why(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        replied(ticket, cast.cleo)
        [event] = [event for event in events(ticket) if event.kind is EventKind.ASSIGNED]
        assert fresh(ticket).assignee_id == cast.cleo.id
        assert (event.actor_id, event.new, event.reason, event.is_internal) == (
            None,
            "Cleo Martin",
            "First to answer",
            False,
        )

    def test_leaves_the_assignee_there_is(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        claimed(ticket, cast.dora)
        replied(ticket, cast.cleo)
        assert fresh(ticket).assignee_id == cast.dora.id

    def test_meets_the_first_response(self, cast: Cast) -> None:
        with after():
            ticket = opened(cast.ana)
        with after(hours=3):
            replied(ticket, cast.cleo)
        clock = clock_of(ticket, ClockKind.FIRST_RESPONSE)
        assert clock.met_at == fresh(ticket).first_response_at == MONDAY + timedelta(hours=3)
        assert clock.state(MONDAY + timedelta(days=9)) is ClockState.MET

    def test_that_comes_late_leaves_the_clock_breached_since_its_deadline(self, cast: Cast) -> None:
        with after():
            ticket = opened(cast.ana)
        with after(hours=9):
            replied(ticket, cast.cleo)
        clock = clock_of(ticket, ClockKind.FIRST_RESPONSE)
        assert (clock.breached_at, clock.met_at) == (MONDAY + timedelta(hours=8), MONDAY + timedelta(hours=9))
        assert clock.state(MONDAY + timedelta(days=9)) is ClockState.BREACHED

    def test_goes_by_mail_to_requester_and_followers_but_not_to_its_writer(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.ana, services.add_follower, ticket, cast.ben)
        replied(ticket, cast.cleo)
        assert since(ticket, 1) == [("agent_reply", "ana@example.com"), ("agent_reply", "ben@example.org")]

    def test_may_leave_the_ticket_in_progress(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        replied(ticket, cast.cleo, then=Status.IN_PROGRESS)
        assert fresh(ticket).status is Status.IN_PROGRESS

    def test_that_resolves_goes_out_as_one_mail_to_the_requester(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.ana, services.add_follower, ticket, cast.ben)
        message = replied(ticket, cast.cleo, then=Status.RESOLVED)
        assert since(ticket, 1) == [("ticket_resolved", "ana@example.com"), ("agent_reply", "ben@example.org")]
        assert mails(kind="ticket_resolved")[0].message_id == message.id

    def test_on_a_resolved_ticket_leaves_it_resolved_and_is_still_mailed(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.resolve, ticket)
        seen = len(told(ticket))
        replied(ticket, cast.cleo, "One more thing.")
        assert fresh(ticket).status is Status.RESOLVED
        assert since(ticket, seen) == [("agent_reply", "ana@example.com")]

    def test_that_resolves_again_is_mailed_once(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.resolve, ticket)
        seen = len(told(ticket))
        replied(ticket, cast.cleo, "As I said.", then=Status.RESOLVED)
        assert since(ticket, seen) == [("agent_reply", "ana@example.com")]

    def test_on_a_closed_ticket_is_refused(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.change_status, ticket, Status.CLOSED)
        with pytest.raises(Refused, match="follow-up"):
            replied(ticket, cast.cleo)


class TestACustomersReply:
    def test_while_we_wait_for_it_puts_the_ticket_in_progress(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        replied(ticket, cast.cleo)
        replied(ticket, cast.ana)
        assert fresh(ticket).status is Status.IN_PROGRESS

    @pytest.mark.parametrize("status", [Status.OPEN, Status.IN_PROGRESS])
    def test_on_an_active_ticket_changes_no_status(self, cast: Cast, status: Status) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.change_status, ticket, status)
        replied(ticket, cast.ana)
        assert fresh(ticket).status is status

    def test_goes_to_the_assignee_and_never_to_its_writer(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        replied(ticket, cast.cleo)
        seen = len(told(ticket))
        replied(ticket, cast.ana)
        assert since(ticket, seen) == [("customer_reply", "cleo@portal.test")]

    def test_of_a_follower_goes_to_the_requester_too(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.ana, services.add_follower, ticket, cast.ben)
        claimed(ticket, cast.cleo)
        seen = len(told(ticket))
        replied(ticket, cast.ben)
        assert since(ticket, seen) == [("agent_reply", "ana@example.com"), ("customer_reply", "cleo@portal.test")]

    def test_after_an_answer_starts_the_next_response(self, cast: Cast) -> None:
        with after():
            ticket = opened(cast.ana)
        with after(hours=1):
            replied(ticket, cast.cleo)
        with after(hours=5):
            replied(ticket, cast.ana)
        clock = clock_of(ticket, ClockKind.NEXT_RESPONSE)
        assert (clock.started_at, clock.due_at) == (MONDAY + timedelta(hours=5), MONDAY + timedelta(hours=13))

    def test_more_of_them_wait_since_the_oldest_unanswered_one(self, cast: Cast) -> None:
        with after():
            ticket = opened(cast.ana)
        with after(hours=1):
            replied(ticket, cast.cleo)
        for hours in (5, 6, 7):
            with after(hours=hours):
                replied(ticket, cast.ana)
        [clock] = [clock for clock in clocks(ticket) if clock.kind is ClockKind.NEXT_RESPONSE]
        assert clock.started_at == MONDAY + timedelta(hours=5)

    def test_before_the_first_answer_starts_no_second_promise(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        replied(ticket, cast.ana)
        assert [clock.kind for clock in clocks(ticket)] == [ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION]

    def test_every_question_answered_and_asked_again_is_an_instance_of_its_own(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        for _ in range(3):
            replied(ticket, cast.cleo)
            replied(ticket, cast.ana)
        instances = [clock.instance for clock in clocks(ticket) if clock.kind is ClockKind.NEXT_RESPONSE]
        assert instances == [1, 2, 3]

    def test_of_somebody_foreign_is_not_possible(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        with pytest.raises(NotFound):
            replied(ticket, cast.ben)

    def test_of_a_colleague_is_denied_though_they_may_read(self, cast: Cast) -> None:
        ticket, carl = opened(cast.ana), colleague_of(cast.ana)
        sharing(cast.ana)
        with pytest.raises(Denied) as denied:
            replied(ticket, carl)
        assert not denied.value.hidden


class TestAfterResolving:
    def test_a_reply_within_the_window_reopens_with_new_clocks(self, cast: Cast) -> None:
        with after():
            ticket = opened(cast.ana)
        with after(hours=1):
            replied(ticket, cast.cleo, then=Status.RESOLVED)
        with after(days=7, hours=1):
            replied(ticket, cast.ana, "It is back. Why?")
        reopened = fresh(ticket)
        assert (reopened.status, reopened.resolved_at) == (Status.IN_PROGRESS, None)
        assert clock_of(ticket, ClockKind.RESOLUTION, 2).started_at == MONDAY + timedelta(days=7, hours=1)
        assert clock_of(ticket, ClockKind.NEXT_RESPONSE).started_at == MONDAY + timedelta(days=7, hours=1)
        assert clock_of(ticket, ClockKind.RESOLUTION).met_at == MONDAY + timedelta(hours=1)

    def test_an_unassigned_ticket_reopens_into_the_queue(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.resolve, ticket)
        replied(ticket, cast.ana, "It does not work at all.")
        assert fresh(ticket).status is Status.OPEN

    def test_the_event_says_why_it_reopened(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.resolve, ticket)
        replied(ticket, cast.ana, "It does not work at all.")
        assert (events(ticket)[-1].kind, events(ticket)[-1].reason) == (
            EventKind.STATUS_CHANGED,
            "The customer wrote again",
        )

    def test_a_thank_you_is_kept_but_does_not_reopen(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        replied(ticket, cast.cleo, then=Status.RESOLVED)
        before = [(clock.kind, clock.instance) for clock in clocks(ticket)]
        replied(ticket, cast.ana, "Thanks a lot, Cleo!")
        assert fresh(ticket).status is Status.RESOLVED
        assert [(clock.kind, clock.instance) for clock in clocks(ticket)] == before
        assert events(ticket)[-1].reason == "A thank-you does not reopen"

    def test_thanks_with_a_question_in_it_reopens(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        replied(ticket, cast.cleo, then=Status.RESOLVED)
        replied(ticket, cast.ana, "Thanks! But how do I export now?")
        assert fresh(ticket).status is Status.IN_PROGRESS

    def test_a_reply_after_the_window_opens_a_linked_follow_up(self, cast: Cast) -> None:
        with after():
            ticket = opened(cast.ana)
        with after(hours=1):
            replied(ticket, cast.cleo, then=Status.RESOLVED)
        with after(days=7, hours=1, seconds=1):
            message = replied(ticket, cast.ana, "It is back.", files=[("log.txt", b"hello")])
        follow_up = db.session.get_one(Ticket, message.ticket_id)
        assert (follow_up.follows_id, follow_up.subject, follow_up.requester_id) == (
            ticket.id,
            ticket.subject,
            cast.ana.id,
        )
        assert fresh(ticket).status is Status.RESOLVED
        assert told(follow_up) == [("ticket_created", "ana@example.com")]

    def test_a_reply_to_a_closed_ticket_opens_a_follow_up_once(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.change_status, ticket, Status.CLOSED)
        first, second = (replied(ticket, cast.ana, submission_key="one-form") for _ in range(2))
        assert first.id == second.id
        assert first.ticket_id != ticket.id


class TestANote:
    def test_moves_no_clock_no_status_and_tells_nobody(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        before, seen = fresh(ticket).public_at, told(ticket)
        noted(ticket, cast.cleo)
        assert (fresh(ticket).status, told(ticket), clock_of(ticket, ClockKind.FIRST_RESPONSE).met_at) == (
            Status.OPEN,
            seen,
            None,
        )
        assert fresh(ticket).public_at == before

    def test_is_an_internal_event(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        noted(ticket, cast.cleo)
        assert (events(ticket)[-1].kind, events(ticket)[-1].is_internal) == (EventKind.NOTED, True)

    def test_is_denied_to_customers_without_a_word_about_it(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        with pytest.raises(Denied):
            noted(ticket, cast.ana)

    def test_may_be_added_to_a_closed_ticket(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.change_status, ticket, Status.CLOSED)
        assert noted(ticket, cast.cleo).is_internal


class TestASubmissionKey:
    @pytest.mark.parametrize("write", [replied, noted])
    def test_posts_once(self, cast: Cast, write: Callable[..., TicketMessage]) -> None:
        ticket = opened(cast.ana)
        first, again = (write(ticket, cast.cleo, submission_key="one-form") for _ in range(2))
        assert first.id == again.id
        assert len(told(ticket)) == (1 if write is noted else 2)

    def test_counts_for_one_ticket_and_one_person(self, cast: Cast) -> None:
        one, two = opened(cast.ana), opened(cast.ana)
        written = {
            replied(ticket, person, submission_key="one-form").id
            for ticket in (one, two)
            for person in (cast.ana, cast.cleo)
        }
        assert len(written) == 4
        assert db.session.scalar(select(func.count()).select_from(TicketMessage)) == 6


def test_a_reply_by_mail_keeps_its_history_folded(cast: Cast) -> None:
    ticket = opened(cast.ana)
    message = replied(ticket, cast.ana, "New words.", channel=Channel.EMAIL, quoted="> Old words.")
    assert (message.body, message.quoted, message.channel) == ("New words.", "> Old words.", Channel.EMAIL)


def test_a_disabled_follower_is_owed_nothing_that_goes_out(cast: Cast) -> None:
    ticket, eva = opened(cast.ana), customer("eva@example.net")
    did(cast.ana, services.add_follower, ticket, eva)
    with unit_of_work():
        accounts.disable(eva)
    replied(ticket, cast.cleo)
    [mail] = mails(recipient="eva@example.net")
    assert (mail.state.value, mail.reason) == ("suppressed", "The person is disabled")
