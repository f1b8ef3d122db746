"""Programs, as the API's tests know them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.base.unit_of_work import unit_of_work
from portal.models import Article, User
from portal.rules.vocabulary import ArticleStatus, Scope
from portal.services import api_tokens
from portal.services.knowledge.articles import ArticleText, put_article
from portal.services.knowledge.categories import category_named
from tests.cast import Cast

TICKETS = "/api/v1/support/tickets"
KB = "/api/v1/support/kb"
A_TICKET = {"subject": "Export stops", "description": "It stops at 40 %.", "category": "technical"}

ARTICLE = "Open **Settings** and press Export.\n\nThe file comes by mail, <b>zipped</b>."


class Program:
    """A caller with a bearer token; each call has a database session of its own, as in production."""

    def __init__(self, app: Flask, token: str = "") -> None:
        self.app, self.token = app, token
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.call("GET", path, **kwargs)

    def post(self, path: str, body: Any = None, **kwargs: Any) -> TestResponse:
        return self.call("POST", path, **({"json": body} if body is not None else {}), **kwargs)

    def put(self, path: str, body: Any = None, **kwargs: Any) -> TestResponse:
        return self.call("PUT", path, **({"json": body} if body is not None else {}), **kwargs)

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **kwargs: Any) -> TestResponse:
        with self.app.app_context():
            client = self.app.test_client(use_cookies=False)
            return client.open(path, method=method, headers={**self.headers, **(headers or {})}, **kwargs)

    def opens(self, **fields: Any) -> dict[str, Any]:
        """A ticket, as it was answered."""
        response = self.post(TICKETS, {**A_TICKET, **fields})
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.get_json()
        return made


def written(
    title: str = "Export your trades", *, status: str = "published", external_id: str | None = None, **more: Any
) -> Article:
    """An article, of everybody's unless another status is given."""
    with unit_of_work():
        text = {"body": ARTICLE, "summary": "All trades as a file.", "tags": ["export"], **more}
        shelf = category_named(text.pop("category", "Data"))
        words = ArticleText(title, category=shelf, status=ArticleStatus(status), **text)
        return put_article(None, words, external_id=external_id)


@pytest.fixture
def program_of(app: Flask) -> Callable[..., Program]:
    """program_of(ana): a program with a token of hers; scopes narrow it."""

    def with_token(person: User, scopes: tuple[Scope, ...] = tuple(Scope), days: int | None = None) -> Program:
        with app.app_context(), unit_of_work():
            token = api_tokens.create_token(person, scopes, days)
        return Program(app, token)

    return with_token


@pytest.fixture
def stranger(app: Flask) -> Program:
    """A program without a token."""
    return Program(app)


@pytest.fixture
def anas(program_of: Callable[..., Program], cast: Cast) -> Program:
    return program_of(cast.ana)


@pytest.fixture
def bens(program_of: Callable[..., Program], cast: Cast) -> Program:
    return program_of(cast.ben)


@pytest.fixture
def cleos(program_of: Callable[..., Program], cast: Cast) -> Program:
    return program_of(cast.cleo)
