"""A real mail server on a free port, with scripted faults, for the tests of the transport."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Inbox:
    """aiosmtpd's handler: keeps what it accepts, and answers RCPT and DATA as the test says."""

    rcpt: str = ""
    data: str = "250 OK, kept"
    kept: list[Envelope] = field(default_factory=list)
    was_secure: list[bool] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data.startswith("250"):
            self.kept.append(envelope)
            self.was_secure.append(server.transport.get_extra_info("ssl_object") is not None)
        return self.data


@contextmanager
def mail_server(inbox: Inbox, **more: object) -> Iterator[int]:
    """The port of a running aiosmtpd; more: what its Controller takes (ssl_context, tls_context, require_starttls)."""
    controller = Controller(inbox, hostname="127.0.0.1", port=0, **more)  # type: ignore[arg-type]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@dataclass
class Script:
    """What the server says to each command; None: it says nothing more; "close": it hangs up instead of answering."""

    greeting: str | None = "220 ready"
    answers: dict[str, str | None] = field(default_factory=dict)
    after_data: str | None = "250 taken"
    taken: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


@contextmanager
def scripted_server(script: Script) -> Iterator[int]:
    """The port of a server that follows the script line by line, one connection after another, until the test ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_sockets: list[socket.socket] = [listener]
    thread = threading.Thread(target=_serve, args=(listener, script, open_sockets), daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        for each in open_sockets:
            _hang_up(each)
        thread.join(5)


def _hang_up(each: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        each.shutdown(socket.SHUT_RDWR)
    each.close()


def _serve(listener: socket.socket, script: Script, open_sockets: list[socket.socket]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        open_sockets.append(connection)
        try:
            _talk(connection, script)
        except OSError:
            continue


def _talk(connection: socket.socket, script: Script) -> None:
    lines = connection.makefile("rb")
    if not _say(connection, lines, script.greeting):
        return
    for line in lines:
        command = line.decode().split()[0].upper() if line.strip() else ""
        script.commands.append(command)
        default = {"DATA": "354 go on", "QUIT": "221 bye"}.get(command, "250 OK")
        if not _say(connection, lines, script.answers.get(command, default)):
            return
        if command == "DATA" and script.answers.get("DATA", "354").startswith("354"):  # type: ignore[union-attr]
            script.taken.append(b"".join(iter(lines.readline, b".\r\n")))
            if not _say(connection, lines, script.after_data):
                return


def _say(connection: socket.socket, lines: object, answer: str | None) -> bool:
    """Whether the talk goes on. A silent server keeps the line open until the client leaves."""
    if answer == "close":
        _hang_up(connection)
        return False
    if answer is None:
        while connection.recv(1024):
            pass
        return False
    connection.sendall(answer.encode() + b"\r\n")
    return True
