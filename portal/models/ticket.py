"""Tickets and what belongs to them: messages, files, people, tags, events, ratings."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, Mapped, column_property, mapped_column, relationship

from portal.base.database import Base
from portal.models.account import Account
from portal.models.columns import Created, Key, word
from portal.models.routing import Category, Team
from portal.models.user import User
from portal.rules.access import TicketFacts
from portal.rules.vocabulary import Channel, ClockKind, EventKind, Priority, Status

SUBJECT_LENGTH = 200
BODY_LENGTH = 100_000
"""Characters of one message."""
NEVER = "'9999-12-31 00:00:00+00'::timestamptz"
"""Sorts after every deadline; tickets whose clocks all rest stand at the end of the queue."""
_ACTIVE = "status in ('open', 'in_progress', 'waiting_customer')"

ticket_tags = Table(
    "ticket_tags",
    Base.metadata,
    Column("ticket_id", ForeignKey("support_tickets.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Tag(Base):
    __tablename__ = "tags"
    __table_args__ = (CheckConstraint("name = lower(name) and name <> ''", name="name_lower"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(50), unique=True)


class Ticket(Base):
    """A customer's question and its state. next_due_at, next_warn_at and next_due_kind repeat the running clock
    that ends first, so that the queue sorts and colours by one index without reading clocks. public_at is the last
    change a customer may know of: a note moves updated_at, but to a customer it leaves no trace, not even a time."""

    __tablename__ = "support_tickets"
    __table_args__ = (
        CheckConstraint("(status in ('resolved', 'closed')) = (resolved_at is not null)", name="resolved_at"),
        CheckConstraint("subject <> ''", name="subject_present"),
        Index("ix_support_tickets_requester", "requester_id", "id"),
        Index("ix_support_tickets_account", "account_id", "id"),
        Index("ix_support_tickets_due", "due_sort", "id", postgresql_where=_ACTIVE),
        Index("ix_support_tickets_assignee_due", "assignee_id", "due_sort", "id", postgresql_where=_ACTIVE),
        Index("ix_support_tickets_status_due", "status", "due_sort", "id", postgresql_where=_ACTIVE),
        Index("ix_support_tickets_priority_due", "priority", "due_sort", "id", postgresql_where=_ACTIVE),
        Index("ix_support_tickets_category_due", "category_id", "due_sort", "id", postgresql_where=_ACTIVE),
        Index("ix_support_tickets_updated", "updated_at", "id"),
        Index("ix_support_tickets_created", "created_at"),
        Index("ix_support_tickets_resolved", "resolved_at", "id", postgresql_where="resolved_at is not null"),
    )

    id: Mapped[int] = mapped_column(Identity(start=1001), primary_key=True)
    subject: Mapped[str] = mapped_column(String(SUBJECT_LENGTH))
    status: Mapped[Status] = mapped_column(word(Status, "status"), server_default="open")
    priority: Mapped[Priority] = mapped_column(word(Priority, "priority"))
    priority_reason: Mapped[str] = mapped_column(String(200))
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"))
    channel: Mapped[Channel] = mapped_column(word(Channel, "channel"))
    is_proven: Mapped[bool] = mapped_column(server_default="true")
    requester_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("support_tickets.id"))
    created_at: Mapped[Created]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    public_at: Mapped[datetime] = mapped_column(server_default=func.now())
    first_response_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None]
    next_warn_at: Mapped[datetime | None]
    next_due_kind: Mapped[ClockKind | None] = mapped_column(word(ClockKind, "next_due_kind"))
    due_sort: Mapped[datetime] = mapped_column(Computed(f"coalesce(next_due_at, {NEVER})", persisted=True))
    has_files: Mapped[bool] = mapped_column(server_default="false")
    submission_key: Mapped[str | None] = mapped_column(String(64), unique=True)

    requester: Mapped[User] = relationship(foreign_keys=[requester_id], lazy="raise")
    assignee: Mapped[User | None] = relationship(foreign_keys=[assignee_id], lazy="raise")
    account: Mapped[Account | None] = relationship(lazy="raise")
    category: Mapped[Category] = relationship(lazy="raise")
    team: Mapped[Team | None] = relationship(lazy="raise")
    tags: Mapped[list[Tag]] = relationship(secondary=ticket_tags, order_by=Tag.name, lazy="raise")

    if TYPE_CHECKING:
        follower_ids: Mapped[list[int]]
        followers: Mapped[list[dict[str, Any]]]
        tag_names: Mapped[list[str]]
        rating_score: Mapped[int | None]
        rating_comment: Mapped[str | None]

    @property
    def number(self) -> int:
        """The number people quote is the id itself."""
        return self.id

    def access_facts(self) -> TicketFacts:
        """What the access rules need; account and follower_ids must be loaded."""
        return TicketFacts(
            requester_id=self.requester_id,
            account_id=self.account_id,
            shares_tickets=bool(self.account and self.account.shares_tickets),
            follower_ids=frozenset(self.follower_ids),
        )


class TicketMessage(Base):
    """A public message or an internal note. body is what was written, body_html its safe rendering,
    quoted the folded history of a mail."""

    __tablename__ = "support_ticket_messages"
    __table_args__ = (Index("ix_support_ticket_messages_ticket", "ticket_id", "id"),)

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("support_tickets.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    is_internal: Mapped[bool] = mapped_column(server_default="false")
    channel: Mapped[Channel] = mapped_column(word(Channel, "channel"))
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    quoted: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[Created]
    submission_key: Mapped[str | None] = mapped_column(String(64), unique=True)

    author: Mapped[User | None] = relationship(lazy="raise")
    attachments: Mapped[list["Attachment"]] = relationship(lazy="raise", order_by="Attachment.id")


class Attachment(Base):
    """A file of a message. The key is ours; the name is only a label; the type was found in the content."""

    __tablename__ = "attachments"
    __table_args__ = (CheckConstraint("size >= 0", name="size_positive"),)

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("support_tickets.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("support_ticket_messages.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    filename: Mapped[str] = mapped_column(String(255))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[Created]


class Participant(Base):
    """A follower of a ticket, added in the portal by the requester or an agent; never by a mail's Cc."""

    __tablename__ = "participants"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("support_tickets.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[Created]

    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="raise")


class TicketEvent(Base):
    """One thing that happened: who, what, old and new value, and why when a rule did it. Append-only."""

    __tablename__ = "ticket_events"
    __table_args__ = (Index("ix_ticket_events_ticket", "ticket_id", "id"),)

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("support_tickets.id", ondelete="CASCADE"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[EventKind] = mapped_column(word(EventKind, "kind"))
    old: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    new: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[str] = mapped_column(String(300), server_default="")
    message_id: Mapped[int | None] = mapped_column(ForeignKey("support_ticket_messages.id", ondelete="CASCADE"))
    is_internal: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[Created]

    actor: Mapped[User | None] = relationship(lazy="raise")


class SatisfactionRating(Base):
    """What the requester thought of one resolution, 1 to 5; good is 4 and 5."""

    __tablename__ = "satisfaction_ratings"
    __table_args__ = (
        UniqueConstraint("ticket_id", "resolved_at"),
        CheckConstraint("score between 1 and 5", name="score"),
    )

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("support_tickets.id", ondelete="CASCADE"))
    resolved_at: Mapped[datetime]
    score: Mapped[int] = mapped_column(SmallInteger)
    comment: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[Created]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


# What a ticket page needs of its neighbours, read with the ticket in one statement where a query undefers it.
Ticket.follower_ids = column_property(
    func.array(
        select(Participant.user_id)
        .where(Participant.ticket_id == Ticket.id)
        .correlate(Ticket.__table__)
        .scalar_subquery(),
        type_=ARRAY(BigInteger),
    ),
    deferred=True,
)
Ticket.followers = column_property(
    select(
        func.coalesce(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_object("id", User.id, "name", User.name, "email", User.email), User.name, User.id
                )
            ),
            func.jsonb_build_array(),
            type_=JSONB,
        )
    )
    .select_from(Participant)
    .join(User, User.id == Participant.user_id)
    .where(Participant.ticket_id == Ticket.id)
    .correlate(Ticket.__table__)
    .scalar_subquery(),
    deferred=True,
)
Ticket.tag_names = column_property(
    func.array(
        select(Tag.name)
        .join(ticket_tags, ticket_tags.c.tag_id == Tag.id)
        .where(ticket_tags.c.ticket_id == Ticket.id)
        .order_by(Tag.name)
        .correlate(Ticket.__table__)
        .scalar_subquery(),
        type_=ARRAY(String),
    ),
    deferred=True,
)


def _present_rating(column: InstrumentedAttribute[Any]) -> Any:
    """A column of the rating of the ticket's present resolution."""
    of_now = (SatisfactionRating.ticket_id == Ticket.id) & (SatisfactionRating.resolved_at == Ticket.resolved_at)
    value = select(column).where(of_now).correlate(Ticket.__table__).scalar_subquery()
    return column_property(value, deferred=True)


Ticket.rating_score = _present_rating(SatisfactionRating.score)
Ticket.rating_comment = _present_rating(SatisfactionRating.comment)
