"""One shape of log lines, ours and the libraries', as text for people or JSON for programs; never a secret in them."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.types import Processor

from portal.base.settings import Settings

_SECRET_NAME = re.compile(r"password|passwd|secret|token|authorization|cookie|api_?key|signature|csrf", re.IGNORECASE)
_SECRET_IN_URL = re.compile(r"(\w://[^\s:/@]*):[^\s/@]+@")
_CHATTY = ("alembic.runtime", "rq.worker", "mail.log")
HIDDEN = "[hidden]"


def configure_logging(settings: Settings) -> None:
    """Send everything to standard error. Calling it again replaces the earlier set-up."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_renderers(settings.log_format))
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _renderers(log_format: str) -> list[Processor]:
    renderer: Processor = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
    )
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    trace: list[Processor] = [structlog.processors.format_exc_info] if log_format == "json" else []
    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *trace, renderer, hide_passwords_in_urls]


def hide_secrets(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Values whose name says they are secret."""
    for name in event:
        if _SECRET_NAME.search(name):
            event[name] = HIDDEN
    return event


def hide_passwords_in_urls(logger: Any, method: str, line: Any) -> Any:
    """The rendered line, tracebacks included: `scheme://user:password@host` loses its password."""
    return _SECRET_IN_URL.sub(rf"\1:{HIDDEN}@", line) if isinstance(line, str) else line
