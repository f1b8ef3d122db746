"""Who calls: the bearer token, read once a request. Cookies mean nothing here."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import g, request

from portal.base.unit_of_work import unit_of_work
from portal.blueprints.api.problems import ApiProblem
from portal.models import ApiToken, User
from portal.rules import access
from portal.rules.access import Action, Actor
from portal.services import api_tokens

P = ParamSpec("P")
R = TypeVar("R")
_WRONG_TOKEN = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


def bearer(action: Action) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Guard: a living token whose scopes reach this action. What it may do with this ticket is asked further in."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            g.api_token = _authenticated()
            access.require_scope(actor(), action)
            return view(*args, **kwargs)

        guarded.guard = "bearer"  # type: ignore[attr-defined]  # read by tests/test_house.py
        guarded.action = action  # type: ignore[attr-defined]  # read by openapi
        return guarded

    return mark


def token() -> ApiToken:
    """The caller's token. Only behind the guard."""
    found: ApiToken = g.api_token
    return found


def user() -> User:
    """The token's owner, with account."""
    return token().user


def actor() -> Actor:
    """What the caller may: the owner's rights, narrowed to the token's scopes."""
    return api_tokens.actor_of(token())


def _authenticated() -> ApiToken:
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        raise ApiProblem(401)
    with unit_of_work():  # gives the connection back before a body is read, which a slow caller may draw out
        found = api_tokens.find_token(given.token)
    if found is None:
        raise ApiProblem(401, "This token is unknown, revoked or expired.", headers=_WRONG_TOKEN)
    return found
