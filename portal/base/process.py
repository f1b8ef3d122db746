"""Small facts about processes that Python leaves to the system: who dies with whom, who is still there."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A function to run in a new child: the kernel then sends it `number` when its parent ends, however it ended.

    It fires when the *thread* that started the child ends, so start children from the main thread. Linux only.
    """
    parent = os.getpid()

    def in_child() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # the parent ended before the kernel knew

    return in_child


def processes_in(folder: Path, program: str) -> list[int]:
    """Processes of that program whose working directory is `folder`: what is left of a server whose parent was killed."""
    place = str(folder.resolve())
    return [pid for pid in _pids() if _link(pid, "cwd") == place and _program(pid) == program]


def _pids() -> list[int]:
    proc = Path("/proc")
    return [int(entry.name) for entry in proc.iterdir() if entry.name.isdigit()] if proc.is_dir() else []


def _program(pid: int) -> str:
    return Path(_link(pid, "exe").removesuffix(" (deleted)")).name


def _link(pid: int, name: str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/{name}")
    except OSError:
        return ""
