"""Answers offered while somebody writes a ticket, and what became of the ticket: nothing of this says who wrote it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from portal.base.clock import now
from portal.base.database import db
from portal.base.tokens import token_hash
from portal.models import BegunTicket, QuickAnswer
from portal.queries.knowledge.quick_answers import find_quick_answer
from portal.queries.knowledge.search import Hit, search_articles
from portal.rules.vocabulary import Deflection
from portal.services.knowledge import quick_answers

MOST = 5
READ = 600
"""Characters of a description that are searched for."""
SHORTEST = 4
FAINTEST = 0.08
SHARE_OF_BEST = 0.3
"""Below these an article shares a few words with the ticket and nothing more: a long text is never answered wholly."""


@dataclass(frozen=True)
class Suggestions:
    """Articles, best first, and the ready answer that fits, if one does."""

    hits: Sequence[Hit] = ()
    quick_answer: QuickAnswer | None = None

    def __bool__(self) -> bool:
        return bool(self.hits or self.quick_answer)


def suggestions_for(subject: str, description: str, *, for_staff: bool = False) -> Suggestions:
    """What answers a ticket as far as it is written; nothing for the first few letters."""
    asked = f"{subject} {description[:READ]}".strip()
    if len(asked) < SHORTEST:
        return Suggestions()
    hits = search_articles(asked, for_staff=for_staff, limit=MOST, with_snippets=False).hits
    best = hits[0].score if hits else 0.0
    near = [hit for hit in hits if best >= FAINTEST and hit.score >= best * SHARE_OF_BEST]
    return Suggestions(near, find_quick_answer(f"{subject} {description}"))


def note_shown(form_key: str, shown: Suggestions) -> None:
    """A form was shown something; every form counts once, however often it is refreshed."""
    if not form_key or not shown:
        return
    row = insert(BegunTicket).values(form_key=token_hash(form_key), shown=1, created_at=now())
    began = db.session.execute(
        row.on_conflict_do_nothing(index_elements=["form_key"]).returning(BegunTicket.id)
    ).first()
    if began is not None and shown.quick_answer is not None:
        quick_answers.count(shown.quick_answer.id, shown=1)


def note_opened(form_hash: str, article_id: int) -> None:
    """An article was opened beside the form whose key has this hash. What has ended stays ended."""
    _mark(form_hash, Deflection.OPENED, article_id=article_id)


def note_solved(form_key: str, *, article_id: int | None = None, quick_answer_id: int | None = None) -> None:
    """Whoever wrote the form says that this solved it; the ticket is not sent."""
    solved = _mark(token_hash(form_key), Deflection.SOLVED, article_id=article_id, quick_answer_id=quick_answer_id)
    if solved and quick_answer_id is not None:
        quick_answers.count(quick_answer_id, used=1)


def note_sent(form_key: str | None) -> None:
    """The ticket was sent all the same."""
    if form_key:
        _mark(token_hash(form_key), Deflection.SENT)


def _mark(form_hash: str, outcome: Deflection, **found: int | None) -> bool:
    """Move a form that has not ended to a further state; whether it was moved."""
    ended = now() if outcome in (Deflection.SOLVED, Deflection.SENT) else None
    given = {name: value for name, value in found.items() if value is not None}
    moved = db.session.execute(
        update(BegunTicket)
        .where(BegunTicket.form_key == form_hash, BegunTicket.ended_at.is_(None))
        .values(outcome=outcome, ended_at=ended, **given)
        .returning(BegunTicket.id)
    )
    return moved.first() is not None
