"""Categories of articles."""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from portal.base.database import db
from portal.base.slugs import slug
from portal.models import KbCategory
from portal.queries.knowledge.articles import find_category
from portal.rules import access
from portal.rules.access import Action, Actor
from portal.services import Invalid, Refused

NAME_LENGTH = 100
DESCRIPTION_LENGTH = 300


def add_category(actor: Actor, name: str, description: str = "") -> KbCategory:
    """A new category at the end. Raises access.Denied, and Invalid when there is one of that name."""
    access.require(actor, Action.WRITE_ARTICLES)
    if find_category(slug(name)) is not None:
        raise Invalid("name", "There is a category of this name already.")
    return category_named(name, description)


def category_named(name: str, description: str = "") -> KbCategory:
    """The category of that name, made at the end of the list when there is none. Two who make it at once meet the same."""
    wanted = " ".join(name.split())[:NAME_LENGTH] or "General"
    last = select(func.coalesce(func.max(KbCategory.position), 0) + 1).scalar_subquery()
    row = insert(KbCategory).values(slug=slug(wanted), name=wanted, description=description, position=last)
    db.session.execute(row.on_conflict_do_nothing(index_elements=["slug"]))
    found = find_category(slug(wanted))
    if found is None:
        raise Refused("The category is being made by somebody else. Please try again.")
    return found


def change_category(actor: Actor, category: KbCategory, name: str, description: str, position: int) -> None:
    """Another name, description or place; the address stays. Raises access.Denied."""
    access.require(actor, Action.WRITE_ARTICLES)
    category.name = " ".join(name.split())[:NAME_LENGTH]
    category.description = description[:DESCRIPTION_LENGTH]
    category.position = position
