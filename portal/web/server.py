"""How gunicorn serves the portal.

gevent workers: a live stream costs a greenlet and no thread, so pages and streams share one kind of process and one address.
All settings go by command line: the parent process then imports nothing of ours before its workers have patched the
standard library, and psycopg picks the waiting that gevent understands.
"""

from typing import TYPE_CHECKING

from portal.base.settings import Settings, load_settings

if TYPE_CHECKING:
    from flask import Flask

GRACE_S = 5  # live streams never end by themselves; their readers come back on their own
SILENT_S = 60  # a worker without a sign of life is replaced; a request may take as long as it takes
KEEP_ALIVE_S = 5
LONGEST_LINE = 128 * 1024  # bytes: a search of 10,000 letters, each of them percent-encoded


def arguments(settings: Settings) -> list[str]:
    """gunicorn's command line without the program's name."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return [
        "--worker-class=gevent",
        f"--bind={host}:{settings.port}",
        f"--workers={settings.web_workers}",
        f"--graceful-timeout={GRACE_S}",
        f"--timeout={SILENT_S}",
        f"--keep-alive={KEEP_ALIVE_S}",
        "--forwarded-allow-ips=",  # TRUSTED_PROXIES alone says whose headers count
        "--no-control-socket",
        f"--limit-request-line={LONGEST_LINE}",
        f"--log-level={settings.log_level}",
        "portal.web.server:app()",
    ]


def app() -> "Flask":
    """The app of the environment's settings."""
    from gunicorn.http import message

    from portal import create_app
    from portal.base.logging import configure_logging

    message.MAX_REQUEST_LINE = LONGEST_LINE  # gunicorn takes no longer line than this, whatever its option says

    settings = load_settings()
    configure_logging(settings)
    return create_app(settings)
