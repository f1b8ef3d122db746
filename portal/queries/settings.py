"""Settings that an admin may change."""

from datetime import timedelta
from typing import Any

from portal.base.database import db
from portal.models import Setting


def setting(key: str) -> Any:
    """The value of one setting. Raises LookupError for a key no migration has put."""
    row = db.session.get(Setting, key)
    if row is None:
        raise LookupError(f"no setting {key}")
    return row.value


def reopen_window() -> timedelta:
    """How long after resolving a customer may reopen."""
    return timedelta(days=setting("reopen_window_days"))
