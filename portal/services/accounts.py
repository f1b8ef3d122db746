"""People and their accounts: sign-up, sign-in, passwords. Answers never tell whether an address is known."""

from functools import lru_cache
from zoneinfo import available_timezones

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from portal.base.clock import now
from portal.base.database import db
from portal.models import Account, User
from portal.queries.people import find_user, normalised
from portal.rules.one_line import one_line
from portal.rules.vocabulary import MailKind, Role, Tier, TokenPurpose
from portal.services import Invalid, api_tokens, notifications, one_time, sessions
from portal.services.tickets import release_tickets

PASSWORD_MIN = 8
PASSWORD_MAX = 256
NAME_LENGTH = 120


@lru_cache(maxsize=1)
def _hasher() -> PasswordHash:
    """Argon2id with the parameters OWASP names first for its low-memory profile (19 MiB, 2 rounds, 1 lane)."""
    return PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher().hash("the password of nobody")


def sign_up(name: str, email: str) -> None:
    """Ask the address to prove itself; an address that has an account is told so by mail. Same answer, same work.

    Nothing exists until the link is used: the account is made by verify_address. The password is chosen there, by
    whoever reads the mail: one chosen here would open the account to anybody who types somebody else's address.
    """
    known = find_user(email)
    payload = {} if known and known.password_hash else {"name": clean_name(name, email)}
    token = one_time.issue(TokenPurpose.VERIFY_ADDRESS, email, known, payload)
    kind = MailKind.VERIFY_ADDRESS if payload else MailKind.ALREADY_REGISTERED
    notifications.token_mail(kind, token)


def verify_address(text: str, password: str) -> User:
    """Spend the link of a sign-up: the person exists from now on, or gains the password.

    A refused password leaves the link good. Raises one_time.LinkSpent, Invalid.
    """
    check_password(password)
    token = one_time.redeem(TokenPurpose.VERIFY_ADDRESS, text)
    if not token.payload:
        raise one_time.LinkSpent
    user = customer_for(token.email, token.payload["name"])
    if user.disabled_at is not None or user.password_hash is not None:
        raise one_time.LinkSpent
    user.password_hash = _hasher().hash(password)
    prove_address(user)
    return user


def check_sign_in(email: str, password: str) -> User | None:
    """The person, if the password is theirs and they are not disabled. An unknown address costs the same time."""
    user = find_user(email)
    stored = user.password_hash if user and user.password_hash else None
    fits, renewed = _hasher().verify_and_update(password[:PASSWORD_MAX], stored or _nobodys_hash())
    fits = fits and len(password) <= PASSWORD_MAX
    if user is None or stored is None or not fits or user.disabled_at is not None:
        return None
    if renewed:
        user.password_hash = renewed
    return user


def ask_for_sign_in_link(email: str) -> None:
    """Mail a single-use sign-in link, if somebody has this address; the caller answers the same either way."""
    _mail_link(email, TokenPurpose.SIGN_IN, MailKind.SIGN_IN_LINK)


def ask_for_password_reset(email: str) -> None:
    """Mail a reset link, if somebody has this address; the caller answers the same either way."""
    _mail_link(email, TokenPurpose.PASSWORD_RESET, MailKind.PASSWORD_RESET)


def sign_in_by_link(text: str) -> User:
    """Spend a sign-in link; it also proves the address. Raises one_time.LinkSpent."""
    return _by_link(TokenPurpose.SIGN_IN, text)


def reset_password(text: str, password: str) -> User:
    """Spend a reset link and set the password; every session of the person ends. Raises one_time.LinkSpent, Invalid."""
    check_password(password)
    user = _by_link(TokenPurpose.PASSWORD_RESET, text)
    set_password(user, password)
    return user


def set_password(user: User, password: str) -> None:
    """A new password ends every session of the person and spends every link on its way. Raises Invalid."""
    check_password(password)
    user.password_hash = _hasher().hash(password)
    sessions.close_all(user)
    one_time.spend_all(user)


def change_role(user: User, role: Role) -> None:
    """A new role ends every session of the person and spends every link on its way: rights of before sign nobody in.
    Who becomes a customer gets an account of their own and gives back the tickets they had."""
    user.role = role
    if role is Role.CUSTOMER and user.account_id is None:
        user.account = Account(name=user.name)
    if not role.is_staff:
        release_tickets(user)
    one_time.spend_all(user)
    sessions.close_all(user)


def learn_zone(user: User, zone: str) -> None:
    """Keep the zone a person's browser reports, if it is one; times in pages and mails then follow their clock."""
    if zone in _zones():
        user.time_zone = zone


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def disable(user: User) -> None:
    """The person can no longer sign in, by any door: sessions end, links are spent, tokens revoked, tickets given back."""
    user.disabled_at = now()
    sessions.close_all(user)
    one_time.spend_all(user)
    api_tokens.revoke_all(user)
    release_tickets(user)


def enable(user: User) -> None:
    """The person may sign in again; sessions, links and tokens of before stay worthless."""
    user.disabled_at = None


def make_customer(email: str, name: str, tier: Tier = Tier.FREE) -> User:
    """A customer with an account of their own; the tier is free until billing says otherwise."""
    account = Account(name=clean_name(name, email), tier=tier)
    user = User(
        email=normalised(email), name=clean_name(name, email), role=Role.CUSTOMER, account=account, created_at=now()
    )
    db.session.add(user)
    db.session.flush()
    return user


def customer_for(email: str, name: str = "") -> User:
    """The person with this address, made when unknown; used where the address has been proven or a mail came from it.

    Two first uses of one address at once wait for each other and meet the same person.
    """
    one_time.hold_address(email)
    return find_user(email) or make_customer(email, name)


def make_staff(email: str, name: str, role: Role) -> User:
    """An agent or admin."""
    user = User(email=normalised(email), name=clean_name(name, email), role=role, verified_at=now(), created_at=now())
    db.session.add(user)
    db.session.flush()
    return user


def change_tier(account: Account, tier: Tier) -> None:
    """A new plan; tickets that are open keep the priority and the promises they were given."""
    account.tier = tier


def clean_name(name: str, email: str) -> str:
    """A name on one line, at most NAME_LENGTH long; the address's local part when none was given."""
    return (one_line(name) or email.partition("@")[0])[:NAME_LENGTH]


def check_password(password: str) -> None:
    """Length only, as NIST SP 800-63B advises: no composition rules. Raises Invalid."""
    if len(password) < PASSWORD_MIN:
        raise Invalid("password", f"Use at least {PASSWORD_MIN} characters.")
    if len(password) > PASSWORD_MAX:
        raise Invalid("password", f"Use at most {PASSWORD_MAX} characters.")


def prove_address(user: User) -> None:
    """Somebody used a link that was mailed to this person's address."""
    user.verified_at = user.verified_at or now()


def _mail_link(email: str, purpose: TokenPurpose, kind: MailKind) -> None:
    """An address that gets no mail costs the same writes: else the time of the answer would tell who has an account."""
    user = find_user(email)
    reason = "Nobody has this address" if user is None else "The person is disabled" if user.disabled_at else ""
    notifications.token_mail(kind, one_time.issue(purpose, email, user), suppressed=reason)


def _by_link(purpose: TokenPurpose, text: str) -> User:
    token = one_time.redeem(purpose, text)
    user = find_user(token.email)
    if user is None or user.disabled_at is not None:
        raise one_time.LinkSpent
    prove_address(user)
    return user
