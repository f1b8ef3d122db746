"""Many hands at once: real threads, each with an app context and a browser of its own, against the real database."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Barrier, BrokenBarrierError
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal import create_app
from portal.base.database import db
from portal.base.settings import Settings
from portal.base.unit_of_work import unit_of_work
from portal.models import OutboxMail, SatisfactionRating, Ticket, TicketEvent, TicketMessage, User, UserSession
from portal.rules.vocabulary import Channel, EventKind, Role, Status, TokenPurpose
from portal.services import accounts, guests, one_time, surveys
from portal.services import tickets as services
from portal.services.tickets.opening import NewTicket
from portal.web.limits import limiter
from tests.cast import Cast, Visitor
from tests.conftest import PATIENT_S
from tests.factories import after, category, clocks, did, events, fresh, mails, opened, replied
from tests.services.promises import Oracle, as_row
from tests.services.test_accounts import PASSWORD, last_link
from tests.web.test_limits import counting

T = TypeVar("T")
HANDS = 20


@pytest.fixture(scope="module")
def crowded(settings: Settings) -> Iterator[Flask]:
    """The portal with a database connection for each hand."""
    app = create_app(settings.filled(web_threads=HANDS + 4))
    yield app
    with app.app_context():
        db.engine.dispose()


def at_once(acts: list[Callable[[], T]]) -> list[T]:
    """Every act in a thread of its own, all let go at the same moment."""
    start = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        start.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def insisting(send: Callable[[], TestResponse]) -> Callable[[], TestResponse]:
    """Sends again while the portal says that it is too busy, as Retry-After asks."""

    def sent() -> TestResponse:
        for _ in range(10):
            response = send()
            if response.status_code != 503:
                break
        return response

    return sent


def posting(app: Flask, person: User | None, path: str, data: dict[str, object]) -> Callable[[], TestResponse]:
    browser = Visitor(app) if person is None else Visitor(app).signed_in_as(person)
    return insisting(lambda: browser.post(path, dict(data)))


def count(model: type[object]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def statuses(responses: list[TestResponse]) -> Counter[int]:
    return Counter(response.status_code for response in responses)


def test_of_twenty_who_claim_one_wins_and_the_others_are_told_who(crowded: Flask, cast: Cast) -> None:
    ticket = opened(cast.ana)
    with unit_of_work():
        agents = [accounts.make_staff(f"agent{n}@portal.test", f"Agent No{n}", Role.AGENT) for n in range(HANDS)]
    answers = at_once([posting(crowded, agent, f"/agent/tickets/{ticket.id}/claim", {}) for agent in agents])
    [winner] = [agent for agent, answer in zip(agents, answers, strict=True) if answer.status_code == 303]
    losers = [answer.text for answer in answers if answer.status_code == 409]
    assert fresh(ticket).assignee_id == winner.id
    assert len(losers) == HANDS - 1
    assert all(f"{winner.name} has taken this ticket already" in text for text in losers)
    assert [event.new for event in events(ticket) if event.kind is EventKind.ASSIGNED] == [winner.name]


def test_of_sixteen_tickets_sent_at_once_by_one_person_ten_are_taken(
    settings: Settings, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is counted before the work, so that nothing slips through while others are on their way."""
    for wait in ("socket_connect_timeout", "socket_timeout"):
        monkeypatch.setitem(limiter._storage_options, wait, PATIENT_S)
    with counting(settings, web_threads=4) as limited:
        form = {"subject": "No candles", "description": "None at all.", "category": "technical"}
        hers = [posting(limited, cast.ana, "/tickets/new", dict(form)) for _ in range(16)]
        answers = at_once(hers)
        with limited.app_context():
            db.engine.dispose()
    assert set(statuses(answers)) == {303, 429}
    assert count(Ticket) == 10


def test_one_form_sent_ten_times_opens_one_ticket(crowded: Flask, cast: Cast) -> None:
    form = {
        "subject": "No candles",
        "description": "None at all.",
        "category": "technical",
        "submission_key": "one-form",
    }
    answers = at_once([posting(crowded, cast.ana, "/tickets/new", form) for _ in range(10)])
    assert statuses(answers) == {303: 10}
    assert len({answer.location for answer in answers}) == 1
    assert (count(Ticket), count(TicketMessage), count(OutboxMail)) == (1, 1, 1)


def test_one_reply_sent_ten_times_posts_one_message(crowded: Flask, cast: Cast) -> None:
    ticket = opened(cast.ana)
    form = {"body": "Is it mended?", "submission_key": "one-form"}
    answers = at_once([posting(crowded, cast.ana, f"/tickets/{ticket.id}/reply", form) for _ in range(10)])
    assert statuses(answers) == {303: 10}
    assert count(TicketMessage) == 2


def test_one_reply_to_a_closed_ticket_sent_ten_times_opens_one_follow_up(crowded: Flask, cast: Cast) -> None:
    ticket = opened(cast.ana)
    did(cast.cleo, services.change_status, ticket, Status.CLOSED)
    form = {"body": "It is back.", "submission_key": "one-form"}
    answers = at_once([posting(crowded, cast.ana, f"/tickets/{ticket.id}/reply", form) for _ in range(10)])
    assert statuses(answers) == {303: 10}
    assert count(Ticket) == 2


def test_replies_at_once_are_all_kept_in_one_order(crowded: Flask, cast: Cast) -> None:
    ticket = opened(cast.ana)
    writers = [cast.ana, cast.cleo, cast.dora] * 4
    acts = [
        posting(
            crowded,
            writer,
            f"/agent/tickets/{ticket.id}/messages" if writer.is_staff else f"/tickets/{ticket.id}/reply",
            {"body": f"Words of {number}?", "kind": "reply"},
        )
        for number, writer in enumerate(writers)
    ]
    assert statuses(at_once(acts)) == {303: len(writers)}
    found = list(db.session.scalars(select(TicketMessage).order_by(TicketMessage.id)))
    moments = [message.created_at for message in found]
    assert {f"Words of {number}?" for number in range(len(writers))} < {message.body for message in found}
    assert moments == sorted(moments)
    told = [event.message_id for event in events(ticket) if event.kind is EventKind.REPLIED]
    assert told == [message.id for message in found][1:]


def test_changes_at_once_lose_none_and_leave_clocks_that_fit_the_events(crowded: Flask, cast: Cast) -> None:
    with after():
        ticket = opened(cast.ana)
    acts = [
        posting(crowded, cast.ana, f"/tickets/{ticket.id}/reply", {"body": "Is this right?"}),
        posting(crowded, cast.cleo, f"/agent/tickets/{ticket.id}/messages", {"body": "Try this.", "kind": "reply"}),
        posting(crowded, cast.dora, f"/agent/tickets/{ticket.id}/status", {"status": "resolved"}),
        posting(crowded, cast.cleo, f"/agent/tickets/{ticket.id}/priority", {"priority": "urgent"}),
        posting(crowded, cast.dora, f"/agent/tickets/{ticket.id}/category", {"category": "billing"}),
        posting(crowded, cast.cleo, f"/agent/tickets/{ticket.id}/tags", {"tags": "vip, api"}),
        posting(crowded, cast.dora, f"/agent/tickets/{ticket.id}/messages", {"body": "Hm.", "kind": "note"}),
    ]

    def in_the_same_moment(send: Callable[[], TestResponse]) -> TestResponse:
        with after(hours=1):
            return send()

    assert statuses(at_once([partial(in_the_same_moment, send) for send in acts])) == {303: len(acts)}
    now = fresh(ticket)
    kinds = Counter(event.kind for event in events(ticket))
    assert (now.priority.value, now.category_id) == ("urgent", category("billing").id)
    assert (kinds[EventKind.REPLIED], kinds[EventKind.NOTED], kinds[EventKind.TAGS_CHANGED]) == (2, 1, 1)
    last = [event.new for event in events(ticket) if event.kind is EventKind.STATUS_CHANGED][-1]
    assert now.status == last
    oracle = Oracle({cast.cleo.id, cast.dora.id}).replay(events(ticket))
    assert {as_row(clock) for clock in clocks(ticket)} == {promise.as_row() for promise in oracle.promises}
    assert now.next_due_at == oracle.next_due()


def test_a_rating_given_twice_at_once_is_one_row(crowded: Flask, cast: Cast) -> None:
    ticket = opened(cast.ana)
    did(cast.cleo, services.resolve, ticket)
    survey = f"/survey/{surveys.survey_token(ticket.id, cast.ana.id)}"
    acts = [posting(crowded, None, survey, {"score": str(score)}) for score in (1, 2, 3, 4, 5)]
    acts += [posting(crowded, cast.ana, f"/tickets/{ticket.id}/rate", {"score": "5"}) for _ in range(5)]
    assert statuses(at_once(acts)) == {200: 5, 303: 5}
    assert count(SatisfactionRating) == 1
    [rating] = db.session.scalars(select(SatisfactionRating))
    assert [event.new for event in events(ticket) if event.kind is EventKind.RATED][-1] == rating.score


class TestALinkPressedTenTimesAtOnce:
    def test_signs_in_once(self, crowded: Flask, cast: Cast) -> None:
        with unit_of_work():
            accounts.ask_for_sign_in_link("ana@example.com")
        link = last_link(TokenPurpose.SIGN_IN)
        answers = at_once([posting(crowded, None, f"/login/link/{link}", {}) for _ in range(10)])
        assert Counter(answer.location for answer in answers) == {"/tickets": 1, "/login/link": 9}
        assert count(UserSession) == 1

    def test_verifies_once(self, crowded: Flask, cast: Cast) -> None:
        with unit_of_work():
            accounts.sign_up("Eva", "eva@example.net")
        link = last_link(TokenPurpose.VERIFY_ADDRESS)
        answers = at_once([posting(crowded, None, f"/verify/{link}", {"password": PASSWORD}) for _ in range(10)])
        assert Counter(answer.location for answer in answers) == {"/tickets": 1, "/signup": 9}

    def test_opens_one_ticket(self, crowded: Flask, cast: Cast) -> None:
        with unit_of_work():
            wanted = NewTicket("No candles", "None at all.", category(), Channel.WEB)
            guests.ask_to_confirm("eva@example.net", "Eva", wanted)
        link = last_link(TokenPurpose.CONFIRM_TICKET)
        answers = at_once([posting(crowded, None, f"/tickets/confirm/{link}", {}) for _ in range(10)])
        told = Counter("already" if "We already have it" in answer.text else "new" for answer in answers)
        assert told == {"new": 1, "already": 9}
        assert count(Ticket) == 1


def test_two_guests_of_one_address_become_one_person(crowded: Flask, cast: Cast) -> None:
    links = []
    for _ in range(6):
        with unit_of_work():
            guests.ask_to_confirm("eva@example.net", "Eva", NewTicket("Hello", "Hello.", category(), Channel.WEB))
        links.append(last_link(TokenPurpose.CONFIRM_TICKET))
    answers = at_once([posting(crowded, None, f"/tickets/confirm/{link}", {}) for link in links])
    assert statuses(answers) == {200: 6}
    assert len({ticket.requester_id for ticket in db.session.scalars(select(Ticket))}) == 1


@pytest.mark.parametrize("email", ["eva@example.net", "ben@example.org"])
def test_of_two_sign_ups_with_one_address_one_sets_the_password(crowded: Flask, cast: Cast, email: str) -> None:
    links = []
    for _ in range(6):
        with unit_of_work():
            accounts.sign_up("Eva", email)
        links.append(last_link(TokenPurpose.VERIFY_ADDRESS))
    answers = at_once([posting(crowded, None, f"/verify/{link}", {"password": PASSWORD}) for link in links])
    assert Counter(answer.location for answer in answers) == {"/tickets": 1, "/signup": 5}


def test_mails_at_once_get_at_most_three_automatic_answers(crowded: Flask, cast: Cast) -> None:
    def mailed() -> int:
        with crowded.app_context():
            return opened(cast.ben, channel=Channel.EMAIL).id

    numbers = at_once([mailed] * 8)
    states = Counter(mails(ticket_id=number)[0].state.value for number in numbers)
    assert states == {"queued": 3, "suppressed": 5}


def test_the_same_new_tag_written_at_once_is_one_tag(crowded: Flask, cast: Cast) -> None:
    tickets = [opened(cast.ana) for _ in range(6)]
    acts = [
        posting(crowded, cast.cleo, f"/agent/tickets/{ticket.id}/tags", {"tags": ", ".join(order)})
        for ticket, order in zip(tickets, [("b", "a", "c"), ("c", "b", "a")] * 3, strict=True)
    ]
    assert statuses(at_once(acts)) == {303: 6}


def test_a_session_ended_while_it_is_used_ends(crowded: Flask, cast: Cast) -> None:
    browsers = [Visitor(crowded).signed_in_as(cast.ana) for _ in range(6)]

    def end() -> TestResponse:
        with crowded.app_context(), unit_of_work():
            accounts.disable(db.session.get_one(User, cast.ana.id))
        return browsers[0].get("/tickets")

    at_once([*[lambda browser=browser: browser.get("/tickets") for browser in browsers[1:]], end])
    assert {browser.get("/tickets").status_code for browser in browsers} == {303}


def test_a_reply_racing_its_tickets_resolution_is_told_to_whom_it_concerns(crowded: Flask, cast: Cast) -> None:
    ticket = opened(cast.ana)
    replied(ticket, cast.cleo)
    acts = [
        posting(crowded, cast.ana, f"/tickets/{ticket.id}/reply", {"body": "Why is it empty?"}),
        posting(crowded, cast.cleo, f"/agent/tickets/{ticket.id}/resolve", {}),
    ]
    assert statuses(at_once(acts)) == {303: 2}
    told = {(mail.kind.value, mail.recipient) for mail in mails(ticket_id=ticket.id)}
    assert {("customer_reply", "cleo@portal.test"), ("ticket_resolved", "ana@example.com")} <= told
    assert re.fullmatch("in_progress|resolved", fresh(ticket).status.value)
    assert count(TicketEvent) == len(events(ticket))


def test_one_time_links_of_ten_askers_are_ten(crowded: Flask, cast: Cast) -> None:
    answers = at_once([posting(crowded, None, "/login/link", {"email": "ana@example.com"}) for _ in range(10)])
    assert statuses(answers) == {200: 10}
    assert len({one_time.link_text(token) for token in db.session.scalars(select(one_time.OneTimeToken))}) == 10


def test_two_reset_links_of_one_person_pressed_at_once_end_in_one_new_password(crowded: Flask, cast: Cast) -> None:
    """Each press spends its own link and then every other: taken row by row, each would wait for the other for ever."""
    links = [asked_for_a_reset(cast.ana.email) for _ in range(2)]
    met = Barrier(2)

    def pressed(link: str, password: str) -> bool:
        with crowded.app_context():
            try:
                with unit_of_work():
                    token = one_time.redeem(TokenPurpose.PASSWORD_RESET, link)
                    wait_for_the_other(met)
                    accounts.set_password(db.session.get_one(User, token.user_id), password)
            except one_time.LinkSpent:
                return False
            return True

    assert sorted(at_once([partial(pressed, link, f"{PASSWORD} {number}") for number, link in enumerate(links)])) == [
        False,
        True,
    ]


def asked_for_a_reset(address: str) -> str:
    with unit_of_work():
        accounts.ask_for_password_reset(address)
    return last_link(TokenPurpose.PASSWORD_RESET)


def wait_for_the_other(met: Barrier) -> None:
    """Until both have spent their link, or it is plain that the other is kept waiting."""
    with suppress(BrokenBarrierError):
        met.wait(0.5)
