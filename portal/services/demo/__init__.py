"""The demo: people, a help centre and a month of conversations, made by the real services at the moments they tell of.

The stories stand in `texts/*.toml`, the articles in `articles/`; `people.toml` says who is who. Nothing depends on chance.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import func, select, update

from portal.base.database import db
from portal.models import OutboxMail, User
from portal.rules.vocabulary import OutboxState
from portal.services.attachments import StagedFile
from portal.services.demo import files as demo_files
from portal.services.demo.library import put_library
from portal.services.demo.people import PASSWORD, SIGN_INS, People, make_people
from portal.services.demo.stories import Story, file_names, read_stories
from portal.services.demo.telling import tell

__all__ = ["PASSWORD", "SIGN_INS", "AlreadyThere", "Story", "is_there", "load", "read_stories", "staged_files"]

SUPPRESSED = "Demo data"
_LOCK = "demo data"


class AlreadyThere(Exception):
    """Somebody with an address of the demo exists."""


def is_there() -> bool:
    """Whether the demo, or anybody with one of its addresses, is in the database."""
    return db.session.scalar(select(User.id).where(User.email.in_(SIGN_INS)).limit(1)) is not None


def staged_files(stories: list[Story]) -> AbstractContextManager[dict[str, StagedFile]]:
    """The files of the stories by name, in storage; if what follows fails, nothing of them stays."""
    return demo_files.staged_files(file_names(stories))


def load(stories: list[Story], files: Mapping[str, StagedFile], moment: datetime) -> None:
    """Make the people, write the articles and live through the stories up to the moment. Raises AlreadyThere.

    `files` are those of `staged_files`. Of two callers at once the second finds the first's.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(_LOCK, 0))))
    if is_there():
        raise AlreadyThere
    people = make_people(moment)
    put_library(people, moment)
    tell(stories, people, files, moment)
    _keep_mails_in(people)


def _keep_mails_in(people: People) -> None:
    """The mails of a past that never was are not sent; their rows say so."""
    db.session.flush()
    db.session.execute(
        update(OutboxMail)
        .where(
            OutboxMail.user_id.in_([person.id for person in people.values()]), OutboxMail.state == OutboxState.QUEUED
        )
        .values(state=OutboxState.SUPPRESSED, reason=SUPPRESSED)
    )
