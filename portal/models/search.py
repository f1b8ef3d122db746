"""What ticket search reads: one row a ticket, kept by triggers of the database, never written from here."""

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.database import Base


class TicketSearch(Base):
    """document holds subject and public messages; staff_document the internal notes as well."""

    __tablename__ = "ticket_search"
    __table_args__ = (
        Index("ix_ticket_search_document", "document", postgresql_using="gin"),
        Index("ix_ticket_search_staff", "staff_document", postgresql_using="gin"),
        Index("ix_ticket_search_active", "staff_document", postgresql_using="gin", postgresql_where="is_active"),
    )

    ticket_id: Mapped[int] = mapped_column(ForeignKey("support_tickets.id", ondelete="CASCADE"), primary_key=True)
    is_active: Mapped[bool]
    document: Mapped[Any] = mapped_column(TSVECTOR)
    staff_document: Mapped[Any] = mapped_column(TSVECTOR)
