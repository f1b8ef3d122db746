"""What decides where a ticket belongs: categories, priority rules, teams."""

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.database import Base
from portal.models.columns import Key, word
from portal.rules import priority as priority_rules
from portal.rules.vocabulary import Priority


class Category(Base):
    __tablename__ = "categories"

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(server_default="true")


class PriorityRule(Base):
    """One row of the ordered list that decides a new ticket's priority; the first that matches wins."""

    __tablename__ = "priority_rules"

    id: Mapped[Key]
    position: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(100))
    conditions: Mapped[dict[str, Any]]
    priority: Mapped[Priority] = mapped_column(word(Priority, "priority"))
    reason: Mapped[str] = mapped_column(String(200))
    is_enabled: Mapped[bool] = mapped_column(server_default="true")

    def as_rule(self) -> priority_rules.PriorityRule:
        return priority_rules.PriorityRule(self.id, self.name, self.conditions, self.priority, self.reason)


class Team(Base):
    __tablename__ = "teams"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(100), unique=True)


class TeamMember(Base):
    """A staff member's place in a team; a lead receives the team's escalations."""

    __tablename__ = "team_members"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    is_lead: Mapped[bool] = mapped_column(server_default="false")
