"""What is counted without saying who: searches by day, and what became of tickets somebody began to write."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.database import Base
from portal.models.columns import Created, Key, word
from portal.rules.vocabulary import Deflection, SearchDoor

QUERY_LENGTH = 100


class SearchDay(Base):
    """How often one query came on one day by one door, how often it found something, and how often a hit was opened."""

    __tablename__ = "search_log"
    __table_args__ = (Index("ix_search_log_query", "query", "day"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    query: Mapped[str] = mapped_column(String(QUERY_LENGTH), primary_key=True)
    door: Mapped[SearchDoor] = mapped_column(word(SearchDoor, "door"), primary_key=True)
    searches: Mapped[int] = mapped_column(Integer, server_default="0")
    found: Mapped[int] = mapped_column(Integer, server_default="0")
    opened: Mapped[int] = mapped_column(Integer, server_default="0")


class BegunTicket(Base):
    """A new-ticket form that was offered answers while somebody wrote in it; form_key is a hash of the form's own key."""

    __tablename__ = "begun_tickets"
    __table_args__ = (
        CheckConstraint("shown >= 0", name="shown"),
        Index("ix_begun_tickets_created_at", "created_at"),
    )

    id: Mapped[Key]
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    shown: Mapped[int] = mapped_column(Integer, server_default="0")
    article_id: Mapped[int | None] = mapped_column(ForeignKey("kb_articles.id", ondelete="SET NULL"), index=True)
    quick_answer_id: Mapped[int | None] = mapped_column(ForeignKey("quick_answers.id", ondelete="SET NULL"), index=True)
    outcome: Mapped[Deflection] = mapped_column(word(Deflection, "outcome"), server_default="shown")
    created_at: Mapped[Created]
    ended_at: Mapped[datetime | None]
