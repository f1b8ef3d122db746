"""Who may knock: every view carries one of these marks, and a test walks all routes to see that it does."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import quote, urlsplit

from flask import Flask, Response, abort, current_app, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response as WsgiResponse

from portal.base.current import current_settings
from portal.models import User
from portal.rules import access
from portal.rules.access import Action, Actor

P = ParamSpec("P")
R = TypeVar("R")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def _marked(view: Callable[P, R], guard: str) -> Callable[P, R]:
    view.guard = guard  # type: ignore[attr-defined]  # read by tests/test_house.py
    return view


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Anyone may knock; the view looks for itself at what was said."""
    return _marked(view, "public")


def signed_in(view: Callable[P, R]) -> Callable[P, R | WsgiResponse]:
    """Any signed-in person; others are asked to sign in and come back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | WsgiResponse:
        return view(*args, **kwargs) if current_user.is_authenticated else ask_to_sign_in()

    return _marked(guarded, "signed_in")


def staff(view: Callable[P, R]) -> Callable[P, R | WsgiResponse]:
    """Agents and admins. To a customer the agents' pages do not exist."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | WsgiResponse:
        if not current_user.is_authenticated:
            return ask_to_sign_in()
        if not person().is_staff:
            abort(404)
        return view(*args, **kwargs)

    return _marked(guarded, "staff")


def admins(view: Callable[P, R]) -> Callable[P, R | WsgiResponse]:
    """Admins only. An agent is told that the page is not theirs; to a customer it does not exist."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | WsgiResponse:
        if not current_user.is_authenticated:
            return ask_to_sign_in()
        if not person().is_staff:
            abort(404)
        access.require(actor(), Action.ADMINISTER)
        return view(*args, **kwargs)

    return _marked(guarded, "admins")


def ask_to_sign_in() -> WsgiResponse:
    """To the sign-in page and back; a part of a page is answered 401 with the whole page's way there."""
    here = request.full_path.rstrip("?") if request.method in SAFE_METHODS else _came_from()
    where = f"/login?next={quote(here)}"
    if request.headers.get("HX-Request") == "true":
        return Response(status=401, headers={"HX-Redirect": f"/login?next={quote(_came_from())}"})
    return redirect(where, 303)


def asks_for_sign_in() -> bool:
    """Whether what this request wants is for signed-in people only."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "guard", "public") != "public"


def person() -> User:
    """The signed-in person. Only behind a guard."""
    user: User = current_user.person
    return user


def actor() -> Actor:
    """The signed-in person as the access rules see them. Only behind a guard."""
    return person().actor()


def local_path(target: str | None) -> str | None:
    """A path on this site, or None: another host, a scheme or a line break never gets through."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(char) < 33 or char == "\\" for char in target):
        return None
    return target


def check_origin() -> None:
    """Unsafe requests must come from our own pages: Origin, or else Sec-Fetch-Site, must say so (RULES 15).

    A request with neither header is no browser's of the last years; its CSRF token still has to fit.
    """
    if request.method in SAFE_METHODS or _is_for_programs():
        return
    origin = request.headers.get("Origin")
    if origin is not None:
        if origin not in (current_settings().base_url, request.host_url.rstrip("/")):
            abort(403)
    elif request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)


def _is_for_programs() -> bool:
    """The API and the hooks carry proof of their own in every request and read no cookie."""
    return request.path.startswith(("/api/", "/hooks/"))


def _came_from() -> str:
    current = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/")
    return nearest_page(local_path(current.path) or "/")


def nearest_page(path: str) -> str:
    """The path if it can be opened, else the first above it that can: from where a form is sent to, where it stands."""
    addresses = current_app.create_url_adapter(request)
    assert addresses is not None  # only without a request
    while path != "/" and not addresses.test(path, "GET"):
        path = path.rpartition("/")[0] or "/"
    return path


def install_guards(app: Flask) -> None:
    app.before_request(check_origin)
