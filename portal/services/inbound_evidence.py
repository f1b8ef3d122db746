"""What a mail carries and proves, read from the ledger's side: the facts that rules/threading decides by."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from portal.base.current import current_settings
from portal.base.database import db
from portal.mail.headers import is_mailable, loop_mark, outbox_of_message_id, ticket_of_reply_address, was_issued_to
from portal.mail.parse import ParsedMail
from portal.models import InboundEmail, OutboxMail, Participant, Ticket, User
from portal.queries.people import find_user
from portal.rules import threading
from portal.rules.addresses import with_ascii_domain
from portal.rules.automatic_mail import MailClass, MailFacts, classify
from portal.rules.sender_verdict import sender_verdict
from portal.rules.threading import Decision, Evidence, Sender
from portal.rules.vocabulary import InboundState

_ENDS = {
    MailClass.LOOP: (InboundState.LOOP, "Our own mail came back."),
    MailClass.BOUNCE: (InboundState.BOUNCE, "A mail server reports that a mail did not arrive."),
    MailClass.AUTO_REPLY: (InboundState.AUTOMATIC, "A machine wrote this; it is never answered."),
}
_NUMBER = re.compile(r"\[#(\d{1,18})\]")


@dataclass(frozen=True)
class Weighed:
    """The decision, and whom and what it is about."""

    decision: Decision
    number: int | None = None
    author: User | None = None


@dataclass(frozen=True)
class _Sign:
    """One hint at a ticket: how strong it is, and whether From is the address it was issued to."""

    evidence: Evidence
    number: int
    is_addressee: bool = False


def end_of(mail: ParsedMail, row: InboundEmail) -> tuple[InboundState, str] | None:
    """The state of a mail that no person wrote to us, or that came twice; None for one that has to be weighed."""
    if state := _ENDS.get(classify(facts_of(mail))):
        return state
    if mail.kind == "malformed" or not mail.from_is_plain:
        return InboundState.HELD, "It cannot be told who wrote it: " + "; ".join(mail.problems or ("no sender",))
    if not is_mailable(mail.from_address):
        return InboundState.HELD, "No mail can be sent to its sender's address."
    if _came_before(mail, row):
        return InboundState.DUPLICATE, "The same mail came before, on another way."
    return None


def facts_of(mail: ParsedMail) -> MailFacts:
    """What tells robots from people, with the marks only we know."""
    settings = current_settings()
    return mail.facts(loop_mark(settings), frozenset({with_ascii_domain(settings.support_address).lower()}))


def weigh(mail: ParsedMail) -> Weighed:
    """Ask the decision table with the strongest sign the mail carries."""
    author = find_user(mail.from_address)
    sign = next(_signs(mail), None)
    verdict = sender_verdict(mail.auth_results, current_settings().inbound_authserv_id)
    if sign is None:
        return Weighed(threading.decide(Evidence.NONE, verdict, Sender()), author=author)
    sender = Sender(
        is_addressee=sign.is_addressee,
        is_participant=author is not None and _takes_part(author, sign.number),
        is_staff=author is not None and author.is_staff,
    )
    return Weighed(threading.decide(sign.evidence, verdict, sender), sign.number, author)


def _signs(mail: ParsedMail) -> Iterator[_Sign]:
    """The strongest first. What names no ticket of ours is no sign."""
    for sign in (*_of_addresses(mail), *_of_references(mail), *_of_subject(mail)):
        if _exists(sign.number):
            yield sign


def _of_addresses(mail: ParsedMail) -> Iterator[_Sign]:
    """A signed reply address. One whose signature fits nobody who could have it still names a ticket: then it is held."""
    settings = current_settings()
    for mailbox in (*mail.to, *mail.cc):
        if found := ticket_of_reply_address(settings, mailbox):
            number, signed = found
            yield _Sign(Evidence.REPLY_ADDRESS, number, was_issued_to(settings, number, signed, mail.from_address))


def _of_references(mail: ParsedMail) -> Iterator[_Sign]:
    """Our own keyed Message-IDs, then Message-IDs of mails that became messages of a ticket."""
    named = [mail.in_reply_to, *reversed(mail.references)]
    for outbox_id in filter(None, (outbox_of_message_id(current_settings(), name) for name in named if name)):
        sent = db.session.get(OutboxMail, outbox_id)
        if sent is not None and sent.ticket_id is not None:
            yield _Sign(Evidence.OWN_MESSAGE_ID, sent.ticket_id, sent.recipient == mail.from_address)
    known = select(InboundEmail.ticket_id).where(
        InboundEmail.mail_id.in_([name for name in named if name]), InboundEmail.ticket_id.is_not(None)
    )
    for number in db.session.scalars(known.order_by(InboundEmail.id.desc()).limit(1)):
        if number is not None:
            yield _Sign(Evidence.THEIR_MESSAGE_ID, number)


def _of_subject(mail: ParsedMail) -> Iterator[_Sign]:
    if match := _NUMBER.search(mail.subject):
        yield _Sign(Evidence.SUBJECT_NUMBER, int(match[1]))


def _exists(number: int) -> bool:
    return db.session.scalar(select(Ticket.id).where(Ticket.id == number)) is not None


def _takes_part(person: User, number: int) -> bool:
    """Requester or follower of the ticket, today."""
    follows = select(Participant.user_id).where(Participant.ticket_id == number, Participant.user_id == person.id)
    asked = select(Ticket.id).where(Ticket.id == number, Ticket.requester_id == person.id)
    return db.session.scalar(asked) is not None or db.session.scalar(follows) is not None


def _came_before(mail: ParsedMail, row: InboundEmail) -> bool:
    """Another delivery with the same Message-ID, sender and content; the same Message-ID alone proves nothing.

    Two deliveries at once wait for each other, so that the second sees what became of the first.
    """
    if not mail.message_id:
        return False
    key = f"mail:{mail.message_id}:{mail.from_address}"
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    others = db.session.scalars(
        select(InboundEmail).where(
            InboundEmail.mail_id == mail.message_id[:998],
            InboundEmail.from_address == mail.from_address,
            InboundEmail.id != row.id,
            InboundEmail.state.in_([InboundState.NEW_TICKET, InboundState.REPLY, InboundState.FOLLOW_UP]),
        )
    )
    return any(body_of(other.raw) == body_of(row.raw) for other in others)


def body_of(raw: bytes) -> bytes:
    """What follows the headers: servers on the way add headers, never words."""
    return raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2].strip()
