"""Bearer tokens of programs, and the answers repeated to them."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from portal.base.clock import now
from portal.base.database import db
from portal.base.tokens import new_token, token_hash
from portal.models import ApiToken, IdempotencyKey, User
from portal.queries import NotFound
from portal.rules.access import Actor
from portal.rules.vocabulary import Scope
from portal.services import Invalid, Refused

PREFIX = "tsp_"
KEY_LENGTH = 255
REPEAT_FOR = timedelta(hours=24)


def create_token(user: User, scopes: Iterable[str], days: int | None, name: str = "") -> str:
    """A new token of a person; the text is returned once and never kept. Raises Invalid for an unknown scope."""
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in set(Scope)]
    if unknown:
        raise Invalid("scopes", f"Unknown scope {unknown[0]}. Known: {', '.join(Scope)}.")
    text = PREFIX + new_token()
    expires = now() + timedelta(days=days) if days else None
    db.session.add(ApiToken(token_hash=token_hash(text), user_id=user.id, name=name, scopes=wanted, expires_at=expires))
    return text


def tokens_of(user: User) -> Sequence[ApiToken]:
    """Every token of a person, oldest first, the revoked and ended ones too."""
    return db.session.scalars(select(ApiToken).where(ApiToken.user_id == user.id).order_by(ApiToken.id)).all()


def revoke(token_id: int) -> None:
    """The token opens nothing from now on. Raises NotFound."""
    token = db.session.get(ApiToken, token_id)
    if token is None:
        raise NotFound
    token.revoked_at = token.revoked_at or now()


def revoke_all(user: User) -> None:
    """No token of this person opens anything from now on."""
    db.session.execute(
        update(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None)).values(revoked_at=now())
    )


def find_token(text: str) -> ApiToken | None:
    """The living token with its person and account: not revoked, not expired, the person not disabled."""
    query = (
        select(ApiToken)
        .where(ApiToken.token_hash == token_hash(text), ApiToken.revoked_at.is_(None))
        .options(joinedload(ApiToken.user).joinedload(User.account))
    )
    token = db.session.scalars(query).one_or_none()
    if token is None or token.user.disabled_at is not None:
        return None
    return None if token.expires_at is not None and token.expires_at < now() else token


def actor_of(token: ApiToken) -> Actor:
    """What a token may: its owner's rights, narrowed to its scopes."""
    user = token.user
    scopes = frozenset(Scope(scope) for scope in token.scopes)
    return Actor(id=user.id, role=user.role, account_id=user.account_id, scopes=scopes)


def begin_once(token: ApiToken, key: str, request_hash: str) -> IdempotencyKey:
    """Claim an idempotency key of a token, or find the first answer given under it: `answer` is then set.

    The claim is part of the caller's transaction and goes when that fails. Raises Invalid when the key was used for
    another request, Refused while another transaction holds it: a repeat is told at once, it never waits.
    """
    _hold_key(token, key)
    row = db.session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.token_id == token.id, IdempotencyKey.key == key)
    ).one_or_none()
    if row is not None and row.created_at < now() - REPEAT_FOR:
        db.session.delete(row)
        db.session.flush()
        row = None
    if row is None:
        row = IdempotencyKey(token_id=token.id, key=key, request_hash=request_hash, created_at=now())
        db.session.add(row)
        db.session.flush()
    elif row.request_hash != request_hash:
        raise Invalid("Idempotency-Key", "This key was used for another request.")
    return row


def _hold_key(token: ApiToken, key: str) -> None:
    """A lock until the transaction ends; after it the row tells."""
    name = func.hashtextextended(f"idempotency:{token.id}:{key}", 0)
    if not db.session.scalar(select(func.pg_try_advisory_xact_lock(name))):
        raise Refused("The first request with this key is still running.")


def remember_answer(row: IdempotencyKey, status: int, answer: dict[str, Any]) -> None:
    """Keep the answer in the same transaction as what it promises."""
    row.answer_status, row.answer = status, answer
