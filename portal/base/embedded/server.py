"""What PostgreSQL and Valkey have in common: a folder, a port on loopback, a log file, a child process of ours."""

import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from portal.base.embedded.account import Account, give, popen_user, require_way
from portal.base.embedded.errors import EmbeddedError
from portal.base.process import die_with_parent, processes_in

START_SECONDS = 120.0  # generous: after a power cut PostgreSQL replays its log first
STOP_SECONDS = 30.0
LOG_LIMIT = 10_000_000
_GLANCE = 0.01  # seconds between two looks at a starting server


def wheel_path(package: str, *parts: str) -> Path:
    """A file inside an installed package, found without importing it: both packages do more on import than we want."""
    spec = find_spec(package)
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (found := Path(place, *parts)).exists():
            return found
    raise EmbeddedError(
        f"The package {package} is not installed for this machine: set DATABASE_URL and REDIS_URL instead."
    )


def free_port(preferred: int = 0) -> int:
    """The preferred port of 127.0.0.1 if it is free, else any that is."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedError("No free port on 127.0.0.1.")


class Server(ABC):
    """One embedded server. Start it from the main thread: it is stopped by the kernel when that thread ends."""

    name: str
    stop_signal: signal.Signals

    def __init__(self, folder: Path, log: Path, account: Account | None) -> None:
        self.folder, self.log, self.account = folder, log, account
        self.port = 0
        self._child: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def binary(self) -> Path: ...

    @abstractmethod
    def command(self) -> list[str]:
        """The command line for `self.port`; no secrets in it, everybody on the machine can read it."""

    @abstractmethod
    def is_ready(self, pid: int) -> bool:
        """True once the child `pid` answers. Called often while it starts."""

    def configuration(self) -> bytes:
        """What is written to its standard input."""
        return b""

    def prepare(self) -> None:
        """Make the folder if there is none."""
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def start(self, preferred_port: int) -> None:
        """Start and wait until it answers. The port may be snatched between look and use: then take another one."""
        require_way(self.account, self.folder, self.binary)
        self.prepare()
        give(self.folder, self.account)
        self._end_orphans()
        for preferred in (preferred_port, 0, 0):
            self.port = free_port(preferred)
            if self._launch():
                return
        raise EmbeddedError(f"{self.name} did not start: {self._last_words()} (see {self.log})")

    def restart_if_dead(self) -> bool:
        """True if it had died and was started again, on the same port: others hold the address.

        Looking also reaps the dead child; a zombie would keep the pid in its lock file alive.
        """
        if self._child is None or self._child.poll() is None:
            return False
        self._end_orphans()
        if not self._launch():
            raise EmbeddedError(f"{self.name} died and does not start again: {self._last_words()} (see {self.log})")
        return True

    def stop(self) -> None:
        """Cleanly, and by force only after a long wait."""
        child, self._child = self._child, None
        if child is None:
            return
        if child.poll() is None:
            child.send_signal(self.stop_signal)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _launch(self) -> bool:
        self._trim_log()
        with open(self.log, "ab") as log:
            child = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(self.stop_signal),
                **popen_user(self.account),
            )
        self._child = child
        self._configure(child)
        return self._wait(child)

    def _configure(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdin is not None
        with suppress(BrokenPipeError), child.stdin as pipe:
            pipe.write(self.configuration())

    def _wait(self, child: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while child.poll() is None and time.monotonic() < deadline:
            if self.is_ready(child.pid):
                return True
            time.sleep(_GLANCE)
        if child.poll() is None:
            self.stop()
        return False

    def _end_orphans(self) -> None:
        """A killed parent leaves its servers stopping; only the holder of the lock comes here, so they are nobody's."""
        deadline = time.monotonic() + STOP_SECONDS
        for pid in processes_in(self.folder, self.binary.name):
            self._signal_orphan(pid)
        while left := processes_in(self.folder, self.binary.name):
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"{self.name} of an earlier run does not end: stop process {left[0]} and try again."
                )
            time.sleep(_GLANCE)

    def _signal_orphan(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, self.stop_signal)

    def _trim_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".old.log"))

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return lines[-1] if lines else "no word in its log"
