"""The local mail catcher over real SMTP."""

import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from portal.base import mail_catcher
from portal.base.embedded.server import free_port
from portal.base.mail_catcher import CaughtMail, caught_mails, find_mail

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mail") / "box with a space"


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "portal.base.mail_catcher", f"--port={port}", f"--folder={folder}"]
    with subprocess.Popen(command, cwd=ROOT) as catcher:
        _wait_for(port)
        yield port
        catcher.terminate()
    assert catcher.returncode == 0


def _wait_for(port: int) -> None:
    deadline, pause = time.monotonic() + 20, threading.Event()
    while True:
        try:
            smtplib.SMTP("127.0.0.1", port, timeout=5).close()
        except OSError:
            assert time.monotonic() < deadline
            pause.wait(0.05)
        else:
            return


def send(port: int, message: EmailMessage, *more: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as smtp:
        smtp.send_message(message, to_addrs=[message["To"], *more])


def reply(subject: str = "Grüße: your ticket #12") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "Support <support@localhost>", "ana@example.com"
    message["Subject"], message["Message-ID"] = subject, "<12.reply@localhost>"
    message["X-Twice"] = "one"
    message["X-Twice"] = "two"
    message.set_content("Schöne Grüße")
    message.add_alternative("<p>Schöne Grüße</p>", subtype="html")
    return message


def newest(folder: Path) -> CaughtMail:
    return caught_mails(folder)[0]


def test_a_mail_is_read_as_its_receiver_would(port: int, folder: Path) -> None:
    send(port, reply(), "hidden@example.com")
    mail = newest(folder)
    assert mail.sender == "Support <support@localhost>"
    assert mail.recipients == ("ana@example.com", "hidden@example.com")
    assert mail.subject == "Grüße: your ticket #12"
    assert mail.message_id == "<12.reply@localhost>"
    assert mail.text.strip() == "Schöne Grüße"
    assert mail.html.strip() == "<p>Schöne Grüße</p>"
    assert mail.headers["X-Twice"] == ["one", "two"]
    assert mail.headers["Subject"] == mail.subject
    assert b"12.reply@localhost" in mail.raw
    assert find_mail(folder, mail.id) == mail


def test_the_newest_mail_comes_first(port: int, folder: Path) -> None:
    for subject in ("first", "second", "third"):
        send(port, reply(subject))
    assert [mail.subject for mail in caught_mails(folder)[:3]] == ["third", "second", "first"]


def test_only_the_newest_are_kept(port: int, folder: Path) -> None:
    for number in range(mail_catcher.KEPT):
        (folder / f"20010101T000000.000000-{number:04}.eml").write_bytes(b"Subject: old\r\n\r\n")
    send(port, reply("new"))
    files = sorted(folder.glob("*.eml"))
    assert len(files) == mail_catcher.KEPT
    assert not (folder / "20010101T000000.000000-0000.eml").exists()
    assert newest(folder).subject == "new"


@pytest.mark.parametrize("name", ["../secrets", "..%2Fsecrets", "/etc/passwd", "", "20010101T000000.000000-9999"])
def test_no_name_leads_out_of_the_folder(folder: Path, name: str) -> None:
    assert find_mail(folder, name) is None


def test_an_empty_or_missing_mailbox_holds_nothing(tmp_path: Path) -> None:
    assert caught_mails(tmp_path / "none") == []


def test_a_broken_mail_is_shown_all_the_same(tmp_path: Path) -> None:
    raw = b"Content-Type: text/plain; charset=no-such-set\r\nSubject: =?x?q?broken?=\r\n\r\nbytes \xff\xfe"
    (tmp_path / "20010101T000000.000000-1.eml").write_bytes(raw)
    (mail,) = caught_mails(tmp_path)
    assert mail.text.startswith("bytes ")
