"""Every kind of mail has subject, text and HTML, says truly whether a machine made it, and lets nobody's text act."""

import email
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import UndefinedError

from portal.base.settings import Settings
from portal.mail.compose import ABOUT_A_TICKET, TEMPLATES, WRITTEN_BY_PEOPLE, Envelope, compose
from portal.mail.headers import loop_mark, message_id_for, reply_address, wire_form
from portal.mail.parse import parse_mail
from portal.rules.automatic_mail import MailClass, classify
from portal.rules.reply_text import REPLY_MARKER
from portal.rules.vocabulary import MailKind

SETTINGS = Settings(
    secret_key="k" * 32,
    base_url="https://portal.example",
    support_address="support@portal.example",
    mail_default_sender="TradeSense Support <support@portal.example>",
)
NASTY = "Export <script>alert(1)</script>\r\nBcc: mallory@evil.example {{ 7 * 7 }}"
CONTEXT: dict[str, Any] = {
    "number": 7,
    "subject": NASTY,
    "name": "Ana <b>Lindqvist</b>",
    "priority": "high",
    "priority_reason": "Premium plan",
    "link": "https://portal.example/tickets/7",
    "expected_by": "Tue 3 Nov 2026, 17:15 (Europe/Stockholm)",
    "articles": [("Export your <trades>", "https://portal.example/kb/articles/12-export-your-trades")],
    "message_html": "<p>Please <b>try</b> again</p><script>alert(2)</script><img src=x onerror=alert(3)>",
    "message_text": "Please **try** again",
    "author_name": "Cleo Martin",
    "file_names": ["notes.pdf"],
    "survey_links": [(score, f"https://portal.example/survey/t?score={score}") for score in range(1, 6)],
    "reopen_days": 7,
    "minutes": 30,
    "reset_link": "https://portal.example/password/forgot",
}


def written(kind: MailKind, **values: Any) -> EmailMessage:
    """The mail as its receiver reads it."""
    envelope = Envelope(
        "Ana\r\nBcc: mallory@evil.example",
        "ana@kunde.example",
        message_id_for(SETTINGS, 7),
        reply_to=reply_address(SETTINGS, 7, "ana@kunde.example") if kind in ABOUT_A_TICKET else "",
        references=["<first@kunde.example>", "<second@portal.example>"],
    )
    message = compose(SETTINGS, kind, envelope, {**CONTEXT, **values})
    return email.message_from_bytes(wire_form(message), policy=policy.default)


def part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    assert body is not None
    return str(body.get_content())


every_kind = pytest.mark.parametrize("kind", list(MailKind), ids=str)


@every_kind
def test_each_kind_has_subject_text_and_html(kind: MailKind) -> None:
    message = written(kind)
    assert message["Subject"].strip()
    assert part(message, "plain").strip()
    assert "</html>" in part(message, "html")
    assert "https://portal.example" in part(message, "plain")


@every_kind
def test_nobodys_text_becomes_markup_or_a_header(kind: MailKind) -> None:
    message = written(kind)
    assert message["Bcc"] is None
    assert [each.addr_spec for each in message["To"].addresses] == ["ana@kunde.example"]
    html = part(message, "html")
    for unwanted in ("<script", "onerror", "<b>Lindqvist", "49"):
        assert unwanted not in html


@every_kind
def test_machines_say_so_and_people_do_not(kind: MailKind) -> None:
    message = written(kind)
    by_machine = kind is not MailKind.AGENT_REPLY
    assert (message["Auto-Submitted"] == "auto-generated") is by_machine
    assert (message["X-Auto-Response-Suppress"] == "All") is by_machine
    assert (kind in WRITTEN_BY_PEOPLE) is not by_machine


@every_kind
def test_only_customers_mails_about_a_ticket_carry_the_marker(kind: MailKind) -> None:
    message = written(kind)
    is_theirs = kind in ABOUT_A_TICKET
    assert (REPLY_MARKER in part(message, "plain")) is is_theirs
    assert (REPLY_MARKER in part(message, "html")) is is_theirs


@every_kind
def test_our_own_mail_is_known_when_it_comes_back(kind: MailKind) -> None:
    mail = parse_mail(bytes(written(kind)))
    assert classify(mail.facts(loop_mark(SETTINGS))) is MailClass.LOOP


@pytest.mark.parametrize("kind", sorted(ABOUT_A_TICKET))
def test_mails_to_customers_keep_the_tickets_subject(kind: MailKind) -> None:
    assert written(kind, subject="Export stops")["Subject"] == "[#7] Export stops"


def test_threads_are_told() -> None:
    message = written(MailKind.AGENT_REPLY)
    assert message["References"] == "<first@kunde.example> <second@portal.example>"
    assert message["In-Reply-To"] == "<second@portal.example>"
    assert message["Message-ID"] == message_id_for(SETTINGS, 7)
    assert message["Reply-To"].addresses[0].addr_spec == reply_address(SETTINGS, 7, "ana@kunde.example")


def test_the_confirmation_repeats_nothing_of_what_was_written() -> None:
    message = written(MailKind.CONFIRM_TICKET, subject="SECRET-WORD", message_text="SECRET-WORD", name="SECRET-WORD")
    assert b"SECRET-WORD" not in bytes(message)


def test_a_missing_value_is_an_error_and_never_a_gap() -> None:
    envelope = Envelope("Ana", "ana@kunde.example", message_id_for(SETTINGS, 7))
    with pytest.raises(UndefinedError):
        compose(SETTINGS, MailKind.SIGN_IN_LINK, envelope, {"name": "Ana"})


def test_an_answer_to_our_mail_is_told_from_it() -> None:
    """The round trip: what Ana's program quotes of our text is folded."""
    ours = part(written(MailKind.AGENT_REPLY), "plain")
    quoted = "\n".join(f"> {line}" for line in ours.splitlines())
    raw = f"From: ana@kunde.example\nSubject: Re: x\n\nIt works now, thanks.\n\nschreef Cleo:\n\n{quoted}\n"
    assert parse_mail(raw.encode()).reply.startswith("It works now, thanks.")
    assert "try" not in parse_mail(raw.encode()).reply


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("href", "src", "background")]


@every_kind
def test_a_mail_loads_nothing_and_links_only_home(kind: MailKind) -> None:
    links = _Links()
    links.feed(part(written(kind, message_html=""), "html"))
    assert links.found
    assert all(link.startswith("https://portal.example") for link in links.found)
    assert "url(" not in part(written(kind), "html")


def test_every_template_belongs_to_a_kind() -> None:
    wanted = {f"{kind.value}.{end}" for kind in MailKind for end in ("subject.txt", "txt", "html")}
    assert {path.name for path in TEMPLATES.iterdir() if not path.name.startswith("_")} == wanted
