"""The inbound ledger: every mail received, raw, with its one final state."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.database import Base
from portal.models.columns import Created, Key, word
from portal.rules.vocabulary import InboundState


class InboundEmail(Base):
    """event_key is the provider's id of the delivery, or else the SHA-256 of the raw mail: the same delivery is one row."""

    __tablename__ = "inbound_emails"
    __table_args__ = (
        UniqueConstraint("provider", "event_key"),
        Index("ix_inbound_emails_waiting", "next_attempt_at", postgresql_where="state = 'received'"),
        Index("ix_inbound_emails_from_address", "from_address", "created_at"),
        Index("ix_inbound_emails_mail_id", "mail_id"),
    )

    id: Mapped[Key]
    provider: Mapped[str] = mapped_column(String(20))
    event_key: Mapped[str] = mapped_column(String(128))
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    envelope_from: Mapped[str] = mapped_column(String(320), server_default="")
    envelope_to: Mapped[str] = mapped_column(String(320), server_default="")
    state: Mapped[InboundState] = mapped_column(word(InboundState, "state"), server_default="received")
    reason: Mapped[str] = mapped_column(String(500), server_default="")
    from_address: Mapped[str] = mapped_column(String(320), server_default="")
    subject: Mapped[str] = mapped_column(String(300), server_default="")
    mail_id: Mapped[str] = mapped_column(String(998), server_default="")
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("support_tickets.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("support_ticket_messages.id"), index=True)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    next_attempt_at: Mapped[datetime]
    created_at: Mapped[Created]
    processed_at: Mapped[datetime | None]
