"""Mail coming in: evidence, decision, final state."""

import email
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event, Thread, current_thread

import pytest
from flask import Flask
from sqlalchemy import event, select, text, update

from portal.base import clock
from portal.base.clock import now
from portal.base.current import current_settings
from portal.base.database import db
from portal.base.storage import storage
from portal.base.unit_of_work import unit_of_work
from portal.mail.headers import message_id_for, reply_address, wire_form
from portal.models import InboundEmail, OutboxMail, Ticket, TicketMessage, User
from portal.queries import routing
from portal.queries import tickets as queries
from portal.rules.vocabulary import Channel, InboundState, OutboxState, Status
from portal.services import accounts, inbound
from portal.services import tickets as services
from portal.services.mailing import message_for
from portal.services.tickets.opening import NewTicket
from tests.base.test_embedded import eventually


def mail(
    sender: str, to: str = "support@portal.test", subject: str = "Hello", body: str = "I need help.", **headers: str
) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = headers.pop("message_id", f"<{hashlib.sha256(body.encode()).hexdigest()[:12]}@example.com>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes()


def arrives(raw: bytes, key: str = "") -> InboundEmail:
    """Receive a mail and process what waits; its ledger row."""
    with unit_of_work():
        inbound.receive("raw", key or hashlib.sha256(raw).hexdigest(), raw)
    while inbound.process_next():
        pass
    db.session.expire_all()
    return db.session.scalars(select(InboundEmail).order_by(InboundEmail.id.desc()).limit(1)).one()


@pytest.fixture
def ticket(ana: User) -> Ticket:
    with unit_of_work():
        category = routing.find_category("technical")
        assert category
        return services.open_ticket(ana.actor(), ana, NewTicket("Export", "It stops.", category, Channel.WEB))


def test_a_mail_without_a_thread_opens_a_ticket_marked_unproven(app: Flask) -> None:
    row = arrives(mail("New Person <new@example.com>", subject="Import fails"))
    assert row.state is InboundState.NEW_TICKET
    ticket = db.session.get_one(Ticket, row.ticket_id)
    assert (ticket.subject, ticket.is_proven, ticket.channel) == ("Import fails", False, Channel.EMAIL)


def test_an_answer_to_the_signed_address_becomes_a_reply(ana: User, ticket: Ticket) -> None:
    to = reply_address(current_settings(), ticket.id, ana.email)
    row = arrives(mail("Ana <ana@example.com>", to, "Re: Export", "It works again."))
    assert (row.state, row.ticket_id) == (InboundState.REPLY, ticket.id)


def test_the_address_matches_in_any_case(ana: User, ticket: Ticket) -> None:
    to = reply_address(current_settings(), ticket.id, ana.email).upper()
    assert arrives(mail("ana@example.com", to)).state is InboundState.REPLY


def test_somebody_else_with_the_signed_address_is_held(ana: User, ben: User, ticket: Ticket) -> None:
    to = reply_address(current_settings(), ticket.id, ana.email)
    row = arrives(mail(ben.email, to))
    assert row.state is InboundState.HELD
    assert "another address" in row.reason


def test_a_forged_signature_is_held(ana: User, ticket: Ticket) -> None:
    row = arrives(mail(ana.email, f"support+{ticket.id}.{'a' * 26}@portal.test"))
    assert row.state is InboundState.HELD


def test_a_disabled_customer_writes_to_no_thread(ana: User, ticket: Ticket) -> None:
    with unit_of_work():
        accounts.disable(db.session.get_one(User, ana.id))
    row = arrives(mail(ana.email, reply_address(current_settings(), ticket.id, ana.email)))
    assert (row.state, row.reason) == (InboundState.HELD, "Its sender's account is disabled.")
    assert db.session.scalars(select(TicketMessage.id)).all() == [services.first_message_id(ticket)]


def test_a_number_in_the_subject_proves_nothing(ana: User, ticket: Ticket) -> None:
    row = arrives(mail(ana.email, subject=f"Re: [#{ticket.id}] Export"))
    assert row.state is InboundState.HELD


def test_a_reference_to_our_own_mail_becomes_a_reply(ana: User, ticket: Ticket) -> None:
    sent = db.session.scalars(select(OutboxMail).where(OutboxMail.ticket_id == ticket.id)).one()
    row = arrives(mail(ana.email, In_Reply_To=message_id_for(current_settings(), sent.id)))
    assert (row.state, row.ticket_id) == (InboundState.REPLY, ticket.id)


def test_a_staff_address_never_speaks_in_a_thread(cleo: User, ticket: Ticket) -> None:
    to = reply_address(current_settings(), ticket.id, cleo.email)
    assert arrives(mail(cleo.email, to)).state is InboundState.HELD


def test_the_same_delivery_again_changes_nothing(app: Flask) -> None:
    raw = mail("new@example.com")
    first, second = arrives(raw), arrives(raw)
    assert first.id == second.id
    assert db.session.scalars(select(Ticket)).all() == [db.session.get_one(Ticket, first.ticket_id)]


def test_the_same_mail_by_another_way_is_a_duplicate(app: Flask) -> None:
    raw = mail("new@example.com")
    arrives(raw)
    row = arrives(b"Received: from another server\r\n" + raw)
    assert row.state is InboundState.DUPLICATE


def test_another_mail_with_a_message_id_already_seen_keeps_its_own_row(app: Flask) -> None:
    arrives(mail("new@example.com", body="One.", message_id="<same@example.com>"))
    row = arrives(mail("new@example.com", body="Two.", message_id="<same@example.com>"))
    assert row.state is InboundState.NEW_TICKET


def test_a_vacation_note_is_filed_and_never_answered(ana: User, ticket: Ticket) -> None:
    to = reply_address(current_settings(), ticket.id, ana.email)
    row = arrives(mail(ana.email, to, "Out of office", Auto_Submitted="auto-replied"))
    assert row.state is InboundState.AUTOMATIC
    assert len(queries.messages(ana.actor(), ticket)) == 1


def test_an_unreadable_mail_is_held(app: Flask) -> None:
    row = arrives(b"\x00\xff\xfe garbage without a header")
    assert row.state is InboundState.HELD


def test_a_reply_after_the_window_opens_a_linked_ticket(ana: User, cleo: User, ticket: Ticket) -> None:
    with unit_of_work():
        locked = queries.get_ticket(cleo.actor(), ticket.id, lock=True)
        services.change_status(cleo.actor(), locked, Status.CLOSED)
    row = arrives(mail(ana.email, reply_address(current_settings(), ticket.id, ana.email), body="It is back. Why?"))
    assert row.state is InboundState.FOLLOW_UP
    assert db.session.get_one(Ticket, row.ticket_id).follows_id == ticket.id


def test_attachments_and_quoted_history_are_kept(ana: User, ticket: Ticket) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = ana.email, "Re: Export"
    message["To"] = reply_address(current_settings(), ticket.id, ana.email)
    message.set_content(
        "See the file.\n\nOn Mon, 3 Nov 2026 at 10:00, Support <support@portal.test> wrote:\n> What do you see?\n"
    )
    message.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename="trades.csv")
    row = arrives(message.as_bytes())
    stored = db.session.get_one(TicketMessage, row.message_id)
    assert stored.body == "See the file."
    assert "What do you see?" in stored.quoted
    (reply,) = [
        item
        for item in queries.messages(ana.actor(), queries.get_ticket(ana.actor(), ticket.id))
        if item.id == stored.id
    ]
    assert [file.filename for file in reply.attachments] == ["trades.csv"]


def test_the_fourth_automatic_answer_within_an_hour_is_suppressed(app: Flask) -> None:
    for number in range(4):
        arrives(mail("new@example.com", body=f"Question {number}", message_id=f"<{number}@example.com>"))
    states = db.session.scalars(select(OutboxMail.state).order_by(OutboxMail.id)).all()
    assert states == [OutboxState.QUEUED] * 3 + [OutboxState.SUPPRESSED]


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        ("no-reply@example.com", {}),
        ("new@example.com", {"List_Id": "<news.example.com>"}),
        ("new@example.com", {"Precedence": "bulk"}),
    ],
    ids=["no-reply sender", "list", "bulk"],
)
def test_robots_and_lists_get_no_automatic_answer(app: Flask, sender: str, headers: dict[str, str]) -> None:
    row = arrives(mail(sender, **headers))
    assert row.state is InboundState.NEW_TICKET
    assert db.session.scalars(select(OutboxMail.state)).all() == [OutboxState.SUPPRESSED]


def test_the_acknowledgement_to_an_unproven_address_repeats_no_word_of_the_mail(app: Flask) -> None:
    arrives(mail("Buy Now <victim@example.com>", subject="Cheap watches", body="Visit shop.example"))
    sent = db.session.scalars(select(OutboxMail)).one()
    text = message_for(sent.id).as_string()
    assert not [word for word in ("Buy Now", "Cheap watches", "shop.example") if word in text]


def received(raw: bytes) -> int:
    with unit_of_work():
        inbound.receive("raw", hashlib.sha256(raw).hexdigest(), raw)
    return db.session.scalars(select(InboundEmail.id).order_by(InboundEmail.id.desc()).limit(1)).one()


@pytest.fixture
def full_disk(app: Flask, tmp_path: Path) -> Iterator[Path]:
    """No file can be stored: where the folder of files belongs lies something else."""
    files = storage()
    kept, files.folder = files.folder, tmp_path / "full"
    files.folder.write_text("")
    yield files.folder
    files.folder = kept


def test_a_disk_that_is_full_for_an_hour_holds_no_mail(full_disk: Path) -> None:
    message = email.message_from_bytes(mail("new@example.com"), policy=policy.default)
    assert isinstance(message, EmailMessage)
    message.add_attachment(b"a,b\n", maintype="text", subtype="csv", filename="trades.csv")
    start = now()
    received(message.as_bytes())
    for minute in range(60):
        with clock.at(start + timedelta(minutes=minute)):
            inbound.process_next()
    row = db.session.scalars(select(InboundEmail).execution_options(populate_existing=True)).one()
    assert (row.state, 5 < row.attempts < inbound.MAX_ATTEMPTS) == (InboundState.RECEIVED, True)
    full_disk.unlink()
    with clock.at(start + timedelta(hours=2)):
        assert inbound.process_next()
    assert fresh_state(row) is InboundState.NEW_TICKET


def fresh_state(row: InboundEmail) -> InboundState:
    db.session.refresh(row)
    return row.state


def waiting_for_a_lock() -> bool:
    db.session.rollback()  # within one transaction the answer stays the same
    count = text(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    return bool(db.session.scalar(count))


def test_the_same_mail_on_two_ways_at_once_opens_one_ticket(app: Flask) -> None:
    raw = mail("new@example.com")
    ways = [received(raw), received(b"Received: from another server\r\n" + raw)]
    db.session.commit()
    on_its_way, may_go_on = Event(), Event()

    def pause(_: object) -> None:
        if current_thread().name == "slow" and db.session.scalar(select(Ticket.id)):
            on_its_way.set()
            may_go_on.wait(10)

    def process() -> None:
        with app.app_context():
            inbound.process_next()

    event.listen(db.session, "before_commit", pause)
    slow, fast = Thread(target=process, name="slow"), Thread(target=process)
    try:
        slow.start()
        assert on_its_way.wait(10)
        fast.start()
        eventually(lambda: waiting_for_a_lock() or not fast.is_alive())
    finally:
        may_go_on.set()
        slow.join(10)
        fast.join(10)
        event.remove(db.session, "before_commit", pause)
    states = db.session.scalars(
        select(InboundEmail.state).where(InboundEmail.id.in_(ways)).order_by(InboundEmail.state)
    )
    assert states.all() == [InboundState.DUPLICATE, InboundState.NEW_TICKET]


def test_the_same_mail_is_a_duplicate_in_whichever_order_its_ways_are_read(app: Flask) -> None:
    raw = mail("new@example.com")
    first = received(raw)
    with unit_of_work():
        db.session.execute(update(InboundEmail).values(next_attempt_at=now() + timedelta(hours=1)))
    assert arrives(b"Received: from another server\r\n" + raw).state is InboundState.NEW_TICKET
    with clock.at(now() + timedelta(hours=1)):
        assert inbound.process_next()
    assert fresh_state(db.session.get_one(InboundEmail, first)) is InboundState.DUPLICATE


@pytest.mark.parametrize(
    "sender",
    ["jürgen@example.com", f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.com", "ana@bücher..example"],
    ids=["umlaut", "too long", "no domain"],
)
def test_a_sender_no_mail_can_reach_is_held_at_once(app: Flask, sender: str) -> None:
    raw = mail("x@example.com").replace(b"x@example.com", sender.encode())
    row = arrives(raw)
    assert (row.state, row.attempts) == (InboundState.HELD, 1)
    assert row.reason == "No mail can be sent to its sender's address."
    assert db.session.scalars(select(User.id)).all() == []


def test_a_sender_of_an_international_domain_is_answered(app: Flask) -> None:
    raw = mail("x@example.com").replace(b"x@example.com", "Ana@Bücher.example".encode())
    row = arrives(raw)
    assert (row.state, row.from_address) == (InboundState.NEW_TICKET, "ana@xn--bcher-kva.example")
    sent = db.session.scalars(select(OutboxMail)).one()
    assert b"ana@xn--bcher-kva.example" in wire_form(message_for(sent.id))
