"""Children under one log: started, started again, and stopped in order."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from portal.base.stop_request import StopRequest
from portal.base.supervisor import Program, Supervisor

WAITS = """
import os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: (print("asked to end"), sys.exit(0)))
print("started", os.getpid())
while True: signal.pause()
"""
DEAF = WAITS.replace('(print("asked to end"), sys.exit(0))', "None")


class Watched:
    """A supervisor in this thread, whose log decides when to ask for the stop."""

    def __init__(self, *programs: Program, until: Callable[["Watched"], bool]) -> None:
        self.lines: list[tuple[str, str]] = []
        self._programs, self._until = programs, until

    def run(self, seconds: float = 20.0) -> list[tuple[str, str]]:
        deadline = time.monotonic() + seconds

        def look() -> None:
            assert time.monotonic() < deadline, self.lines
            if self._until(self):
                os.kill(os.getpid(), signal.SIGTERM)

        with StopRequest() as stop:
            Supervisor(self._programs, lambda label, line: self.lines.append((label, line)), look).run(stop)
        return self.lines

    def said(self, label: str, text: str) -> int:
        return sum(1 for who, line in self.lines if who == label and text in line)

    def pids(self, label: str) -> list[int]:
        return [int(line.split()[1]) for who, line in self.lines if who == label and line.startswith("started")]


def program(label: str, code: str = WAITS, stage: int = 0, grace: float = 10.0) -> Program:
    return Program(label, [sys.executable, "-c", code], stage=stage, grace=grace)


def test_children_stop_stage_by_stage() -> None:
    programs = [program("catcher", stage=2), program("web", stage=0), program("worker", stage=1)]
    watched = Watched(*programs, until=lambda seen: all(seen.pids(label) for label in ("web", "worker", "catcher")))

    lines = watched.run()

    assert [label for label, line in lines if line == "asked to end"] == ["web", "worker", "catcher"]
    assert not any(psutil.pid_exists(pid) for label in ("web", "worker", "catcher") for pid in watched.pids(label))


def test_a_killed_child_is_started_again_after_a_while() -> None:
    killed: list[int] = []

    def kill_once_then_stop(seen: Watched) -> bool:
        pids = seen.pids("web")
        if len(pids) == 1 and not killed:
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)
        return len(pids) == 2

    watched = Watched(program("web"), until=kill_once_then_stop)
    watched.run()

    assert watched.said("portal", "web was ended by SIGKILL, again in 0.5 s") == 1
    assert len(set(watched.pids("web"))) == 2


def test_a_child_that_keeps_dying_is_tried_less_and_less_often() -> None:
    watched = Watched(program("web", "raise SystemExit(3)"), until=lambda seen: seen.said("portal", "again in 2 s") > 0)
    lines = [line for label, line in watched.run() if label == "portal"]
    assert lines == [f"web ended with code 3, again in {wait} s" for wait in ("0.5", "1", "2")]


def test_a_deaf_child_is_killed_with_all_it_started() -> None:
    deaf = "import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
    code = deaf + "print('started', child.pid)\n" + DEAF
    watched = Watched(program("web", code, grace=0.3), until=lambda seen: len(seen.pids("web")) == 2)
    watched.run()
    assert watched.said("portal", "web did not end in 0.3 s and is killed") == 1
    _wait_until_dead(watched.pids("web"))


def test_the_last_words_of_a_child_are_not_lost() -> None:
    code = "import sys; sys.stdout.write('started 1\\n' + 'x\\n' * 50_000 + 'the end')"
    watched = Watched(program("web", code), until=lambda seen: seen.said("web", "the end") > 0)
    watched.run()
    assert watched.said("web", "x") >= 50_000


def test_asking_twice_to_stop_is_harmless() -> None:
    stop = StopRequest()
    with stop:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    assert stop.requested


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    code = f"""
import sys
from portal.base.stop_request import StopRequest
from portal.base.supervisor import Program, Supervisor
with StopRequest() as stop:
    Supervisor([Program("web", [sys.executable, "-c", {WAITS!r}])], lambda *line: print(*line, flush=True)).run(stop)
"""
    with psutil.Popen([sys.executable, "-c", code], stdout=-1, text=True) as process:
        child = psutil.Process(int(process.stdout.readline().split()[2]))
        process.kill()
        assert psutil.wait_procs([child], timeout=10)[1] == []


def _wait_until_dead(pids: list[int]) -> None:
    """A kill takes effect a moment later."""
    deadline, pause = time.monotonic() + 20, threading.Event()
    while any(_is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        pause.wait(0.02)


def _is_alive(pid: int) -> bool:
    """A zombie that its new parent has not reaped yet is dead."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
