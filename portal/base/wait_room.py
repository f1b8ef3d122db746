"""One place to wait for everything at once: lines from children, signals, time."""

import os
import selectors
import signal
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Self

Line = tuple[str, str]
"""A label and one line of output."""


@dataclass
class _Output:
    label: str
    pipe: IO[bytes]
    rest: bytes = b""

    def take(self) -> tuple[list[Line], bool]:
        """Whole lines that came, and whether more may come."""
        got = os.read(self.pipe.fileno(), 65536)
        *whole, self.rest = (self.rest + got).split(b"\n")
        if not got and self.rest:
            whole.append(self.rest)
        return [(self.label, line.decode(errors="replace").rstrip()) for line in whole], bool(got)


class WaitRoom:
    """While entered, `wait` also returns as soon as any signal came, a child's end included. For the main thread."""

    def __enter__(self) -> Self:
        self._selector = selectors.DefaultSelector()
        self._bell, bell_end = socket.socketpair()
        self._bell_end = bell_end
        for end in (self._bell, self._bell_end):
            end.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, None)
        self._wakeup_before = signal.set_wakeup_fd(self._bell_end.fileno(), warn_on_full_buffer=False)
        self._child_before = signal.signal(signal.SIGCHLD, lambda number, frame: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGCHLD, self._child_before)
        signal.set_wakeup_fd(self._wakeup_before)
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, _Output):
                key.data.pipe.close()
        self._selector.close()
        self._bell.close()
        self._bell_end.close()

    def listen(self, label: str, pipe: IO[bytes]) -> None:
        """Read the pipe to its end and close it then."""
        self._selector.register(pipe, selectors.EVENT_READ, _Output(label, pipe))

    def wait(self, seconds: float) -> list[Line]:
        """Lines that came; none when a signal came or the time is up."""
        lines: list[Line] = []
        for key, _ in self._selector.select(max(0.0, seconds)):
            lines += self._read(key.data) if key.data else self._silence()
        return lines

    def _read(self, output: _Output) -> list[Line]:
        lines, more = output.take()
        if not more:
            self._selector.unregister(output.pipe)
            output.pipe.close()
        return lines

    def _silence(self) -> list[Line]:
        self._bell.recv(4096)
        return []
