"""Problem details (RFC 9457): the one shape of every error under /api."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Response, json

from portal.base.settings import Settings
from portal.queries.paging import BadCursor
from portal.rules.access import Denied
from portal.services import Invalid

Errors = Sequence[tuple[str, str]]
TYPE = "application/problem+json"
_DETAILS = {
    400: "The request could not be understood.",
    401: "Send a bearer token in the Authorization header.",
    403: "This token may not do that.",
    404: "There is nothing here.",
    405: "This address does not know the method; Allow names those it knows.",
    412: "The ticket has changed since you read it. Read it again.",
    415: "Send JSON, or a form where files are taken.",
    422: "Some fields are not right.",
    429: "Too many requests. Retry-After says how many seconds to wait.",
    500: "Something went wrong on our side. Nothing was changed.",
    503: "We cannot reach our database just now. Please try again in a moment.",
}


class ApiProblem(Exception):
    """An answer that is a problem; whatever was begun is undone on the way out."""

    def __init__(
        self, status: int, detail: str = "", *, errors: Errors = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, errors, headers or {}


def problem(status: int, detail: str = "", errors: Errors = (), **headers: str) -> Response:
    """The answer of a status; errors are (field, message) pairs."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or _default_detail(status),
        "errors": [{"field": field, "message": message} for field, message in errors],
    }
    if status == 401:
        headers.setdefault("WWW-Authenticate", "Bearer")
    return Response(json.dumps(body), status, headers, content_type=TYPE)


def of_raised(raised: ApiProblem) -> Response:
    return problem(raised.status, raised.detail, raised.errors, **raised.headers)


def of_invalid(invalid: Invalid) -> Response:
    return problem(422, errors=[(invalid.field, invalid.message)])


def of_denied(denied: Denied) -> Response:
    """Hidden things answer as absent ones do."""
    return problem(404) if denied.hidden else problem(403, str(denied))


def of_bad_cursor(_: BadCursor) -> Response:
    return problem(422, errors=[("cursor", "This is no cursor of this list in this order.")])


def _default_detail(status: int) -> str:
    if status == 413:
        return f"Too large: a request may hold {Settings.MAX_REQUEST_MB} MB with its files, its text far less."
    return _DETAILS.get(status, HTTPStatus(status).description)
