"""The roles as in production, while what they stand on goes away and comes back. No role is started again by hand."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
from aiosmtpd.controller import Controller

from portal.base.embedded import Servers
from portal.base.embedded.server import free_port
from tests.running import ROOT, new_place

API = "/api/v1/support/tickets"
TICKET = {"subject": "Export stops", "description": "It stops at row 5,000.", "category": "technical"}


class SlowMailServer:
    """Takes mail; while `gate` is shut it holds the answer to the mail's data back."""

    def __init__(self) -> None:
        self.gate, self.reached = threading.Event(), threading.Event()
        self.gate.set()
        self.message_ids: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.reached.set()
        if not self.gate.is_set():
            return "451 not now"
        self.message_ids.append(str(message["Message-ID"]))
        return "250 OK"


class House:
    """PostgreSQL, Valkey, a mail server, and the three roles of the portal as processes of their own."""

    def __init__(self, place: Path) -> None:
        self.servers = Servers(place, durable=False)
        self.servers.start()
        self.mail = SlowMailServer()
        self.smtp = Controller(self.mail, hostname="127.0.0.1", port=free_port(0))
        self.smtp.start()
        self.port = free_port(0)
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": self.servers.database_url,
            "REDIS_URL": self.servers.redis_url,
            "SECRET_KEY": "a-secret-key-that-only-the-tests-know",
            "BASE_URL": f"http://localhost:{self.port}",
            "PORT": str(self.port),
            "WEB_WORKERS": "1",
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(self.smtp.port),
            "DATA_DIR": str(place.with_name("web")),
            "LOG_LEVEL": "error",
        }
        self.command("migrate")
        self.command("user", "create", "--email", "ana@example.com", "--role", "customer", "--tier", "premium")
        made = self.command("token", "create", "--email", "ana@example.com", "--json")
        self.token = json.loads(made)["token"]
        self.roles = {role: self.start(role) for role in ("web", "worker", "scheduler")}
        self.until(lambda: self.get("/readyz")[0] == 200)

    def command(self, *words: str) -> str:
        given = [sys.executable, "-m", "portal.cli", *words]
        return subprocess.run(given, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True).stdout

    def start(self, role: str) -> psutil.Process:
        command = [sys.executable, "-m", "portal.cli", role]
        return psutil.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True)

    def get(self, path: str) -> tuple[int, str]:
        return self._ask(urllib.request.Request(f"http://localhost:{self.port}{path}"))

    def open_ticket(self) -> int:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        address = f"http://localhost:{self.port}{API}"
        return self._ask(urllib.request.Request(address, json.dumps(TICKET).encode(), headers))[0]

    def _ask(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.servers.database_url.replace("+psycopg", ""), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def until(self, ask: Callable[[], Any], seconds: float = 60.0) -> None:
        pause = threading.Event()
        for _ in range(int(seconds / 0.1)):
            if ask():
                return
            pause.wait(0.1)
        raise AssertionError(f"not within {seconds} s")

    def server(self, address: str) -> psutil.Process:
        """The one of our own servers that listens at the port of an address."""
        port = str(urlsplit(address).port)
        (found,) = [child for child in psutil.Process().children() if port in " ".join(child.cmdline())]
        return found

    def end(self) -> None:
        for process in self.roles.values():
            for one in [*process.children(recursive=True), process]:
                one.kill()
            process.wait(10)
        self.smtp.stop()
        self.servers.stop()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with new_place() as place:
        place.parent.chmod(0o755)
        house = House(place)
        yield house
        house.end()


def test_pages_explain_while_postgresql_is_away_and_work_once_it_is_back(house: House) -> None:
    house.server(house.servers.database_url).send_signal(signal.SIGINT)
    house.until(lambda: house.get("/readyz")[0] == 503)
    assert house.open_ticket() == 503
    assert house.get("/healthz")[0] == 200
    house.until(house.servers.poll)
    house.until(lambda: house.get("/readyz")[0] == 200)
    assert house.open_ticket() == 201


def test_mail_waits_while_redis_is_away_and_goes_out_once_it_is_back(house: House) -> None:
    house.until(lambda: not house.sql("select 1 from outbox where state <> 'sent'"))
    house.mail.message_ids.clear()
    house.server(house.servers.redis_url).send_signal(signal.SIGTERM)
    house.until(lambda: '"degraded"' in house.get("/readyz")[1])
    assert house.open_ticket() == 201
    assert house.mail.message_ids == []
    house.until(house.servers.poll)
    house.until(lambda: len(house.mail.message_ids) == 1)


def test_redis_that_accepts_and_never_answers_holds_no_page_up(house: House) -> None:
    valkey = house.server(house.servers.redis_url)
    valkey.suspend()
    try:
        assert house.open_ticket() == 201
    finally:
        valkey.resume()
    house.until(lambda: not house.sql("select 1 from outbox where state <> 'sent'"))


def test_a_mail_whose_worker_was_killed_goes_out_under_the_same_message_id(house: House) -> None:
    house.mail.message_ids.clear()
    house.mail.gate.clear()
    house.mail.reached.clear()
    assert house.open_ticket() == 201
    house.until(house.mail.reached.is_set)
    worker = house.roles["worker"]
    for process in [*worker.children(recursive=True), worker]:
        process.kill()
    worker.wait(10)
    # as if it had died before it could note the answer: the row is still leased, and the lease has run out
    house.sql("update outbox set state = 'sending', leased_until = now() where state in ('queued', 'sending')")
    house.mail.gate.set()
    house.roles["worker"] = house.start("worker")
    house.until(lambda: not house.sql("select 1 from outbox where state <> 'sent'"))
    ((attempts,),) = house.sql("select attempts from outbox order by id desc limit 1")
    assert attempts == 2
    assert len(house.mail.message_ids) == len(set(house.mail.message_ids)) == 1


def test_a_stop_during_a_request_leaves_no_ticket_without_its_mail(house: House) -> None:
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(house.open_ticket()))
    asking.start()
    house.roles["web"].send_signal(signal.SIGTERM)
    asking.join(30)
    house.roles["web"].wait(30)
    house.roles["web"] = house.start("web")
    house.until(lambda: house.get("/readyz")[0] == 200)
    assert answers in ([201], [0])
    opened = house.sql(
        "select count(*) from support_tickets t where not exists (select 1 from outbox o where o.ticket_id = t.id)"
    )
    assert opened == [(0,)]
