"""Tickets as their readers may see them: the row filter, search, built-in views, files."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import Attachment, Ticket, User
from portal.queries import NotFound
from portal.queries import tickets as queries
from portal.queries.tickets import TicketFilter
from portal.rules.access import Actor
from portal.rules.vocabulary import Priority, Role, Status
from portal.services import tickets as services
from tests.cast import Cast
from tests.factories import (
    MONDAY,
    after,
    claimed,
    clock,
    colleague_of,
    customer,
    did,
    noted,
    opened,
    replied,
    sharing,
    timedelta,
)


def seen_by(person: User, **wanted: object) -> list[int]:
    page = queries.page_of_tickets(person.actor(), TicketFilter(**wanted), "created", limit=100)  # type: ignore[arg-type]
    return sorted(ticket.id for ticket in page.rows)


class TestTheRowFilter:
    def test_shows_a_customer_own_tickets_only(self, cast: Cast) -> None:
        hers, his = opened(cast.ana), opened(cast.ben)
        assert (seen_by(cast.ana), seen_by(cast.ben)) == ([hers.id], [his.id])
        assert seen_by(cast.cleo) == seen_by(cast.dora) == [hers.id, his.id]

    def test_shows_those_of_the_account_only_while_it_shares_them(self, cast: Cast) -> None:
        carl, ticket = colleague_of(cast.ana), opened(cast.ana)
        assert seen_by(carl) == []
        sharing(cast.ana)
        assert seen_by(carl) == [ticket.id]
        assert seen_by(cast.ben) == []

    def test_shows_followed_ones(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        did(cast.ana, services.add_follower, ticket, cast.ben)
        assert seen_by(cast.ben) == [ticket.id]

    def test_shows_nothing_to_nobody(self, cast: Cast) -> None:
        opened(cast.ana)
        nobody = Actor(None, Role.CUSTOMER, None)
        assert queries.page_of_tickets(nobody, TicketFilter()).rows == []

    def test_people_without_account_share_nothing(self, cast: Cast) -> None:
        """Staff have none; somebody who was staff once must not see tickets that have none either."""
        ticket = opened(cast.ana)
        with unit_of_work():
            ticket.account_id = None
        former = Actor(cast.dora.id, Role.CUSTOMER, None)
        assert queries.page_of_tickets(former, TicketFilter()).rows == []

    @pytest.mark.parametrize("who", ["ben", "stranger"])
    def test_holds_for_one_ticket_its_files_and_its_lock(self, cast: Cast, who: str) -> None:
        ticket = opened(cast.ana, files=[("log.txt", b"hello")])
        file = db.session.scalars(select(Attachment.id)).one()
        actor = (cast.ben if who == "ben" else customer("eva@example.net")).actor()
        for ask in (
            lambda: queries.get_ticket(actor, ticket.id),
            lambda: queries.get_ticket(actor, ticket.id, lock=True),
            lambda: queries.get_attachment(actor, file),
        ):
            with pytest.raises(NotFound):
                ask()

    @pytest.mark.parametrize("number", [0, -1, 2**63, 10**40, 4711])
    def test_of_a_number_that_is_none_is_not_found(self, cast: Cast, number: int) -> None:
        for ask in (queries.get_ticket, queries.get_attachment):
            with pytest.raises(NotFound):
                ask(cast.cleo.actor(), number)


class TestMessagesAndEvents:
    def test_hold_notes_for_staff_only(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        noted(ticket, cast.cleo)
        replied(ticket, cast.cleo)
        found = queries.get_ticket(cast.cleo.actor(), ticket.id)
        assert [message.is_internal for message in queries.messages(cast.cleo.actor(), found)] == [False, True, False]
        assert [message.is_internal for message in queries.messages(cast.ana.actor(), found)] == [False, False]
        assert not any(event.is_internal for event in queries.events(cast.ana.actor(), found))
        assert any(event.is_internal for event in queries.events(cast.cleo.actor(), found))

    def test_after_a_given_one_are_the_newer_ones(self, cast: Cast) -> None:
        ticket = opened(cast.ana)
        first, second = replied(ticket, cast.cleo), replied(ticket, cast.ana)
        found = queries.get_ticket(cast.ana.actor(), ticket.id)
        assert [message.id for message in queries.messages(cast.ana.actor(), found, after=first.id)] == [second.id]


class TestSearch:
    @pytest.fixture
    def ticket(self, cast: Cast) -> Ticket:
        ticket = opened(cast.ana, "Charts are empty", "Since the update, candlesticks vanish.")
        replied(ticket, cast.cleo, "Please clear the spectrometer.")
        noted(ticket, cast.cleo, "Smells of sabotage.")
        return ticket

    @pytest.mark.parametrize(
        "words", ["chart", "CHARTS", "candlestick", "spectrometer", "empty update", '"charts are empty"']
    )
    def test_finds_words_anywhere_in_the_thread(self, cast: Cast, ticket: Ticket, words: str) -> None:
        assert seen_by(cast.ana, text=words) == seen_by(cast.cleo, text=words) == [ticket.id]

    @pytest.mark.parametrize("words", ["spectrom", "charts candl", "SPECTROMET"])
    def test_takes_the_last_word_for_the_beginning_of_one(self, cast: Cast, ticket: Ticket, words: str) -> None:
        assert seen_by(cast.ana, text=words) == [ticket.id]

    @pytest.mark.parametrize("words", ["spectrom charts", "spec trom", '"spectrom"'])
    def test_takes_no_other_word_for_one(self, cast: Cast, ticket: Ticket, words: str) -> None:
        assert seen_by(cast.ana, text=words) == []

    def test_finds_a_customers_tickets_by_the_address(self, cast: Cast, ticket: Ticket) -> None:
        assert seen_by(cast.cleo, text="ANA@example.com ") == [ticket.id]
        assert seen_by(cast.ben, text="ana@example.com") == []

    def test_finds_words_of_notes_for_staff_only(self, cast: Cast, ticket: Ticket) -> None:
        assert seen_by(cast.cleo, text="sabotage") == [ticket.id]
        assert seen_by(cast.ana, text="sabotage") == []

    @pytest.mark.parametrize("spelt", ["{}", "#{}", " #{} "])
    def test_finds_the_number(self, cast: Cast, ticket: Ticket, spelt: str) -> None:
        text = spelt.format(ticket.id)
        assert seen_by(cast.ana, text=text) == [ticket.id]
        assert seen_by(cast.ben, text=text) == []

    @pytest.mark.parametrize(
        "words", ["'", "!", "&", "(", '"', "-", ":*", "\\", "a & b | !c", "%", "nul\0byte", "x" * 5000, "#"]
    )
    def test_takes_any_text(self, cast: Cast, ticket: Ticket, words: str) -> None:
        seen_by(cast.ana, text=words)

    def test_nobody_finds_what_is_not_theirs(self, cast: Cast, ticket: Ticket) -> None:
        assert seen_by(cast.ben, text="charts") == []

    def test_finds_resolved_tickets_too_unless_asked_for_active_ones(self, cast: Cast, ticket: Ticket) -> None:
        did(cast.cleo, services.resolve, ticket)
        assert seen_by(cast.cleo, text="charts") == [ticket.id]
        assert seen_by(cast.cleo, text="charts", statuses=(Status.OPEN, Status.IN_PROGRESS)) == []


class TestFilters:
    def test_narrow_by_each_field(self, cast: Cast) -> None:
        with after():
            one = opened(cast.ana, "Everything is down", slug="billing")
        with after(hours=2):
            two = opened(cast.ben)
        claimed(one, cast.cleo)
        expected: list[tuple[dict[str, object], list[int]]] = [
            ({"statuses": (Status.OPEN,)}, [two.id]),
            ({"priorities": (Priority.URGENT,)}, [one.id]),
            ({"category": "billing"}, [one.id]),
            ({"category": "no-such"}, []),
            ({"assignee": cast.cleo.id}, [one.id]),
            ({"assignee": 0}, [two.id]),
            ({"requester": cast.ben.id}, [two.id]),
            ({"created_after": MONDAY}, [two.id]),
            ({"overdue_at": MONDAY + timedelta(hours=3)}, [one.id]),
        ]
        for wanted, found in expected:
            assert seen_by(cast.cleo, **wanted) == found, wanted

    def test_never_widen_what_a_customer_sees(self, cast: Cast) -> None:
        opened(cast.ana)
        for wanted in ({"requester": cast.ana.id}, {"assignee": 0}, {"statuses": tuple(Status)}, {"text": "chart"}):
            assert seen_by(cast.ben, **wanted) == []


@contextmanager
def on_monday(**time: float) -> Iterator[None]:
    with clock.at(MONDAY + timedelta(**time)):
        yield


class TestTheViews:
    def test_hold_what_their_names_say_and_their_counts_agree(self, cast: Cast) -> None:
        with on_monday():
            mine, waiting, late, done, fresh = (opened(cast.ana) for _ in range(5))
            claimed(mine, cast.cleo)
            replied(waiting, cast.dora)
            did(cast.cleo, services.change_priority, late, Priority.URGENT)
            did(cast.cleo, services.resolve, done)
        moment, me = MONDAY + timedelta(hours=3), cast.cleo.actor()
        expected = {
            "mine": {mine.id},
            "unassigned": {late.id, fresh.id},
            "open": {mine.id, waiting.id, late.id, fresh.id},
            "overdue": {late.id},
            "waiting": {waiting.id},
        }
        counts = queries.view_counts(me, moment)
        for name, numbers in expected.items():
            wanted = queries.built_in_view(name, me, moment)
            assert {ticket.id for ticket in queries.page_of_tickets(me, wanted, limit=100).rows} == numbers, name
            assert counts[name] == len(numbers), name

    def test_sort_what_is_due_first_to_the_top(self, cast: Cast) -> None:
        with on_monday():
            low, urgent = opened(cast.ben), opened(cast.ben, "Everything is down")
        me = cast.cleo.actor()
        page = queries.page_of_tickets(me, queries.built_in_view("open", me, MONDAY), "due")
        assert [ticket.id for ticket in page.rows] == [urgent.id, low.id]
