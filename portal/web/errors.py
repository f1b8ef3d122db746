"""Fixed error pages. A part of a page gets a small alert, a program a problem (see blueprints/api)."""

import json
from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError, generate_csrf
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from portal.base.database import db
from portal.base.settings import MEGABYTE, Settings
from portal.queries import NotFound
from portal.queries.paging import BadCursor
from portal.rules.access import Denied
from portal.services import Invalid, Refused
from portal.services.attachments import UploadRefused
from portal.web.guards import ask_to_sign_in, asks_for_sign_in, nearest_page
from portal.web.limits import retry_after_s
from portal.web.pages import wants_fragment
from portal.web.sign_in import forget_reader

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 5
DRAIN_BYTES = 400 * MEGABYTE
_DRAIN_CHUNK = MEGABYTE
PAGES = {400, 403, 404, 405, 409, 413, 422, 429, 500, 503}
SHORT = {
    400: "That request could not be understood.",
    403: "You may not do that.",
    404: "That is not here any more.",
    405: "That is not possible here.",
    429: "Too many requests. Please wait a moment.",
    500: "Something went wrong on our side. Nothing was lost that you had sent before.",
    503: "We cannot reach our database just now. Please try again in a moment.",
}


def error_page(status: int, detail: str = "", **headers: str) -> Response:
    """The page of a status, or a small alert for the alert region when htmx asked for a part."""
    if wants_fragment():
        html = render_template("errors/_alert.html", text=detail or _short(status))
        headers.update({"HX-Retarget": "#alerts", "HX-Reswap": "innerHTML"})
    else:
        name, wait = f"errors/{status if status in PAGES else 500}.html", _wait(headers.get("Retry-After", ""))
        html = render_template(
            name, status=status, detail=detail, wait=wait, **(_kept(status) if status == 429 else {})
        )
    return make_response(html, status, headers)


def _wait(seconds: str) -> str:
    """A time as people say it: seconds up to two minutes, then minutes."""
    if not seconds:
        return "a minute"
    return f"{seconds} seconds" if int(seconds) < 120 else f"{-(-int(seconds) // 60)} minutes"


def _short(status: int) -> str:
    if status == 413:
        return f"That is too large: at most {Settings.MAX_REQUEST_MB} MB fit into one message."
    return SHORT.get(status, "Something went wrong.")


def install_errors(app: Flask) -> None:
    """Every way a request can fail, and what it is answered."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(NotFound, lambda _: answer(404))
    app.register_error_handler(Denied, lambda denied: answer(404 if denied.hidden else 403))
    app.register_error_handler(Refused, lambda refused: answer(409, str(refused)))
    app.register_error_handler(Invalid, lambda invalid: answer(422, invalid.message))
    app.register_error_handler(UploadRefused, lambda refused: answer(413, str(refused)))
    app.register_error_handler(BadCursor, lambda _: answer(400, "That page of the list does not exist."))
    for away in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(away, _database_away)
    app.register_error_handler(Exception, _unexpected)


def answer(status: int, detail: str = "", **headers: str) -> Response:
    """The fitting answer: problem details under /api, plain text for hooks, pages for people."""
    if status == 413:
        drain()
    renderer = error_renderers.get(request.path.split("/")[1], error_page)
    return renderer(status, detail, **headers)


error_renderers: dict[str, Callable[..., Response]] = {}
"""First part of the path → how doors for programs answer; a door of another kind adds itself here."""


def drain() -> None:
    """Read and forget what is left of a refused upload: a browser that is still sending shows our page only then."""
    left, stream = DRAIN_BYTES, request.environ["wsgi.input"]
    try:
        while left > 0 and (chunk := stream.read(min(_DRAIN_CHUNK, left))):
            left -= len(chunk)
    except OSError:
        return


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None:
        return error.response  # type: ignore[return-value]  # Flask answers what abort() was given
    headers = {"Retry-After": str(retry_after_s())} if status == 429 else {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer(status, **headers)


_UNSEEN = {"submission_key", "next", "token", "version", "seen", "article", "q"}
"""Fields of ours that go with a form and say nothing to people."""
_LABELS = {
    "body": "Message",
    "description": "What happened?",
    "email": "E-mail address",
    "kind": "As",
    "then": "After it",
}
_VALUES = {
    ("kind", "reply"): "Reply to the customer",
    ("kind", "note"): "Internal note",
    ("then", "waiting_customer"): "Wait for customer",
    ("then", "in_progress"): "Keep in progress",
    ("then", "resolved"): "Resolve",
}


def _stale_form(_: CSRFError) -> Response:
    """A page that explains and keeps the text: pressing once more sends it with a fresh token."""
    if wants_fragment():
        return _stale_part()
    signed_out = asks_for_sign_in() and not current_user.is_authenticated
    return make_response(render_template("errors/csrf.html", signed_out=signed_out, **_kept(400)), 400)


def _kept(status: int) -> dict[str, Any]:
    """What was typed into the form of this request, under the words its page has for it; never a password."""
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "password")]
    fields = [(name, _label(name, value), value, _VALUES.get((name, value), value)) for name, value in typed]
    worth_keeping = any(label for _, label, _, _ in fields) and not (status == 429 and "password" in request.form)
    return {
        "fields": fields if worth_keeping else [],
        "action": request.path,
        "stands_on": nearest_page(request.path),
        "had_files": request.mimetype == "multipart/form-data",
    }


def _label(name: str, value: str) -> str:
    """Nothing for what says nothing to people."""
    return _LABELS.get(name, _worded(name)) if value and name not in _UNSEEN else ""


def _worded(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _stale_part() -> Response:
    """The open page stays as it is and gets a fresh token; who is no longer signed in is asked to."""
    if not current_user.is_authenticated:
        return make_response(ask_to_sign_in())
    answer = error_page(400, "This page was open for very long. Nothing is lost: please send it again.")
    answer.headers["HX-Trigger"] = json.dumps({"fresh-token": {"token": generate_csrf()}})
    return answer


def _database_away(error: Exception) -> Response:
    """The database is away or too busy: say so quickly; the request left nothing behind."""
    log.error("database away", error=type(error).__name__, route=str(request.url_rule))
    _roll_back()
    forget_reader()
    return answer(503, **{"Retry-After": str(RETRY_AFTER_S)})


def _unexpected(error: Exception) -> Response:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return _database_away(error)
    log.exception("unexpected error", route=str(request.url_rule))
    _roll_back()
    forget_reader()
    return answer(500)


def _roll_back() -> None:
    try:
        db.session.rollback()
    except Exception:
        db.session.remove()
