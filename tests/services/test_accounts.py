"""Sign-up, sign-in, passwords: what exists when, what ends sessions, and that unknown addresses cost the same."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import Account, OneTimeToken, User, UserSession
from portal.queries.people import find_user
from portal.rules.vocabulary import MailKind, OutboxState, Role, Scope, Tier, TokenPurpose
from portal.services import Invalid, accounts, api_tokens, one_time, sessions
from tests.cast import Cast
from tests.factories import after, claimed, customer, events, fresh, mails, opened

PASSWORD = "correct horse battery"


def signed_up(email: str = "eva@example.net", name: str = "Eva Lang") -> str:
    """Signs up and returns the mailed link's text."""
    with unit_of_work():
        accounts.sign_up(name, email)
    return last_link(TokenPurpose.VERIFY_ADDRESS)


def last_link(purpose: TokenPurpose) -> str:
    query = select(OneTimeToken).where(OneTimeToken.purpose == purpose).order_by(OneTimeToken.id.desc()).limit(1)
    return one_time.link_text(db.session.scalars(query).one())


def verified(link: str, password: str = PASSWORD) -> User:
    with unit_of_work():
        return accounts.verify_address(link, password)


@pytest.fixture
def eva(app: object) -> User:
    return verified(signed_up())


class TestSigningUp:
    def test_makes_nobody_until_the_link_is_used(self, cast: Cast) -> None:
        signed_up()
        assert find_user("eva@example.net") is None
        assert [mail.kind for mail in mails(recipient="eva@example.net")] == [MailKind.VERIFY_ADDRESS]

    def test_and_using_the_link_makes_a_customer_with_a_free_account(self, eva: User) -> None:
        assert (eva.role, eva.account.tier if eva.account else None, eva.name) == (Role.CUSTOMER, Tier.FREE, "Eva Lang")
        assert eva.verified_at is not None
        assert accounts.check_sign_in("eva@example.net", PASSWORD) is eva

    def test_with_a_known_address_tells_its_owner_and_changes_nothing(self, eva: User) -> None:
        link = signed_up()
        assert mails()[-1].kind is MailKind.ALREADY_REGISTERED
        with pytest.raises(one_time.LinkSpent):
            verified(link, "another password")
        assert accounts.check_sign_in("eva@example.net", "another password") is None

    def test_gives_somebody_who_first_wrote_by_mail_a_password(self, cast: Cast) -> None:
        assert verified(signed_up("ben@example.org")).id == cast.ben.id
        assert accounts.check_sign_in("ben@example.org", PASSWORD) is not None

    def test_twice_leaves_the_password_of_the_link_that_was_used_first(self, app: object) -> None:
        first, second = signed_up(), signed_up()
        verified(second, "the second password")
        with pytest.raises(one_time.LinkSpent):
            verified(first, "the first password")
        assert accounts.check_sign_in("eva@example.net", "the second password") is not None

    def test_of_somebody_disabled_gets_nowhere(self, cast: Cast) -> None:
        with unit_of_work():
            accounts.disable(cast.ben)
        with pytest.raises(one_time.LinkSpent):
            verified(signed_up("ben@example.org"))

    def test_takes_any_case_of_an_address_for_the_same(self, eva: User) -> None:
        signed_up("  EVA@Example.NET ")
        assert mails()[-1].kind is MailKind.ALREADY_REGISTERED

    def test_leaves_the_password_to_whoever_reads_the_mail(self, app: object) -> None:
        """Otherwise one could sign up with somebody else's address and wait until they press the link."""
        signed_up()
        [token] = db.session.scalars(select(OneTimeToken))
        assert token.payload == {"name": "Eva Lang"}

    def test_keeps_no_password_in_the_open(self, eva: User) -> None:
        assert (eva.password_hash or "").startswith("$argon2id$")

    @pytest.mark.parametrize("password", ["", "short 7", "x" * 257])
    def test_refuses_a_password_that_is_too_short_or_too_long_and_leaves_the_link_good(
        self, app: object, password: str
    ) -> None:
        link = signed_up()
        with pytest.raises(Invalid, match="characters"):
            verified(link, password)
        assert verified(link).email == "eva@example.net"

    @pytest.mark.parametrize("password", ["8 signs.", "x" * 256, "ευχάριστο κλειδί", "🐎🔋📎 horse"])
    def test_takes_any_other(self, app: object, password: str) -> None:
        verified(signed_up(), password)
        assert accounts.check_sign_in("eva@example.net", password) is not None
        assert accounts.check_sign_in("eva@example.net", password + "x") is None


class TestSigningIn:
    @pytest.mark.parametrize("password", ["wrong", "", PASSWORD.upper(), "nul\0", "x" * 5000])
    def test_with_a_wrong_password_is_nobody(self, eva: User, password: str) -> None:
        assert accounts.check_sign_in("eva@example.net", password) is None

    def test_of_somebody_disabled_is_nobody(self, eva: User) -> None:
        with unit_of_work():
            accounts.disable(eva)
        assert accounts.check_sign_in("eva@example.net", PASSWORD) is None

    def test_without_a_password_of_ones_own_is_nobody(self, cast: Cast) -> None:
        assert accounts.check_sign_in("ana@example.com", "the password of nobody") is None

    def test_hashes_as_often_for_an_unknown_address_as_for_a_known_one(
        self, eva: User, hashed: list[str], cast: Cast
    ) -> None:
        for address in ("eva@example.net", "ana@example.com", "nobody@example.net"):
            hashed.clear()
            accounts.check_sign_in(address, "wrong password")
            assert hashed == ["verify"], address


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch, app: object) -> Iterator[list[str]]:
    """What the hasher was asked; it still does its work."""
    done: list[str] = []
    hasher = accounts._hasher()
    accounts._nobodys_hash()
    real = hasher.verify_and_update

    def noting(*args: str) -> tuple[bool, str | None]:
        done.append("verify")
        return real(*args)

    monkeypatch.setattr(hasher, "verify_and_update", noting)
    return done


class TestLinks:
    def test_for_an_unknown_or_disabled_address_mail_nobody(self, cast: Cast) -> None:
        with unit_of_work():
            accounts.disable(cast.ben)
            for ask in (accounts.ask_for_sign_in_link, accounts.ask_for_password_reset):
                ask("nobody@example.net")
                ask("ben@example.org")
        assert [(mail.recipient, mail.state, mail.reason) for mail in mails()] == [
            ("nobody@example.net", OutboxState.SUPPRESSED, "Nobody has this address"),
            ("ben@example.org", OutboxState.SUPPRESSED, "The person is disabled"),
        ] * 2

    def test_cost_the_same_work_whoever_has_the_address(
        self, cast: Cast, count_statements: Callable[[], list[str]]
    ) -> None:
        """Otherwise the time of the answer would tell who has an account."""

        def work(email: str) -> list[str]:
            count_statements()
            with unit_of_work():
                accounts.ask_for_sign_in_link(email)
            return count_statements()

        assert work("nobody@example.net") == work("ana@example.com")

    def test_sign_in_whoever_can_read_the_address_and_prove_it(self, cast: Cast) -> None:
        with unit_of_work():
            accounts.ask_for_sign_in_link("ANA@example.com")
        with unit_of_work():
            person = accounts.sign_in_by_link(last_link(TokenPurpose.SIGN_IN))
        assert person.id == cast.ana.id
        assert person.verified_at is not None

    def test_of_one_purpose_open_nothing_else(self, cast: Cast) -> None:
        with unit_of_work():
            accounts.ask_for_sign_in_link("ana@example.com")
        link = last_link(TokenPurpose.SIGN_IN)
        with pytest.raises(one_time.LinkSpent):
            accounts.reset_password(link, PASSWORD)

    def test_are_worthless_once_the_person_is_disabled(self, cast: Cast) -> None:
        with unit_of_work():
            accounts.ask_for_sign_in_link("ana@example.com")
            accounts.disable(cast.ana)
        with pytest.raises(one_time.LinkSpent):
            accounts.sign_in_by_link(last_link(TokenPurpose.SIGN_IN))


def reset(link: str, password: str) -> User:
    with unit_of_work():
        return accounts.reset_password(link, password)


class TestResettingThePassword:
    def asked(self, email: str = "eva@example.net") -> str:
        with unit_of_work():
            accounts.ask_for_password_reset(email)
        return last_link(TokenPurpose.PASSWORD_RESET)

    def test_sets_the_new_one_and_forgets_the_old(self, eva: User) -> None:
        reset(self.asked(), "a brand new one")
        assert accounts.check_sign_in("eva@example.net", "a brand new one") is not None
        assert accounts.check_sign_in("eva@example.net", PASSWORD) is None

    def test_spends_every_other_link_of_the_person(self, eva: User) -> None:
        older = self.asked()
        with unit_of_work():
            accounts.ask_for_sign_in_link("eva@example.net")
        sign_in = last_link(TokenPurpose.SIGN_IN)
        reset(self.asked(), "a brand new one")
        with pytest.raises(one_time.LinkSpent):
            reset(older, "of the thief")
        with pytest.raises(one_time.LinkSpent):
            accounts.sign_in_by_link(sign_in)

    def test_with_a_bad_password_leaves_the_link_good(self, eva: User) -> None:
        link = self.asked()
        with pytest.raises(Invalid):
            reset(link, "short")
        assert reset(link, "long enough now").id == eva.id

    def test_lasts_one_hour(self, eva: User) -> None:
        with after():
            link = self.asked()
        with after(hours=1, seconds=1), pytest.raises(one_time.LinkSpent):
            reset(link, "a brand new one")


class TestSessionsEnd:
    @pytest.fixture
    def token(self, eva: User) -> str:
        with unit_of_work():
            return sessions.open_session(eva)

    def test_at_a_new_password(self, eva: User, token: str) -> None:
        with unit_of_work():
            accounts.set_password(eva, "a brand new one")
        assert sessions.find_session(token) is None

    def test_at_a_new_role(self, eva: User, token: str) -> None:
        with unit_of_work():
            accounts.change_role(eva, Role.AGENT)
        assert sessions.find_session(token) is None

    def test_at_disabling(self, eva: User, token: str) -> None:
        with unit_of_work():
            accounts.disable(eva)
        assert sessions.find_session(token) is None
        assert db.session.scalar(select(func.count()).select_from(UserSession)) == 0


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Ana \t Petrović ", "Ana Petrović"),
        ("Eva\r\nBcc: x@example.com", "Eva Bcc: x@example.com"),
        ("\u202eevil", "evil"),
        ("", "eva"),
        ("\0\ud800", "eva"),
        ("x" * 500, "x" * 120),
    ],
)
def test_a_name_is_one_line_of_text(given: str, kept: str) -> None:
    assert accounts.clean_name(given, "eva@example.net") == kept


def test_whoever_is_disabled_gives_everything_back_for_good(cast: Cast) -> None:
    ticket = opened(cast.ana)
    claimed(ticket, cast.cleo)
    with unit_of_work():
        accounts.ask_for_password_reset(cast.cleo.email)
        token = api_tokens.create_token(cast.cleo, [Scope.TICKETS_READ], None)
    link = last_link(TokenPurpose.PASSWORD_RESET)
    with unit_of_work():
        accounts.disable(find_user(cast.cleo.email))
        accounts.enable(find_user(cast.cleo.email))
    assert fresh(ticket).assignee_id is None
    assert events(ticket)[-1].reason == "Cleo Martin works here no longer"
    assert api_tokens.find_token(token) is None
    with pytest.raises(one_time.LinkSpent), unit_of_work():
        accounts.reset_password(link, PASSWORD)


def test_links_of_before_do_not_sign_in_with_a_new_role(cast: Cast) -> None:
    with unit_of_work():
        accounts.ask_for_sign_in_link(cast.ana.email)
    link = last_link(TokenPurpose.SIGN_IN)
    with unit_of_work():
        accounts.change_role(find_user(cast.ana.email), Role.ADMIN)
    with pytest.raises(one_time.LinkSpent), unit_of_work():
        accounts.sign_in_by_link(link)


def test_a_tier_changes_as_billing_says(cast: Cast) -> None:
    assert cast.ben.account is not None
    with unit_of_work():
        accounts.change_tier(cast.ben.account, Tier.PRO)
    assert db.session.scalar(select(Account.tier).where(Account.id == cast.ben.account_id)) is Tier.PRO


def test_whoever_an_address_belongs_to_is_found_before_anybody_is_made(cast: Cast) -> None:
    with unit_of_work():
        assert accounts.customer_for("BEN@example.org", "Somebody Else").name == "Ben Carter"
        assert accounts.customer_for("new@example.net").name == "new"


def test_two_customers_share_no_account(app: object) -> None:
    assert customer("one@example.net").account_id != customer("two@example.net").account_id
