# ruff: noqa: RUF001 (words of many alphabets)
"""What the portal makes of a raw mail. Any bytes give an answer; nothing here touches database, network or settings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from portal.mail.addresses import MailAddress, parse_addresses
from portal.mail.bounces import Bounce, read_bounce
from portal.mail.charsets import clean, decode_header, decode_raw
from portal.mail.mime import MailParts, ParsedAttachment, collect_parts, read_message
from portal.rules.automatic_mail import MailClass, MailFacts, classify
from portal.rules.reply_text import split_reply

_LONGEST_HEADER = 300_000  # characters of one value
_MOST_HEADERS = 1_000
_MOST_REFERENCES = 100
_HEADS = re.compile(
    r"\s*(?:re|aw|sv|vs|antw|odp|ynt|rv|tr|fwd?|wg|fs|回复|答复|返信)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE
)


@dataclass(frozen=True)
class ParsedMail:
    """A mail read. Addresses are bare and lower-case; `headers` has lower-case names, each with all its values.

    from_is_plain: there is exactly one From with exactly one well-formed address; only then may the sender be believed.
    kind: new, reply, bounce, auto-reply or malformed. text is the whole readable text, reply + signature + quoted its parts.
    """

    subject: str = ""
    from_address: str = ""
    from_name: str = ""
    from_is_plain: bool = False
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    headers: Mapping[str, list[str]] = field(default_factory=dict)
    text: str = ""
    html: str = ""
    reply: str = ""
    quoted: str = ""
    signature: str = ""
    attachments: tuple[ParsedAttachment, ...] = ()
    bounce: Bounce | None = None
    kind: str = "new"
    problems: tuple[str, ...] = ()
    auth_results: tuple[str, ...] = ()
    part_types: frozenset[str] = frozenset()

    def facts(self, loop_mark: str = "", own_addresses: frozenset[str] = frozenset()) -> MailFacts:
        """What `rules.automatic_mail` judges, with the marks only the portal's settings know."""
        return MailFacts(
            headers=self.headers,
            from_address=self.from_address,
            return_path=_return_path(self.headers),
            subject=self.subject,
            content_type=(self.headers.get("content-type") or [""])[0],
            part_types=self.part_types,
            text=self.text,
            loop_mark=loop_mark,
            own_addresses=own_addresses,
        )


def parse_mail(raw: bytes) -> ParsedMail:
    """Read a raw RFC 5322 mail. Never raises: what cannot be read is `malformed` with the reason among its problems."""
    try:
        return _parse(raw)
    except Exception as error:  # the last net under all of a stranger's bytes; the raw mail is kept and shown
        text = clean(raw[:100_000].decode("utf-8", "replace"))
        return ParsedMail(text=text, reply=text, kind="malformed", problems=(f"Unreadable: {type(error).__name__}",))


def _parse(raw: bytes) -> ParsedMail:
    message, problem = read_message(_without_envelope_line(raw))
    headers = _headers(message)
    parts = collect_parts(message)
    problems = [*([problem] if problem else []), *parts.problems, *_header_problems(headers)]
    sender, is_plain = _sender(headers)
    text = parts.text()
    pieces = split_reply(text)
    mail = ParsedMail(
        subject=_first(headers, "subject"),
        from_address=sender.address,
        from_name=sender.name,
        from_is_plain=is_plain,
        to=_addresses(headers, "to"),
        cc=_addresses(headers, "cc"),
        reply_to=_addresses(headers, "reply-to"),
        date=_date(_first(headers, "date")),
        message_id=next(iter(_message_ids(headers, "message-id")), _first(headers, "message-id")[:998]),
        in_reply_to=next(iter(_message_ids(headers, "in-reply-to")), ""),
        references=_message_ids(headers, "references"),
        headers=headers,
        text=text,
        html="\n".join(parts.htmls),
        reply=pieces.reply,
        quoted=pieces.quoted,
        signature=pieces.signature,
        attachments=tuple(parts.attachments),
        problems=tuple(problems),
        auth_results=tuple(headers.get("authentication-results", ())),
        part_types=frozenset(parts.types),
    )
    return _judged(mail, parts)


def _judged(mail: ParsedMail, parts: MailParts) -> ParsedMail:
    """The mail with its kind, and with what it tells when it is a bounce."""
    if not mail.headers:
        return replace(mail, kind="malformed", problems=(*mail.problems, "There is no header at all."))
    verdict = classify(mail.facts())
    if verdict is MailClass.BOUNCE:
        return replace(mail, kind="bounce", bounce=read_bounce(mail.headers, parts.reports, mail.text, _own(mail)))
    if verdict is MailClass.AUTO_REPLY:
        return replace(mail, kind="auto-reply")
    is_reply = bool(mail.in_reply_to or mail.references or _HEADS.match(mail.subject))
    return replace(mail, kind="reply" if is_reply else "new")


def _own(mail: ParsedMail) -> tuple[str, ...]:
    """Addresses a bounce names that are not the failed ones: who it is from and whom it is for."""
    return (mail.from_address, *mail.to, *mail.cc)


def _without_envelope_line(raw: bytes) -> bytes:
    """Some hand over mbox entries, or blank lines on top."""
    raw = raw.lstrip(b"\r\n")
    return raw.partition(b"\n")[2] if raw.startswith((b"From ", b">From ")) else raw


# --- header fields


def _headers(message: Message) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        if sum(map(len, headers.values())) >= _MOST_HEADERS:
            break
        headers.setdefault(clean(name).lower(), []).append(clean(_unfolded(str(value))[:_LONGEST_HEADER]))
    return headers


def _unfolded(value: str) -> str:
    """One line; 8-bit bytes that the parser escaped become letters again."""
    return " ".join(decode_raw(value).split()) if value else ""


def _first(headers: Mapping[str, list[str]], name: str) -> str:
    return decode_header(next(iter(headers.get(name, [])), ""))


def _sender(headers: Mapping[str, list[str]]) -> tuple[MailAddress, bool]:
    values = headers.get("from", [])
    found, is_whole = parse_addresses(values[0]) if values else ([], False)
    sender = found[0] if found else MailAddress("", _first(headers, "from")[:200])
    return sender, is_whole and len(values) == 1 and len(found) == 1


def _addresses(headers: Mapping[str, list[str]], name: str) -> tuple[str, ...]:
    values = ", ".join(headers.get(name, []))
    return tuple(dict.fromkeys(found.address for found in parse_addresses(values)[0]))


def _return_path(headers: Mapping[str, list[str]]) -> str | None:
    value = next(iter(headers.get("return-path", [])), None)
    return None if value is None else value.strip().strip("<>").strip().lower()


def _message_ids(headers: Mapping[str, list[str]], name: str) -> tuple[str, ...]:
    """Message-IDs with their angle brackets; of a long chain the first one and the latest."""
    found = re.findall(r"<[^<>\s]{1,900}>", " ".join(headers.get(name, []))[:_LONGEST_HEADER])
    return tuple(found if len(found) <= _MOST_REFERENCES else [found[0], *found[1 - _MOST_REFERENCES :]])


def _date(value: str) -> datetime | None:
    """In UTC; None when the mail gives none that can be understood."""
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError, AttributeError):
        return None


def _header_problems(headers: Mapping[str, list[str]]) -> list[str]:
    problems = []
    senders = headers.get("from", [])
    if len(senders) > 1:
        problems.append("The mail has several From lines.")
    if senders and not parse_addresses(senders[0])[0]:
        problems.append("The sender's address cannot be read without doubt.")
    if not senders:
        problems.append("The mail names no sender.")
    if any(not parse_addresses(", ".join(headers.get(name, [])))[1] for name in ("to", "cc") if headers.get(name)):
        problems.append("Some recipients were left out: too many, or not written as addresses.")
    return problems
