"""Files: staged in storage before the transaction, bound to their message inside it, removed if it fails."""

from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import puremagic
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.base.clock import now
from portal.base.current import current_settings
from portal.base.database import db
from portal.base.settings import MEGABYTE, Settings
from portal.base.storage import TooLarge, storage
from portal.models import Attachment, Ticket, TicketMessage

NAME_LENGTH = 255
UNKNOWN = "application/octet-stream"
_KNOWN = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class UploadRefused(Exception):
    """Too many or too large; the text names the limit. Doors answer 413."""


@dataclass(frozen=True)
class Upload:
    """A file as somebody sent it: its name is only a label."""

    filename: str
    stream: IO[bytes]


@dataclass(frozen=True)
class StagedFile:
    """A file that lies in storage and waits for its message."""

    key: str
    filename: str
    content_type: str
    size: int
    sha256: str


@contextmanager
def staged(uploads: Sequence[Upload]) -> Iterator[list[StagedFile]]:
    """Store the files before the transaction begins; if what follows fails, nothing of them stays.

    Raises UploadRefused for more than Settings.MAX_FILES files or one over the limit.
    """
    if len(uploads) > Settings.MAX_FILES:
        raise UploadRefused(f"At most {Settings.MAX_FILES} files can be sent with one message.")
    files: list[StagedFile] = []
    try:
        for upload in uploads:
            files.append(_stage(upload))  # noqa: PERF401 (what was stored before a refusal must be known)
        yield files
    except BaseException:
        _discard_unbound(files)
        raise


@contextmanager
def staged_from_mail(uploads: Sequence[Upload]) -> Iterator[tuple[list[StagedFile], str]]:
    """The same for a mail, which cannot be sent back: what is over the limits stays only in the raw mail, and the
    second value says so."""
    files: list[StagedFile] = []
    left_out = [clean_name(upload.filename) for upload in uploads[Settings.MAX_FILES :]]
    try:
        for upload in uploads[: Settings.MAX_FILES]:
            try:
                files.append(_stage(upload))
            except UploadRefused:
                left_out.append(clean_name(upload.filename))
        yield files, f"(Not taken over, because of its size: {', '.join(left_out)})" if left_out else ""
    except BaseException:
        _discard_unbound(files)
        raise


def _discard_unbound(files: Sequence[StagedFile]) -> None:
    """Remove what found no message. What failed may have failed after its commit, so the database is asked; while it
    is away nothing is removed, and the sweep finds the orphans."""
    if not files:
        return
    try:
        db.session.rollback()
        keys = [file.key for file in files]
        bound = set(db.session.scalars(select(Attachment.key).where(Attachment.key.in_(keys))))
        db.session.rollback()
    except (DBAPIError, PoolTimeout):
        return
    discard([file for file in files if file.key not in bound])


def discard(files: Sequence[StagedFile]) -> None:
    """Remove staged files that found no message."""
    for file in files:
        storage().delete(file.key)


def _stage(upload: Upload) -> StagedFile:
    limit_mb = current_settings().max_upload_mb
    try:
        stored = storage().save(upload.stream, limit_mb * MEGABYTE)
    except TooLarge:
        raise UploadRefused(f"“{clean_name(upload.filename)}” is larger than {limit_mb} MB.") from None
    return StagedFile(stored.key, clean_name(upload.filename), sniffed_type(stored.head), stored.size, stored.sha256)


def attach(ticket: Ticket, message: TicketMessage, files: Sequence[StagedFile]) -> None:
    """Bind staged files to a message, in the message's own transaction."""
    for file in files:
        db.session.add(
            Attachment(
                ticket_id=ticket.id,
                message_id=message.id,
                key=file.key,
                filename=file.filename,
                content_type=file.content_type,
                size=file.size,
                sha256=file.sha256,
                created_at=now(),
            )
        )
    if files:
        ticket.has_files = True


def clean_name(name: str) -> str:
    """A label safe to show and to put into a header: no path, no control or invisible characters, at most 255 long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(char for char in last if char.isprintable()).strip()
    return shown[-NAME_LENGTH:] if shown.strip(".") else "file"


def sniffed_type(head: bytes) -> str:
    """The type found in the content, from a short list; anything else is plain bytes."""
    try:
        found = puremagic.from_string(head)
    except (puremagic.PureError, ValueError):  # the latter for an empty file
        found = ""
    if found in _KNOWN:
        return _KNOWN[found]
    return "text/plain" if _is_text(head) else UNKNOWN


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        getincrementaldecoder("utf-8")().decode(head)  # a letter may be cut in two where the head ends
    except UnicodeDecodeError:
        return False
    return bool(head)
