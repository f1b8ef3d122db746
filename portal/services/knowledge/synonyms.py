"""Words that mean the same to search, kept by admins."""

from collections.abc import Sequence

from portal.base.clock import now
from portal.base.database import db
from portal.models import SynonymGroup
from portal.models.knowledge_search import SYNONYM_LENGTH
from portal.rules import access
from portal.rules.access import Action, Actor
from portal.rules.one_line import one_line
from portal.rules.search_text import LONGEST_PHRASE, split
from portal.services import Invalid

MOST_WORDS = 20


def put_group(actor: Actor, words: Sequence[str], group: SynonymGroup | None = None) -> SynonymGroup:
    """A new group, or other words for a locked one. Raises access.Denied, Invalid."""
    access.require(actor, Action.ADMINISTER)
    wanted = _clean(words)
    if group is None:
        group = SynonymGroup(words=wanted, updated_at=now())
        db.session.add(group)
    else:
        group.words, group.updated_at = wanted, now()
    db.session.flush()
    return group


def remove_group(actor: Actor, group: SynonymGroup) -> None:
    """Raises access.Denied."""
    access.require(actor, Action.ADMINISTER)
    db.session.delete(group)


def _clean(words: Sequence[str]) -> list[str]:
    """Each once, in the order given. Raises Invalid."""
    lines = list(dict.fromkeys(line for line in map(one_line, words) if split(line)))
    if len(lines) < 2:
        raise Invalid("words", "Write at least two words, with a comma between them.")
    if len(lines) > MOST_WORDS:
        raise Invalid("words", f"At most {MOST_WORDS} words mean the same.")
    for line in lines:
        if len(split(line)) > LONGEST_PHRASE or len(line) > SYNONYM_LENGTH:
            raise Invalid("words", f"“{line[:40]}” is too long: at most {LONGEST_PHRASE} words.")
    return lines
