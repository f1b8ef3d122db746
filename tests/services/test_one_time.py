"""Single-use links: one purpose, one address, once, and not for long."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import OneTimeToken
from portal.rules.vocabulary import TokenPurpose
from portal.services import one_time
from portal.services.one_time import LIFETIMES, LinkSpent
from tests.factories import MONDAY, after

pytestmark = pytest.mark.usefixtures("app")
SIGN_IN = TokenPurpose.SIGN_IN


def issued(purpose: TokenPurpose = SIGN_IN) -> str:
    with unit_of_work():
        return one_time.link_text(one_time.issue(purpose, "Ana@Example.com", payload={"kept": "this"}))


def redeemed(text: str, purpose: TokenPurpose = SIGN_IN) -> OneTimeToken:
    with unit_of_work():
        return one_time.redeem(purpose, text)


def test_a_link_works_once() -> None:
    link = issued()
    token = redeemed(link)
    assert (token.email, token.payload) == ("ana@example.com", {"kept": "this"})
    with pytest.raises(LinkSpent):
        redeemed(link)


def test_looking_does_not_spend_it() -> None:
    link = issued()
    for _ in range(3):
        assert one_time.find(SIGN_IN, link).used_at is None


@pytest.mark.parametrize("purpose", list(TokenPurpose))
def test_a_link_is_good_to_its_last_moment_and_not_longer(purpose: TokenPurpose) -> None:
    with after():
        early, late = issued(purpose), issued(purpose)
    with after(seconds=LIFETIMES[purpose].total_seconds()):
        redeemed(early, purpose)
    with after(seconds=LIFETIMES[purpose].total_seconds() + 1), pytest.raises(LinkSpent):
        redeemed(late, purpose)


@pytest.mark.parametrize("purpose", [purpose for purpose in TokenPurpose if purpose is not SIGN_IN])
def test_a_link_of_one_purpose_opens_no_other(purpose: TokenPurpose) -> None:
    with pytest.raises(LinkSpent):
        redeemed(issued(), purpose)


@pytest.mark.parametrize("spoil", [str.upper, lambda text: text[:-1], lambda text: text + "a", lambda text: text[1:]])
def test_a_spoiled_link_opens_nothing(spoil: object) -> None:
    link = issued()
    assert callable(spoil)
    with pytest.raises(LinkSpent):
        redeemed(spoil(link))
    assert redeemed(link).used_at is not None


@pytest.mark.parametrize(
    "text", ["", ".", "1", "1.", ".abc", "-1.abc", "1.\0", "9" * 40 + ".x", "٣.abc", "1.\ud800", "1.x.y"]
)
def test_nonsense_opens_nothing(text: str) -> None:
    issued()
    with pytest.raises(LinkSpent):
        redeemed(text)


def test_the_secret_of_another_link_opens_nothing() -> None:
    first, second = issued(), issued()
    with pytest.raises(LinkSpent):
        redeemed(f"{first.partition('.')[0]}.{second.partition('.')[2]}")


def test_the_same_link_is_written_into_every_repeated_mail() -> None:
    link = issued()
    [token] = db.session.scalars(select(OneTimeToken))
    assert one_time.link_text(token) == link


def test_the_database_holds_no_secret() -> None:
    secret = issued().partition(".")[2]
    [token] = db.session.scalars(select(OneTimeToken))
    assert len(secret) >= 26
    assert secret not in str(vars(token))


def test_an_unsuccessful_unit_of_work_leaves_the_link_good() -> None:
    link = issued()

    def redeem_and_fail() -> None:
        with unit_of_work():
            one_time.redeem(SIGN_IN, link)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        redeem_and_fail()
    assert redeemed(link).used_at is not None


def test_it_tells_when_it_was_used() -> None:
    with after():
        link = issued()
    with after(minutes=5):
        assert redeemed(link).used_at == MONDAY + timedelta(minutes=5)
