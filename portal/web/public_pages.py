"""Pages everybody may read: for somebody who is not signed in they carry no token, set no cookie and can be kept by caches."""

from datetime import datetime
from typing import Any

from flask import Response, request
from flask_login import current_user

from portal.web.pages import page

KEPT_S = 60


def is_guest() -> bool:
    """Nobody is signed in: the page is the same for all who read it."""
    return not current_user.is_authenticated


def public_page(
    template: str, *, fragment: str | None = None, changed_at: datetime | None = None, **context: Any
) -> Response:
    """A guest's copy may be kept by any cache for KEPT_S seconds and is then asked for by ETag (and Last-Modified, where
    the page has a time of its own); what a signed-in reader gets is theirs alone and is not kept."""
    response = page(template, fragment=fragment, no_token=is_guest(), **context)
    if not is_guest():
        return response
    response.headers["Cache-Control"] = f"public, max-age={KEPT_S}"
    response.vary.update(["Cookie", "HX-Request", "HX-Request-Type"])
    response.add_etag()
    response.last_modified = changed_at
    response.make_conditional(request)
    return response
