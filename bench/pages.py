"""What the pages cost: server CPU (web and database processes together) as a multiple of a bare Flask page.

    .venv/bin/python bench/pages.py [--tickets 100000] [--data-dir build/bench] [--texts FILE.csv]

Runs the product as in production (gunicorn, two gevent workers) on its own embedded servers, with rate limits off, on
`portal seed load`; the bare page runs under the same server in the same rounds. Prints minimum/median/maximum of the
rounds for each action; wall-clock figures are for orientation, the multiple is the measure.
"""

import argparse
import gzip
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psutil

from portal.base.embedded import serving
from portal.base.embedded.server import free_port
from portal.base.settings import Settings, load_settings

PASSWORD = "a-password-of-the-bench"
ROUNDS = 5
CLIENTS = 4
BARS = {"queue": 20, "filtered queue": 20, "ticket page": 20, "reply": 25, "new ticket": 25}
PORTAL = [sys.executable, "-m", "portal.cli"]
Act = Callable[["Browser"], None]


@dataclass
class Browser:
    """One keep-alive connection with cookies and a CSRF token."""

    port: int
    cookie: str = ""
    token: str = ""
    connection: http.client.HTTPConnection | None = None
    wire: int = 0

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes, str]:
        """Status, decoded-as-sent body, Location. Counts the bytes of the body as they came."""
        self.connection = self.connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": self.cookie, "Accept-Encoding": "gzip", "Host": f"localhost:{self.port}"}
        body = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode({"csrf_token": self.token, **form})
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        self.wire = len(content)
        for name, value in answer.getheaders():
            if name == "Set-Cookie" and value.startswith("portal="):
                self.cookie = value.partition(";")[0]
        return answer.status, content, answer.getheader("Location", "")

    def expect(self, status: int, method: str, path: str, form: dict[str, str] | None = None) -> tuple[bytes, str]:
        got, content, location = self.ask(method, path, form)
        if got != status:
            raise SystemExit(f"{method} {path} answered {got}, not {status}: {content[:500]!r}")
        return content, location

    def sign_in(self, email: str) -> None:
        self.token = self._token_on("/login")
        home = self.expect(303, "POST", "/login", {"email": email, "password": PASSWORD})[1]
        self.token = self._token_on(home)

    def _token_on(self, path: str) -> str:
        page = _text(self.expect(200, "GET", path)[0])
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        if not found:
            raise SystemExit(f"no CSRF token on {path}")
        return found[1]


def _text(content: bytes) -> str:
    return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode()


@dataclass
class Measured:
    """One action over all rounds: CPU milliseconds a request, and each request's time."""

    cpu: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    wire: int = 0


def main() -> None:
    options = _options()
    os.environ.update({"DATA_DIR": str(options.data_dir), "RATELIMIT_ENABLED": "false", "PORTAL_DEMO": "false"})
    port, bare_port = free_port(0), free_port(0)
    os.environ.update({"PORT": str(port), "BASE_URL": f"http://localhost:{port}", "LOG_LEVEL": "error"})
    with serving(load_settings()) as settings:
        people = _prepare(settings, options)
        web = [*PORTAL, "web"]
        bare = _gunicorn(bare_port)
        with _running(web, settings, port) as web_pid, _running(bare, settings, bare_port) as bare_pid:
            results = _measure(port, bare_port, [web_pid, _postmaster(options.data_dir)], [bare_pid], people, options)
    _report(results, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--messages-per-ticket", type=int, default=4)
    parser.add_argument("--texts", type=Path, default=None)
    parser.add_argument("--data-dir", type=Path, default=Path("build/bench"))
    parser.add_argument("--requests", type=int, default=200, help="requests a round of each action")
    parser.add_argument("--json", type=Path, default=None, help="also write the figures there")
    options = parser.parse_args()
    options.data_dir = options.data_dir.absolute()
    return options


def _prepare(settings: Settings, options: argparse.Namespace) -> dict[str, str]:
    """Load the data once for a folder, and make the two people who do the asking."""
    done = options.data_dir / "bench.json"
    environment = {**os.environ, **settings.environment()}
    if not done.exists():
        load = [*PORTAL, "seed", "load", "--tickets", str(options.tickets)]
        load += ["--messages-per-ticket", str(options.messages_per_ticket)]
        if options.texts:
            load += ["--texts", str(options.texts)]
        subprocess.run(load, check=True, env=environment)
        for role in ("agent", "customer"):
            person = [*PORTAL, "user", "create", "--email", f"{role}@bench.test", "--role", role, "--password-stdin"]
            subprocess.run(person, check=True, input=PASSWORD, text=True, env=environment)
        done.write_text(json.dumps({"tickets": options.tickets}))
    held = json.loads(done.read_text())["tickets"]
    if held != options.tickets:
        raise SystemExit(f"{options.data_dir} holds {held:,} tickets: give another --data-dir, or remove it.")
    return {"agent": "agent@bench.test", "customer": "customer@bench.test"}


def _gunicorn(port: int) -> list[str]:
    return [
        sys.executable, "-m", "gunicorn", "--worker-class=gevent", f"--bind=127.0.0.1:{port}", "--workers=2",
        "--keep-alive=5",
        "--no-control-socket", "--log-level=error", "bench.bare:app()",
    ]  # fmt: skip


@contextmanager
def _running(command: list[str], settings: Settings, port: int) -> Iterator[int]:
    process = subprocess.Popen(command, env={**os.environ, **settings.environment()}, start_new_session=True)
    try:
        _wait_for(port, process)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        try:
            probe = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            probe.request("GET", "/healthz", headers={"Host": f"localhost:{port}"})
            probe.getresponse().read()
        except OSError:
            if process.poll() is not None:
                raise SystemExit("the server did not start") from None
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server does not answer")


def _postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def _cpu(pids: list[int]) -> float:
    """CPU seconds of the processes and all below them, those that have ended included."""
    total = 0.0
    for pid in pids:
        top = psutil.Process(pid)
        for process in [top, *top.children(recursive=True)]:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
            if process is top:
                total += times.children_user + times.children_system
    return total


def _measure(
    port: int,
    bare_port: int,
    pids: list[int],
    bare_pids: list[int],
    people: dict[str, str],
    options: argparse.Namespace,
) -> dict[str, Measured]:
    agents = [_signed_in(port, people["agent"]) for _ in range(CLIENTS)]
    customers = [_signed_in(port, people["customer"]) for _ in range(CLIENTS)]
    tickets = _some_tickets(agents[0])
    strangers = [Browser(bare_port) for _ in range(CLIENTS)]
    actions: dict[str, tuple[list[Browser], list[int], Act]] = {
        "bare page": (strangers, bare_pids, lambda browser: _get(browser, "/")),
        "queue": (agents, pids, lambda browser: _get(browser, "/agent?view=open")),
        "filtered queue": (agents, pids, lambda browser: _get(browser, "/agent?view=open&status=open&priority=high")),
        "searched queue": (agents, pids, lambda browser: _get(browser, "/agent?view=open&q=card+payment")),
        "ticket page": (agents, pids, lambda browser: _get(browser, f"/agent/tickets/{next(tickets)}")),
        "reply": (agents, pids, lambda browser: _reply(browser, next(tickets))),
        "new ticket": (customers, pids, _new_ticket),
        "new-ticket page": (customers, pids, lambda browser: _get(browser, "/tickets/new")),
        "my tickets": (customers, pids, lambda browser: _get(browser, "/tickets")),
    }
    results = {name: Measured() for name in actions}
    for browsers, _, act in actions.values():
        _round(browsers, act, 20, Measured())
    for number in range(ROUNDS):
        for name, (browsers, watched, act) in actions.items():
            before = _cpu(watched)
            _round(browsers, act, options.requests, results[name])
            results[name].cpu.append((_cpu(watched) - before) * 1000 / options.requests)
        print(f"round {number + 1} of {ROUNDS} done", file=sys.stderr)
    return results


def _signed_in(port: int, email: str) -> Browser:
    browser = Browser(port)
    browser.sign_in(email)
    return browser


def _some_tickets(browser: Browser) -> Iterator[int]:
    """Open tickets, again and again; shared by all threads."""
    numbers: list[int] = []
    path = "/agent?view=open"
    while len(numbers) < 200 and path:
        page = _text(browser.expect(200, "GET", path)[0])
        numbers += [int(number) for number in re.findall(r'id="row-(\d+)"', page)]
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    return _Shared(numbers)


class _Shared:
    """The numbers again and again, for several threads."""

    def __init__(self, numbers: list[int]) -> None:
        self._numbers, self._position, self._lock = numbers, 0, threading.Lock()

    def __iter__(self) -> "_Shared":
        return self

    def __next__(self) -> int:
        with self._lock:
            self._position += 1
            return self._numbers[self._position % len(self._numbers)]


def _get(browser: Browser, path: str) -> None:
    browser.expect(200, "GET", path)


def _reply(browser: Browser, number: int) -> None:
    form = {"body": "Thank you for the details, we are looking at it now.", "kind": "reply", "then": "in_progress"}
    browser.expect(303, "POST", f"/agent/tickets/{number}/messages", form)


def _new_ticket(browser: Browser) -> None:
    form = {"subject": "The export stops", "description": "It stops at row 5,000 each time.", "category": "technical"}
    browser.expect(303, "POST", "/tickets/new", form)


def _round(browsers: list[Browser], act: Act, requests: int, result: Measured) -> None:
    """Share the requests among the browsers, each in a thread of its own."""
    times: list[list[float]] = [[] for _ in browsers]

    failures: list[BaseException] = []

    def run(browser: Browser, mine: list[float]) -> None:
        browser.connection = None
        try:
            ask(browser, mine)
        except BaseException as failure:
            failures.append(failure)

    def ask(browser: Browser, mine: list[float]) -> None:
        for _ in range(requests // len(browsers)):
            start = time.perf_counter()
            act(browser)
            mine.append(time.perf_counter() - start)
            result.wire = browser.wire

    threads = [threading.Thread(target=run, args=pair) for pair in zip(browsers, times, strict=True)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    result.seconds += time.perf_counter() - start
    result.times += [moment for mine in times for moment in mine]


def _report(results: dict[str, Measured], options: argparse.Namespace) -> None:
    bare = results["bare page"].cpu
    print(
        f"{options.tickets:,} tickets, rate limits off, {CLIENTS} clients, {ROUNDS} rounds of {options.requests} requests"
    )
    titles = f"{'CPU ms min/med/max':>22} {'times bare min/med/max':>24} {'bar':>4}"
    print(f"{'action':16} {titles} {'p50 ms':>7} {'p95 ms':>7} {'req/s':>6} {'wire kB':>8}")
    figures = {}
    for name, result in results.items():
        multiples = [cpu / statistics.median(bare) for cpu in result.cpu]
        times = sorted(result.times)
        p50, p95 = times[len(times) // 2] * 1000, times[int(len(times) * 0.95)] * 1000
        print(
            f"{name:16} {_spread(result.cpu):>22} {_spread(multiples):>24} {BARS.get(name, ''):>4}"
            f" {p50:7.1f} {p95:7.1f} {len(times) / result.seconds:6.0f} {result.wire / 1000:8.1f}"
        )
        figures[name] = {
            "cpu_ms": result.cpu,
            "times_bare": multiples,
            "p50_ms": p50,
            "p95_ms": p95,
            "wire": result.wire,
        }
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


def _spread(values: list[float]) -> str:
    return f"{min(values):.2f} / {statistics.median(values):.2f} / {max(values):.2f}"


if __name__ == "__main__":
    main()
