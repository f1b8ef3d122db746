"""Single-use links. A secret is derived from a random nonce with the portal's own key, so that a repeated delivery
of the same mail carries the same link, while the database alone opens nothing."""

import hmac
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from portal.base.clock import now
from portal.base.current import current_settings
from portal.base.database import db
from portal.base.tokens import signature
from portal.models import OneTimeToken, User
from portal.queries.people import normalised
from portal.rules.vocabulary import TokenPurpose

LIFETIMES = {
    TokenPurpose.VERIFY_ADDRESS: timedelta(days=2),
    TokenPurpose.SIGN_IN: timedelta(minutes=20),
    TokenPurpose.PASSWORD_RESET: timedelta(hours=1),
    TokenPurpose.CONFIRM_TICKET: timedelta(days=2),
}
_LENGTH = 40
_FOR_THE_ACCOUNT = (TokenPurpose.SIGN_IN, TokenPurpose.PASSWORD_RESET, TokenPurpose.VERIFY_ADDRESS)


class LinkSpent(Exception):
    """The link is unknown, used, or too old; which of these is nobody's business."""


def issue(
    purpose: TokenPurpose, email: str, user: User | None = None, payload: dict[str, Any] | None = None
) -> OneTimeToken:
    """A new token for one purpose and one address; it is good for LIFETIMES[purpose]."""
    moment = now()
    token = OneTimeToken(
        purpose=purpose,
        nonce=secrets.token_hex(16),
        email=normalised(email),
        user_id=user.id if user else None,
        payload=payload or {},
        created_at=moment,
        expires_at=moment + LIFETIMES[purpose],
    )
    db.session.add(token)
    db.session.flush()
    return token


def link_text(token: OneTimeToken) -> str:
    """What stands in the mailed link."""
    return f"{token.id}.{_secret(token)}"


def find(purpose: TokenPurpose, text: str) -> OneTimeToken:
    """The token a link stands for, not yet spent. Raises LinkSpent."""
    token = _known(purpose, text)
    if token is None or token.used_at is not None or token.expires_at < now():
        raise LinkSpent
    return token


def find_spent(purpose: TokenPurpose, text: str) -> OneTimeToken | None:
    """The token of a link that has done its work."""
    token = _known(purpose, text)
    return token if token is not None and token.used_at is not None else None


def _known(purpose: TokenPurpose, text: str) -> OneTimeToken | None:
    """The token a link stands for, if its secret is right."""
    number, _, secret = text.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    query = select(OneTimeToken).where(OneTimeToken.id == int(number), OneTimeToken.purpose == purpose)
    token = db.session.scalars(query).one_or_none()
    fits = token is not None and hmac.compare_digest(secret.encode("utf-8", "replace"), _secret(token).encode())
    return token if fits else None


def is_open(purpose: TokenPurpose, text: str) -> bool:
    """Whether the link would still do its work, looked at without spending it."""
    try:
        find(purpose, text)
    except LinkSpent:
        return False
    return True


def redeem(purpose: TokenPurpose, text: str) -> OneTimeToken:
    """Spend a token: one conditional update, so that of two presses one wins. Raises LinkSpent."""
    token = find(purpose, text)
    hold_address(token.email)
    spent = db.session.execute(
        update(OneTimeToken)
        .where(OneTimeToken.id == token.id, OneTimeToken.used_at.is_(None))
        .values(used_at=now())
        .returning(OneTimeToken.id)
    )
    if spent.first() is None:
        raise LinkSpent
    return token


def spend_all(user: User) -> None:
    """Make every link that was mailed to a person for signing in or a new password worthless."""
    hold_address(user.email)
    db.session.execute(
        update(OneTimeToken)
        .where(OneTimeToken.user_id == user.id, OneTimeToken.purpose.in_(_FOR_THE_ACCOUNT))
        .where(OneTimeToken.used_at.is_(None))
        .values(used_at=now())
    )


def hold_address(email: str) -> None:
    """What happens to one address happens one by one, until the transaction ends: two links of one person that are
    pressed at once wait for each other instead of each holding the row the other wants."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(normalised(email), 0))))


def _secret(token: OneTimeToken) -> str:
    return signature(
        current_settings().secret_key, "one-time", token.id, token.purpose.value, token.nonce, length=_LENGTH
    )
