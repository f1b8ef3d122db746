"""What programs hold: bearer tokens and the answers they were given."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.base.database import Base
from portal.models.columns import Created, Key
from portal.models.user import User


class ApiToken(Base):
    """A bearer token of one person; only its hash is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100), server_default="")
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(32)))
    created_at: Mapped[Created]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="raise")


class IdempotencyKey(Base):
    """The first answer to a POST that carried a key, repeated for 24 hours. No answer yet: the first is still running."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("token_id", "key"), Index("ix_idempotency_keys_created_at", "created_at"))

    id: Mapped[Key]
    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(64))
    answer_status: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[dict[str, Any] | None]
    created_at: Mapped[Created]
