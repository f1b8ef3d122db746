"""Ctrl-C and SIGTERM as one request to stop; asking again changes nothing."""

import signal
from types import FrameType, TracebackType
from typing import Self


class StopRequest:
    """While entered, the first SIGINT or SIGTERM raises KeyboardInterrupt, or only sets `requested` once `quiet` is set.

    Handlers are set in any case: a shell starts background commands with SIGINT ignored, and Python then leaves it so.
    Call from the main thread.
    """

    def __init__(self) -> None:
        self.requested = False
        self.quiet = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            return
        self.requested = True
        if not self.quiet:
            raise KeyboardInterrupt
