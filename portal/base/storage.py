"""Files under random keys. A file is written whole under its key or not at all."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flask import Flask, current_app

from portal.base.settings import Settings

CHUNK = 256 * 1024
_KEY = "portal_storage"


class TooLarge(Exception):
    """The stream held more bytes than allowed."""


@dataclass(frozen=True)
class StoredFile:
    """What storing a stream yielded: its key, its size in bytes and its SHA-256 in hex."""

    key: str
    size: int
    sha256: str
    head: bytes


class FileStorage:
    """Files in a folder, spread over 256 subfolders; names are ours, never the user's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, stream: IO[bytes], limit: int) -> StoredFile:
        """Copy a stream in chunks, flush it to disk, then give it its key. Raises TooLarge past limit bytes."""
        key = secrets.token_hex(16)
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        try:
            size, digest, head = _copy(stream, part, limit)
            part.rename(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return StoredFile(key, size, digest, head)

    def open(self, key: str) -> IO[bytes]:
        return self._path(key).open("rb")

    def delete(self, key: str) -> None:
        """Remove a file, and what a killed process left of one."""
        self._path(key).unlink(missing_ok=True)
        self._path(key).with_suffix(".part").unlink(missing_ok=True)

    def stored_keys(self) -> Iterator[tuple[str, float]]:
        """Every key with the time (epoch seconds) it was written, for the sweep that finds orphans."""
        for path in self.folder.glob("??/*"):
            yield path.stem, path.stat().st_mtime

    def _path(self, key: str) -> Path:
        if not key.isalnum():
            raise ValueError("a storage key holds letters and digits only")
        return self.folder / key[:2] / key


def _copy(stream: IO[bytes], target: Path, limit: int) -> tuple[int, str, bytes]:
    digest, size, head = hashlib.sha256(), 0, b""
    with target.open("xb") as out:
        while chunk := stream.read(CHUNK):
            head = head or chunk[:4096]
            size += len(chunk)
            if size > limit:
                raise TooLarge
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return size, digest.hexdigest(), head


def install_storage(app: Flask, settings: Settings) -> None:
    url = settings.storage_url
    folder = Path(url.removeprefix("file://").removeprefix("file:")) if url else settings.data_dir / "files"
    app.extensions[_KEY] = FileStorage(folder)


def storage() -> FileStorage:
    """The app's file storage."""
    store: FileStorage = current_app.extensions[_KEY]
    return store
