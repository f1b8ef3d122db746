"""Who runs the servers of a DATA_DIR: one holder, by a lock kept for its whole life, and any number of borrowers.

`.lock` is held exclusively by the process that runs the servers and says in JSON who that is. `.borrowers` is held shared
by every command that uses them, so that a short command which happened to start them does not stop them under another.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from portal.base.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class Holder:
    """What the holder tells the others. `address` is empty unless it also serves the pages."""

    pid: int
    ready: bool = False
    address: str = ""


class AlreadyHeldError(EmbeddedError):
    """Another living process holds the servers of this DATA_DIR."""

    def __init__(self, holder: Holder | None) -> None:
        self.holder = holder
        where = f" at {holder.address}" if holder and holder.address else ""
        who = f" (process {holder.pid})" if holder else ""
        super().__init__(
            f"The portal is already running{where}{who}." if where else f"Another portal command is running{who}."
        )


class Hold:
    """The exclusive lock on a DATA_DIR. The kernel lets go of it however the process ends."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._file: int | None = None

    def take(self) -> None:
        """Raises AlreadyHeldError at once when another has it."""
        file = os.open(self._data_dir / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise AlreadyHeldError(read_holder(self._data_dir)) from None
        self._file = file
        self.tell(Holder(os.getpid()))

    def tell(self, holder: Holder) -> None:
        """Write down who holds it, for those who ask. Without the lock it says nothing."""
        if self._file is not None:
            os.truncate(self._file, 0)
            os.pwrite(self._file, json.dumps(asdict(holder)).encode(), 0)

    def wait_for_borrowers(self) -> None:
        """From here on nobody new borrows; returns when the last one is done."""
        self.tell(Holder(os.getpid()))
        with open(self._data_dir / ".borrowers", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)

    def release(self) -> None:
        if self._file is not None:
            os.truncate(self._file, 0)
            os.close(self._file)
            self._file = None


def read_holder(data_dir: Path) -> Holder | None:
    """What the lock file says; a killed holder leaves its words behind, so ask only after the lock was refused."""
    try:
        return Holder(**json.loads((data_dir / ".lock").read_text()))
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def borrowing(data_dir: Path) -> Iterator[Holder | None]:
    """Keep the holder from stopping the servers meanwhile. None: it is not ready (yet, or any more)."""
    with open(data_dir / ".borrowers", "w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        holder = read_holder(data_dir)
        yield holder if holder and holder.ready else None
