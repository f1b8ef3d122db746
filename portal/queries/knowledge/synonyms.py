"""Groups of words that mean the same."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.base.database import db
from portal.models import SynonymGroup
from portal.queries import NotFound
from portal.queries.paging import BIGGEST_ID


def groups() -> Sequence[SynonymGroup]:
    """All of them, by their first word."""
    return db.session.scalars(select(SynonymGroup).order_by(SynonymGroup.words, SynonymGroup.id)).all()


def get_group(group_id: int, *, lock: bool = False) -> SynonymGroup:
    """Raises NotFound."""
    query = select(SynonymGroup).where(SynonymGroup.id == group_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = db.session.scalars(query).one_or_none() if 0 < group_id <= BIGGEST_ID else None
    if found is None:
        raise NotFound
    return found
