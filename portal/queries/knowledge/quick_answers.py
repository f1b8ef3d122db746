"""Ready answers: the one that fits a question, and all of them for whoever keeps them."""

from collections.abc import Sequence

from sqlalchemy import select, text

from portal.base.database import db
from portal.models import QuickAnswer
from portal.queries import NotFound
from portal.queries.paging import BIGGEST_ID
from portal.rules.quick_match import best_fit
from portal.rules.search_text import cleaned

READ = 400
"""Characters of a text that are read: a question says in its first lines what it is about."""

_PATTERNS = text("""
select answer.id,
       jsonb_agg(to_jsonb(tsvector_to_array(to_tsvector('kb_english', pattern)))) as patterns,
       tsvector_to_array(to_tsvector('kb_english', cast(:asked as text))) as asked
from quick_answers as answer cross join unnest(answer.patterns || answer.title) as pattern
where answer.is_enabled
group by answer.id, answer.position
order by answer.position, answer.id
""")


def find_quick_answer(asked: str) -> QuickAnswer | None:
    """The enabled answer one of whose patterns the text says, misspelt or not; of several the one said most fully."""
    rows = db.session.execute(_PATTERNS, {"asked": cleaned(asked)[:READ]}).all()
    fits = [(best_fit(row.patterns, row.asked), row.id) for row in rows]
    best, answer_id = max(fits, key=lambda each: each[0], default=((0.0, 0), 0))
    return db.session.get(QuickAnswer, answer_id) if best[0] else None


def quick_answers() -> Sequence[QuickAnswer]:
    """All of them in their order."""
    return db.session.scalars(select(QuickAnswer).order_by(QuickAnswer.position, QuickAnswer.id)).all()


def shown_on_the_front(limit: int = 4) -> Sequence[QuickAnswer]:
    """The first enabled ones."""
    query = select(QuickAnswer).where(QuickAnswer.is_enabled).order_by(QuickAnswer.position, QuickAnswer.id)
    return db.session.scalars(query.limit(limit)).all()


def get_quick_answer(answer_id: int, *, lock: bool = False) -> QuickAnswer:
    """Raises NotFound."""
    query = select(QuickAnswer).where(QuickAnswer.id == answer_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = db.session.scalars(query).one_or_none() if 0 < answer_id <= BIGGEST_ID else None
    if found is None:
        raise NotFound
    return found
