"""`portal run` as a person meets it: one command, one address, and nothing left behind."""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import READY, Portal, command, free_port, get, new_place


@pytest.fixture
def place() -> Iterator[Path]:
    with new_place() as place:
        yield place


@pytest.fixture
def start(place: Path) -> Iterator[Callable[..., Portal]]:
    started: list[Portal] = []

    def start(*arguments: str, at: Path = place) -> Portal:
        started.append(Portal(at, free_port(), "--no-demo", *arguments))
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

    taken = Portal(place.with_name("third"), portal.port, "--no-demo")
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
