"""The browser's session: a signed cookie that holds a random token, whose hash is a row. Deleting the row signs out."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import unquote

from flask import Flask, g, request, session
from flask_login import AnonymousUserMixin, LoginManager, login_user, logout_user

from portal.base.settings import Settings
from portal.base.unit_of_work import unit_of_work
from portal.models import User
from portal.services import accounts, sessions


@dataclass(frozen=True)
class SignedIn:
    """What Flask-Login holds: the person of the request. get_id is the session's token, never the person's number."""

    person: User
    token: str

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return self.token

    @property
    def id(self) -> int:
        return self.person.id

    @property
    def name(self) -> str:
        return self.person.name

    @property
    def email(self) -> str:
        return self.person.email

    @property
    def role(self) -> object:
        return self.person.role


def install_sign_in(app: Flask, settings: Settings) -> None:
    """Cookie rules (RULES 13): __Host- and Secure on https, HttpOnly, SameSite; Flask-Login only carries the token."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-portal" if settings.is_https else "portal",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
    )
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app)
    manager.user_loader(_load)


def sign_in(user: User) -> None:
    """A new session id at every sign-in; what the browser held before is worthless. Opens its own unit of work."""
    _drop_present_session()
    with unit_of_work():
        token = sessions.open_session(user, request.headers.get("User-Agent", ""))
        accounts.learn_zone(user, unquote(request.cookies.get("zone", "")))
    session.clear()
    session.permanent = True
    login_user(SignedIn(user, token))


def sign_out() -> None:
    """The row goes first, then the cookie's content. Opens its own unit of work."""
    _drop_present_session()
    logout_user()
    session.clear()


def forget_reader() -> None:
    """Answer this request as to nobody in particular: an error page must not ask the database who reads it."""
    g._login_user = AnonymousUserMixin()


def _drop_present_session() -> None:
    if token := session.get("_user_id"):
        with unit_of_work():
            sessions.close(token)


def _load(token: str) -> SignedIn | None:
    found = sessions.find_session(token)
    if found is None:
        return None
    if sessions.is_stale(found) and not _asked_by_itself():
        with unit_of_work():
            sessions.touch(found)
    return SignedIn(found.user, token)


def _asked_by_itself() -> bool:
    """Whether an open page asks without anybody pressing a key: that must not keep a session from becoming idle."""
    return (
        request.path == "/agent/stream"
        or request.path.endswith("/news")
        or request.headers.get("HX-Source") == "div#rows"  # the queue, told by the stream to look again
    )
