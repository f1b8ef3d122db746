"""The few functions the worker calls by name. Each finds in PostgreSQL what is due, so that a ring too many does no harm."""

import time

import structlog

from portal.base.clock import now
from portal.base.current import current_settings
from portal.base.database import db
from portal.mail.transport import Transport
from portal.services import inbound, outbox, tidying
from portal.services.knowledge import figures

log = structlog.get_logger(__name__)

DRAIN_S = 30
"""A job ends after this long; the doorbell or the scheduler starts the next."""


def deliver_outbox() -> int:
    """Send what is due over one connection, until nothing is left or DRAIN_S have passed; how many were tried.

    Looks once more before it ends, because a ring during the work is swallowed.
    """
    tried, end = 0, time.monotonic() + DRAIN_S
    claimed = outbox.claim_next()
    if claimed is None:
        return 0
    with Transport(current_settings()).connected() as connection:
        while claimed is not None:
            outbox.deliver(claimed, connection)
            tried += 1
            claimed = outbox.claim_next() if time.monotonic() < end else None
    log.info("outbox delivered", tried=tried)
    return tried


def process_inbound() -> int:
    """Take waiting mails to their end, one by one, for at most DRAIN_S; how many."""
    done, end = 0, time.monotonic() + DRAIN_S
    while time.monotonic() < end and inbound.process_next():
        db.session.remove()
        done += 1
    if done:
        log.info("inbound mail processed", mails=done)
    return done


def count_figures() -> int:
    """Take down what pages have counted: views, searches, opened hits; how many notes."""
    taken = figures.take_down(now().date())
    if taken:
        log.info("figures taken down", notes=taken)
    return taken


def tidy() -> None:
    """Remove what has had its time: see services/tidying for the periods."""
    removed = tidying.tidy(now())
    log.info("tidied", **removed)
