"""portal run"""

import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import click

from portal.base.embedded import EmbeddedError, Servers, filled_settings, secrets_path
from portal.base.labelled_log import LabelledLog
from portal.base.mail_catcher import mailbox_folder
from portal.base.migrations import upgrade
from portal.base.problem import Problem
from portal.base.settings import Settings, load_settings
from portal.base.stop_request import StopRequest
from portal.base.supervisor import Program, Say, Supervisor
from portal.cli.scheduler import scheduler_program
from portal.cli.web import web_program
from portal.cli.worker import worker_program

DEMO_PEOPLE = ("admin", "agent", "lead", "free", "pro", "premium")
DEMO_PASSWORD = "demo-portal-1"  # noqa: S105 (public on purpose; embedded demo only)
_RETRY_SERVERS = 5.0
_GLANCE = 0.2

Tick = Callable[[], None]


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Serve on this port instead of PORT (8000).")
@click.option("--no-demo", is_flag=True, help="Do not load the demo data.")
def command(port: int | None, no_demo: bool) -> None:
    """Run the whole portal: database, Redis, web, workers, scheduler and a local mail catcher; Ctrl-C stops it all."""
    settings = load_settings()
    settings = settings.filled(port=port or settings.port, portal_demo=settings.portal_demo and not no_demo)
    say = LabelledLog(sys.stdout)
    with StopRequest() as stop, _live(settings, say) as (live, tick):
        _require_free_port(live)
        upgrade(live)
        if live.embedded and live.portal_demo:
            _seed(live)
        threading.Thread(target=_announce, args=(live, settings), daemon=True).start()
        programs = _programs(live)
        if live.embedded and not settings.mail_server:
            programs.append(_catcher_program(live))
        Supervisor(programs, say, tick).run(stop)


@contextmanager
def _live(settings: Settings, say: Say) -> Iterator[tuple[Settings, Tick]]:
    """Settings with addresses behind them, and what keeps our servers alive. Raises AlreadyHeldError when they run elsewhere."""
    if settings.database_url:
        yield settings, lambda: None
        return
    servers = Servers(settings.data_dir, with_valkey=not settings.redis_url)
    try:
        servers.start()
        live = filled_settings(settings, servers)
        servers.tell(live.base_url)
        yield live, _watch(servers, say)
    finally:
        servers.stop()


def _watch(servers: Servers, say: Say) -> Tick:
    """Starts a died server again; when that fails, tries again a little later."""
    not_before = 0.0

    def tick() -> None:
        nonlocal not_before
        if time.monotonic() < not_before:
            return
        try:
            for name in servers.poll():
                say("portal", f"{name} had ended and was started again")
        except EmbeddedError as problem:
            say("portal", str(problem))
            not_before = time.monotonic() + _RETRY_SERVERS

    return tick


def _programs(settings: Settings) -> list[Program]:
    return [
        web_program(settings),
        worker_program(settings, ("portal:mail", "portal:inbound", "portal:default"), "worker 1"),
        worker_program(settings, ("portal:inbound", "portal:default", "portal:mail"), "worker 2"),
        scheduler_program(settings),
    ]


def _catcher_program(settings: Settings) -> Program:
    where = [f"--host={settings.mail_server}", f"--port={settings.mail_port}", f"--folder={mailbox_folder(settings)}"]
    return Program("mail", [sys.executable, "-m", "portal.base.mail_catcher", *where], stage=3)


def _require_free_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as wrong:
            raise Problem(
                f"Cannot serve on {settings.host}:{settings.port} ({wrong.strerror}): choose another with --port or PORT."
            ) from None


def _seed(settings: Settings) -> None:
    from portal.cli.seed import seed_demo

    seed_demo(settings)


def _announce(live: Settings, given: Settings) -> None:
    """Once the pages answer, say where they are and who may sign in."""
    _wait_until_answering(live)
    lines = ["", f"  The portal is ready: {live.base_url}"]
    if live.embedded and live.portal_demo:
        people = ", ".join(f"{person}@demo.test" for person in DEMO_PEOPLE)
        lines += [f"  Sign in as {people}", f"  with the password {DEMO_PASSWORD}"]
    if live.embedded and not given.mail_server:
        lines.append(f"  Every mail sent is caught: {live.base_url}/dev/mailbox")
    if live.embedded and not given.inbound_raw_secret:
        lines.append(f"  The secret for inbound mail is INBOUND_RAW_SECRET in {secrets_path(live.data_dir)}")
    click.echo("\n".join([*lines, "  Ctrl-C stops everything.", ""]))


def _wait_until_answering(settings: Settings) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 (compared, not bound)
    request = urllib.request.Request(f"http://{host}:{settings.port}/healthz")
    request.add_header("Host", urlsplit(settings.base_url).netloc)
    while True:
        with suppress(OSError), urllib.request.urlopen(request, timeout=2):  # noqa: S310
            return
        time.sleep(_GLANCE)
