"""Keeps a handful of child processes running under one log, and stops them in order."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from portal.base.process import die_with_parent
from portal.base.stop_request import StopRequest
from portal.base.wait_room import Line, WaitRoom

FIRST_WAIT = 0.5  # seconds before a child that died is started again; doubled each time
LONGEST_WAIT = 30.0
SETTLED = 20.0  # a child that lived this long starts with the first wait again
TICK = 1.0

Say = Callable[[str, str], None]
"""Receives a label and one line."""


@dataclass(frozen=True)
class Program:
    """One child: what to run, and when it stops: stages in rising order, one stage at a time."""

    label: str
    command: Sequence[str]
    stage: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    grace: float = 10.0
    """Seconds after SIGTERM before its whole process group is killed."""


class Supervisor:
    """Runs programs until asked to stop. `tick` is called about once a second, and whenever a child ends.

    Each child leads a session of its own, so that Ctrl-C reaches only the supervisor; the kernel tells the children
    when the supervisor is killed.
    """

    def __init__(self, programs: Sequence[Program], say: Say, tick: Callable[[], None] = lambda: None) -> None:
        self._say, self._tick = say, tick
        self._children = [_Child(program) for program in programs]
        self._room = WaitRoom()

    def run(self, stop: StopRequest) -> None:
        """Returns when `stop` was requested and every child is gone. Call from the main thread."""
        stop.quiet = True
        with self._room:
            try:
                while not stop.requested:
                    self._tick()
                    self._look_after()
                    self._wait(TICK)
            finally:
                self._stop()

    def _look_after(self) -> None:
        for child in self._children:
            if (code := child.ended()) is not None:
                self._say("portal", f"{child.program.label} {_ending(code)}, again in {child.postpone():g} s")
            elif child.is_due():
                child.start(self._room)

    def _stop(self) -> None:
        for stage in sorted({child.program.stage for child in self._children}):
            self._stop_stage([child for child in self._children if child.program.stage == stage])

    def _stop_stage(self, children: "list[_Child]") -> None:
        for child in children:
            child.ask_to_end()
        while running := [child for child in children if child.is_running()]:
            self._wait(min(TICK, *(child.time_left() for child in running)))
            for child in running:
                self._end_overdue(child)
        for child in children:
            child.kill_group()
        while lines := self._room.wait(0):
            self._pass_on(lines)

    def _end_overdue(self, child: "_Child") -> None:
        if child.time_left() <= 0:
            self._say("portal", f"{child.program.label} did not end in {child.program.grace:g} s and is killed")
            child.kill_group()

    def _wait(self, seconds: float) -> None:
        self._pass_on(self._room.wait(seconds))

    def _pass_on(self, lines: list[Line]) -> None:
        for label, line in lines:
            self._say(label, line)


def _ending(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


class _Child:
    """One program's process of the moment."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._due = 0.0
        self._born = 0.0
        self._pause = FIRST_WAIT
        self._deadline = float("inf")

    def is_due(self) -> bool:
        return self._process is None and time.monotonic() >= self._due

    def start(self, room: WaitRoom) -> None:
        self._born = time.monotonic()
        self._process = subprocess.Popen(
            self.program.command,
            env={**os.environ, **self.program.environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        assert self._process.stdout is not None
        room.listen(self.program.label, self._process.stdout)

    def ended(self) -> int | None:
        """Its exit code; looking also reaps it."""
        return self._process.poll() if self._process else None

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def postpone(self) -> float:
        """Make way for the next start; the seconds until then. What it left behind in its group is killed first."""
        self.kill_group()
        now = time.monotonic()
        if now - self._born > SETTLED:
            self._pause = FIRST_WAIT
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_WAIT)
        self._due, self._process = now + pause, None
        return pause

    def ask_to_end(self) -> None:
        self._deadline = time.monotonic() + self.program.grace
        if self._process is not None and self.is_running():
            self._process.terminate()

    def time_left(self) -> float:
        """Seconds until the group is killed; for ever once it was."""
        return self._deadline - time.monotonic()

    def kill_group(self) -> None:
        self._deadline = float("inf")
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
