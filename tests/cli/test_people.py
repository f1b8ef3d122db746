"""Making people and tokens at the terminal."""

import json

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from portal.base.clock import now
from portal.base.database import db
from portal.base.settings import Settings
from portal.cli import cli
from portal.models import Account, ApiToken, User
from portal.queries.people import find_user
from portal.rules.vocabulary import Role, Tier
from portal.services import accounts
from tests.blueprints.api.conftest import TICKETS, Program
from tests.cast import Cast, Visitor


@pytest.fixture(autouse=True)
def _before_this_database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings.filled(embedded=False).environment().items():
        monkeypatch.setenv(name, value)


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, words, input=typed, catch_exceptions=True)


def test_a_token_is_printed_once_and_opens_the_api(app: Flask, ana: User) -> None:
    result = run("token", "create", "--email", "Ana@example.com", "--json")
    token = json.loads(result.stdout)["token"]
    assert result.exit_code == 0
    assert Program(app, token).get(TICKETS).status_code == 200
    kept = db.session.scalars(select(ApiToken)).one()
    assert kept.token_hash != token
    assert kept.scopes == ["kb:read", "kb:write", "tickets:read", "tickets:write"]
    assert kept.expires_at is None


def test_a_token_may_be_narrow_and_end(ana: User) -> None:
    assert (
        run("token", "create", "--email", ana.email, "--scopes", "tickets:read", "--expires-days", "7").exit_code == 0
    )
    kept = db.session.scalars(select(ApiToken)).one()
    assert kept.scopes == ["tickets:read"]
    assert kept.expires_at is not None
    assert (kept.expires_at - now()).days in (6, 7)


@pytest.mark.parametrize(
    "words",
    [
        ("token", "create"),
        ("token", "create", "--email", "ana@example.com", "--scopes", "everything"),
        ("token", "create", "--email", "ana@example.com", "--expires-days", "0"),
        ("token", "revoke", "0"),
        ("user", "change", "--email", "ana@example.com"),
        ("user", "change", "--email", "ana@example.com", "--role", "king"),
        ("user", "create", "--email", "nobody", "--role", "agent"),
        ("user", "create", "--email", "x@example.com", "--role", "king"),
        ("user", "create", "--email", "x@example.com", "--role", "agent", "--tier", "pro"),
    ],
)
def test_wrong_usage_ends_with_2_and_makes_nothing(ana: User, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
    assert db.session.scalars(select(ApiToken)).all() == []
    assert find_user("x@example.com") is None


def test_a_revoked_token_opens_nothing_and_the_list_says_so(app: Flask, ana: User) -> None:
    token = json.loads(run("token", "create", "--email", ana.email, "--json").stdout)["token"]
    listed = json.loads(run("token", "list", "--email", ana.email, "--json").stdout)
    assert [row["state"] for row in listed] == ["active"]
    assert token not in run("token", "list", "--email", ana.email).stdout
    assert run("token", "revoke", str(listed[0]["id"])).exit_code == 0
    assert Program(app, token).get(TICKETS).status_code == 401
    assert " revoked " in run("token", "list", "--email", ana.email).stdout


def test_a_token_that_is_not_there_cannot_be_revoked(app: Flask) -> None:
    assert "no token 4711" in str(run("token", "revoke", "4711").exception)


def test_an_unknown_person_gets_no_token(app: Flask) -> None:
    result = run("token", "create", "--email", "nobody@example.com")
    assert "portal user create" in str(result.exception)


def test_a_customer_is_made_with_a_plan_and_can_sign_in(app: Flask) -> None:
    words = ("--email", "New@example.com", "--role", "customer", "--tier", "pro", "--name", "New One")
    result = run("user", "create", *words, "--password-stdin", typed="a long password\n")
    assert result.exit_code == 0, result.output
    made = accounts.check_sign_in("new@example.com", "a long password")
    assert made is not None
    assert (made.name, made.role, made.account and made.account.tier) == ("New One", Role.CUSTOMER, Tier.PRO)


def test_staff_is_made_without_a_plan(app: Flask) -> None:
    assert run("user", "create", "--email", "boss@example.com", "--role", "admin").exit_code == 0
    made = find_user("boss@example.com")
    assert made is not None
    assert (made.name, made.role, made.account) == ("boss", Role.ADMIN, None)


@pytest.mark.parametrize(
    ("email", "password", "why"),
    [("ana@example.com", "a long password", "already"), ("x@example.com", "short", "at least")],
)
def test_what_cannot_be_made_is_said_in_a_sentence(ana: User, email: str, password: str, why: str) -> None:
    result = run("user", "create", "--email", email, "--role", "customer", "--password-stdin", typed=password)
    assert why in str(result.exception)
    assert find_user("x@example.com") is None


def test_a_person_who_is_disabled_is_signed_out_and_kept_out_until_enabled(app: Flask, ana: User) -> None:
    browser = Visitor(app).signed_in_as(ana)
    assert run("user", "change", "--email", ana.email, "--disable").exit_code == 0
    assert browser.get("/tickets").status_code == 303
    assert run("user", "change", "--email", ana.email, "--enable").exit_code == 0
    assert browser.get("/tickets").status_code == 303
    assert Visitor(app).signed_in_as(ana).get("/tickets").status_code == 200


def test_a_new_role_and_a_new_plan_are_said_and_hold(app: Flask, cast: Cast) -> None:
    browser = Visitor(app).signed_in_as(cast.cleo)
    assert "customer" in run("user", "change", "--email", cast.cleo.email, "--role", "customer").stdout
    assert browser.get("/agent").status_code == 303
    assert Visitor(app).signed_in_as(cast.cleo).get("/agent").status_code == 404
    assert "pro plan" in run("user", "change", "--email", cast.ben.email, "--tier", "pro").stdout
    account = db.session.get_one(Account, cast.ben.account_id, populate_existing=True)
    assert account.tier is Tier.PRO


@pytest.mark.parametrize(
    ("email", "why"), [("nobody@example.com", "Nobody has the address"), ("dora@portal.test", "is no customer")]
)
def test_a_plan_that_cannot_be_given_is_refused_in_a_sentence(cast: Cast, email: str, why: str) -> None:
    assert why in str(run("user", "change", "--email", email, "--tier", "pro").exception)
