"""What is committed stays, whatever goes wrong afterwards; what had its time goes, whatever else fails."""

import base64
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from portal.base import queue
from portal.base.clock import now
from portal.base.database import db
from portal.base.storage import storage
from portal.base.unit_of_work import unit_of_work
from portal.models import Attachment, Ticket, User
from portal.queries import routing
from portal.queries import tickets as queries
from portal.queries.paging import BadCursor
from portal.queries.tickets import TicketFilter
from portal.rules.vocabulary import Channel, TokenPurpose
from portal.services import attachments, one_time, tidying
from portal.services import tickets as services
from portal.services.tickets.opening import NewTicket


def new_ticket(files: list[attachments.StagedFile]) -> NewTicket:
    category = routing.find_category("technical")
    assert category
    return NewTicket("Export", "It stops.", category, Channel.WEB, files)


class ServerLeftTheBuilding(Exception):
    """Something no door expects."""


def fails_after_commit(ana: User) -> None:
    with attachments.staged([attachments.Upload("a.txt", BytesIO(b"one"))]) as files:
        with unit_of_work():
            services.open_ticket(ana.actor(), ana, new_ticket(files))
        raise ServerLeftTheBuilding


def fails_before_commit(ana: User, keys: list[str]) -> None:
    with attachments.staged([attachments.Upload("a.txt", BytesIO(b"one"))]) as files, unit_of_work():
        keys.append(files[0].key)
        services.open_ticket(ana.actor(), ana, new_ticket(files))
        raise ServerLeftTheBuilding


def test_a_file_whose_ticket_was_committed_stays_when_what_follows_fails(ana: User) -> None:
    with pytest.raises(ServerLeftTheBuilding):
        fails_after_commit(ana)
    (kept,) = db.session.scalars(select(Attachment)).all()
    assert storage().open(kept.key).read() == b"one"


def test_a_file_whose_ticket_was_rolled_back_goes(ana: User) -> None:
    keys: list[str] = []
    with pytest.raises(ServerLeftTheBuilding):
        fails_before_commit(ana, keys)
    with pytest.raises(FileNotFoundError):
        storage().open(keys[0])


def test_a_bell_that_breaks_after_the_commit_breaks_nothing_else(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "JOB_LIMIT_S", object())
    with unit_of_work():
        services.open_ticket(ana.actor(), ana, new_ticket([]))
    assert len(db.session.scalars(select(Ticket)).all()) == 1


@pytest.mark.parametrize(
    "text", ["[" * 2200, '["created", 99999999999999999999999]', "x" * 500], ids=["deep", "too large", "long"]
)
def test_a_cursor_nobody_gave_is_refused(ana: User, text: str) -> None:
    cursor = base64.urlsafe_b64encode(text.encode()).decode()
    with pytest.raises(BadCursor):
        queries.page_of_tickets(ana.actor(), TicketFilter(), "created", cursor)


def test_files_of_a_guest_who_never_confirmed_go_once_the_link_has_ended(app: Flask) -> None:
    with attachments.staged([attachments.Upload("a.txt", BytesIO(b"one"))]) as files:
        with unit_of_work():
            one_time.issue(TokenPurpose.CONFIRM_TICKET, "new@example.com", payload={"files": [{"key": files[0].key}]})
        key = files[0].key
    tidying.tidy(now() + timedelta(days=1, hours=12))
    assert storage().open(key).read() == b"one"
    tidying.tidy(now() + timedelta(days=2, hours=1))
    with pytest.raises(FileNotFoundError):
        storage().open(key)
