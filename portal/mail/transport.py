"""The only SMTP. Every wait is bounded, and what the server said decides: sent, try again, or never.

smtplib is driven command by command, because the one answer that counts is the one to the mail's data: an accepted mail
must never be reported as failed for what happens afterwards (a lost QUIT, a listener's error), nor the other way round.
"""

import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

from portal.base.settings import Settings
from portal.mail.headers import wire_form

CONNECT_TIMEOUT_S = 10.0
COMMAND_TIMEOUT_S = 30.0
MAIL_TIMEOUT_S = 50.0  # for one mail from connecting on, however slowly the server drips; shorter than the outbox lease
CUT_AGAIN_S = 1.0
MAILS_PER_CONNECTION = 100

_OUR_OWN_FAULT = (530, 534, 535, 538)  # sign-in missing or wrong: the settings are to blame, the mail can wait for them


@dataclass(frozen=True)
class SendResult:
    """sent: the server took the mail. failed: it never will. retry: anything else, with what was said."""

    state: Literal["sent", "retry", "failed"]
    code: int | None
    text: str


class Transport:
    """Where mail is handed over. Times are in seconds."""

    def __init__(
        self,
        settings: Settings,
        *,
        connect_timeout: float = CONNECT_TIMEOUT_S,
        command_timeout: float = COMMAND_TIMEOUT_S,
        mail_timeout: float = MAIL_TIMEOUT_S,
    ) -> None:
        self._settings = settings
        self._timeouts = (connect_timeout, command_timeout, mail_timeout)

    @contextmanager
    def connected(self) -> Iterator["Connection"]:
        """One connection for several mails. Opened by the first of them, so entering never fails."""
        connection = Connection(self._settings, *self._timeouts)
        try:
            yield connection
        finally:
            connection.close()


class Connection:
    """A connection that opens when it is needed and again after it was lost."""

    def __init__(self, settings: Settings, connect_timeout: float, command_timeout: float, mail_timeout: float) -> None:
        self._settings = settings
        self._connect_timeout = connect_timeout
        self._command_timeout = command_timeout
        self._mail_timeout = mail_timeout
        self._host: smtplib.SMTP | None = None
        self._mails = 0

    def send(self, message: EmailMessage, sender: str, recipient: str) -> SendResult:
        """Hand over one mail. Never raises for mail or server; a mail that cannot be written out has failed for good."""
        try:
            content = wire_form(message)
        except (ValueError, LookupError) as wrong:
            return SendResult("failed", None, f"The mail cannot be written out: {wrong}")
        result = self._handed_over(sender, recipient, content)
        if result.code is None or result.code == 421 or self._mails >= MAILS_PER_CONNECTION:
            self.close()
        return result

    def close(self) -> None:
        """Take leave; the server's opinion of that is nobody's concern any more."""
        host, self._host, self._mails = self._host, None, 0
        if host is not None:
            with suppress(smtplib.SMTPException, OSError):
                host.quit()
            host.close()

    def _handed_over(self, sender: str, recipient: str, content: bytes) -> SendResult:
        host = self._host or self._unconnected()
        with _deadline(host, self._mail_timeout):
            try:
                self._open(host)
            except smtplib.SMTPResponseException as refused:
                said = f"{refused.smtp_code} {_said(refused.smtp_error)}"
                return SendResult("retry", None, f"The mail server refuses us: {said}")
            except (smtplib.SMTPException, OSError) as error:
                return SendResult("retry", None, f"The mail server cannot be reached: {_named(error)}")
            self._mails += 1
            try:
                return self._transaction(host, sender, recipient, content)
            except smtplib.SMTPDataError as refused:
                return _judged(refused.smtp_code, refused.smtp_error)
            except (smtplib.SMTPException, OSError) as error:
                return SendResult("retry", None, f"The connection was lost: {_named(error)}")

    def _unconnected(self) -> smtplib.SMTP:
        settings, timeout = self._settings, self._connect_timeout
        if settings.mail_use_ssl:
            return _named_host(
                smtplib.SMTP_SSL(timeout=timeout, context=ssl.create_default_context()), settings.mail_server
            )
        return _named_host(smtplib.SMTP(timeout=timeout), settings.mail_server)

    def _open(self, host: smtplib.SMTP) -> None:
        """Connect, secure and sign in, unless that is done. Raises SMTPException or OSError, never leaves a socket behind."""
        if self._host is host:
            return
        try:
            code, said = host.connect(self._settings.mail_server, self._settings.mail_port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, said)
            self._greet(host)
        except BaseException:
            host.close()
            raise
        self._host = host

    def _greet(self, host: smtplib.SMTP) -> None:
        settings = self._settings
        if host.sock is not None:
            host.sock.settimeout(self._command_timeout)
        if settings.mail_use_tls:
            host.starttls(context=ssl.create_default_context())
        if settings.mail_username:
            host.login(settings.mail_username, settings.mail_password)
        host.ehlo_or_helo_if_needed()

    def _transaction(self, host: smtplib.SMTP, sender: str, recipient: str, content: bytes) -> SendResult:
        """MAIL, RCPT, DATA; the first answer that is no yes ends it."""
        commands: tuple[Callable[[], tuple[int, bytes]], ...] = (
            lambda: host.mail(sender),
            lambda: host.rcpt(recipient),
            lambda: host.data(content),
        )
        code, said = 0, b""
        for command in commands:
            code, said = command()
            if code not in (250, 251):
                self._reset(host, code)
                break
        return _judged(code, said)

    def _reset(self, host: smtplib.SMTP, code: int) -> None:
        """Make the connection fit for the next mail, or give it up."""
        if code != 421:
            with suppress(smtplib.SMTPException, OSError):
                host.rset()
                return
        self.close()


def _judged(code: int, said: bytes | str) -> SendResult:
    if 200 <= code < 300:
        return SendResult("sent", code, _said(said))
    is_final = 500 <= code < 600 and code not in _OUR_OWN_FAULT
    return SendResult("failed" if is_final else "retry", code if code > 0 else None, _said(said))


def _said(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())


def _named(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()


def _named_host(host: smtplib.SMTP, name: str) -> smtplib.SMTP:
    """smtplib learns the name that certificates are checked against only where it connects at once, which is too early."""
    host._host = name  # type: ignore[attr-defined]
    return host


@contextmanager
def _deadline(host: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Cut the line when one mail takes too long: time-outs count for each answer, and answers can come byte by byte.

    Cut again until the mail is given up: while a connection is made or secured there is no line to cut yet.
    """
    done = threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            _cut(host)
            wait = CUT_AGAIN_S

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _cut(host: smtplib.SMTP) -> None:
    line = host.sock
    if line is not None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
