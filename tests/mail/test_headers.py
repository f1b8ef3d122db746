"""No text starts a header of its own, and our keyed marks open exactly one thread to exactly one address."""

import email
from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.base.settings import Settings
from portal.mail.headers import (
    SIGNATURE_LENGTH,
    address,
    header,
    is_mailable,
    loop_mark,
    message_id_for,
    one_line,
    outbox_of_message_id,
    reply_address,
    sender_of,
    ticket_of_reply_address,
    was_issued_to,
    wire_form,
)

OURS = Settings(
    secret_key="k" * 32, support_address="support@portal.example", mail_default_sender="Desk <d@portal.example>"
)
OTHERS = Settings(secret_key="o" * 32, support_address="support@portal.example")
ANA, BEN = "ana@kunde.example", "ben@kunde.example"

BROKEN = st.tuples(st.text(), st.sampled_from("\r\n\0"), st.text()).map("".join)


@given(BROKEN)
def test_a_header_with_a_line_break_or_nul_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        header(value)


@given(BROKEN)
def test_an_address_with_a_line_break_or_nul_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        address("Ana", f"{value}@kunde.example")


@given(st.text())
def test_one_line_is_one_line(value: str) -> None:
    assert "\n" not in header(one_line(value))


@given(st.text(), st.text())
def test_no_name_and_no_subject_adds_a_header_to_the_mail(name: str, subject: str) -> None:
    message = EmailMessage()
    message["To"], message["Subject"] = address(name, ANA), one_line(subject)
    message.set_content("x")
    read = email.message_from_bytes(wire_form(message), policy=policy.default)
    assert set(read.keys()) == {"To", "Subject", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"}
    assert [each.addr_spec for each in read["To"].addresses] == [ANA]
    assert wire_form(message).isascii()


@pytest.mark.parametrize("bad", ["x\nBcc: m@evil.example", "x\r\nBcc: m@evil.example", "x\rBcc: m", "x\0y"])
@pytest.mark.parametrize("name", ["Subject", "X-Extra", "References"])
def test_the_written_form_is_checked_once_more(name: str, bad: str) -> None:
    message = EmailMessage(policy=policy.compat32)
    message[name] = bad
    with pytest.raises(ValueError, match="line break"):
        wire_form(message)


def test_long_message_ids_are_not_taken_for_words() -> None:
    message = EmailMessage()
    ids = [f"<{'x' * 120}{number}@kunde.example>" for number in range(10)]
    message["References"], message["In-Reply-To"] = " ".join(ids), ids[-1]
    message["Reply-To"] = address("", reply_address(OURS, 123456, ANA))
    written = wire_form(message).decode()
    assert all(each in written for each in ids)
    assert "=?utf-8" not in written
    assert max(map(len, written.split("\r\n"))) < 998


def test_the_sender_comes_from_the_settings() -> None:
    assert sender_of(OURS) == ("Desk", "d@portal.example")


def test_an_international_domain_is_written_as_mail_servers_take_it() -> None:
    assert address("Ana", "ana@bücher.example").addr_spec == "ana@xn--bcher-kva.example"
    ours = Settings(secret_key="k" * 32, support_address="support@bücher.example", mail_default_sender="")
    assert sender_of(ours)[1] == "support@xn--bcher-kva.example"
    mailbox = reply_address(ours, 7, ANA)
    assert mailbox.endswith("@xn--bcher-kva.example")
    assert ticket_of_reply_address(ours, mailbox) is not None
    assert message_id_for(ours, 7).isascii()


@pytest.mark.parametrize("mailbox", ["jürgen@example.com", f"{'a' * 250}@b.example", "ana@bücher..example", "ana"])
def test_an_address_that_no_mail_server_takes_is_refused(mailbox: str) -> None:
    assert not is_mailable(mailbox)
    with pytest.raises(ValueError, match=r"."):
        address("", mailbox)


# --- the signed reply address


@given(st.integers(1, 10**9), st.emails())
def test_a_reply_address_names_its_ticket_and_fits_its_recipient(number: int, recipient: str) -> None:
    mailbox = reply_address(OURS, number, recipient)
    assert mailbox.startswith(f"support+{number}.")
    found = ticket_of_reply_address(OURS, mailbox.upper())
    assert found is not None
    assert found[0] == number
    assert was_issued_to(OURS, *found, recipient.upper() if recipient.isascii() else recipient)


def test_the_signature_is_lower_case_and_long() -> None:
    signed = reply_address(OURS, 7, ANA).partition(".")[2].partition("@")[0]
    assert len(signed) == SIGNATURE_LENGTH >= 20
    assert signed == signed.lower()


@pytest.mark.parametrize(
    ("settings", "number", "recipient"),
    [(OURS, 7, BEN), (OURS, 8, ANA), (OTHERS, 7, ANA)],
    ids=["person", "ticket", "key"],
)
def test_a_signature_is_worthless_for_anything_else(settings: Settings, number: int, recipient: str) -> None:
    found = ticket_of_reply_address(OURS, reply_address(OURS, 7, ANA))
    assert found is not None
    assert not was_issued_to(settings, number, found[1], recipient)


@pytest.mark.parametrize(
    "mailbox",
    [
        "support@portal.example",
        "support+7@portal.example",
        f"support+7.{'a' * 25}@portal.example",
        f"support+7.{'a' * 26}@evil.example",
        f"support+7.{'1' * 26}@portal.example",
        f"support+7.{'a' * 26}@portal.example.evil.example",
        f"x support+7.{'a' * 26}@portal.example",
        "",
    ],
)
def test_other_addresses_are_no_reply_addresses(mailbox: str) -> None:
    assert ticket_of_reply_address(OURS, mailbox) is None


# --- the keyed Message-ID


@given(st.integers(1, 10**15))
def test_a_message_id_of_ours_names_its_outbox_row(number: int) -> None:
    assert outbox_of_message_id(OURS, message_id_for(OURS, number)) == number
    assert outbox_of_message_id(OTHERS, message_id_for(OURS, number)) is None


def test_a_forged_message_id_names_nothing() -> None:
    mine = message_id_for(OURS, 7)
    assert outbox_of_message_id(OURS, mine.replace("portal-7.", "portal-8.")) is None
    assert outbox_of_message_id(OURS, f"<portal-7.{'a' * 26}@portal.example>") is None
    assert outbox_of_message_id(OURS, "<portal-7@portal.example>") is None


def test_the_marks_of_two_portals_differ() -> None:
    assert loop_mark(OURS) != loop_mark(OTHERS)
