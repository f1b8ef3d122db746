"""Signed-in sessions are rows: ending one is deleting it. The browser holds a random token, the row its hash."""

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import contains_eager

from portal.base.clock import now
from portal.base.database import db
from portal.base.tokens import new_token, token_hash
from portal.models import User, UserSession
from portal.rules.vocabulary import Role

IDLE = {Role.CUSTOMER: timedelta(days=14), Role.AGENT: timedelta(hours=12), Role.ADMIN: timedelta(hours=4)}
ABSOLUTE = {Role.CUSTOMER: timedelta(days=30), Role.AGENT: timedelta(days=3), Role.ADMIN: timedelta(hours=24)}
SEEN_EVERY = timedelta(minutes=1)


def open_session(user: User, user_agent: str = "") -> str:
    """A new session; returns the token for the cookie, which is kept nowhere else."""
    token, moment = new_token(), now()
    db.session.add(
        UserSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=moment,
            seen_at=moment,
            expires_at=moment + ABSOLUTE[user.role],
            user_agent=user_agent[:200],
        )
    )
    return token


def find_session(token: str) -> UserSession | None:
    """The living session of a token, with its person: not expired, not idle too long, the person not disabled."""
    query = (
        select(UserSession)
        .join(UserSession.user)
        .where(UserSession.token_hash == token_hash(token))
        .options(contains_eager(UserSession.user).joinedload(User.account))
    )
    session, moment = db.session.scalars(query).one_or_none(), now()
    if session is None or session.expires_at < moment or session.user.disabled_at is not None:
        return None
    return None if session.seen_at + IDLE[session.user.role] < moment else session


def is_stale(session: UserSession) -> bool:
    """Time to note that the person is still there; at most once a minute."""
    return session.seen_at + SEEN_EVERY < now()


def touch(session: UserSession) -> None:
    """Note that the person is there. The row may be gone meanwhile, by signing out elsewhere: then there is nothing to note."""
    db.session.execute(update(UserSession).where(UserSession.id == session.id).values(seen_at=now()))


def close(token: str) -> None:
    """Sign out: the cookie is worthless at once, wherever it was copied to."""
    db.session.execute(delete(UserSession).where(UserSession.token_hash == token_hash(token)))


def close_all(user: User) -> None:
    """End every session of a person."""
    db.session.execute(delete(UserSession).where(UserSession.user_id == user.id))
