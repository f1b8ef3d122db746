"""The mail hook: what it takes, what it refuses, and that it says 200 only for what is stored."""

import hashlib
import hmac
import time
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from portal.base.database import db
from portal.base.settings import Settings
from portal.base.unit_of_work import unit_of_work
from portal.models import InboundEmail
from portal.rules.vocabulary import InboundState
from portal.services import inbound
from tests.web.test_limits import counting

MAIL = b"From: new@example.com\r\nTo: support@portal.test\r\nSubject: Hello\r\n\r\nI need help.\r\n"


def signed(settings: Settings, raw: bytes, moment: float | None = None) -> dict[str, str]:
    stamp = str(int(moment or time.time()))
    mac = hmac.new(settings.inbound_raw_secret.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return {"X-Signature": f"t={stamp},v1={mac}", "Content-Type": "message/rfc822"}


def posted(app: Flask, raw: bytes, headers: dict[str, str]) -> TestResponse:
    with app.app_context():
        return app.test_client().post("/hooks/email/raw", data=raw, headers=headers)


def stored() -> int:
    return db.session.scalar(select(func.count()).select_from(InboundEmail)) or 0


def test_a_signed_mail_is_stored_before_the_answer(app: Flask, settings: Settings) -> None:
    answer = posted(app, MAIL, signed(settings, MAIL))
    assert (answer.status_code, answer.text, stored()) == (200, "stored\n", 1)


def test_a_replay_is_answered_alike_and_changes_nothing(app: Flask, settings: Settings) -> None:
    headers = signed(settings, MAIL)
    first, second = posted(app, MAIL, headers), posted(app, MAIL, headers)
    assert (first.status_code, first.data, second.status_code, second.data, stored()) == (
        200,
        first.data,
        200,
        first.data,
        1,
    )


@pytest.mark.parametrize(
    "header",
    ["", "t=1,v1=" + "0" * 64, "v1=" + "0" * 64, "t=99999999999999,v1=x", "t=١٢,v1=" + "0" * 64],
    ids=["missing", "wrong", "without time", "nonsense", "other digits"],
)
def test_a_mail_that_is_not_signed_right_is_refused_and_not_stored(app: Flask, header: str) -> None:
    answer = posted(app, MAIL, {"X-Signature": header} if header.isascii() else {})
    assert (answer.status_code, stored()) == (401, 0)


@pytest.mark.parametrize("seconds", [-301, 301], ids=["stale", "from the future"])
def test_a_signature_of_another_time_is_refused(app: Flask, settings: Settings, seconds: int) -> None:
    answer = posted(app, MAIL, signed(settings, MAIL, time.time() + seconds))
    assert (answer.status_code, stored()) == (401, 0)


class Untouched(BytesIO):
    """A body that tells whether anybody read it."""

    asked = 0

    def read(self, *sizes: int | None) -> bytes:
        self.asked += 1
        return super().read(*sizes)

    readinto = None  # type: ignore[assignment]


@pytest.mark.parametrize("seconds", [-301, 0], ids=["stale", "unsigned"])
def test_a_request_without_a_fresh_signature_is_refused_before_its_body_is_read(
    app: Flask, settings: Settings, seconds: int
) -> None:
    headers = signed(settings, MAIL, time.time() + seconds) if seconds else {}
    body = Untouched(MAIL)
    answer = app.test_client().post("/hooks/email/raw", input_stream=body, content_length=len(MAIL), headers=headers)
    assert (answer.status_code, body.asked) == (401, 0)


def test_a_sender_in_a_hurry_is_asked_to_come_later(settings: Settings) -> None:
    with counting(settings) as app:
        answers = [posted(app, MAIL, {}) for _ in range(1201)]
    assert {answer.status_code for answer in answers[:-1]} == {401}
    assert (answers[-1].status_code, answers[-1].text) == (503, "later\n")
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


def test_a_changed_body_is_refused(app: Flask, settings: Settings) -> None:
    assert posted(app, MAIL + b"more", signed(settings, MAIL)).status_code == 401


def test_an_empty_body_is_refused(app: Flask, settings: Settings) -> None:
    assert posted(app, b"", signed(settings, b"")).status_code == 400


def test_a_mail_over_sixty_megabytes_is_refused(app: Flask, settings: Settings) -> None:
    raw = b"x" * (60 * 1024 * 1024 + 1)
    answer = posted(app, raw, signed(settings, raw))
    assert (answer.status_code, stored()) == (413, 0)


def test_what_cannot_be_parsed_is_stored_and_held(app: Flask, settings: Settings) -> None:
    raw = bytes(range(256)) * 10
    assert posted(app, raw, signed(settings, raw)).status_code == 200
    while inbound.process_next():
        pass
    assert db.session.scalars(select(InboundEmail.state)).all() == [InboundState.HELD]


def test_poison_is_held_after_its_last_attempt(app: Flask, settings: Settings) -> None:
    posted(app, MAIL, signed(settings, MAIL))
    with unit_of_work():
        db.session.execute(update(InboundEmail).values(attempts=inbound.MAX_ATTEMPTS))
    assert inbound.process_next()
    assert db.session.scalars(select(InboundEmail.state)).all() == [InboundState.HELD]


def test_the_hook_says_later_when_the_database_is_away(settings: Settings, tmp_path: Path) -> None:
    from portal import create_app

    away = settings.filled(database_url="postgresql+psycopg://nobody@127.0.0.1:9/none", data_dir=tmp_path)
    answer = posted(create_app(away), MAIL, signed(settings, MAIL))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
