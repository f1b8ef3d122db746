"""Any bytes become a mail the portal can show; each difficulty has a mail of its own under fixtures/mails."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.mail.parse import ParsedMail, parse_mail

MAILS = Path(__file__).parent.parent / "fixtures" / "mails"


def read(name: str) -> ParsedMail:
    return parse_mail((MAILS / f"{name}.eml").read_bytes())


def names(mail: ParsedMail) -> list[str]:
    return [file.filename for file in mail.attachments]


# --- people's mail


def test_a_reply_is_read_with_its_thread_and_without_its_history() -> None:
    mail = read("gmail_reply")
    assert (mail.kind, mail.from_address, mail.from_name) == ("reply", "ana@kunde.example", "Ana Lindqvist")
    assert mail.from_is_plain
    assert mail.reply == "It still stops at 80 %, even with one account.\n\nCould you look again?"
    assert "please choose a single account" in mail.quoted
    assert mail.in_reply_to == "<portal-1.aa@portal.example>"
    assert mail.references == ("<first@kunde.example>", "<portal-1.aa@portal.example>")
    assert mail.message_id == "<one@kunde.example>"
    assert mail.date == datetime(2026, 11, 3, 8, 15, tzinfo=UTC)
    assert mail.to == ("support@portal.example",)


def test_outlooks_html_is_read_without_its_history() -> None:
    mail = read("outlook_html_reply")
    assert mail.reply.split() == "Tack, det gick bättre nu. Men filen är tom.".split()  # noqa: SIM905
    assert "<p class=MsoNormal>" in mail.html


def test_answers_between_quoted_lines_keep_their_questions() -> None:
    mail = read("interleaved")
    assert "> Which browser do you use?" in mail.reply
    assert "Since Monday." in mail.reply
    assert mail.quoted == ""


def test_encoded_names_subjects_and_file_names_are_decoded() -> None:
    mail = read("names_encoded")
    assert mail.from_name == "Åsa Lindström"
    assert mail.subject == "Räcksmörgås 🥪"
    assert mail.text.strip() == "Hej!"
    assert names(mail) == ["räkning maj.pdf", "anteckning.txt", "attachment-3.png"]
    assert [file.size for file in mail.attachments] == [6, 16, 8]
    assert mail.attachments[2].content_id == "bild@kunde.example"


def test_raw_letters_in_headers_are_read() -> None:
    mail = read("raw_utf8_headers")
    assert mail.subject == "Größe der Datei — ungekürzt"
    assert names(mail) == ["größe.csv"]


def test_an_unknown_charset_and_a_nul_do_no_harm() -> None:
    mail = read("unknown_charset")
    assert "Grüße, it says €5" in mail.text
    assert "\0" not in mail.text


def test_flowed_lines_are_joined_and_the_signature_is_told() -> None:
    mail = read("format_flowed")
    assert mail.reply == "This sentence was wrapped by the mail program, this one too, and ends here."
    assert mail.signature.split() == ["--", "Ana"]


def test_a_stub_gives_way_to_the_html_letter() -> None:
    assert "audit on Friday" in read("alternative_stub").reply


def test_winmail_dat_stays_a_file() -> None:
    mail = read("winmail_dat")
    assert names(mail) == ["winmail.dat"]
    assert mail.attachments[0].content_type == "application/ms-tnef"


def test_a_mail_within_a_mail_is_one_file() -> None:
    mail = read("mail_within_mail")
    assert names(mail) == ["Your payment.eml"]
    assert b"inner.pdf" in mail.attachments[0].content
    assert mail.text.strip() == "See the mail attached."


def test_a_multipart_without_parts_shows_its_words() -> None:
    assert read("broken_multipart").reply == "The words are still here."


@pytest.mark.parametrize("name", ["list_post", "quoted_bounce"])
def test_people_on_lists_and_people_who_quote_bounces_are_people(name: str) -> None:
    assert read(name).kind == "new"


# --- who wrote it


def test_two_from_lines_make_no_certain_sender() -> None:
    mail = read("two_senders")
    assert not mail.from_is_plain
    assert "The mail has several From lines." in mail.problems


def test_an_address_that_can_be_read_in_two_ways_is_no_sender() -> None:
    mail = read("confused_sender")
    assert not mail.from_is_plain
    assert mail.from_address == ""


@pytest.mark.parametrize(
    ("value", "address", "is_plain"),
    [
        ("ana@kunde.example", "ana@kunde.example", True),
        ("Ana <Ana@Kunde.Example>", "ana@kunde.example", True),
        ('"Lindqvist, Ana" <ana@kunde.example>', "ana@kunde.example", True),
        ("ana@kunde.example (Ana)", "ana@kunde.example", True),
        ("cleo@portal.example <ana@kunde.example>", "ana@kunde.example", True),
        ("ana@kunde.example, ben@kunde.example", "ana@kunde.example", False),
        ("ana@kunde.example)<mallory@evil.example>", "", False),
        ("<ana@kunde.example><mallory@evil.example>", "", False),
        ("<ana@kunde.example> mallory", "", False),
        ("ana@kunde.example@evil.example", "", False),
        ('"ana@kunde.example', "", False),
        ("", "", False),
    ],
)
def test_senders_are_read_strictly(value: str, address: str, is_plain: bool) -> None:
    mail = parse_mail(f"From: {value}\nSubject: x\n\nhello\n".encode())
    assert (mail.from_address if "@" in address else address, mail.from_is_plain) == (address, is_plain)


# --- bounces and robots


def test_a_report_names_the_dead_address() -> None:
    bounce = read("bounce_report").bounce
    assert bounce is not None
    assert bounce.recipients == ("ben@kunde.example",)
    assert (bounce.permanent, bounce.address_dead, bounce.status) == (True, True, "5.1.1")


def test_a_delay_is_not_for_good() -> None:
    bounce = read("bounce_delayed").bounce
    assert bounce is not None
    assert (bounce.recipients, bounce.permanent, bounce.status) == (("ben@kunde.example",), False, "4.4.1")


def test_a_full_mailbox_is_not_dead() -> None:
    bounce = read("bounce_full").bounce
    assert bounce is not None
    assert (bounce.permanent, bounce.address_dead, bounce.status) == (False, False, "5.2.2")


def test_a_bounce_in_plain_words_is_understood() -> None:
    bounce = read("bounce_plain").bounce
    assert bounce is not None
    assert (bounce.recipients, bounce.address_dead) == (("ben@kunde.example",), True)


def test_a_complaint_is_a_bounce_that_kills_no_address() -> None:
    mail = read("complaint")
    assert mail.kind == "bounce"
    assert mail.bounce is not None
    assert not mail.bounce.permanent


@pytest.mark.parametrize("name", ["vacation", "read_receipt"])
def test_absence_notes_and_receipts_are_auto_replies(name: str) -> None:
    assert read(name).kind == "auto-reply"


# --- hostile mail


@given(st.binary(max_size=2_000))
def test_no_bytes_raise(raw: bytes) -> None:
    assert parse_mail(raw).kind in ("new", "reply", "bounce", "auto-reply", "malformed")


PIECES = st.sampled_from(
    [b"\r\n", b"\n", b"\n\n", b"--b", b"--b--", b"\0", b"\xff\xfe", b"=?utf-8?q?=", b"=?x?b?!?=", b";", b'"', b"<", b">",
     b"From: ", b"To: ", b"Subject: ", b"Date: ", b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Type: text/html\n",
     b"Content-Type: text/plain; charset=punycode\n", b"Content-Transfer-Encoding: base64\n", b"filename*0*=%", b"message/rfc822",
     b"Content-Disposition: attachment; filename*=x''%ZZ\n", b"a@b.example", b"<div", b"&#x110000;", b"Status: 5.1.1\n"]
)  # fmt: skip


@given(st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=40))
def test_no_broken_mail_raises_and_what_is_read_can_be_stored(pieces: list[bytes]) -> None:
    mail = parse_mail(b"".join(pieces))
    texts = [mail.subject, mail.text, mail.html, mail.reply, mail.from_name, *names(mail), *mail.problems]
    assert not any(problem.startswith("Unreadable") for problem in mail.problems)
    for text in texts:
        assert "\0" not in text
        text.encode("utf-8")


def nested(depth: int) -> bytes:
    head = b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b0\n\n"
    opens = (f"--b{level}\nContent-Type: multipart/mixed; boundary=b{level + 1}\n\n".encode() for level in range(depth))
    return head + b"".join(opens) + f"--b{depth}\n\nwords in the depth\n".encode()


def many_recipients() -> bytes:
    return (
        b"From: a@b.example\nTo: " + b",\n ".join(b"p%d@kunde.example" % number for number in range(20_000)) + b"\n\nx"
    )


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "raw",
    [
        nested(20),
        nested(1_000),
        nested(20_000),
        many_recipients(),
        b"Subject: " + b"x" * 5_000_000 + b"\n\nhi",
        b"Subject: " + b"=?utf-8?q?a?= " * 100_000 + b"\n\nhi",
        b"X: y\n" * 200_000 + b"\nhi",
        b"From: a@b\nContent-Type: text/html\n\n" + b"<div>" * 200_000,
        b"From: a@b\nContent-Type: text/html\n\n" + b"&" * 1_000_000,
        b"From: " + b"(" * 1_000_000 + b"\n\nhi",
        b"From: " + b'"' * 999_999 + b"\n\nhi",
        b"Content-Type: text/plain; " + b"a=b;" * 100_000 + b"\n\nhi",
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 20_000,
        b"Content-Type: message/rfc822\n\n" * 2_000 + b"x",
    ],
    ids=[
        "deep", "deeper", "deepest", "20,000 recipients", "long subject", "many words", "many headers", "deep html",
        "ampersands", "brackets", "quotes", "parameters", "many parts", "mails in mails",
    ],
)  # fmt: skip
def test_hostile_sizes_are_bounded(raw: bytes) -> None:
    mail = parse_mail(raw)
    assert len(mail.to) <= 200
    assert len(mail.attachments) <= 500
    assert not any(problem.startswith("Unreadable") for problem in mail.problems)


def test_a_large_file_is_read_whole() -> None:
    data = bytes(range(256)) * 40_000
    raw = (
        b"From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\n"
        b"Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(data)
        + b"--b--\n"
    )
    assert parse_mail(raw).attachments[0].content == data
