"""The tree of a raw mail walked once: readable text, HTML, files and report parts. Nothing here raises for bad mail."""

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import Compat32

from portal.mail.charsets import clean, decode_header, decode_raw, decode_text
from portal.mail.html_text import html_to_text

MOST_PARTS = 500
DEEPEST = 30
LONGEST_TEXT = 1_000_000  # characters of readable text that are kept; the raw mail has the rest

# The standard parser tests every line against the boundary of each open multipart: lines times boundaries is its work.
_MOST_WORK = 20_000_000
_LONGEST_FIELD = 20_000  # characters of a Content-* field; reading its parameters takes the square of their number
_REPORT_TYPES = ("message/delivery-status", "message/global-delivery-status", "message/feedback-report",
                 "message/disposition-notification", "text/rfc822-headers")  # fmt: skip


class _AsWritten(Compat32):
    """Header values as they stand, 8-bit bytes read as letters: the parser's own reading of them loses names and words."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return decode_raw(value[:_LONGEST_FIELD] if name.lower().startswith("content-") else value)


_AS_WRITTEN = _AsWritten()


@dataclass(frozen=True)
class ParsedAttachment:
    """A file as the mail names it: the name is one line without folders, the type is only a claim."""

    filename: str
    content_type: str
    content: bytes
    content_id: str
    size: int  # decoded bytes


@dataclass
class MailParts:
    """What the walk collects."""

    bodies: list[tuple[bool, str]] = field(default_factory=list)  # (is HTML, text as sent) of what is to be read
    htmls: list[str] = field(default_factory=list)
    attachments: list[ParsedAttachment] = field(default_factory=list)
    reports: list[tuple[str, str]] = field(default_factory=list)  # (type, text) of the parts of a report
    types: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    count: int = 0

    def text(self) -> str:
        """The readable text of all bodies, in their order."""
        texts = (html_to_text(body) if is_html else body for is_html, body in self.bodies)
        return "\n\n".join(text.strip("\n") for text in texts if text.strip())


def read_message(raw: bytes) -> tuple[Message, str]:
    """The parsed tree, and a problem when only the header could be told from the rest."""
    work = (raw.count(b"\n") + 1) * (1 + len(re.findall(rb"boundary\s*=", raw, re.IGNORECASE)))
    if work <= _MOST_WORK:
        try:
            return BytesParser(policy=_AS_WRITTEN).parsebytes(raw), ""
        except (RecursionError, ValueError, LookupError, AttributeError, TypeError, IndexError):
            pass  # the flat reading below serves every mail the parser stumbles over
    head, _, body = raw.partition(b"\r\n\r\n" if b"\r\n\r\n" in raw[:100_000] else b"\n\n")
    message = BytesHeaderParser(policy=_AS_WRITTEN).parsebytes(head + b"\n\n")
    for name in ("Content-Type", "Content-Transfer-Encoding"):
        del message[name]
    message.set_payload(body[:LONGEST_TEXT].decode("ascii", "surrogateescape"))
    return message, "The parts of the mail are nested too deep to be read; its raw text is shown."


def collect_parts(message: Message) -> MailParts:
    """Walk the tree to a bounded depth and number of parts."""
    parts = MailParts()
    _collect(message, parts, 0)
    return parts


def _collect(part: Message, parts: MailParts, depth: int) -> None:
    parts.count += 1
    kind = content_type(part)
    parts.types.add(kind)
    if depth > DEEPEST or parts.count > MOST_PARTS:
        _problem(parts, "Some parts of the mail were left out: there are too many, or they are nested too deep.")
    elif kind in _REPORT_TYPES:
        parts.reports.append((kind, _report_text(part)))
    elif kind.startswith("message/") and depth:
        _attach_mail(part, kind, parts)
    elif part.is_multipart():
        _collect_children(part, kind, parts, depth)
    else:
        _leaf(part, kind, parts)


def _collect_children(part: Message, kind: str, parts: MailParts, depth: int) -> None:
    if kind == "multipart/alternative":
        _alternative(part, parts, depth)
        return
    for child in _children(part):
        _collect(child, parts, depth + 1)


def _alternative(part: Message, parts: MailParts, depth: int) -> None:
    """One letter in several forms: the plain one is read, unless it is only a stub beside the HTML; files stay files."""
    before = len(parts.bodies)
    for child in _children(part):
        _collect(child, parts, depth + 1)
    forms = parts.bodies[before:]
    plain = [form for form in forms if not form[0] and form[1].strip()]
    rich = [form for form in forms if form[0] and form[1].strip()]
    parts.bodies[before:] = rich if rich and _is_stub(plain, rich) else plain


def _is_stub(plain: list[tuple[bool, str]], rich: list[tuple[bool, str]]) -> bool:
    """No plain text, or a line like "your program cannot show this mail" in place of a long letter."""
    length = sum(len(text.strip()) for _, text in plain)
    return length == 0 or (length < 200 and sum(len(html_to_text(html).strip()) for _, html in rich) > 10 * length)


def _children(part: Message) -> Iterator[Message]:
    payload = part.get_payload() if part.is_multipart() else ()
    return (child for child in payload if isinstance(child, Message))


def _leaf(part: Message, kind: str, parts: MailParts) -> None:
    """Text to read or a file. A multipart whose boundaries are missing is read as the text it is."""
    is_file = disposition(part) == "attachment" or bool(file_name(part))
    is_text = kind in ("text/plain", "text/html") or kind.startswith("multipart/")
    if is_text and not is_file:
        _read_text(part, kind, parts)
    else:
        _attach(part, kind, parts)


def _read_text(part: Message, kind: str, parts: MailParts) -> None:
    text = decode_text(payload_bytes(part), parameter(part, "content-type", "charset"))
    if len(text) > LONGEST_TEXT:
        _problem(parts, "The text is very long and was cut; the raw mail holds all of it.")
        text = text[:LONGEST_TEXT]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if kind == "text/html":
        parts.htmls.append(text)
    elif parameter(part, "content-type", "format").lower() == "flowed":
        text = _unflowed(text, parameter(part, "content-type", "delsp").lower() == "yes")
    parts.bodies.append((kind == "text/html", text))


def _unflowed(text: str, is_space_dropped: bool) -> str:
    """format=flowed (RFC 3676): a line that ends in a space goes on in the next one of the same quote depth."""
    joined: list[str] = []
    is_open, depth_before = False, 0
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        body = line[depth:].removeprefix(" ")
        if is_open and depth == depth_before and body != "-- ":
            joined[-1] += body
        else:
            joined.append(">" * depth + (" " if depth and body else "") + body)
        is_open, depth_before = line.endswith(" ") and body != "-- ", depth
        if is_open and is_space_dropped:
            joined[-1] = joined[-1][:-1]
    return "\n".join(joined)


# --- files


def _attach(part: Message, kind: str, parts: MailParts) -> None:
    content = payload_bytes(part)
    name = file_name(part) or f"attachment-{len(parts.attachments) + 1}{mimetypes.guess_extension(kind) or '.bin'}"
    _add(part, parts, name, kind, content)


def _attach_mail(part: Message, kind: str, parts: MailParts) -> None:
    """A mail within the mail is one file, whatever hangs on it. An external body is only a pointer and holds nothing."""
    inner = next(_children(part), None)
    content = _flat(inner) if inner is not None else payload_bytes(part)
    content = b"" if kind == "message/external-body" else content
    subject = decode_header(str(inner.get("Subject", ""))) if inner is not None else ""
    name = file_name(part) or f"{_one_name(subject)[:80] or 'message'}.eml"
    _add(part, parts, name, kind, content)


def _flat(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except (RecursionError, ValueError, LookupError, AttributeError, TypeError, KeyError):
        return payload_bytes(message)


def _add(part: Message, parts: MailParts, name: str, kind: str, content: bytes) -> None:
    content_id = decode_header(str(part.get("Content-ID", ""))).strip("<> ")[:250]
    parts.attachments.append(ParsedAttachment(name, kind, content, content_id, len(content)))


def _report_text(part: Message) -> str:
    """The text of a report part; the parser made mails of its groups of fields."""
    blocks = [_flat(child) for child in _children(part)] or [payload_bytes(part)]
    return "\n\n".join(decode_text(block).strip() for block in blocks)[:LONGEST_TEXT]


def _problem(parts: MailParts, text: str) -> None:
    if text not in parts.problems:
        parts.problems.append(text)


# --- one part's fields


def content_type(part: Message) -> str:
    """The type in lower case without parameters. A part that says nothing understandable is text, as RFC 2045 has it."""
    value = str(part.get("Content-Type", "")).split(";")[0].strip().lower()
    if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,100}", value, re.ASCII):
        return value
    return part.get_default_type() if not value or value in ("text", "plain") else "text/plain"


def disposition(part: Message) -> str:
    return str(part.get("Content-Disposition", "")).split(";")[0].strip().lower()


def parameter(part: Message, header: str, name: str) -> str:
    """A parameter's value decoded from RFC 2231, encoded words or plain 8-bit bytes; empty when there is none."""
    try:
        value = part.get_param(name, "", header)
    except (ValueError, LookupError, TypeError, AttributeError, IndexError):
        return ""
    if isinstance(value, tuple):
        charset, _, text = value
        return clean(decode_text(str(text).encode("latin-1", "replace"), str(charset or "")))
    return decode_header(str(value))


def file_name(part: Message) -> str:
    """One line, no folders, no control characters; empty when the mail gives no name."""
    return _one_name(parameter(part, "content-disposition", "filename") or parameter(part, "content-type", "name"))


def _one_name(text: str) -> str:
    name = re.sub(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", "", text)
    name = name.replace("\\", "/").rpartition("/")[2].strip(" .") if re.search(r"[\\/]", name) else name.strip()
    return name[:200]


def payload_bytes(part: Message) -> bytes:
    """The decoded body of one part. Never asked for as text: the standard library would use any codec the mail names."""
    if part.is_multipart():
        return b""
    try:
        decoded = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError, IndexError):
        return b""
    return decoded if isinstance(decoded, bytes) else b""
