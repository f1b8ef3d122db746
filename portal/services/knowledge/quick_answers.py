"""Writing ready answers, and counting those that helped."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update

from portal.base.clock import now
from portal.base.database import db
from portal.models import QuickAnswer
from portal.rules import access
from portal.rules.access import Action, Actor
from portal.services import Invalid

MOST_PATTERNS = 30
PATTERN_LENGTH = 200
ANSWER_LENGTH = 5_000


@dataclass(frozen=True)
class AnswerText:
    """What a ready answer says, and the ways people ask for it."""

    title: str
    patterns: Sequence[str]
    answer: str
    is_enabled: bool = True


def put_quick_answer(actor: Actor, wanted: AnswerText, answer: QuickAnswer | None = None) -> QuickAnswer:
    """A new answer at the end of the list, or other words for a locked one. Raises access.Denied, Invalid."""
    access.require(actor, Action.WRITE_ARTICLES)
    patterns = _clean(wanted.patterns)
    if not patterns:
        raise Invalid("patterns", "Write at least one way in which people ask this.")
    if answer is None:
        last = db.session.scalar(select(func.coalesce(func.max(QuickAnswer.position), 0)))
        answer = QuickAnswer(position=(last or 0) + 1, created_at=now())
        db.session.add(answer)
    answer.title, answer.patterns, answer.answer = wanted.title, list(patterns), wanted.answer
    answer.is_enabled, answer.updated_at = wanted.is_enabled, now()
    db.session.flush()
    return answer


def remove_quick_answer(actor: Actor, answer: QuickAnswer) -> None:
    """Raises access.Denied."""
    access.require(actor, Action.WRITE_ARTICLES)
    db.session.delete(answer)


def count(answer_id: int, *, shown: int = 0, used: int = 0) -> None:
    """How often an answer was offered, and how often somebody said that it helped."""
    more = {"shown": QuickAnswer.shown + shown, "used": QuickAnswer.used + used}
    db.session.execute(update(QuickAnswer).where(QuickAnswer.id == answer_id).values(**more))


def _clean(patterns: Sequence[str]) -> list[str]:
    lines = (" ".join(pattern.split())[:PATTERN_LENGTH] for pattern in patterns)
    return list(dict.fromkeys(line for line in lines if line))[:MOST_PATTERNS]
