"""People without an account: nothing exists and nobody is acknowledged until the mailed link is used."""

from io import BytesIO

import pytest
from sqlalchemy import func, select

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import Attachment, Category, OneTimeToken, Ticket, User
from portal.queries.people import find_user
from portal.rules.vocabulary import Channel, MailKind, Role
from portal.services import accounts, attachments, guests, one_time
from portal.services.tickets.opening import NewTicket
from tests.cast import Cast
from tests.factories import category, mails

EVA = "eva@example.net"


def asked(email: str = EVA, name: str = "Eva Lang", key: str | None = None, slug: str = "technical") -> str:
    """Writes a ticket with a file and returns the mailed link's text."""
    files = [attachments.Upload("log.txt", BytesIO(b"hello"))]
    with attachments.staged(files) as stored, unit_of_work():
        wanted = NewTicket("No candles", "Since **today**.", category(slug), Channel.WEB, stored, submission_key=key)
        guests.ask_to_confirm(email, name, wanted)
    newest = select(OneTimeToken).order_by(OneTimeToken.id.desc()).limit(1)
    return one_time.link_text(db.session.scalars(newest).one())


def confirmed(link: str) -> Ticket:
    with unit_of_work():
        return guests.open_confirmed(link)


def tickets() -> int:
    return db.session.scalar(select(func.count()).select_from(Ticket)) or 0


def test_asking_makes_no_ticket_and_no_person_and_mails_one_link(cast: Cast) -> None:
    asked()
    assert (tickets(), find_user(EVA)) == (0, None)
    assert [(mail.kind, mail.recipient) for mail in mails()] == [(MailKind.CONFIRM_TICKET, EVA)]


def test_the_link_starts_the_ticket_with_its_file_and_acknowledges_it(cast: Cast) -> None:
    ticket = confirmed(asked())
    requester = db.session.get_one(User, ticket.requester_id)
    [file] = db.session.scalars(select(Attachment))
    assert (ticket.subject, ticket.channel, ticket.is_proven) == ("No candles", Channel.WEB, True)
    assert (requester.email, requester.name, requester.role) == (EVA, "Eva Lang", Role.CUSTOMER)
    assert requester.verified_at is not None
    assert file.filename == "log.txt"
    assert mails()[-1].kind is MailKind.TICKET_CREATED


def test_the_link_works_once(cast: Cast) -> None:
    link = asked()
    confirmed(link)
    with pytest.raises(one_time.LinkSpent):
        confirmed(link)
    assert tickets() == 1


def test_somebody_known_keeps_name_and_account(cast: Cast) -> None:
    ticket = confirmed(asked("ana@example.com", "Somebody Else"))
    assert (ticket.requester_id, ticket.account_id) == (cast.ana.id, cast.ana.account_id)
    assert db.session.get_one(User, cast.ana.id).name == "Ana Petrović"


def test_somebody_disabled_opens_nothing(cast: Cast) -> None:
    link = asked("ana@example.com")
    with unit_of_work():
        accounts.disable(cast.ana)
    with pytest.raises(one_time.LinkSpent):
        confirmed(link)
    assert tickets() == 0


def test_a_form_sent_twice_opens_one_ticket_whichever_links_are_used(cast: Cast) -> None:
    links = [asked(key="one-form"), asked(key="one-form")]
    assert len({confirmed(link).id for link in links}) == 1
    assert tickets() == 1


def test_a_category_that_is_gone_meanwhile_becomes_the_general_one(cast: Cast) -> None:
    link = asked(slug="billing")
    with unit_of_work():
        category("billing").is_active = False
    try:
        assert confirmed(link).category_id == category("general").id
    finally:
        with unit_of_work():
            db.session.scalars(select(Category).where(Category.slug == "billing")).one().is_active = True
