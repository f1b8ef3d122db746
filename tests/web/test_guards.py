"""Small judgements of the hall: which way on is local, and who is asked to sign in."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.urls import iri_to_uri

from portal.web.guards import local_path
from tests.cast import PARTIAL, Visitor


@pytest.mark.parametrize("path", ["/", "/tickets", "/tickets/1001?new=1#message-2", "/agent?view=all&q=a%20b", "/ü"])
def test_a_path_on_this_site_is_one(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "tickets",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/a\\b",
        "https:/evil",
        "/a\nb",
        "/a\0b",
        "/\tb",
    ],
)
def test_anything_else_is_none(target: str | None) -> None:
    assert local_path(target) is None


@given(st.text())
def test_whatever_is_asked_for_a_browser_stays_here(target: str) -> None:
    """As browsers read an address: backslashes are slashes, tabs and line breaks are dropped."""
    kept = local_path(target)
    if kept is not None:
        read = "".join(char for char in kept if char not in "\t\r\n").replace("\\", "/")
        assert read.startswith("/")
        assert not read.startswith("//")
        assert not set(iri_to_uri(kept)) & set("\r\n\0")


@pytest.mark.parametrize(
    ("where", "back"),
    [
        ("http://localhost/tickets/1001", "/tickets/1001"),
        ("https://evil.example/phish", "/"),
        ("https://evil.example//evil.example", "/"),
        ("nonsense", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_one_comes_back_to_a_place_of_ours(
    app: Flask, visitor: Visitor, where: str, back: str
) -> None:
    answer = visitor.post("/tickets/1/reply", {"body": "Hello"}, headers={"Referer": where})
    assert answer.location == f"/login?next={back}"
    part = visitor.get("/agent", headers={**PARTIAL, "HX-Current-URL": where})
    assert (part.status_code, part.headers["HX-Redirect"]) == (401, f"/login?next={back}")
