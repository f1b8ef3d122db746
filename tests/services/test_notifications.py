"""The outbox: a row for each cause and recipient, written with what caused it, and gone with it when that fails."""

import pytest
from sqlalchemy import text

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.queries import tickets as queries
from portal.rules.vocabulary import Channel, EventKind, MailKind, OutboxState, Status
from portal.services import notifications
from portal.services import tickets as services
from portal.services.tickets.replying import NewMessage
from tests.cast import Cast
from tests.factories import claimed, customer, did, events, mails, noted, opened, replied


def test_a_cause_reaches_one_address_once(cast: Cast) -> None:
    ticket = opened(cast.ana)
    message = replied(ticket, cast.cleo)
    before = len(mails())
    with unit_of_work():
        found = queries.get_ticket(cast.cleo.actor(), ticket.id)
        notifications.public_message(found, message, cast.cleo)
    assert len(mails()) == before


def test_a_person_in_two_parts_gets_one_mail(cast: Cast) -> None:
    ticket = opened(cast.ana)
    claimed(ticket, cast.cleo)
    with unit_of_work():
        services.add_follower(cast.dora.actor(), queries.get_ticket(cast.dora.actor(), ticket.id), cast.cleo)
    replied(ticket, cast.ana)
    assert len(mails(recipient="cleo@portal.test")) == 1


def test_what_fails_owes_nobody_anything(cast: Cast) -> None:
    ticket = opened(cast.ana)
    before = len(mails())

    def reply_and_fail() -> None:
        with unit_of_work():
            locked = queries.get_ticket(cast.cleo.actor(), ticket.id, lock=True)
            services.post_reply(cast.cleo.actor(), cast.cleo, locked, NewMessage("Hello.", Channel.WEB))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        reply_and_fail()
    assert len(mails()) == before


def test_row_and_cause_come_from_one_transaction(cast: Cast) -> None:
    """Compares the transactions that wrote message, event and mail."""
    ticket = opened(cast.ana)
    message = replied(ticket, cast.cleo)
    written = [
        db.session.scalar(text(f"select xmin::text from {table} where {column} = :id"), {"id": message.id})  # noqa: S608
        for table, column in (
            ("support_ticket_messages", "id"),
            ("outbox", "message_id"),
            ("ticket_events", "message_id"),
        )
    ]
    assert len(set(written)) == 1


def test_no_note_ever_owes_a_mail(cast: Cast) -> None:
    ticket, eva = opened(cast.ana), customer("eva@example.net")
    did(cast.ana, services.add_follower, ticket, eva)
    claimed(ticket, cast.cleo)
    before = len(mails())
    noted(ticket, cast.dora)
    assert len(mails()) == before


def test_every_public_message_is_owed_to_every_participant_but_its_writer(cast: Cast) -> None:
    """The anti-join of promises: message and participant without a row."""
    ticket, eva = opened(cast.ana), customer("eva@example.net")
    did(cast.ana, services.add_follower, ticket, eva)
    for author in (cast.cleo, cast.ana, eva, cast.cleo):
        replied(ticket, author, "Is this right?")
    replied(ticket, cast.cleo, then=Status.RESOLVED)
    replied(ticket, cast.cleo, "One more thing.")
    missing = """
        select m.id, u.email from support_ticket_messages m
        join support_tickets t on t.id = m.ticket_id
        join users u on u.id = t.requester_id or u.id in
            (select user_id from participants p where p.ticket_id = t.id and p.created_at < m.created_at)
        where not m.is_internal and m.author_id <> u.id
          and not exists (select from outbox o where o.message_id = m.id and o.recipient = u.email)
    """
    assert db.session.execute(text(missing)).all() == []


def test_every_resolution_by_somebody_else_is_owed_to_the_requester(cast: Cast) -> None:
    ticket = opened(cast.ana)
    did(cast.cleo, services.resolve, ticket)
    did(cast.ana, services.reopen, ticket)
    did(cast.dora, services.change_status, ticket, Status.RESOLVED)
    resolutions = [
        each for each in events(ticket) if each.kind is EventKind.STATUS_CHANGED and each.new == Status.RESOLVED
    ]
    causes = {f"event:{event.id}" for event in resolutions}
    assert {mail.cause for mail in mails(kind=MailKind.TICKET_RESOLVED)} == causes
    assert len(causes) == 2


def test_a_row_holds_ids_and_no_words(cast: Cast) -> None:
    opened(cast.ana, "A subject nobody else has", "A body nobody else has")
    rows = db.session.scalars(text("select outbox::text from outbox")).all()
    assert rows
    assert "nobody else has" not in " ".join(rows)


def test_a_row_begins_queued_and_due_at_once(cast: Cast) -> None:
    [mail] = mails(ticket_id=opened(cast.ana).id)
    assert (mail.state, mail.attempts, mail.next_attempt_at) == (OutboxState.QUEUED, 0, mail.created_at)
