"""The one builder of outgoing headers, and the two keyed marks by which an answer finds its ticket."""

import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr

from portal.base.settings import Settings
from portal.base.tokens import signature, signature_fits
from portal.rules.addresses import LONGEST, with_ascii_domain
from portal.rules.one_line import one_line

SIGNATURE_LENGTH = 26
_FORBIDDEN = re.compile(r"[\r\n\0]")
_MESSAGE_ID = re.compile(r"<?portal-(\d{1,18})\.([a-z2-7]{26})@[^\s>]+>?")


def header(value: str) -> str:
    """A header's value as it is. Raises ValueError for a line break or NUL: no text may start a header of its own."""
    if _FORBIDDEN.search(value):
        raise ValueError("a header holds no line break")
    return value


def address(name: str, mailbox: str) -> Address:
    """A display name with its address, encoded as RFC 5322 wants it. Raises ValueError for one no mail server takes."""
    plain = with_ascii_domain(header(mailbox))
    if not plain.isascii() or "@" not in plain or len(plain) > LONGEST:
        raise ValueError("that is no address every mail server takes")
    return Address(display_name=one_line(name), addr_spec=plain)


def is_mailable(mailbox: str) -> bool:
    """Whether a mail to this address can be written out."""
    try:
        address("", mailbox)
    except (ValueError, HeaderParseError):
        return False
    return True


def sender_of(settings: Settings) -> tuple[str, str]:
    """Name and address of MAIL_DEFAULT_SENDER; without an address in it, the support address."""
    name, mailbox = parseaddr(settings.mail_default_sender)
    return name or "TradeSense Support", with_ascii_domain(mailbox or settings.support_address)


def _support(settings: Settings) -> tuple[str, str]:
    """Local part and domain of the support address, the domain as mail servers write it."""
    local, _, domain = with_ascii_domain(settings.support_address).partition("@")
    return local, domain


def reply_address(settings: Settings, ticket_number: int, recipient: str) -> str:
    """`support+<number>.<signature>@<domain>`: opens this ticket's thread to mail from this recipient, and to no other."""
    local, domain = _support(settings)
    signed = signature(settings.secret_key, "reply-address", ticket_number, recipient.lower(), length=SIGNATURE_LENGTH)
    return f"{local}+{ticket_number}.{signed}@{domain}"


def ticket_of_reply_address(settings: Settings, mailbox: str) -> tuple[int, str] | None:
    """Ticket number and signature of one of our reply addresses, unchecked; None for any other address."""
    local, domain = _support(settings)
    pattern = rf"{re.escape(local)}\+(\d{{1,18}})\.([a-z2-7]{{{SIGNATURE_LENGTH}}})@{re.escape(domain)}"
    match = re.fullmatch(pattern, mailbox.strip(), re.IGNORECASE)
    return (int(match[1]), match[2].lower()) if match else None


def was_issued_to(settings: Settings, ticket_number: int, signed: str, recipient: str) -> bool:
    """Whether the signature was made for this recipient. Constant time."""
    parts = (ticket_number, recipient.lower())
    return signature_fits(signed, settings.secret_key, "reply-address", *parts, length=SIGNATURE_LENGTH)


def message_id_for(settings: Settings, outbox_id: int) -> str:
    """The Message-ID of an outbox row: the same at every attempt, and with a code only we can make."""
    _, domain = _support(settings)
    signed = signature(settings.secret_key, "message-id", outbox_id, length=SIGNATURE_LENGTH)
    return f"<portal-{outbox_id}.{signed}@{domain}>"


def outbox_of_message_id(settings: Settings, message_id: str) -> int | None:
    """The outbox row of a Message-ID of ours; None for any other and for a forged one. Constant time."""
    match = _MESSAGE_ID.fullmatch(message_id.strip())
    if match is None:
        return None
    number = int(match[1])
    return number if signature_fits(match[2], settings.secret_key, "message-id", number) else None


def loop_mark(settings: Settings) -> str:
    """What our own mails carry in X-Portal-Loop, so that we know them when they come back."""
    return signature(settings.secret_key, "loop", settings.support_address, length=SIGNATURE_LENGTH)


def addresses_of(message: EmailMessage) -> tuple[str, str]:
    """Bare sender and recipient of a mail of ours, for the envelope."""
    return message["From"].addresses[0].addr_spec, message["To"].addresses[0].addr_spec


class _OneTokenALine(EmailPolicy):
    """The standard folding encodes a long Message-ID as if it were words, and the thread is lost: fold between ids only."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() not in _UNTOUCHED:
            return super().fold_binary(name, value)
        return f"{name}: {f'{self.linesep} '.join(header(str(value)).split())}{self.linesep}".encode("ascii")


_UNTOUCHED = frozenset({"message-id", "in-reply-to", "references", "reply-to"})
_ON_THE_WIRE = _OneTokenALine(linesep="\r\n", max_line_length=78, cte_type="7bit")


def wire_form(message: EmailMessage) -> bytes:
    """The bytes for the mail server, 7-bit clean. Raises ValueError when a header holds CR, LF or NUL, or cannot be encoded."""
    for name, value in message.items():
        header(f"{name}{value}")
    return message.as_bytes(policy=_ON_THE_WIRE)
