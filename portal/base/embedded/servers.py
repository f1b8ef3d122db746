"""PostgreSQL and Valkey of one DATA_DIR, together."""

import json
import os
from contextlib import suppress
from pathlib import Path

from portal.base.embedded.account import choose_account
from portal.base.embedded.errors import EmbeddedError
from portal.base.embedded.holder import Hold, Holder
from portal.base.embedded.postgres import Postgres
from portal.base.embedded.secrets import make_secrets, read_secrets
from portal.base.embedded.server import Server, free_port
from portal.base.embedded.valkey import Valkey


class Servers:
    """Both servers of a data folder, which is made when it is missing.

    `start()` takes the folder's lock for as long as they run and raises EmbeddedError with one sentence when they cannot
    be had (AlreadyHeldError when another process runs them). `durable=False` is for tests: fast, not safe against power cuts.
    Without calling `start()` the addresses are those of the process that runs them.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True, with_valkey: bool = True) -> None:
        self.data_dir = data_dir.resolve()
        self._durable, self._with_valkey = durable, with_valkey
        self._hold = Hold(self.data_dir)
        self._postgres: Postgres
        self._valkey: Valkey
        self.mail_port = 0

    @property
    def database_url(self) -> str:
        return self._postgres.url()

    @property
    def admin_url(self) -> str:
        """The superuser's, for making and dropping databases; the portal itself never uses it."""
        return self._postgres.url(admin=True)

    @property
    def redis_url(self) -> str:
        return self._valkey.url

    def start(self) -> None:
        _make_folder(self.data_dir)
        self._hold.take()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def tell(self, address: str = "") -> None:
        """Let other commands use the servers; `address` is where the pages are, if they are served."""
        self._hold.tell(Holder(os.getpid(), ready=True, address=address))

    def poll(self) -> list[str]:
        """Start again what has died; the names of those. Call it now and then: it reaps them too."""
        return [server.name for server in self._servers() if server.restart_if_dead()]

    def stop_after_borrowers(self) -> None:
        """Let no other command begin to use the servers, wait for those that do, then stop. Ctrl-C ends the wait."""
        try:
            self._hold.wait_for_borrowers()
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop both; harmless when they do not run."""
        for server in self._servers():
            server.stop()
        self._hold.release()

    def attach(self) -> None:
        """Learn the addresses of servers which another process runs."""
        self._make(read_secrets(self.data_dir))
        self._set_ports(self._read_ports())

    def _start(self) -> None:
        fresh = not (self.data_dir / "postgres" / "PG_VERSION").exists()
        if not fresh and not read_secrets(self.data_dir).get("POSTGRES_ADMIN_PASSWORD"):
            raise EmbeddedError(f"{self.data_dir}/secrets.env with the database's password is missing: put it back.")
        self._make(make_secrets(self.data_dir))
        wanted = self._read_ports()
        self._postgres.start(wanted.get("postgres", 0))
        if self._with_valkey:
            self._valkey.start(wanted.get("valkey", 0))
        self.mail_port = free_port(wanted.get("mail", 0))
        self._write_ports()
        self.tell()

    def _make(self, words: dict[str, str]) -> None:
        account = choose_account(self.data_dir)
        logs = self.data_dir / "logs"
        self._postgres = Postgres(
            self.data_dir / "postgres",
            logs / "postgres.log",
            account,
            password=words["POSTGRES_PASSWORD"],
            admin_password=words["POSTGRES_ADMIN_PASSWORD"],
            durable=self._durable,
        )
        self._valkey = Valkey(self.data_dir / "valkey", logs / "valkey.log", account, password=words["VALKEY_PASSWORD"])

    def _servers(self) -> list[Server]:
        return [server for name in ("_postgres", "_valkey") if (server := getattr(self, name, None))]

    def _read_ports(self) -> dict[str, int]:
        """The ports of last time, so that addresses stay the same; only a wish, another program may have taken one."""
        with suppress(OSError, ValueError, AttributeError):
            ports = json.loads((self.data_dir / "ports.json").read_text())
            return {str(name): int(port) for name, port in ports.items()}
        return {}

    def _set_ports(self, ports: dict[str, int]) -> None:
        self._postgres.port, self._valkey.port = ports["postgres"], ports["valkey"]
        self.mail_port = ports["mail"]

    def _write_ports(self) -> None:
        ports = {"postgres": self._postgres.port, "valkey": self._valkey.port, "mail": self.mail_port}
        new = self.data_dir / "ports.json.new"
        new.write_text(json.dumps(ports))
        new.replace(self.data_dir / "ports.json")


def _make_folder(data_dir: Path) -> None:
    """Private, except that as root the servers' user must be able to pass through."""
    try:
        if not data_dir.exists():
            data_dir.mkdir(parents=True)
            data_dir.chmod(0o711 if os.geteuid() == 0 else 0o700)
        (data_dir / "logs").mkdir(mode=0o700, exist_ok=True)
    except PermissionError:
        raise EmbeddedError(f"{data_dir} may not be written: set DATA_DIR to a folder of yours.") from None
