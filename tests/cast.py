"""The people of the tests, and the browser they hold."""

from dataclasses import dataclass
from typing import Any, Self

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from portal.base.unit_of_work import unit_of_work
from portal.models import User
from portal.rules.vocabulary import Role, Tier
from portal.services import accounts, sessions

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
_CSRF = "the-raw-csrf-value-of-a-test"


@dataclass(frozen=True)
class Cast:
    """ana (premium customer), ben (another customer who must see nothing), cleo (agent), dora (admin)."""

    ana: User
    ben: User
    cleo: User
    dora: User

    @classmethod
    def assemble(cls) -> "Cast":
        with unit_of_work():
            return cls(
                ana=accounts.make_customer("ana@example.com", "Ana Petrović", Tier.PREMIUM),
                ben=accounts.make_customer("ben@example.org", "Ben Carter"),
                cleo=accounts.make_staff("cleo@portal.test", "Cleo Martin", Role.AGENT),
                dora=accounts.make_staff("dora@portal.test", "Dora Lind", Role.ADMIN),
            )


class Visitor:
    """A browser: keeps cookies, sends the CSRF token with every unsafe request, does not follow redirects."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()

    def signed_in_as(self, person: User) -> Self:
        with self.app.app_context(), unit_of_work():
            token = sessions.open_session(person)
        with self.client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return self

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self._fresh(lambda: self.client.get(path, **kwargs))

    def get_part(self, path: str, **kwargs: Any) -> TestResponse:
        """As htmx asks for a part of a page."""
        return self.get(path, headers=PARTIAL, **kwargs)

    def post(self, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        filled = {"csrf_token": self.csrf_token(), **(data or {})}
        return self._fresh(lambda: self.client.post(path, data=filled, **kwargs))

    def post_part(self, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        return self.post(path, data, headers=PARTIAL, **kwargs)

    def csrf_token(self) -> str:
        with self.client.session_transaction() as cookie:
            cookie["csrf_token"] = _CSRF
        return str(URLSafeTimedSerializer(self.app.config["SECRET_KEY"], salt="wtf-csrf-token").dumps(_CSRF))

    def _fresh(self, send: Any) -> TestResponse:
        """Each request has a database session of its own, as in production."""
        with self.app.app_context():
            response: TestResponse = send()
        return response
