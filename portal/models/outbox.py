"""The outbox: every mail the portal owes somebody, written with the change that caused it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.database import Base
from portal.models.columns import Created, Key, word
from portal.rules.vocabulary import MailKind, OutboxState


class OutboxMail(Base):
    """Ids and kind, no rendered text. The cause is what happened ("event 12"); the same cause reaches one address once."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("cause", "recipient"),
        CheckConstraint("(state = 'sending') = (leased_until is not null)", name="lease_while_sending"),
        CheckConstraint("(state = 'sent') = (sent_at is not null)", name="sent_at"),
        Index("ix_outbox_due", "next_attempt_at", postgresql_where="state = 'queued'"),
        Index("ix_outbox_leased", "leased_until", postgresql_where="state = 'sending'"),
        Index("ix_outbox_recipient", "recipient", "created_at"),
        Index("ix_outbox_ticket_id", "ticket_id"),
        Index("ix_outbox_token_id", "token_id", postgresql_where="token_id is not null"),
    )

    id: Mapped[Key]
    kind: Mapped[MailKind] = mapped_column(word(MailKind, "kind"))
    cause: Mapped[str] = mapped_column(String(64))
    recipient: Mapped[str] = mapped_column(String(254))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("support_tickets.id", ondelete="CASCADE"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("support_ticket_messages.id", ondelete="CASCADE"))
    token_id: Mapped[int | None] = mapped_column(ForeignKey("one_time_tokens.id", ondelete="SET NULL"))
    state: Mapped[OutboxState] = mapped_column(word(OutboxState, "state"), server_default="queued")
    reason: Mapped[str] = mapped_column(String(500), server_default="")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    next_attempt_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    created_at: Mapped[Created]
    sent_at: Mapped[datetime | None]
