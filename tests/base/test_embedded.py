"""The servers the portal brings with it: start, stop, death and neighbours."""

import os
import pwd
import shutil
import signal
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from portal.base.embedded import AlreadyHeldError, EmbeddedError, Servers, secrets_path, serving
from portal.base.process import processes_in
from portal.base.settings import Settings, load_settings


@contextmanager
def open_place() -> Iterator[Path]:
    """A folder with a space in its name which other users may pass through, as pytest's own folders do not allow."""
    top = Path(tempfile.mkdtemp(prefix="check out "))
    top.chmod(0o711)
    yield top / "var"
    shutil.rmtree(top)


@pytest.fixture
def place() -> Iterator[Path]:
    with open_place() as place:
        yield place


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """One pair for all tests that leave it running."""
    with open_place() as place:
        servers = Servers(place)
        servers.start()
        yield servers
        servers.stop()


@pytest.fixture
def home(servers: Servers) -> Path:
    return servers.data_dir


def ask(servers: Servers, query: str, *, admin: bool = False) -> object:
    url = servers.admin_url if admin else servers.database_url
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def redis_of(servers: Servers) -> "Redis":
    return Redis.from_url(servers.redis_url, decode_responses=True)


def eventually(true: Callable[[], object], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        pause.wait(0.02)


def pid_of_postgres(place: Path) -> int:
    return int((place / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


def pid_of_valkey(place: Path) -> int:
    (pid,) = processes_in(place / "valkey", "valkey-server")
    return pid


def nothing_runs(place: Path) -> bool:
    return not processes_in(place / "postgres", "postgres") and not processes_in(place / "valkey", "valkey-server")


def test_the_portal_is_no_superuser_and_owns_its_database(servers: Servers) -> None:
    assert ask(servers, "select usesuper from pg_user where usename = current_user") is False
    assert (
        ask(servers, "select pg_get_userbyid(datdba) from pg_database where datname = current_database()") == "portal"
    )
    assert ask(servers, "select usesuper from pg_user where usename = current_user", admin=True) is True


def test_the_extensions_of_the_schema_are_within_the_portals_rights(servers: Servers) -> None:
    for name in ("pg_trgm", "unaccent", "btree_gin"):
        ask(servers, f"create extension {name}")
    assert ask(servers, "select count(*) from pg_extension where extname in ('pg_trgm', 'unaccent', 'btree_gin')") == 3


def test_a_wrong_password_opens_nothing(servers: Servers) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(servers.database_url.replace("+psycopg", "").replace("portal:", "portal:x"))


def test_valkey_keeps_what_it_accepted_and_forgets_nothing(servers: Servers) -> None:
    redis = redis_of(servers)
    assert redis.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
    assert redis.config_get("appendonly")["appendonly"] == "yes"
    assert redis.config_get("bind")["bind"] == "127.0.0.1"


def test_tomorrow_finds_todays_data_at_the_same_addresses(servers: Servers, home: Path) -> None:
    ask(servers, "create table kept (word text)")
    ask(servers, "insert into kept values ('still here')")
    redis_of(servers).set("word", "here too")
    before = (servers.database_url, servers.redis_url)
    servers.stop()
    assert nothing_runs(home)

    servers.start()

    assert ask(servers, "select word from kept") == "still here"
    assert redis_of(servers).get("word") == "here too"
    assert (servers.database_url, servers.redis_url) == before


def test_a_killed_server_is_started_again_where_it_was(servers: Servers, home: Path) -> None:
    ask(servers, "create table committed as select 'committed' as word")
    before = (servers.database_url, servers.redis_url)
    for name, pid in (("PostgreSQL", pid_of_postgres(home)), ("Valkey", pid_of_valkey(home))):
        os.kill(pid, signal.SIGKILL)
        restarted: list[str] = []
        eventually(lambda restarted=restarted: restarted.extend(servers.poll()) or restarted)  # type: ignore[misc]
        assert restarted == [name]
    assert servers.poll() == []
    assert ask(servers, "select word from committed") == "committed"
    assert redis_of(servers).ping()
    assert (servers.database_url, servers.redis_url) == before


def test_a_taken_port_is_passed_by(servers: Servers, home: Path) -> None:
    """Both servers of a copied folder find their preferred ports taken by the first."""
    servers.stop()
    copy = home.with_name("copy")
    shutil.copytree(home, copy, symlinks=True)
    twin = Servers(copy, durable=False)
    servers.start()
    try:
        twin.start()
        assert ask(twin, "select 1") == ask(servers, "select 1") == 1
        assert twin.database_url != servers.database_url
        assert twin.redis_url != servers.redis_url
    finally:
        twin.stop()


def test_one_folder_has_one_holder(servers: Servers, home: Path) -> None:
    servers.tell("http://localhost:8000")
    with pytest.raises(AlreadyHeldError, match=r"already running at http://localhost:8000"):
        Servers(home).start()


def test_a_command_borrows_the_servers_that_run(servers: Servers, home: Path) -> None:
    servers.tell("http://localhost:8123")
    with serving(Settings(data_dir=home)) as settings:
        assert settings.database_url == servers.database_url
        assert settings.redis_url == servers.redis_url
        assert settings.base_url == "http://localhost:8123"
        assert settings.embedded


def test_a_command_that_started_the_servers_waits_for_those_who_borrowed_them(place: Path) -> None:
    borrower = _Borrower(place)
    with serving(Settings(data_dir=place)):
        borrower.start()
        assert borrower.has_begun.wait(10)
        threading.Timer(0.3, borrower.may_end.set).start()
    assert borrower.answer == 1
    assert nothing_runs(place)


class _Borrower(threading.Thread):
    """Uses the servers of somebody else until it is told to end, and asks the database just before."""

    def __init__(self, place: Path) -> None:
        super().__init__()
        self.place, self.answer = place, 0
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    def run(self) -> None:
        with serving(Settings(data_dir=self.place)) as settings:
            self.has_begun.set()
            self.may_end.wait(10)
            with psycopg.connect(settings.database_url.replace("+psycopg", "")) as connection:
                self.answer = connection.execute("select 1").fetchone()[0]  # type: ignore[index]


def test_an_address_of_ones_own_starts_nothing(place: Path) -> None:
    given = Settings(data_dir=place, database_url="postgresql://db.example.com/portal")
    with serving(given) as settings:
        assert settings is given
    assert not place.exists()


def test_what_the_person_set_is_kept_and_the_rest_is_filled(servers: Servers, home: Path) -> None:
    servers.tell()
    with serving(Settings(data_dir=home, mail_server="mail.example.com", secret_key="x" * 40, port=9000)) as settings:
        assert (settings.mail_server, settings.mail_port) == ("mail.example.com", 25)
        assert settings.secret_key == "x" * 40
        assert settings.base_url == "http://localhost:9000"
        assert settings.storage_url == f"file:{home / 'files'}"
        assert len(settings.inbound_raw_secret) >= 32


def test_a_child_process_reads_the_same_settings_from_its_environment(servers: Servers, home: Path) -> None:
    with serving(Settings(data_dir=home, ratelimit_enabled=False)) as settings:
        assert load_settings(settings.environment()) == settings


def test_secrets_are_made_once_and_for_the_owner_only(servers: Servers, home: Path) -> None:
    before = secrets_path(home).read_text()
    assert stat.S_IMODE(secrets_path(home).stat().st_mode) == 0o600
    servers.stop()
    servers.start()
    assert secrets_path(home).read_text() == before


def test_no_secret_stands_in_the_list_of_processes(servers: Servers, home: Path) -> None:
    words = [line.split("=", 1)[1] for line in secrets_path(home).read_text().splitlines()]
    for pid in (pid_of_postgres(home), pid_of_valkey(home)):
        line = Path(f"/proc/{pid}/cmdline").read_text()
        assert not any(word in line for word in words)


def test_half_a_cluster_is_made_anew_and_foreign_data_are_left_alone(place: Path) -> None:
    (place / "postgres.new").mkdir(parents=True)
    (place / "postgres.new" / "half").write_text("of an interrupted start")
    place.chmod(0o711)
    servers = Servers(place, durable=False)
    servers.start()
    servers.stop()
    assert not (place / "postgres.new").exists()

    (place / "postgres" / "PG_VERSION").rename(place / "PG_VERSION")
    with pytest.raises(EmbeddedError, match="holds no PostgreSQL data"):
        servers.start()
    assert (place / "postgres" / "base").exists()


def test_lost_secrets_are_named_and_the_data_are_not_touched(servers: Servers, home: Path) -> None:
    servers.stop()
    secrets_path(home).rename(home / "elsewhere")
    with pytest.raises(EmbeddedError, match=r"secrets\.env .*put it back"):
        servers.start()
    (home / "elsewhere").rename(secrets_path(home))
    servers.start()
    assert ask(servers, "select 1") == 1


def test_after_a_failed_start_the_folder_is_free_again(place: Path) -> None:
    place.mkdir(mode=0o711)
    (place / "postgres").mkdir()
    for _ in range(2):
        with pytest.raises(EmbeddedError, match="holds no PostgreSQL data"):
            Servers(place).start()


@contextmanager
def holding(place: Path, uid: int | None = None) -> Iterator[BaseProcess]:
    """Another process that runs the servers; a fork, because the other user may not be allowed to run our interpreter."""
    here, there = get_context("fork").Pipe()
    process = get_context("fork").Process(target=_hold, args=(place, uid, there))
    process.start()
    assert here.poll(60)
    assert here.recv() == "ready"
    yield process
    with suppress(OSError):
        here.send("stop")
    process.join(60)


def _hold(place: Path, uid: int | None, line: "Connection[str, str]") -> None:
    if uid is not None:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    servers = Servers(place, durable=False)
    servers.start()
    line.send("ready")
    line.recv()
    servers.stop()


def test_an_ordinary_user_needs_no_rights_of_roots(place: Path) -> None:
    """As root the other process runs as nobody; else it is an ordinary user anyway."""
    uid = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    if uid is not None:
        os.chown(place.parent, uid, -1)
    with holding(place, uid):
        owner = os.stat(f"/proc/{pid_of_postgres(place)}").st_uid
        assert owner == (os.geteuid() if uid is None else uid)
        assert owner != 0
    assert nothing_runs(place)
    assert stat.S_IMODE(place.stat().st_mode) == (0o700)


def test_servers_stop_when_their_holder_is_killed_and_the_next_one_starts(place: Path) -> None:
    with holding(place) as process:
        process.kill()
        process.join()
        servers = Servers(place, durable=False)
        servers.start()  # at once, while the old ones may still be stopping
        assert ask(servers, "select 1") == 1
        assert redis_of(servers).ping()
        servers.stop()
    assert nothing_runs(place)


def test_a_closed_folder_on_the_way_is_no_matter_to_its_owner_and_named_to_root(place: Path) -> None:
    place.parent.chmod(0o700)
    if os.geteuid() == 0:
        with pytest.raises(EmbeddedError, match=r"may not enter .*chmod o\+x"):
            Servers(place).start()
    else:
        with serving(Settings(data_dir=place)) as settings:
            assert settings.database_url
