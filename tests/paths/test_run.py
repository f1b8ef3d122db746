"""`portal run` as a person meets it: one command, one address, and nothing left behind."""

import os
import re
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
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
READY = "The portal is ready: "


class Portal:
    """A running `portal run` with its log."""

    def __init__(self, place: Path, port: int, *arguments: str) -> None:
        self.place, self.port, self.log = place, port, ""
        self.process = psutil.Popen(
            [sys.executable, "-m", "portal.cli", "run", "--port", str(port), "--no-demo", *arguments],
            cwd=ROOT,
            env=environment(place),
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

    def _read(self) -> None:
        for line in self.process.stdout:
            self.log += line

    def wait_until_ready(self) -> "Portal":
        self.until(lambda: READY in self.log)
        self._family = self.process.children(recursive=True)
        return self

    def until(self, true: Callable[[], object], seconds: float = 60.0) -> None:
        deadline, pause = time.monotonic() + seconds, threading.Event()
        while not true():
            assert time.monotonic() < deadline, self.log
            assert self.process.poll() is None or READY in self.log, self.log
            pause.wait(0.05)

    def child(self, *words: str) -> psutil.Process:
        """The one child of ours whose command line holds all the words."""
        (found,) = [
            child for child in self.process.children() if all(word in " ".join(child.cmdline()) for word in words)
        ]
        return found

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


def environment(place: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "DATA_DIR": str(place), "PYTHONPATH": str(ROOT), "WEB_WORKERS": "1"}


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


@pytest.fixture
def place() -> Iterator[Path]:
    """Its name holds a space, and the database's user may pass through."""
    top = Path(tempfile.mkdtemp(prefix="a portal "))
    top.chmod(0o711)
    yield top / "var"
    shutil.rmtree(top)


@pytest.fixture
def start(place: Path) -> Iterator[Callable[..., Portal]]:
    started: list[Portal] = []

    def start(*arguments: str, at: Path = place) -> Portal:
        started.append(Portal(at, free_port(), *arguments))
        return started[-1]

    yield start
    for portal in started:
        portal.end()


def test_one_command_runs_everything_and_ctrl_c_stops_it(start: Callable[..., Portal], place: Path) -> None:
    portal = start().wait_until_ready()
    assert get(f"{portal.address}/healthz")[0] == 200
    assert f"{READY}{portal.address}" in portal.log
    assert f"INBOUND_RAW_SECRET in {place}/secrets.env" in portal.log
    assert "\033" not in portal.log

    portal.process.send_signal(signal.SIGINT)
    portal.process.send_signal(signal.SIGINT)
    assert portal.stop(signal.SIGTERM) == 0  # asked three times, it still stops in order

    assert portal.left_over() == []


def test_others_find_the_running_one_and_a_neighbour_runs_beside_it(start: Callable[..., Portal], place: Path) -> None:
    portal = start().wait_until_ready()

    done = command(place, "migrate")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"Already at \w+\.\n", done.stdout)

    second = start()
    assert second.process.wait(60) == 1
    assert second.log == f"portal: The portal is already running at {portal.address} (process {portal.process.pid}).\n"

    neighbour = start(at=place.with_name("other"))
    assert neighbour.wait_until_ready().address != portal.address

    taken = Portal(place.with_name("third"), portal.port)
    assert taken.process.wait(60) == 1
    assert taken.log.startswith(f"portal: Cannot serve on 127.0.0.1:{portal.port} (Address already in use)")
    assert taken.log.count("\n") == 1


def test_whatever_is_killed_comes_back_by_itself(start: Callable[..., Portal]) -> None:
    portal = start().wait_until_ready()
    worker = ("worker.py", "portal:mail portal:inbound")
    ours = (("gunicorn",), worker, ("portal.cli scheduler",), ("mail_catcher",), ("bin/postgres",), ("valkey-server",))
    for victim in [portal.child(*words) for words in ours]:
        victim.kill()
    for name in ("web", "worker 1", "scheduler", "mail"):
        portal.until(lambda name=name: f"{name} was ended by SIGKILL, again in 0.5 s" in portal.log)  # type: ignore[misc]
    for name in ("PostgreSQL", "Valkey"):
        portal.until(lambda name=name: f"{name} had ended and was started again" in portal.log)  # type: ignore[misc]
    portal.until(lambda: _answers(f"{portal.address}/healthz"))
    portal.until(lambda: len(portal.process.children()) == 7)
    assert portal.stop() == 0
    assert portal.left_over() == []


def test_a_killed_portal_takes_its_family_with_it_and_starts_again(start: Callable[..., Portal]) -> None:
    portal = start().wait_until_ready()
    portal.stop(signal.SIGKILL)
    assert portal.left_over() == []
    assert start().wait_until_ready().stop() == 0


def test_a_stop_while_it_starts_leaves_nothing(start: Callable[..., Portal], place: Path) -> None:
    portal = start()
    portal.until(lambda: (place / "postgres" / "postmaster.pid").exists())
    assert portal.stop(signal.SIGINT) == 1
    assert portal.left_over() == []


def _answers(address: str) -> bool:
    try:
        return get(address)[0] == 200
    except OSError:
        return False
