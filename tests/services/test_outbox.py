"""Mail going out: what is written, to whom, and what becomes of each row when the server misbehaves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import select, update

from portal.base.clock import now
from portal.base.current import current_settings
from portal.base.database import db
from portal.base.embedded.server import free_port
from portal.base.unit_of_work import unit_of_work
from portal.mail.transport import Transport
from portal.models import OutboxMail, Ticket, User
from portal.queries import routing
from portal.queries import tickets as queries
from portal.rules.vocabulary import Channel, OutboxState, Role, Status
from portal.services import accounts, outbox
from portal.services import tickets as services
from portal.services.tickets.opening import NewTicket
from portal.services.tickets.replying import NewMessage


@dataclass
class Catcher:
    """A real SMTP server that keeps what it took; answer says what it says after DATA."""

    answer: str = "250 OK"
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return self.answer


@pytest.fixture
def catcher() -> Iterator[tuple[Catcher, int]]:
    handler = Catcher()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(0))
    controller.start()
    yield handler, controller.port
    controller.stop()


@pytest.fixture
def deliver(app: Flask, catcher: tuple[Catcher, int]) -> Callable[[], list[EmailMessage]]:
    """deliver() sends all that is due and gives the mails the server took since the last call."""

    def run() -> list[EmailMessage]:
        handler, port = catcher
        handler.mails.clear()
        with Transport(
            current_settings().filled(mail_port=port), connect_timeout=2, command_timeout=2
        ).connected() as connection:
            while claimed := outbox.claim_next():
                outbox.deliver(claimed, connection)
        db.session.expire_all()
        return list(handler.mails)

    return run


@pytest.fixture
def ticket(ana: User) -> Ticket:
    with unit_of_work():
        category = routing.find_category("technical")
        assert category
        return services.open_ticket(ana.actor(), ana, NewTicket("Export stops", "It stops.", category, Channel.WEB))


def answer(cleo: User, ticket: Ticket, body: str = "Please try again.", then: Status | None = None) -> None:
    with unit_of_work():
        locked = queries.get_ticket(cleo.actor(), ticket.id, lock=True)
        services.post_reply(cleo.actor(), cleo, locked, NewMessage(body, Channel.WEB, then=then))


def rows() -> list[OutboxMail]:
    return list(db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)))


def test_the_acknowledgement_names_number_reason_and_time(
    ticket: Ticket, deliver: Callable[[], list[EmailMessage]]
) -> None:
    (mail,) = deliver()
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert f"ticket {ticket.id}" in text
    assert "Premium plan" in text
    assert "Our answer: by" in text
    assert rows()[0].state is OutboxState.SENT


def test_an_automatic_mail_says_so_and_an_answer_does_not(
    cleo: User, ticket: Ticket, deliver: Callable[[], list[EmailMessage]]
) -> None:
    answer(cleo, ticket)
    acknowledgement, reply = deliver()
    assert acknowledgement["Auto-Submitted"] == "auto-generated"
    assert reply["Auto-Submitted"] is None


def test_answers_thread_below_the_acknowledgement(
    cleo: User, ticket: Ticket, deliver: Callable[[], list[EmailMessage]]
) -> None:
    answer(cleo, ticket)
    acknowledgement, reply = deliver()
    assert reply["In-Reply-To"] == acknowledgement["Message-ID"]
    assert reply["Subject"] == acknowledgement["Subject"]


def test_mail_to_agents_carries_no_reply_address(
    ana: User, cleo: User, dora: User, ticket: Ticket, deliver: Callable[[], list[EmailMessage]]
) -> None:
    with unit_of_work():
        services.assign(dora.actor(), queries.get_ticket(dora.actor(), ticket.id, lock=True), cleo)
    to_cleo = [mail for mail in deliver() if "cleo" in mail["To"]]
    assert [mail["Reply-To"] for mail in to_cleo] == [None]


def test_resolving_mails_survey_and_how_to_reopen(
    cleo: User, ticket: Ticket, deliver: Callable[[], list[EmailMessage]]
) -> None:
    answer(cleo, ticket, "Mended.", Status.RESOLVED)
    *_, mail = deliver()
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Mended." in text
    assert "/survey/" in text
    assert "within 7 days" in text


def test_every_kind_of_mail_with_a_link_can_be_written(app: Flask, deliver: Callable[[], list[EmailMessage]]) -> None:
    with unit_of_work():
        accounts.sign_up("New", "new@example.com")
        person = accounts.make_customer("old@example.com", "Old")
        accounts.set_password(person, "a long password")
    with unit_of_work():
        accounts.sign_up("Old", "old@example.com")
        accounts.ask_for_password_reset("old@example.com")
        accounts.ask_for_sign_in_link("old@example.com")
    assert [mail["Subject"] for mail in deliver()] == [
        "Confirm your address",
        "You have an account already",
        "Choose a new password",
        "Your sign-in link",
    ]


def test_a_repeated_delivery_carries_the_same_message_id_and_link(
    app: Flask, deliver: Callable[[], list[EmailMessage]]
) -> None:
    with unit_of_work():
        accounts.sign_up("New", "new@example.com")
    (first,) = deliver()
    with unit_of_work():
        db.session.execute(update(OutboxMail).values(state="queued", sent_at=None, next_attempt_at=now()))
    (second,) = deliver()
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_body(("plain",)).get_content() == second.get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("said", "state"),
    [("550 no such person", OutboxState.FAILED), ("451 come back later", OutboxState.QUEUED)],
    ids=["refused for ever", "refused for now"],
)
def test_what_the_server_says_decides(
    ticket: Ticket,
    catcher: tuple[Catcher, int],
    deliver: Callable[[], list[EmailMessage]],
    said: str,
    state: OutboxState,
) -> None:
    catcher[0].answer = said
    deliver()
    (row,) = rows()
    assert row.state is state
    assert said[4:] in row.reason


def test_a_row_whose_worker_died_is_taken_again_after_its_lease(
    ticket: Ticket, deliver: Callable[[], list[EmailMessage]]
) -> None:
    assert outbox.claim_next()
    assert outbox.claim_next() is None
    with unit_of_work():
        db.session.execute(update(OutboxMail).values(leased_until=now()))
    assert len(deliver()) == 1
    assert rows()[0].attempts == 2


def test_poison_ends_failed(ticket: Ticket, deliver: Callable[[], list[EmailMessage]]) -> None:
    with unit_of_work():
        db.session.execute(update(OutboxMail).values(attempts=outbox.MAX_ATTEMPTS))
    deliver()
    assert rows()[0].state is OutboxState.FAILED


def test_a_person_disabled_meanwhile_is_not_mailed(
    ana: User, ticket: Ticket, deliver: Callable[[], list[EmailMessage]]
) -> None:
    with unit_of_work():
        accounts.disable(db.session.merge(ana))
    assert deliver() == []
    assert rows()[0].state is OutboxState.SUPPRESSED


def test_a_line_break_in_a_subject_starts_no_header(ana: User, deliver: Callable[[], list[EmailMessage]]) -> None:
    with unit_of_work():
        category = routing.find_category("technical")
        assert category
        subject = "Hello\r\nBcc: victim@example.com"
        services.open_ticket(ana.actor(), ana, NewTicket(subject, "Text.", category, Channel.API))
    (mail,) = deliver()
    assert mail["Bcc"] is None


def test_a_note_is_never_mailed(
    ana: User, cleo: User, ticket: Ticket, deliver: Callable[[], list[EmailMessage]]
) -> None:
    deliver()
    with unit_of_work():
        locked = queries.get_ticket(cleo.actor(), ticket.id, lock=True)
        services.add_note(cleo.actor(), cleo, locked, NewMessage("Secret.", Channel.WEB))
    assert deliver() == []


def test_a_follower_gets_the_public_mails(
    ana: User, ben: User, cleo: User, ticket: Ticket, deliver: Callable[[], list[EmailMessage]]
) -> None:
    with unit_of_work():
        services.add_follower(ana.actor(), queries.get_ticket(ana.actor(), ticket.id, lock=True), ben)
    deliver()
    answer(cleo, ticket)
    assert sorted(mail["To"].addresses[0].addr_spec for mail in deliver()) == ["ana@example.com", "ben@example.org"]


def test_an_agent_is_not_mailed_about_their_own_act(cleo: User, ticket: Ticket) -> None:
    with unit_of_work():
        services.claim(cleo.actor(), cleo, queries.get_ticket(cleo.actor(), ticket.id, lock=True))
    assert [row.recipient for row in rows()] == ["ana@example.com"]
    assert Role.AGENT is cleo.role
