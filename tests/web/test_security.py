"""Headers on every kind of answer, cookies on http and https, origins and CSRF tokens."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal import create_app
from portal.base.database import db
from portal.base.settings import Settings
from portal.base.storage import storage
from portal.models import Attachment, Ticket, User
from portal.web.security import content_policy
from tests.cast import PARTIAL, Cast, Visitor
from tests.factories import opened

Browsers = Callable[[User], Visitor]
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
POLICY = content_policy("http://localhost")


def answers(browser: Visitor, staff: Visitor, ticket: Ticket) -> Iterator[tuple[str, TestResponse]]:
    """One of each kind."""
    there = f"/tickets/{ticket.id}"
    yield "page", browser.get(there)
    yield "part of a page", browser.get_part("/tickets")
    yield "nothing new", browser.get_part(f"{there}/news?since=99999999999999999")
    yield "public page", Visitor(browser.app).get("/")
    yield "redirect", browser.post(f"{there}/resolve")
    yield "not signed in", Visitor(browser.app).get("/agent")
    yield "part not signed in", Visitor(browser.app).get_part("/tickets")
    yield "agent's page", staff.get("/agent")
    yield "agent's part", staff.post_part(f"/agent/tickets/{ticket.id}/tags", {"tags": "vip"})
    yield "400", browser.get("/tickets?cursor=nonsense")
    yield "403", browser.client.post(f"{there}/resolve", headers={"Origin": "https://evil.example"})
    yield "404", browser.get("/nothing")
    yield "404 part", browser.get_part("/nothing")
    yield "405", browser.post("/")
    yield "409", browser.post(f"{there}/rate", {"score": "9"})
    yield "422", browser.post(f"{there}/reply", {"body": ""})
    yield "csrf", browser.client.post(f"{there}/reply", data={"body": "Hello"})
    yield "health", browser.get("/healthz")
    yield "api", browser.get("/api/v1/support/tickets")
    yield "hook", browser.client.post("/hooks/email/raw", data=b"x")


def test_every_kind_of_answer_carries_the_headers(cast: Cast, browser_of: Browsers) -> None:
    ticket = opened(cast.ana)
    seen = set()
    for kind, answer in answers(browser_of(cast.ana), browser_of(cast.cleo), ticket):
        kept = {"Cache-Control": "public, max-age=60"} if kind == "public page" else {}
        assert {name: answer.headers.get(name) for name in ALWAYS} == {**ALWAYS, **kept}, kind
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'"), kind
        assert "unsafe" not in answer.headers["Content-Security-Policy"], kind
        assert "Server" not in answer.headers, kind
        seen.add(answer.status_code)
    assert seen >= {200, 204, 303, 400, 401, 403, 404, 405, 422}


def test_pages_allow_scripts_and_styles_from_static_only(cast: Cast, browser_of: Browsers) -> None:
    policy = browser_of(cast.ana).get("/tickets").headers["Content-Security-Policy"]
    assert policy == POLICY
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["script-src"] == rules["style-src"] == rules["font-src"] == "http://localhost/static/"
    assert (rules["default-src"], rules["base-uri"], rules["frame-ancestors"]) == ("'none'", "'none'", "'none'")
    assert rules["form-action"] == "'self'"


def test_a_part_says_what_it_depends_on(cast: Cast, browser_of: Browsers) -> None:
    for answer in (browser_of(cast.ana).get("/tickets"), browser_of(cast.ana).get_part("/tickets")):
        assert {"HX-Request", "HX-Request-Type"} <= {name.strip() for name in answer.headers["Vary"].split(",")}


def test_static_files_are_inert_and_kept(app: Flask, visitor: Visitor) -> None:
    answer = visitor.get(app.extensions["assets"].url("app.js"))
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    assert visitor.get("/static/nothing.js").status_code == 404
    assert visitor.get("/static/../portal/__init__.py").status_code == 404
    assert visitor.get("/static/%2e%2e/secrets.env").status_code == 404


class TestDownloads:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
            ("page.html", b"<!doctype html><script>alert(document.domain)</script>"),
            ("page.xhtml", b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><script/></html>"),
            ("photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 20),
            ("script.js", b"alert(1)"),
            ("book.pdf", b"%PDF-1.7\n<script>"),
        ],
    )
    def test_are_always_attachments_that_nothing_runs(
        self, cast: Cast, browser_of: Browsers, name: str, content: bytes
    ) -> None:
        opened(cast.ana, files=[(name, content)])
        [file] = db.session.scalars(select(Attachment))
        answer = browser_of(cast.ana).get(f"/attachments/{file.id}")
        assert answer.data == content
        assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{name}"')
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.mimetype not in ("text/html", "image/svg+xml", "text/javascript", "application/xhtml+xml")

    @pytest.mark.parametrize(
        "name",
        [
            "../../etc/passwd",
            "a\r\nSet-Cookie: stolen=1\r\n\r\n<script>.txt",
            'quote".exe"; filename="evil.html',
            "back\\slash.txt",
            "invoice\u202efdp.exe",
            "Übersicht März 2026.pdf",
            "🐎.txt",
            "semi;colon.txt",
            "per%0d%0acent.txt",
            "x" * 400,
        ],
    )
    def test_have_a_harmless_header_whatever_the_name(self, cast: Cast, browser_of: Browsers, name: str) -> None:
        opened(cast.ana, files=[(name, b"hello")])
        [file] = db.session.scalars(select(Attachment))
        answer = browser_of(cast.ana).get(f"/attachments/{file.id}")
        header = answer.headers["Content-Disposition"]
        assert re.fullmatch(r"attachment; filename=\"[ !#-\[\]-~]*\"; filename\*=UTF-8''[A-Za-z0-9._~%-]+", header)
        assert "Set-Cookie" not in answer.headers

    def test_whose_file_is_gone_are_not_there(self, app: Flask, cast: Cast, browser_of: Browsers) -> None:
        opened(cast.ana, files=[("log.txt", b"hello")])
        [file] = db.session.scalars(select(Attachment))
        storage().delete(file.key)
        assert browser_of(cast.ana).get(f"/attachments/{file.id}").status_code == 404


class TestCookies:
    def set_by(self, app: Flask) -> str:
        with app.app_context():
            [line] = app.test_client().get("/login", base_url=self.base(app)).headers.getlist("Set-Cookie")
        return line

    def base(self, app: Flask) -> str:
        return "https://support.example.com" if app.config["SESSION_COOKIE_SECURE"] else "http://localhost"

    def test_on_http_have_a_plain_name_and_no_secure(self, app: Flask) -> None:
        line = self.set_by(app)
        assert line.startswith("portal=")
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(line.split("; "))
        assert "Secure" not in line

    def test_on_https_are_bound_to_the_host(self, settings: Settings, app: Flask) -> None:
        line = self.set_by(create_app(settings.filled(base_url="https://support.example.com")))
        assert line.startswith("__Host-portal=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(line.split("; "))
        assert "Domain" not in line

    def test_on_https_are_so_behind_a_proxy_that_speaks_http(self, settings: Settings, app: Flask) -> None:
        secure = create_app(settings.filled(base_url="https://support.example.com"))
        with secure.app_context():
            answer = secure.test_client().get("/login", base_url="http://10.0.0.7:8000")
        assert "Secure" in answer.headers["Set-Cookie"]
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert "https://support.example.com/static/" in answer.headers["Content-Security-Policy"]

    def test_are_not_set_where_nothing_is_kept(self, visitor: Visitor) -> None:
        assert "Set-Cookie" not in visitor.get("/healthz").headers


class TestOrigin:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost.evil.example"},
            {"Origin": "http://localhost:9999"},
            {"Origin": "https://localhost"},
            {"Origin": ""},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_elsewhere_is_refused_and_changes_nothing(
        self, cast: Cast, browser_of: Browsers, headers: dict[str, str]
    ) -> None:
        answer = browser_of(cast.ana).post("/tickets/new", TICKET, headers=headers)
        assert answer.status_code == 403
        assert db.session.scalar(select(func.count()).select_from(Ticket)) == 0

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Origin": "http://localhost"},
            {"Origin": "http://localhost:8000"},
            {"Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        ],
    )
    def test_of_our_own_is_let_through(self, cast: Cast, browser_of: Browsers, headers: dict[str, str]) -> None:
        assert browser_of(cast.ana).post("/tickets/new", TICKET, headers=headers).status_code == 303

    def test_does_not_matter_for_reading(self, cast: Cast, browser_of: Browsers) -> None:
        assert browser_of(cast.ana).get("/tickets", headers={"Origin": "https://evil.example"}).status_code == 200


TICKET = {"subject": "No candles", "description": "None at all.", "category": "technical"}


class TestCsrf:
    def raw(self, browser: Visitor, data: dict[str, str], path: str = "/tickets/new", **kwargs: object) -> TestResponse:
        with browser.app.app_context():
            return browser.client.post(path, data=data, **kwargs)  # type: ignore[arg-type]

    @pytest.mark.parametrize("token", [None, "", "nonsense", "ImFmNzZjMjZk.awTNFg.CbQGqbeQAMl5TVsUQjr0oJYUY68"])
    def test_missing_or_stale_is_a_page_that_keeps_the_text_and_changes_nothing(
        self, cast: Cast, browser_of: Browsers, token: str | None
    ) -> None:
        hers = browser_of(cast.ana)
        typed = {**TICKET, "description": 'A long <b>story</b> & its "end"'}
        answer = self.raw(hers, typed if token is None else {**typed, "csrf_token": token})
        assert answer.status_code == 400
        assert "A long &lt;b&gt;story&lt;/b&gt; &amp; its &#34;end&#34;" in answer.text
        assert 'action="/tickets/new"' in answer.text
        assert db.session.scalar(select(func.count()).select_from(Ticket)) == 0

    def test_of_another_browser_does_not_fit(self, cast: Cast, browser_of: Browsers) -> None:
        page = Visitor(browser_of(cast.ben).app).get("/tickets/new").text
        token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
        assert self.raw(browser_of(cast.ana), {**TICKET, "csrf_token": token}).status_code == 400

    def test_pages_button_sends_the_text_with_a_fresh_token(self, cast: Cast, browser_of: Browsers) -> None:
        hers = browser_of(cast.ana)
        page = self.raw(hers, {**TICKET, "submission_key": "one-form", "csrf_token": "stale"}).text
        names = re.findall(
            r'<(?:input type="hidden"|textarea) name="([^"]+)"(?: value="([^"]*)"| hidden>([^<]*))', page
        )
        assert self.raw(hers, {name: value or text for name, value, text in names}).status_code == 303
        assert db.session.scalars(select(Ticket.subject)).all() == ["No candles"]

    def test_page_shows_what_was_typed_and_no_keys(self, cast: Cast, browser_of: Browsers) -> None:
        page = self.raw(browser_of(cast.ana), {**TICKET, "submission_key": "one-form"}).text
        shown = re.findall(r"<dt>(.*?)</dt>", page)
        assert shown == ["Subject", "What happened?", "Category"]

    def test_page_says_who_is_signed_out_and_where_to_sign_in(self, cast: Cast, visitor: Visitor) -> None:
        ticket = opened(cast.ana)
        answer = self.raw(visitor, {"body": "Six lines."}, path=f"/tickets/{ticket.id}/reply")
        assert "You are not signed in any more" in answer.text
        assert '<a href="/login" target="_blank">' in answer.text
        assert "Six lines." in answer.text

    def test_page_tells_no_guest_to_be_signed_out(self, cast: Cast, visitor: Visitor) -> None:
        assert "The form was open too long" in self.raw(visitor, TICKET).text

    def test_page_never_repeats_a_password(self, cast: Cast, visitor: Visitor) -> None:
        with visitor.app.app_context():
            answer = visitor.client.post("/login", data={"email": "ana@example.com", "password": "my secret words"})
        assert answer.status_code == 400
        assert "ana@example.com" in answer.text
        assert "my secret words" not in answer.text

    def test_of_a_part_leaves_the_text_in_its_box(self, cast: Cast, browser_of: Browsers) -> None:
        answer = self.raw(browser_of(cast.cleo), {**TICKET}, headers=PARTIAL)
        assert (answer.status_code, answer.headers["HX-Retarget"]) == (400, "#alerts")

    def test_is_asked_of_every_form_for_people(self, request: pytest.FixtureRequest, cast: Cast) -> None:
        app: Flask = request.getfixturevalue("_app")
        hers = Visitor(app).signed_in_as(cast.cleo)
        for rule in app.url_map.iter_rules():
            if "POST" not in (rule.methods or ()) or rule.rule.startswith(("/api/", "/hooks/")):
                continue
            with app.app_context():
                answer = hers.client.post(re.sub(r"<[^>]+>", "1", rule.rule), data={})
            assert answer.status_code == 400, rule.rule


def test_links_and_redirects_do_not_follow_the_host_header(cast: Cast, browser_of: Browsers) -> None:
    hers = browser_of(cast.ana)
    answer = hers.post("/tickets/new", TICKET, headers={"Host": "evil.example"})
    assert answer.location.startswith("/tickets/") if answer.location else answer.status_code in (400, 403)
    assert "evil.example" not in Visitor(hers.app).get("/", headers={"Host": "evil.example"}).text
