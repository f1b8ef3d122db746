"""Categories, priority rules and service-level policies in force."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.base.database import db
from portal.models import Category, PriorityRule, SlaPolicy
from portal.rules import priority, sla


def categories() -> Sequence[Category]:
    """The categories a new ticket may have, in their order."""
    return db.session.scalars(select(Category).where(Category.is_active).order_by(Category.position)).all()


def find_category(slug: str) -> Category | None:
    """The active category of this name; none has a character that is no text."""
    if not slug.isprintable():
        return None
    return db.session.scalars(select(Category).where(Category.slug == slug, Category.is_active)).one_or_none()


def priority_rules() -> Sequence[priority.PriorityRule]:
    """The rules that are switched on, in their order."""
    rows = db.session.scalars(select(PriorityRule).where(PriorityRule.is_enabled).order_by(PriorityRule.position))
    return [row.as_rule() for row in rows]


def sla_policies() -> Sequence[sla.Policy]:
    """The policies that are switched on, in their order, with their calendars."""
    query = (
        select(SlaPolicy)
        .where(SlaPolicy.is_enabled)
        .options(joinedload(SlaPolicy.calendar))
        .order_by(SlaPolicy.position)
    )
    return [row.as_policy() for row in db.session.scalars(query)]


def sla_policy(policy_id: int) -> sla.Policy:
    """One policy with its calendar, switched on or not: a clock keeps the policy it was started under."""
    return db.session.get_one(SlaPolicy, policy_id, options=[joinedload(SlaPolicy.calendar)]).as_policy()
