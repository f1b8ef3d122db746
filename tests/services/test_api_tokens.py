"""Bearer tokens: hashed, scoped, expiring; and the first answer under an idempotency key."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import ApiToken, IdempotencyKey, User
from portal.rules.vocabulary import Scope
from portal.services import Invalid, accounts, api_tokens
from tests.cast import Cast
from tests.factories import MONDAY, after


def made(person: User, *scopes: str, days: int | None = None) -> str:
    with unit_of_work():
        return api_tokens.create_token(person, scopes or [Scope.TICKETS_READ], days)


def test_the_text_is_shown_once_and_only_its_hash_kept(cast: Cast) -> None:
    text = made(cast.ana)
    [row] = db.session.scalars(select(ApiToken))
    assert text.startswith("tsp_")
    assert text not in str(vars(row))


def test_it_speaks_for_its_owner_within_its_scopes(cast: Cast) -> None:
    found = api_tokens.find_token(made(cast.ana, "tickets:read"))
    assert found is not None
    actor = api_tokens.actor_of(found)
    assert (actor.id, actor.account_id, actor.scopes) == (cast.ana.id, cast.ana.account_id, {Scope.TICKETS_READ})


def test_a_role_changed_since_counts_today(cast: Cast) -> None:
    text = made(cast.cleo)
    with unit_of_work():
        cast.cleo.account = cast.ana.account
        accounts.change_role(cast.cleo, accounts.Role.CUSTOMER)
    found = api_tokens.find_token(text)
    assert found is not None
    assert not api_tokens.actor_of(found).role.is_staff


def test_an_unknown_scope_is_refused(cast: Cast) -> None:
    with pytest.raises(Invalid, match="admin:all"):
        made(cast.ana, "admin:all")


@pytest.mark.parametrize("text", ["", "tsp_", "tsp_nonsense", "nul\0", "\ud800"])
def test_any_other_text_finds_nothing(cast: Cast, text: str) -> None:
    made(cast.ana)
    assert api_tokens.find_token(text) is None


def test_an_expired_one_is_none(cast: Cast) -> None:
    with after():
        text = made(cast.ana, days=30)
    with after(days=30):
        assert api_tokens.find_token(text) is not None
    with after(days=30, seconds=1):
        assert api_tokens.find_token(text) is None


def test_a_revoked_one_is_none(cast: Cast) -> None:
    text = made(cast.ana)
    found = api_tokens.find_token(text)
    assert found is not None
    with unit_of_work():
        api_tokens.revoke(found.id)
    assert api_tokens.find_token(text) is None


def test_of_somebody_disabled_is_none(cast: Cast) -> None:
    text = made(cast.ana)
    with unit_of_work():
        accounts.disable(cast.ana)
    assert api_tokens.find_token(text) is None


class TestAnIdempotencyKey:
    @pytest.fixture
    def token(self, cast: Cast) -> ApiToken:
        found = api_tokens.find_token(made(cast.ana))
        assert found is not None
        return found

    def answered(self, token: ApiToken, key: str = "key", request: str = "hash") -> IdempotencyKey:
        with unit_of_work():
            row = api_tokens.begin_once(token, key, request)
            if row.answer is None:
                api_tokens.remember_answer(row, 201, {"id": 1})
        return row

    def test_repeats_the_first_answer(self, token: ApiToken) -> None:
        assert self.answered(token).id == self.answered(token).id
        assert self.answered(token).answer == {"id": 1}

    def test_refuses_another_request(self, token: ApiToken) -> None:
        self.answered(token)
        with pytest.raises(Invalid, match="another request"):
            self.answered(token, request="another hash")

    def test_counts_for_one_token(self, token: ApiToken, cast: Cast) -> None:
        other = api_tokens.find_token(made(cast.ana))
        assert other is not None
        assert self.answered(token).id != self.answered(other, request="another hash").id

    def test_is_forgotten_after_a_day(self, token: ApiToken) -> None:
        with after():
            self.answered(token)
        with after(hours=24, seconds=1):
            assert self.answered(token, request="another hash").created_at == MONDAY + timedelta(hours=24, seconds=1)

    def test_of_a_failed_transaction_is_free_again(self, token: ApiToken) -> None:
        def claim_and_fail() -> None:
            with unit_of_work():
                api_tokens.begin_once(token, "key", "hash")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            claim_and_fail()
        assert self.answered(token, request="another hash").answer == {"id": 1}
