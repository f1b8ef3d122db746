"""PostgreSQL and Valkey of our own, for whoever sets no DATABASE_URL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from portal.base.embedded.errors import EmbeddedError
from portal.base.embedded.holder import AlreadyHeldError, Holder, borrowing
from portal.base.embedded.secrets import read_secrets, secrets_path
from portal.base.embedded.servers import Servers
from portal.base.settings import Settings

__all__ = ["AlreadyHeldError", "EmbeddedError", "Servers", "filled_settings", "secrets_path", "serving"]

_BORROW_SECONDS = 180.0  # another process may be making the database or replaying its log just now
_GLANCE = 0.05


@contextmanager
def serving(settings: Settings) -> Iterator[Settings]:
    """Settings with every address filled in, and servers behind them for the length of the block.

    Unchanged when DATABASE_URL is set. Else the servers of DATA_DIR: those another process runs, or started here.
    Raises EmbeddedError with one sentence when they cannot be had.
    """
    if settings.database_url:
        yield settings
        return
    servers = Servers(settings.data_dir, with_valkey=not settings.redis_url)
    deadline = time.monotonic() + _BORROW_SECONDS
    while not _started(servers, last_try=time.monotonic() > deadline):
        with borrowing(servers.data_dir) as holder:
            if holder:
                servers.attach()
                yield filled_settings(settings, servers, holder)
                return
        time.sleep(_GLANCE)
    try:
        yield filled_settings(settings, servers)
    finally:
        servers.stop_after_borrowers()


def _started(servers: Servers, *, last_try: bool) -> bool:
    """False while another process holds them."""
    try:
        servers.start()
    except AlreadyHeldError:
        if last_try:
            raise
        return False
    return True


def filled_settings(settings: Settings, servers: Servers, holder: Holder | None = None) -> Settings:
    """What the person set stays; the rest comes from the servers, the random secrets and the mail catcher."""
    words = read_secrets(servers.data_dir)
    catcher = {"mail_server": "127.0.0.1", "mail_port": servers.mail_port} if not settings.mail_server else {}
    return settings.filled(
        embedded=True,
        database_url=servers.database_url,
        redis_url=settings.redis_url or servers.redis_url,
        secret_key=settings.secret_key or words["SECRET_KEY"],
        inbound_raw_secret=settings.inbound_raw_secret or words["INBOUND_RAW_SECRET"],
        base_url=settings.base_url or (holder.address if holder else "") or f"http://localhost:{settings.port}",
        storage_url=settings.storage_url or f"file:{servers.data_dir / 'files'}",
        **catcher,
    )
