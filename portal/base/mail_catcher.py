"""A local mail server that keeps every mail as a file, for development: nothing ever leaves the machine."""

import argparse
import asyncio
import email
import itertools
import re
import signal
from contextlib import suppress
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from portal.base.clock import now
from portal.base.settings import Settings

KEPT = 500
LARGEST = 70_000_000  # bytes: 60 MB of files, encoded
_ID = re.compile(r"[0-9T.]{1,40}-[0-9]{1,12}")


@dataclass(frozen=True)
class CaughtMail:
    """One mail as its receiver would see it. Recipients are bare addresses, those of Bcc included."""

    id: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    headers: dict[str, str | list[str]]
    text: str
    html: str
    raw: bytes


def mailbox_folder(settings: Settings) -> Path:
    return settings.data_dir / "mailbox"


def caught_mails(folder: Path) -> list[CaughtMail]:
    """All mails, newest first."""
    return [mail for path in reversed(_files(folder)) if (mail := _read_if_there(path))]


def find_mail(folder: Path, mail_id: str) -> CaughtMail | None:
    return _read_if_there(folder / f"{mail_id}.eml") if _ID.fullmatch(mail_id) else None


class Catcher:
    """aiosmtpd's handler: says yes to every mail once its file stands."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The envelope goes on top of the mail, as a mail server does on delivery."""
        content = envelope.original_content or b""
        self._keep(_envelope_lines(envelope) + content)
        return "250 OK"

    def _keep(self, raw: bytes) -> None:
        name = f"{now():%Y%m%dT%H%M%S.%f}-{next(self._numbers)}"
        new = self._folder / f"{name}.new"
        new.write_bytes(raw)
        new.rename(self._folder / f"{name}.eml")
        for old in _files(self._folder)[:-KEPT]:
            old.unlink(missing_ok=True)


def _envelope_lines(envelope: Envelope) -> bytes:
    recipients = "".join(f"Delivered-To: {address}\r\n" for address in envelope.rcpt_tos)
    return f"Return-Path: <{envelope.mail_from or ''}>\r\n{recipients}".encode("utf-8", "surrogateescape")


def _files(folder: Path) -> list[Path]:
    """Oldest first: the name begins with the time."""
    return sorted(folder.glob("*.eml"))


def _read_if_there(path: Path) -> CaughtMail | None:
    with suppress(FileNotFoundError):
        return _read(path)
    return None


@lru_cache(maxsize=KEPT)
def _read(path: Path) -> CaughtMail:
    raw = path.read_bytes()
    message = email.message_from_bytes(raw, policy=policy.default)
    return CaughtMail(
        id=path.stem,
        sender=str(message["From"] or ""),
        recipients=tuple(str(address) for address in message.get_all("Delivered-To", [])),
        subject=str(message["Subject"] or ""),
        message_id=str(message["Message-ID"] or "").strip(),
        headers=_headers(message),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        raw=raw,
    )


def _headers(message: EmailMessage) -> dict[str, str | list[str]]:
    names = {name.lower(): name for name in message.keys()}  # noqa: SIM118 (a message is no mapping)
    values = {name: [str(value) for value in message.get_all(name, [])] for name in names.values()}
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        return bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")


async def catch(host: str, port: int, folder: Path) -> None:
    """Serve until SIGINT or SIGTERM."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    handler = Catcher(folder)
    server = await loop.create_server(lambda: _server(handler), host, port)
    async with server:
        await stop.wait()


def _server(handler: Catcher) -> Any:
    return SMTP(handler, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname="localhost")


def main() -> None:
    parser = argparse.ArgumentParser(prog="portal.base.mail_catcher", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    asyncio.run(catch(given.host, given.port, given.folder))


if __name__ == "__main__":
    main()
