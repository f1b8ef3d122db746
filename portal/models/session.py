"""Signed-in sessions and single-use tokens. Only hashes of secrets are kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.base.database import Base
from portal.models.columns import Created, Key, word
from portal.models.user import User
from portal.rules.vocabulary import TokenPurpose


class UserSession(Base):
    """One signed-in browser. Deleting the row signs it out at once."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_id", "user_id"), Index("ix_sessions_expires_at", "expires_at"))

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[Created]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    user_agent: Mapped[str] = mapped_column(String(200), server_default="")

    user: Mapped[User] = relationship(lazy="raise")


class OneTimeToken(Base):
    """Leave to do one thing once, carried by a mail. The secret is derived from the nonce with the portal's key."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (Index("ix_one_time_tokens_expires_at", "expires_at"), Index("ix_one_time_tokens_email", "email"))

    id: Mapped[Key]
    purpose: Mapped[TokenPurpose] = mapped_column(word(TokenPurpose, "purpose"))
    nonce: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    payload: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_at: Mapped[Created]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
