"""Signing up, in and out through the pages: equal answers, one new session each time, cookies that die with their row."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import User, UserSession
from portal.rules.vocabulary import TokenPurpose
from portal.services import accounts
from tests.cast import Cast, Visitor
from tests.factories import mails
from tests.services.test_accounts import PASSWORD, last_link, signed_up

Browsers = Callable[[User], Visitor]


@pytest.fixture
def eva(cast: Cast) -> User:
    """Somebody with a password."""
    link = signed_up()
    with unit_of_work():
        return accounts.verify_address(link, PASSWORD)


def log_in(visitor: Visitor, email: str = "eva@example.net", password: str = PASSWORD, **more: str) -> TestResponse:
    return visitor.post("/login", {"email": email, "password": password, **more})


def cookie_of(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie("portal")
    assert cookie is not None
    return cookie.value


def same(first: TestResponse, second: TestResponse, *differing: str) -> bool:
    """Whether two answers are the same apart from the words given and each one's CSRF token."""
    texts = [re.sub(r"name=\"csrf_token\"[^>]*", "", answer.text) for answer in (first, second)]
    for words in differing:
        texts = [text.replace(words, "…") for text in texts]
    names = [sorted(answer.headers.keys()) for answer in (first, second)]
    return first.status_code == second.status_code and texts[0] == texts[1] and names[0] == names[1]


class TestSigningIn:
    def test_leads_customers_to_their_tickets_and_agents_to_the_queue(
        self, eva: User, visitor: Visitor, cast: Cast
    ) -> None:
        assert log_in(visitor).location == "/tickets"
        with unit_of_work():
            accounts.set_password(cast.cleo, PASSWORD)
        assert log_in(Visitor(visitor.app), "cleo@portal.test").location == "/agent"

    def test_goes_on_where_one_was_asked(self, eva: User, visitor: Visitor) -> None:
        assert log_in(visitor, next="/tickets/1001?new=1").location == "/tickets/1001?new=1"

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "javascript:alert(1)",
            "http:evil.example",
            " //evil.example",
            "/%0d%0aSet-Cookie:x=1\r\nX: y",
            "tickets",
            "///evil.example",
        ],
    )
    def test_never_goes_elsewhere(self, eva: User, visitor: Visitor, target: str) -> None:
        answer = log_in(visitor, next=target)
        assert answer.location == "/tickets"
        assert visitor.post("/theme", {"theme": "dark", "next": target}).location == "/"

    @pytest.mark.parametrize("password", ["wrong password", "nul\0", "x" * 1000])
    def test_answers_a_wrong_password_and_an_unknown_address_alike(
        self, eva: User, visitor: Visitor, password: str
    ) -> None:
        known, unknown, without = (
            log_in(visitor, email, password) for email in ("eva@example.net", "eve@example.net", "ana@example.com")
        )
        assert known.status_code == 422
        assert same(known, unknown, "eva@example.net", "eve@example.net")
        assert same(known, without, "eva@example.net", "ana@example.com")

    def test_keeps_the_address_and_not_the_password(self, eva: User, visitor: Visitor) -> None:
        page = log_in(visitor, password="my wrong secret").text
        assert 'value="eva@example.net"' in page
        assert "my wrong secret" not in page

    def test_gives_a_new_session_each_time_and_ends_the_one_before(self, eva: User, visitor: Visitor) -> None:
        log_in(visitor)
        first = cookie_of(visitor)
        log_in(visitor)
        assert cookie_of(visitor) != first
        assert db.session.scalar(select(func.count()).select_from(UserSession)) == 1

    def test_takes_no_session_somebody_else_planted(self, eva: User, cast: Cast, visitor: Visitor) -> None:
        planted = Visitor(visitor.app).signed_in_as(cast.ben)
        visitor.client.set_cookie("portal", cookie_of(planted))
        log_in(visitor)
        assert "ben@example.org" not in visitor.get("/tickets").text
        assert planted.get("/tickets").status_code == 303

    def test_when_signed_in_already_leads_home(self, eva: User, browser_of: Browsers) -> None:
        assert browser_of(eva).get("/login").location == "/tickets"


class TestACopiedCookie:
    @pytest.fixture
    def thief(self, eva: User, visitor: Visitor) -> Visitor:
        """Somebody who copied eva's cookie while she was signed in."""
        log_in(visitor)
        copied = Visitor(visitor.app)
        copied.client.set_cookie("portal", cookie_of(visitor))
        assert copied.get("/tickets").status_code == 200
        return copied

    def test_is_dead_after_signing_out(self, thief: Visitor, visitor: Visitor) -> None:
        answer = visitor.post("/logout")
        assert (answer.status_code, answer.location) == (303, "/login")
        assert answer.headers["Clear-Site-Data"] == '"cache"'
        assert thief.get("/tickets").status_code == 303

    def test_is_dead_after_a_new_password(self, thief: Visitor, visitor: Visitor) -> None:
        visitor.post("/password/forgot", {"email": "eva@example.net"})
        link = last_link(TokenPurpose.PASSWORD_RESET)
        visitor.post(f"/password/reset/{link}", {"password": "a brand new one"})
        assert thief.get("/tickets").status_code == 303
        assert visitor.get("/tickets").status_code == 200

    def test_is_dead_after_another_role_and_after_disabling(self, thief: Visitor, eva: User) -> None:
        with unit_of_work():
            accounts.disable(db.session.get_one(User, eva.id))
        assert thief.get("/tickets").status_code == 303

    def test_with_its_content_changed_is_nobody(self, thief: Visitor, visitor: Visitor) -> None:
        changed = cookie_of(visitor)
        thief.client.set_cookie("portal", changed[:-2] + ("AA" if changed[-2:] != "AA" else "BB"))
        assert thief.get("/tickets").status_code == 303


class TestSigningUp:
    FORM = {"name": "Eva Lang", "email": "new@example.net"}

    def test_answers_known_and_unknown_addresses_alike(self, eva: User, visitor: Visitor) -> None:
        unknown = visitor.post("/signup", self.FORM)
        known = visitor.post("/signup", {**self.FORM, "email": "eva@example.net"})
        assert unknown.status_code == 200
        assert same(unknown, known, "new@example.net", "eva@example.net")

    def test_asks_for_no_password_yet(self, cast: Cast, visitor: Visitor) -> None:
        assert 'name="password"' not in visitor.get("/signup").text

    def test_ends_with_a_password_chosen_behind_the_mailed_link(self, cast: Cast, visitor: Visitor) -> None:
        visitor.post("/signup", self.FORM)
        link = last_link(TokenPurpose.VERIFY_ADDRESS)
        assert 'name="password"' in visitor.get(f"/verify/{link}").text
        assert accounts.find_user("new@example.net") is None
        assert visitor.post(f"/verify/{link}", {"password": PASSWORD}).location == "/tickets"
        assert "new@example.net" in visitor.get("/tickets").text
        assert log_in(Visitor(visitor.app), "new@example.net").location == "/tickets"

    def test_in_somebody_elses_name_gives_no_way_in(self, cast: Cast, visitor: Visitor) -> None:
        """What the one who signed up typed is worth nothing; the password is the one of whoever reads the mail."""
        visitor.post("/signup", {**self.FORM, "password": "of the thief"})
        visitor.post(f"/verify/{last_link(TokenPurpose.VERIFY_ADDRESS)}", {"password": PASSWORD})
        assert log_in(Visitor(visitor.app), "new@example.net", "of the thief").status_code == 422

    @pytest.mark.parametrize(
        ("password", "said"),
        [
            ("", "Choose a password"),
            ("short", "at least 8 characters"),
            ("x" * 257, "at most 256 characters"),
            ("nul\0 nul\0", "characters that are not text"),
        ],
    )
    def test_refuses_a_bad_password_and_leaves_the_link_good(
        self, cast: Cast, visitor: Visitor, password: str, said: str
    ) -> None:
        visitor.post("/signup", self.FORM)
        link = last_link(TokenPurpose.VERIFY_ADDRESS)
        answer = visitor.post(f"/verify/{link}", {"password": password})
        assert answer.status_code == 422
        assert said in answer.text
        assert visitor.post(f"/verify/{link}", {"password": PASSWORD}).location == "/tickets"

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("name", "", "Tell us what to call you."),
            ("name", "x" * 121, "120"),
            ("name", "nul\0", "characters that are not text"),
            ("email", "no address", "Enter a full address"),
            ("email", "eva@", "Enter a full address"),
            ("email", "eva@example.net\r\nBcc: x@example.com", "Enter a full address"),
        ],
    )
    def test_says_beside_the_field_what_is_wrong_and_keeps_the_rest(
        self, cast: Cast, visitor: Visitor, field: str, value: str, said: str
    ) -> None:
        answer = visitor.post("/signup", {**self.FORM, field: value})
        assert answer.status_code == 422
        [error] = re.findall(rf'id="{field}-error">(.*?)</span></span>', answer.text, re.DOTALL)
        assert said in error
        assert f'aria-describedby="{field}-error"' in answer.text
        for other in {"name", "email"} - {field}:
            assert f'value="{self.FORM[other]}"' in answer.text
        assert mails() == []


@pytest.mark.parametrize("path", ["/login/link", "/password/forgot"])
class TestAskingForALink:
    def test_answers_known_unknown_and_disabled_alike(self, eva: User, cast: Cast, visitor: Visitor, path: str) -> None:
        with unit_of_work():
            accounts.disable(cast.ben)
        known, unknown, disabled = (
            visitor.post(path, {"email": email}) for email in ("eva@example.net", "eve@example.net", "ben@example.org")
        )
        assert known.status_code == 200
        assert same(known, unknown, "eva@example.net", "eve@example.net")
        assert same(known, disabled, "eva@example.net", "ben@example.org")

    def test_refuses_what_is_no_address(self, cast: Cast, visitor: Visitor, path: str) -> None:
        assert visitor.post(path, {"email": "eva"}).status_code == 422


class TestALink:
    @pytest.mark.parametrize("path", ["/verify", "/login/link", "/password/reset", "/tickets/confirm"])
    @pytest.mark.parametrize("token", ["1.abc", "nonsense", "%00", "1." + "x" * 500])
    def test_that_is_wrong_is_told_so_before_any_work_and_at_the_press(
        self, cast: Cast, visitor: Visitor, path: str, token: str
    ) -> None:
        for send in (visitor.get, lambda address: visitor.post(address, {"password": PASSWORD})):
            answer = send(f"{path}/{token}")
            assert answer.status_code == 303
            assert "too old" in visitor.get(answer.location or "").text

    @pytest.mark.parametrize("purpose", [TokenPurpose.SIGN_IN, TokenPurpose.PASSWORD_RESET])
    def test_once_used_asks_for_nothing_more(self, eva: User, visitor: Visitor, purpose: TokenPurpose) -> None:
        asked, path = {
            TokenPurpose.SIGN_IN: ("/login/link", "/login/link"),
            TokenPurpose.PASSWORD_RESET: ("/password/forgot", "/password/reset"),
        }[purpose]
        visitor.post(asked, {"email": "eva@example.net"})
        link = f"{path}/{last_link(purpose)}"
        assert visitor.get(link).status_code == 200
        Visitor(visitor.app).post(link, {"password": PASSWORD})
        assert visitor.get(link).location == asked

    def test_followed_by_a_scanner_stays_good(self, eva: User, visitor: Visitor) -> None:
        visitor.post("/login/link", {"email": "eva@example.net"})
        link = last_link(TokenPurpose.SIGN_IN)
        for _ in range(3):
            scanner = Visitor(visitor.app)
            assert scanner.get(f"/login/link/{link}").status_code == 200
            assert scanner.get("/tickets").status_code == 303
        assert visitor.post(f"/login/link/{link}").location == "/tickets"
        assert visitor.get("/tickets").status_code == 200

    def test_leaks_to_nobody_by_referrer(self, eva: User, visitor: Visitor) -> None:
        assert visitor.get("/login/link/1.abc").headers["Referrer-Policy"] == "same-origin"

    def test_for_a_new_password_checks_it_first(self, eva: User, visitor: Visitor) -> None:
        visitor.post("/password/forgot", {"email": "eva@example.net"})
        link = last_link(TokenPurpose.PASSWORD_RESET)
        assert visitor.post(f"/password/reset/{link}", {"password": "short"}).status_code == 422
        assert visitor.post(f"/password/reset/{link}", {"password": "long enough now"}).location == "/tickets"
        assert visitor.post(f"/password/reset/{link}", {"password": "of the thief"}).location == "/password/forgot"


class TestTheTheme:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_is_written_into_the_page_at_once(self, cast: Cast, visitor: Visitor, theme: str) -> None:
        visitor.post("/theme", {"theme": theme, "next": "/login"})
        assert f'data-theme="{theme}"' in visitor.get("/login").text

    def test_that_is_none_is_that_of_the_system(self, cast: Cast, visitor: Visitor) -> None:
        visitor.post("/theme", {"theme": '"><script>', "next": "/login"})
        assert "data-theme" not in visitor.get("/login").text
        visitor.client.set_cookie("theme", '"><script>')
        assert "data-theme" not in visitor.get("/login").text
