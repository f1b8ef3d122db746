"""The only place that commits. What must happen after the commit (doorbells, live hints) is kept until then."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.orm import Session

from portal.base import live, queue
from portal.base.database import CHANGING, db

log = structlog.get_logger(__name__)

_RINGS = "rings"
_HINTS = "hints"


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """One transaction: commits at the end, rolls back on any error, then rings what was asked for.

    The rings come after the commit and never fail it: the outbox is the truth, Redis only the doorbell.
    """
    session: Session = db.session()
    if session.info.get(CHANGING):
        raise RuntimeError("a unit of work is open already: its end would be two moments")
    _forget(session)
    session.commit()  # what was read before, as of an earlier moment
    session.info[CHANGING] = True
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        _forget(session)
        raise
    finally:
        del session.info[CHANGING]
    _tell(session.info.pop(_RINGS, set()), session.info.pop(_HINTS, []))


@contextmanager
def nested() -> Iterator[None]:
    """A part of an open unit of work that may fail by itself: an error undoes this part and is raised on."""
    with db.session.begin_nested():
        yield


def ring_after_commit(job: str) -> None:
    """Ask that a job be rung once this unit of work has committed."""
    db.session().info.setdefault(_RINGS, set()).add(job)


def hint_after_commit(hint: dict[str, object]) -> None:
    """Ask that open pages be told of a change once this unit of work has committed; ids only, never content."""
    hints = db.session().info.setdefault(_HINTS, [])
    if hint not in hints:
        hints.append(hint)


def _tell(rings: set[str], hints: list[dict[str, object]]) -> None:
    """What is committed is promised: nothing that goes wrong from here on may make it look as if it had failed."""
    try:
        for job in sorted(rings):
            queue.ring(job)
        for hint in hints:
            live.publish(hint)
    except Exception:
        log.exception("bell or hint failed after a commit")


def _forget(session: Session) -> None:
    session.info.pop(_RINGS, None)
    session.info.pop(_HINTS, None)
