"""From data to a mail: subject, text and HTML of one kind, rendered from templates/mail/<kind>.*"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import css_inline
import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from portal.base.clock import now
from portal.base.settings import Settings
from portal.mail.headers import address, header, loop_mark, sender_of
from portal.rules.one_line import one_line
from portal.rules.reply_text import REPLY_MARKER
from portal.rules.vocabulary import MailKind

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "mail"
SUBJECT_LENGTH = 200
PRODUCT = "TradeSense Support"
WRITTEN_BY_PEOPLE = frozenset({MailKind.AGENT_REPLY})
ABOUT_A_TICKET = frozenset({MailKind.TICKET_CREATED, MailKind.AGENT_REPLY, MailKind.TICKET_RESOLVED})


@dataclass(frozen=True)
class Envelope:
    """Who gets a mail and how it threads. references: the Message-IDs of earlier mails of the thread, oldest first."""

    to_name: str
    to: str
    message_id: str
    reply_to: str = ""
    references: Sequence[str] = ()


def compose(settings: Settings, kind: MailKind, envelope: Envelope, context: Mapping[str, Any]) -> EmailMessage:
    """The finished mail. Automatic mail says so (RFC 3834); what a person wrote does not."""
    filled = {**_everywhere(settings, kind), **context, "message_html": _safe(context.get("message_html", ""))}
    message = EmailMessage()
    _put_headers(message, settings, kind, envelope)
    message["Subject"] = one_line(_render(kind, "subject.txt", filled))[:SUBJECT_LENGTH]
    message.set_content(_render(kind, "txt", filled).strip() + "\n")
    message.add_alternative(_inliner().inline(_render(kind, "html", filled)), subtype="html")
    return message


def _everywhere(settings: Settings, kind: MailKind) -> dict[str, Any]:
    """What every template may use. The marker line tells an answer from the mail below it, so it goes to customers only."""
    return {
        "support_address": settings.support_address,
        "base_url": settings.base_url,
        "product": PRODUCT,
        "marker": f"— {REPLY_MARKER} —" if kind in ABOUT_A_TICKET else "",
    }


def _safe(html: str) -> Markup:
    """A message's HTML, rebuilt once more from an allow-list: it leaves the house and is shown by other people's programs."""
    return Markup(nh3.clean(html, link_rel="noopener noreferrer nofollow"))  # noqa: S704 (cleaned in this line)


def _put_headers(message: EmailMessage, settings: Settings, kind: MailKind, envelope: Envelope) -> None:
    message["From"] = address(*sender_of(settings))
    message["To"] = address(envelope.to_name, envelope.to)
    message["Date"] = format_datetime(now())
    message["Message-ID"] = header(envelope.message_id)
    if envelope.reply_to:
        message["Reply-To"] = address("", envelope.reply_to)
    if envelope.references:
        message["In-Reply-To"] = header(envelope.references[-1])
        message["References"] = header(" ".join(envelope.references))
    message["X-Portal-Loop"] = loop_mark(settings)
    if kind not in WRITTEN_BY_PEOPLE:
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"


def _render(kind: MailKind, part: str, context: Mapping[str, Any]) -> str:
    return _environment().get_template(f"{kind.value}.{part}").render(context)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """HTML is escaped, plain text is not and is never sent as HTML; a missing value is an error, never a gap."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html",), default_for_string=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    """Never fetches anything. The style of the dark theme stays a style element, since no attribute can hold it."""
    return css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)
