"""The document for programs, the page for people, and both kept to by what really answers."""

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi import checks

from tests.blueprints.api.conftest import KB, TICKETS, Program, written
from tests.cast import Visitor

DOCUMENT = "/api/v1/openapi.json"
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def test_the_document_is_openapi_3_1_and_needs_no_token(stranger: Program) -> None:
    document = stranger.get(DOCUMENT).get_json()
    assert document["openapi"].startswith("3.1.")
    assert set(document["paths"]) == {
        TICKETS,
        f"{TICKETS}/{{ticket_id}}",
        f"{TICKETS}/{{ticket_id}}/messages",
        "/api/v1/support/attachments/{attachment_id}",
        f"{KB}/search",
        f"{KB}/categories",
        f"{KB}/articles/{{article_id}}",
        f"{KB}/articles/{{article_id}}/rate",
    }


def test_every_route_behind_a_token_is_described(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if getattr(view, "guard", "") == "bearer":
            assert hasattr(view, "operation"), rule


def test_every_model_in_the_document_is_closed(stranger: Program) -> None:
    for name, schema in stranger.get(DOCUMENT).get_json()["components"]["schemas"].items():
        assert "enum" in schema or schema["additionalProperties"] is False, name


def test_people_read_the_same_as_a_page_without_scripts_of_its_own(visitor: Visitor) -> None:
    page = visitor.get("/api/v1/docs")
    assert page.status_code == 200
    assert page.content_type.startswith("text/html")
    for words in (
        "Open a ticket",
        "POST /api/v1/support/tickets",
        "tickets:write",
        "requester_email",
        "Rate an article",
        "kb:write",
    ):
        assert words in page.text
    assert "style=" not in page.text
    assert "<script>" not in page.text


@pytest.mark.parametrize("program", ["anas", "cleos"])
def test_whatever_is_sent_the_answer_keeps_to_the_document(
    app: Flask, program: str, anas: Program, cleos: Program
) -> None:
    caller = {"anas": anas, "cleos": cleos}[program]
    number, article = anas.opens()["id"], written(external_id="guides/export").id

    def fresh(environ: Any, start_response: Any) -> Any:
        """Each request has a database session of its own, as in production."""
        with app.app_context():
            return app(environ, start_response)

    schema = schemathesis.openapi.from_wsgi(DOCUMENT, fresh)
    cases = st.one_of([schema.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode])

    @settings(
        max_examples=100,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, is_aimed=st.booleans())
    def whatever_is_sent(case: schemathesis.Case[Any], is_aimed: bool) -> None:
        if is_aimed:
            aim(case, number, article)
        case.call_and_validate(headers={**caller.headers, "Accept-Encoding": "identity"}, checks=CHECKS)

    whatever_is_sent()


def aim(case: schemathesis.Case[Any], number: int, article: int) -> None:
    """At a ticket, an article and a category there are, so that calls get past the first door."""
    if "ticket_id" in case.path_parameters:
        case.path_parameters["ticket_id"] = number
    if "article_id" in case.path_parameters:
        case.path_parameters["article_id"] = str(article)
    if isinstance(case.body, dict) and "category" in case.body:
        case.body["category"] = "general"
