"""People: by address, by id, and the staff."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.base.database import db
from portal.models import User
from portal.queries import NotFound
from portal.rules.vocabulary import Role


def normalised(email: str) -> str:
    """The one spelling of an address that is stored and compared."""
    return email.strip().lower()


def find_user(email: str) -> User | None:
    """The person with this address, with account."""
    query = select(User).where(User.email == normalised(email)).options(joinedload(User.account))
    return db.session.scalars(query).one_or_none()


def get_user(user_id: int) -> User:
    """A person by id, with account. Raises NotFound."""
    user = db.session.get(User, user_id, options=[joinedload(User.account)])
    if user is None:
        raise NotFound
    return user


def staff() -> Sequence[User]:
    """Everyone a ticket may be assigned to, by name."""
    query = select(User).where(User.role != Role.CUSTOMER, User.disabled_at.is_(None)).order_by(User.name, User.id)
    return db.session.scalars(query).all()


def find_staff(user_id: int) -> User | None:
    """A staff member who may be assigned a ticket."""
    query = select(User).where(User.id == user_id, User.role != Role.CUSTOMER, User.disabled_at.is_(None))
    return db.session.scalars(query).one_or_none()
