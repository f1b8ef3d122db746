"""People: customers, agents, admins."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.base.database import Base
from portal.models.account import Account
from portal.models.columns import Created, Key, word
from portal.rules.access import Actor
from portal.rules.vocabulary import Role


class User(Base):
    """A person. People who first wrote by mail have no password and no verified address yet."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email) and email like '%_@_%'", name="email_lower"),
        CheckConstraint("role <> 'customer' or account_id is not null", name="customer_has_account"),
        Index("ix_users_account_id", "account_id"),
        Index("ix_users_staff", "name", postgresql_where="role <> 'customer'"),
    )

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(word(Role, "role"), server_default="customer")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    verified_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    time_zone: Mapped[str] = mapped_column(String(64), server_default="UTC")
    language: Mapped[str] = mapped_column(String(16), server_default="en")
    created_at: Mapped[Created]

    account: Mapped[Account | None] = relationship(lazy="raise")

    @property
    def is_staff(self) -> bool:
        return self.role.is_staff

    def actor(self) -> Actor:
        """This person as the access rules see them."""
        return Actor(id=self.id, role=self.role, account_id=self.account_id)
