"""Service levels: calendars, policies, and one clock row for each promise made on a ticket."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.base.database import Base
from portal.models.columns import Key, word
from portal.rules import calendar, sla
from portal.rules.vocabulary import ClockKind, ClockState, Priority


class BusinessCalendar(Base):
    """Open hours in a zone: seven lists of [from, to] intervals, Monday first, and dates on which nothing is open."""

    __tablename__ = "business_calendars"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    time_zone: Mapped[str] = mapped_column(String(64))
    hours: Mapped[list[Any]]
    holidays: Mapped[list[Any]] = mapped_column(server_default="[]")

    def as_calendar(self) -> calendar.Calendar:
        return calendar.parse_calendar(self.time_zone, self.hours, self.holidays)


class SlaPolicy(Base):
    """Targets in minutes by priority and clock kind, for the tickets its conditions match; the first match wins."""

    __tablename__ = "sla_policies"

    id: Mapped[Key]
    position: Mapped[int] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(server_default="1")
    name: Mapped[str] = mapped_column(String(100))
    conditions: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    targets: Mapped[dict[str, Any]]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("business_calendars.id"))
    is_enabled: Mapped[bool] = mapped_column(server_default="true")

    calendar: Mapped[BusinessCalendar] = relationship(lazy="raise")

    def as_policy(self) -> sla.Policy:
        targets = {
            Priority(priority): {ClockKind(kind): timedelta(minutes=minutes) for kind, minutes in kinds.items()}
            for priority, kinds in self.targets.items()
        }
        return sla.Policy(self.id, self.version, self.name, self.conditions, targets, self.calendar.as_calendar())


class SlaClock(Base):
    """One promise: started, due, and how it ended. A pause that has not ended has a start and no end."""

    __tablename__ = "sla_clocks"
    __table_args__ = (
        UniqueConstraint("ticket_id", "kind", "instance"),
        CheckConstraint("target_minutes > 0", name="target_positive"),
        CheckConstraint("met_at is null or cancelled_at is null", name="one_end"),
        Index(
            "ix_sla_clocks_running",
            "due_at",
            postgresql_where="met_at is null and cancelled_at is null and paused_at is null and breached_at is null",
        ),
    )

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("support_tickets.id", ondelete="CASCADE"))
    kind: Mapped[ClockKind] = mapped_column(word(ClockKind, "kind"))
    instance: Mapped[int]
    policy_id: Mapped[int] = mapped_column(ForeignKey("sla_policies.id"))
    policy_version: Mapped[int]
    target_minutes: Mapped[int]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    warn_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    pauses: Mapped[list[Any]] = mapped_column(server_default="[]")
    met_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        """Neither met nor cancelled; it may be paused or late."""
        return self.met_at is None and self.cancelled_at is None

    @property
    def closed_pauses(self) -> Sequence[tuple[datetime, datetime]]:
        """The pauses that have ended, as moments."""
        return [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in self.pauses]

    def state(self, now: datetime) -> ClockState:
        """What this clock is at the given moment."""
        return sla.state(
            due_at=self.due_at,
            now=now,
            met_at=self.met_at,
            paused_at=self.paused_at,
            cancelled_at=self.cancelled_at,
            breached_at=self.breached_at,
        )
