"""A portal as people run it: `portal run` as a process of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[1]
READY = "The portal is ready: "

T = TypeVar("T")


class Portal:
    """A running `portal run` with its log."""

    def __init__(self, place: Path, port: int, *arguments: str, **settings: str) -> None:
        self.place, self.port, self.log, self.settings = place, port, "", settings
        self.process = psutil.Popen(
            [sys.executable, "-m", "portal.cli", "run", "--port", str(port), *arguments],
            cwd=ROOT,
            env=environment(place, **settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._family: list[psutil.Process] = []
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def secrets(self) -> dict[str, str]:
        lines = (self.place / "secrets.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def _read(self) -> None:
        for line in self.process.stdout:
            self.log += line

    def wait_until_ready(self) -> "Portal":
        self.until(lambda: READY in self.log)
        self._family = self.process.children(recursive=True)
        return self

    def until(self, ask: Callable[[], T], seconds: float = 60.0) -> T:
        """What is asked for, once it is true."""
        deadline, pause = time.monotonic() + seconds, threading.Event()
        while not (answer := ask()):
            assert time.monotonic() < deadline, self.log
            assert self.process.poll() is None or READY in self.log, self.log
            pause.wait(0.05)
        return answer

    def child(self, *words: str) -> psutil.Process:
        """The one child of ours whose command line holds all the words."""
        (found,) = [
            child for child in self.process.children() if all(word in " ".join(child.cmdline()) for word in words)
        ]
        return found

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Another `portal` command beside the running one."""
        return command(self.place, *words)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self._family += self.process.children(recursive=True)
        self.process.send_signal(number)
        return int(self.process.wait(60))

    def left_over(self) -> list[psutil.Process]:
        """Every process of the family that still lives a moment after the end."""
        return list(psutil.wait_procs(self._family, timeout=20)[1])

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)


def environment(place: Path, **settings: str) -> dict[str, str]:
    """Nothing of the caller's settings gets through."""
    known = {"PATH": os.environ["PATH"], "DATA_DIR": str(place), "PYTHONPATH": str(ROOT), "WEB_WORKERS": "1"}
    return known | settings


def command(place: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    given = [sys.executable, "-m", "portal.cli", *words]
    return subprocess.run(given, cwd=ROOT, env=environment(place), capture_output=True, text=True)


def get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def new_place() -> Iterator[Path]:
    """A folder for data whose name holds a space; the database's user may pass through."""
    top = Path(tempfile.mkdtemp(prefix="a portal "))
    top.chmod(0o711)
    try:
        yield top / "var"
    finally:
        shutil.rmtree(top)


@pytest.fixture(scope="session")
def running_portal() -> Iterator[Portal]:
    """One with the demo data for all browser tests. It believes one proxy, so that each window has its own address."""
    with new_place() as place:
        portal = Portal(place, free_port(), TRUSTED_PROXIES="1")
        try:
            yield portal.wait_until_ready()
            assert portal.stop(signal.SIGINT) == 0
            assert portal.left_over() == []
        finally:
            portal.end()
