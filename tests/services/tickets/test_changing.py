"""Changes of a ticket's fields: gate, event, clocks, mail; and the changes that are refused with a reason."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.base.unit_of_work import unit_of_work
from portal.models import User
from portal.queries import tickets as queries
from portal.rules.access import Actor, Denied
from portal.rules.vocabulary import ClockKind, EventKind, Priority, Role, Scope, Status
from portal.services import Invalid, Refused, accounts
from portal.services import tickets as services
from tests.cast import Cast
from tests.factories import (
    MONDAY,
    after,
    category,
    claimed,
    clock_of,
    clocks,
    colleague_of,
    customer,
    did,
    events,
    fresh,
    mails,
    opened,
    replied,
    sharing,
    told,
)


class TestAssigning:
    def test_starts_the_work_on_an_open_ticket(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.dora, services.assign, ticket, cast.cleo)
        assert (fresh(ticket).assignee_id, fresh(ticket).status) == (cast.cleo.id, Status.IN_PROGRESS)

    def test_tells_the_new_assignee(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.dora, services.assign, ticket, cast.cleo)
        assert told(ticket)[1:] == [("assigned", "cleo@portal.test")]

    def test_oneself_tells_nobody(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.assign, ticket, cast.cleo)
        assert told(ticket)[1:] == []

    def test_nobody_leaves_the_status(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.dora, services.assign, ticket, cast.cleo)
        did(cast.dora, services.assign, ticket, None)
        assert (fresh(ticket).assignee_id, fresh(ticket).status) == (None, Status.IN_PROGRESS)

    def test_leaves_an_event_with_both_names(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.dora, services.assign, ticket, cast.cleo)
        did(cast.dora, services.assign, ticket, cast.dora)
        event = events(ticket)[-1]
        assert (event.kind, event.actor_id, event.old, event.new, event.is_internal) == (
            EventKind.ASSIGNED,
            cast.dora.id,
            "Cleo Martin",
            "Dora Lind",
            False,
        )

    def test_whom_it_has_already_changes_nothing(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.dora, services.assign, ticket, cast.cleo)
        before = len(events(ticket))
        did(cast.dora, services.assign, ticket, cast.cleo)
        assert len(events(ticket)) == before

    def test_a_customer_is_refused(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        with pytest.raises(Invalid):
            did(cast.dora, services.assign, ticket, cast.ben)

    def test_a_resolved_ticket_leaves_it_resolved(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.resolve, ticket)
        did(cast.dora, services.assign, ticket, cast.cleo)
        assert fresh(ticket).status is Status.RESOLVED


class TestClaiming:
    def test_takes_an_unassigned_ticket(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        claimed(ticket, cast.cleo)
        assert (fresh(ticket).assignee_id, fresh(ticket).status) == (cast.cleo.id, Status.IN_PROGRESS)
        assert told(ticket)[1:] == []

    def test_what_somebody_else_has_is_refused_with_their_name(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        claimed(ticket, cast.cleo)
        with pytest.raises(Refused, match="Cleo Martin has taken this ticket already"):
            claimed(ticket, cast.dora)
        assert fresh(ticket).assignee_id == cast.cleo.id

    def test_ones_own_again_is_no_matter(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        claimed(ticket, cast.cleo)
        before = len(events(ticket))
        claimed(ticket, cast.cleo)
        assert len(events(ticket)) == before


class TestStatus:
    @pytest.mark.parametrize("status", [status for status in Status if status is not Status.OPEN])
    def test_agents_may_set_any(self, cast: Cast, status: Status) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.change_status, ticket, status)
        event = events(ticket)[-1]
        assert fresh(ticket).status is status
        assert (event.kind, event.actor_id, event.old, event.new) == (
            EventKind.STATUS_CHANGED,
            cast.cleo.id,
            "open",
            status.value,
        )

    @pytest.mark.parametrize("status", [status for status in Status if status is not Status.CLOSED])
    def test_nothing_leads_out_of_closed(self, cast: Cast, status: Status) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.change_status, ticket, Status.CLOSED)
        with pytest.raises(Refused, match="closed"):
            did(cast.cleo, services.change_status, ticket, status)
        assert fresh(ticket).status is Status.CLOSED

    def test_the_same_again_leaves_no_event_and_no_mail(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.resolve, ticket)
        before = len(events(ticket)), told(ticket)
        did(cast.cleo, services.resolve, ticket)
        assert (len(events(ticket)), told(ticket)) == before

    def test_resolved_at_stays_when_a_resolved_ticket_is_closed(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        with after(hours=1):
            did(cast.cleo, services.resolve, ticket)
        with after(hours=9):
            did(cast.cleo, services.change_status, ticket, Status.CLOSED)
        assert fresh(ticket).resolved_at == MONDAY + timedelta(hours=1)


class TestResolving:
    def test_by_an_agent_is_confirmed_to_the_customer(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.resolve, ticket)
        assert told(ticket)[1:] == [("ticket_resolved", "ana@example.com")]

    def test_by_the_requester_mails_nobody_about_their_own_act(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.ana, services.resolve, ticket)
        assert fresh(ticket).status is Status.RESOLVED
        assert told(ticket)[1:] == []

    def test_each_resolution_is_confirmed(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        for _ in range(2):
            did(cast.cleo, services.resolve, ticket)
            did(cast.cleo, services.reopen, ticket)
        assert told(ticket)[1:] == [("ticket_resolved", "ana@example.com")] * 2

    def test_cancels_the_open_reply_clocks_and_meets_the_resolution(self, cast: Cast) -> None:
        with after():
            ticket = opened(cast.ana)
        with after(hours=1):
            did(cast.cleo, services.resolve, ticket)
        assert clock_of(ticket, ClockKind.FIRST_RESPONSE).cancelled_at == MONDAY + timedelta(hours=1)
        assert clock_of(ticket, ClockKind.RESOLUTION).met_at == MONDAY + timedelta(hours=1)
        assert fresh(ticket).next_due_at is None


class TestReopening:
    def test_within_the_window_goes_back_to_the_queue_or_to_its_agent(self, cast: Cast) -> None:
        for assignee, status in ((None, Status.OPEN), (cast.cleo, Status.IN_PROGRESS)):
            ticket = opened(cast.ana)
            did(cast.dora, services.assign, ticket, assignee)
            did(cast.cleo, services.resolve, ticket)
            did(cast.ana, services.reopen, ticket)
            assert fresh(ticket).status is status

    def test_on_the_last_moment_of_the_window_is_in_time_and_after_it_too_late(self, cast: Cast) -> None:
        with after():
            tickets = [opened(cast.ana), opened(cast.ana)]
            for ticket in tickets:
                did(cast.cleo, services.resolve, ticket)
        with after(days=7):
            did(cast.ana, services.reopen, tickets[0])
        with after(days=7, microseconds=1), pytest.raises(Refused, match="7 days"):
            did(cast.ana, services.reopen, tickets[1])

    def test_what_is_not_resolved_is_refused(self, cast: Cast) -> None:
        with pytest.raises(Refused, match="not resolved"):
            did(cast.ana, services.reopen, opened(cast.ana))

    def test_by_the_customer_waits_for_an_answer_by_an_agent_does_not(self, cast: Cast) -> None:
        for person, kinds in ((cast.ana, [ClockKind.NEXT_RESPONSE]), (cast.cleo, [])):
            ticket = opened(cast.ana)
            replied(ticket, cast.cleo, then=Status.RESOLVED)
            did(person, services.reopen, ticket)
            assert [
                clock.kind for clock in clocks(ticket) if clock.is_open and clock.kind is not ClockKind.RESOLUTION
            ] == kinds


class TestPriority:
    def test_set_by_an_agent_says_so(self, cast: Cast) -> None:
        ticket = opened(cast.ben)
        did(cast.cleo, services.change_priority, ticket, Priority.URGENT)
        event = events(ticket)[-1]
        assert (fresh(ticket).priority, fresh(ticket).priority_reason) == (Priority.URGENT, "Set by an agent")
        assert (event.kind, event.actor_id, event.old, event.new) == (
            EventKind.PRIORITY_CHANGED,
            cast.cleo.id,
            "low",
            "urgent",
        )

    def test_is_no_matter_for_customers(self, cast: Cast) -> None:
        with pytest.raises(Denied) as denied:
            did(cast.ana, services.change_priority, opened(cast.ana), Priority.URGENT)
        assert not denied.value.hidden


def test_a_category_change_leaves_both_slugs(cast: Cast) -> None:
    ticket = opened(cast.ana)
    did(cast.cleo, services.change_category, ticket, category("billing"))
    event = events(ticket)[-1]
    assert (fresh(ticket).category_id, event.kind, event.old, event.new) == (
        category("billing").id,
        EventKind.CATEGORY_CHANGED,
        "technical",
        "billing",
    )


class TestTags:
    def test_are_kept_lower_case_sorted_and_once(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.set_tags, ticket, ["VIP", "  api   keys", "vip", ""])
        assert queries.tags(ticket) == ["api keys", "vip"]
        assert (events(ticket)[-1].old, events(ticket)[-1].new, events(ticket)[-1].is_internal) == (
            [],
            ["api keys", "vip"],
            False,
        )

    def test_the_same_again_leave_no_event(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.set_tags, ticket, ["vip"])
        before = len(events(ticket))
        did(cast.cleo, services.set_tags, ticket, ["VIP "])
        assert len(events(ticket)) == before

    def test_none_takes_all_away(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.set_tags, ticket, ["vip"])
        did(cast.cleo, services.set_tags, ticket, [])
        assert queries.tags(ticket) == []

    @pytest.mark.parametrize(
        "names", [["x" * 51], ["a,b"], [str(n) for n in range(21)], ["nul\0"], ["surrogate\ud800"], ["bell\a"]]
    )
    def test_that_cannot_be_are_refused(self, cast: Cast, names: list[str]) -> None:
        with pytest.raises(Invalid):
            did(cast.cleo, services.set_tags, opened(cast.ana), names)


class TestFollowers:
    def test_may_read_and_answer_from_then_on(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.invite_follower, ticket, cast.ben)
        assert replied(ticket, cast.ben).author_id == cast.ben.id

    def test_are_added_once(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        for _ in range(2):
            did(cast.cleo, services.invite_follower, ticket, cast.ben)
        assert [event.new for event in events(ticket) if event.kind is EventKind.FOLLOWER_ADDED] == ["Ben Carter"]

    @pytest.mark.parametrize("who", ["nobody", "ana", "cleo", "disabled"])
    def test_who_cannot_be_one_leaves_no_trace(self, cast: Cast, who: str) -> None:
        ticket, eva = opened(cast.ana), customer("eva@example.net")
        with unit_of_work():
            accounts.disable(eva)
        person = {"nobody": None, "ana": cast.ana, "cleo": cast.cleo, "disabled": eva}[who]
        before = len(events(ticket))
        did(cast.ana, services.invite_follower, ticket, person)
        assert len(events(ticket)) == before

    def test_add_no_followers_themselves(self, cast: Cast) -> None:
        ticket, eva = opened(cast.ana), customer("eva@example.net")
        did(cast.cleo, services.invite_follower, ticket, cast.ben)
        with pytest.raises(Denied):
            did(cast.ben, services.invite_follower, ticket, eva)

    def test_are_of_the_same_account_when_a_customer_adds_them(self, cast: Cast) -> None:
        ticket, carl = opened(cast.ana), colleague_of(cast.ana)
        for person in (carl, cast.ben):
            did(cast.ana, services.invite_follower, ticket, person)
        assert [event.new for event in events(ticket) if event.kind is EventKind.FOLLOWER_ADDED] == [carl.name]


VERBS: dict[str, Callable[[Cast], tuple[Any, ...]]] = {
    "assign": lambda cast: (services.assign, cast.cleo),
    "change_status": lambda _: (services.change_status, Status.CLOSED),
    "change_priority": lambda _: (services.change_priority, Priority.URGENT),
    "change_category": lambda _: (services.change_category, category("billing")),
    "set_tags": lambda _: (services.set_tags, ["vip"]),
    "resolve": lambda _: (services.resolve,),
    "reopen": lambda _: (services.reopen,),
    "add_follower": lambda cast: (services.add_follower, cast.ben),
}
OF_A_REQUESTER = {"resolve", "reopen", "add_follower"}


class TestTheGate:
    @pytest.mark.parametrize("name", VERBS)
    def test_lets_a_follower_and_a_colleague_change_nothing(self, cast: Cast, name: str) -> None:
        ticket, eva, carl = opened(cast.ana), customer("eva@example.net"), colleague_of(cast.ana)
        sharing(cast.ana)
        did(cast.ana, services.add_follower, ticket, eva)
        verb, *rest = VERBS[name](cast)
        for person in (eva, carl):
            with pytest.raises(Denied) as denied:
                did(person, verb, ticket, *rest)
            assert not denied.value.hidden

    @pytest.mark.parametrize("name", sorted(set(VERBS) - OF_A_REQUESTER))
    def test_lets_the_requester_do_no_agents_work(self, cast: Cast, name: str) -> None:
        verb, *rest = VERBS[name](cast)
        with pytest.raises(Denied):
            did(cast.ana, verb, opened(cast.ana), *rest)

    @pytest.mark.parametrize("name", VERBS)
    def test_lets_a_reading_token_of_an_agent_change_nothing(self, cast: Cast, name: str) -> None:
        ticket = opened(cast.ana)
        reader = Actor(cast.cleo.id, Role.AGENT, None, frozenset({Scope.TICKETS_READ}))
        verb, *rest = VERBS[name](cast)
        with pytest.raises(Denied):
            verb(reader, queries.get_ticket(cast.cleo.actor(), ticket.id), *rest)

    @pytest.mark.parametrize("name", VERBS)
    def test_is_asked_about_a_foreign_ticket_too_and_hides_it(self, cast: Cast, ben: User, name: str) -> None:
        ticket = opened(cast.ana)
        verb, *rest = VERBS[name](cast)
        with pytest.raises(Denied) as denied:
            verb(ben.actor(), queries.get_ticket(cast.cleo.actor(), ticket.id), *rest)
        assert denied.value.hidden


def test_nobody_is_ever_mailed_about_their_own_act(cast: Cast) -> None:
    """Every verb once by each who may: whoever did it is among no recipients, acknowledgements aside."""
    ticket = opened(cast.ana)
    acts: list[tuple[User, Callable[[], object]]] = [
        (cast.cleo, lambda: replied(ticket, cast.cleo)),
        (cast.ana, lambda: replied(ticket, cast.ana)),
        (cast.cleo, lambda: did(cast.cleo, services.assign, ticket, cast.cleo)),
        (cast.cleo, lambda: did(cast.cleo, services.resolve, ticket)),
        (cast.ana, lambda: did(cast.ana, services.reopen, ticket)),
        (cast.ana, lambda: did(cast.ana, services.resolve, ticket)),
        (cast.ana, lambda: replied(ticket, cast.ana, "It is back again.")),
    ]
    for person, act in acts:
        before = len(mails())
        act()
        assert person.email not in [mail.recipient for mail in mails()[before:]]
