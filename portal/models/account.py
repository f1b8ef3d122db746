"""Accounts: the organisation that pays, its plan, and whether its people see one another's tickets."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.database import Base
from portal.models.columns import Created, Key, word
from portal.rules.vocabulary import Tier


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(200))
    tier: Mapped[Tier] = mapped_column(word(Tier, "tier"), server_default="free")
    shares_tickets: Mapped[bool] = mapped_column(server_default="false")
    external_id: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[Created]
