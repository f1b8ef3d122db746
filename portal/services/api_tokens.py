"""Bearer tokens of programs, and the answers repeated to them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from portal.base.clock import now
from portal.base.database import db
from portal.base.tokens import new_token, token_hash
from portal.models import ApiToken, IdempotencyKey, User
from portal.rules.access import Actor
from portal.rules.vocabulary import Scope
from portal.services import Invalid, Refused

PREFIX = "tsp_"
REPEAT_FOR = timedelta(hours=24)


def create_token(user: User, scopes: Iterable[str], days: int | None, name: str = "") -> str:
    """A new token of a person; the text is returned once and never kept. Raises Invalid for an unknown scope."""
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in set(Scope)]
    if unknown:
        raise Invalid("scopes", f"Unknown scope {unknown[0]}. Known: {', '.join(Scope)}.")
    text = PREFIX + new_token()
    expires = now() + timedelta(days=days) if days else None
    db.session.add(
        ApiToken(token_hash=token_hash(text), user_id=user.id, name=name, scopes=wanted, expires_at=expires)
    )
    return text


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
    """Claim an idempotency key, or find the first answer given under it.

    The claim is part of the caller's transaction: a second request waits for the first to end. The caller answers
    again what `answer` holds if it is set. Raises Invalid when the key was used for another request,
    Refused when the first is still running.
    """
    db.session.execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.token_id == token.id,
            IdempotencyKey.key == key,
            IdempotencyKey.created_at < now() - REPEAT_FOR,
        )
    )
    db.session.execute(
        insert(IdempotencyKey)
        .values(token_id=token.id, key=key, request_hash=request_hash, created_at=now())
        .on_conflict_do_nothing(index_elements=["token_id", "key"])
    )
    query = select(IdempotencyKey).where(IdempotencyKey.token_id == token.id, IdempotencyKey.key == key)
    row = db.session.scalars(query.with_for_update(nowait=True)).one_or_none()
    if row is None:
        raise Refused("The first request with this key is still running.")
    if row.request_hash != request_hash:
        raise Invalid("Idempotency-Key", "This key was used for another request.")
    return row


def remember_answer(row: IdempotencyKey, status: int, answer: dict[str, Any]) -> None:
    """Keep the answer in the same transaction as what it promises."""
    row.answer_status, row.answer = status, answer
