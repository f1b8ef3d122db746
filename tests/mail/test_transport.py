"""Mail is handed to real servers that accept, refuse, fall silent and hang up at every step."""

import email
import socket
from email import policy
from email.message import EmailMessage

import pytest

from portal.base.settings import Settings
from portal.mail.transport import MAILS_PER_CONNECTION, SendResult, Transport
from tests.mail.smtp_server import Inbox, Script, mail_server, scripted_server

SENDER, ANA = "support@portal.example", "ana@kunde.example"


def mail(subject: str = "Export") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, ANA, subject
    message["Message-ID"] = "<portal-1.aa@portal.example>"
    message.set_content("Grüße\n.\nthe line above is one dot\n")
    return message


def transport(port: int, *, sign_in: bool = False, **values: float) -> Transport:
    settings = Settings(mail_server="127.0.0.1", mail_port=port, secret_key="k" * 32)
    if sign_in:
        settings = settings.filled(mail_username="portal", mail_password="secret")
    return Transport(settings, **{"connect_timeout": 0.5, "command_timeout": 0.5, **values})


def sent_to(port: int, message: EmailMessage | None = None, *, sign_in: bool = False, **values: float) -> SendResult:
    with transport(port, sign_in=sign_in, **values).connected() as connection:
        return connection.send(message or mail(), SENDER, ANA)


def test_an_accepted_mail_is_sent_with_the_servers_words() -> None:
    inbox = Inbox()
    with mail_server(inbox) as port:
        assert sent_to(port) == SendResult("sent", 250, "OK, kept")
    (envelope,) = inbox.kept
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, [ANA])
    read = email.message_from_bytes(envelope.content, policy=policy.default)  # type: ignore[arg-type]
    assert read.get_content() == "Grüße\n.\nthe line above is one dot\n"


@pytest.mark.parametrize(
    ("rcpt", "data", "state", "code"),
    [
        ("450 greylisted, come again", "", "retry", 450),
        ("452 too many", "", "retry", 452),
        ("550 no such user", "", "failed", 550),
        ("553 name not allowed", "", "failed", 553),
        ("", "451 try again", "retry", 451),
        ("", "554 looks like spam", "failed", 554),
        ("", "552 too large", "failed", 552),
        ("530 sign in first", "", "retry", 530),
    ],
)
def test_a_refusal_is_final_or_not_by_its_code(rcpt: str, data: str, state: str, code: int) -> None:
    with mail_server(Inbox(rcpt=rcpt, data=data)) as port:
        result = sent_to(port)
    assert (result.state, result.code) == (state, code)
    assert result.text


@pytest.mark.parametrize(
    "script",
    [
        Script(greeting=None),
        Script(greeting="close"),
        Script(greeting="554 go away"),
        Script(greeting="421 busy"),
        Script(answers={"EHLO": None}),
        Script(answers={"EHLO": "close"}),
        Script(answers={"EHLO": "550 no", "HELO": "550 no"}),
        Script(answers={"MAIL": None}),
        Script(answers={"MAIL": "421 shutting down"}),
        Script(answers={"RCPT": "close"}),
        Script(answers={"DATA": None}),
        Script(answers={"DATA": "close"}),
        Script(answers={"DATA": "451 later"}),
        Script(after_data=None),
        Script(after_data="close"),
        Script(after_data="gibberish"),
    ],
    ids=[
        "silent", "hangs up", "refuses us", "busy", "silent at EHLO", "gone at EHLO", "no greeting taken", "silent at MAIL",
        "421 at MAIL", "gone at RCPT", "silent at DATA", "gone at DATA", "451 at DATA", "silent after the mail",
        "gone after the mail", "gibberish after the mail",
    ],
)  # fmt: skip
def test_whatever_is_left_open_is_tried_again(script: Script) -> None:
    with scripted_server(script) as port:
        result = sent_to(port)
    assert result.state == "retry"
    assert result.text


@pytest.mark.parametrize("quit_answer", ["close", None, "421 too late", "gibberish"])
def test_an_acceptance_stays_an_acceptance_whatever_happens_at_quit(quit_answer: str | None) -> None:
    script = Script(answers={"QUIT": quit_answer})
    with scripted_server(script) as port:
        assert sent_to(port) == SendResult("sent", 250, "taken")
    assert len(script.taken) == 1


def test_a_server_that_hangs_up_right_after_its_yes_took_the_mail() -> None:
    script = Script(after_data="250 taken")
    with scripted_server(script) as port, transport(port).connected() as connection:
        assert connection.send(mail(), SENDER, ANA).state == "sent"


def test_a_server_that_drips_its_answer_is_cut_off() -> None:
    script = Script(after_data="250-taken\r\n250-and" + "\r\n250-more" * 5, answers={})
    with scripted_server(script) as port:
        assert sent_to(port, command_timeout=20, mail_timeout=0.5).state == "retry"


@pytest.mark.parametrize(
    "script",
    [Script(greeting="220-wait"), Script(answers={"EHLO": "250-wait"}), Script(answers={"AUTH": "250-wait"})],
    ids=["greeting", "EHLO", "AUTH"],
)
def test_a_server_that_drips_before_the_mail_is_cut_off_by_the_same_deadline(script: Script) -> None:
    script.answers.setdefault("EHLO", "250-scripted\r\n250 AUTH PLAIN")
    with scripted_server(script) as port:
        result = sent_to(port, connect_timeout=20, command_timeout=20, mail_timeout=0.3, sign_in=True)
    assert result.state == "retry"
    assert "timed out" not in result.text


def test_nobody_listening_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = sent_to(port)
    assert (result.state, result.code) == ("retry", None)
    assert "cannot be reached" in result.text


def test_a_server_that_takes_no_connections_is_given_up_after_the_connect_timeout() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        assert sent_to(full.getsockname()[1]).state == "retry"
        for each in waiting:
            each.close()


def test_a_mail_after_a_refused_one_goes_through_on_the_same_connection() -> None:
    inbox = Inbox(rcpt="550 no such user")
    with mail_server(inbox) as port, transport(port).connected() as connection:
        assert connection.send(mail(), SENDER, ANA).state == "failed"
        inbox.rcpt = ""
        assert connection.send(mail(), SENDER, ANA).state == "sent"


def test_a_mail_after_a_lost_connection_goes_through_on_a_new_one() -> None:
    script = Script(answers={"RCPT": "close"})
    with scripted_server(script) as port, transport(port).connected() as connection:
        assert connection.send(mail(), SENDER, ANA).state == "retry"
        script.answers.clear()
        assert connection.send(mail(), SENDER, ANA).state == "sent"


def test_many_mails_change_connections_now_and_then() -> None:
    script = Script()
    with scripted_server(script) as port, transport(port).connected() as connection:
        results = {connection.send(mail(), SENDER, ANA).state for _ in range(MAILS_PER_CONNECTION + 1)}
    assert results == {"sent"}
    assert script.commands.count("EHLO") == 2


def test_a_mail_with_a_smuggled_header_never_reaches_the_server() -> None:
    message = EmailMessage(policy=policy.compat32)
    message["Subject"] = "hi\nBcc: mallory@evil.example"
    script = Script()
    with scripted_server(script) as port:
        assert sent_to(port, message).state == "failed"
    assert script.commands == []


def test_entering_and_leaving_without_a_mail_needs_no_server() -> None:
    with transport(1).connected():
        pass
