"""Alive, ready, and what people see while the database is away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from flask import Flask
from werkzeug.test import TestResponse

from portal import create_app
from portal.base.embedded.server import free_port
from portal.base.settings import Settings
from portal.models import User
from tests.cast import PARTIAL, Visitor

NOBODY_THERE = {"database_url": "postgresql+psycopg://nobody@127.0.0.1:9/none"}


@pytest.fixture
def mail_port() -> Iterator[int]:
    """A mail server that listens."""
    controller = Controller(Sink(), hostname="127.0.0.1", port=free_port(0))
    controller.start()
    yield controller.port
    controller.stop()


def asked(settings: Settings, folder: Path, path: str, cookie: str = "", **kwargs: object) -> TestResponse:
    """One request to a portal of its own with these settings."""
    client = create_app(settings.filled(data_dir=folder)).test_client()
    if cookie:
        client.set_cookie("portal", cookie)
    return client.get(path, **kwargs)


def test_the_portal_is_ready_with_database_redis_and_mail(
    app: Flask, settings: Settings, tmp_path: Path, mail_port: int
) -> None:
    answer = asked(settings.filled(mail_port=mail_port), tmp_path, "/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "ready")


def test_redis_away_is_degraded_and_still_ready(app: Flask, settings: Settings, tmp_path: Path, mail_port: int) -> None:
    answer = asked(settings.filled(mail_port=mail_port, redis_url="redis://127.0.0.1:9/0"), tmp_path, "/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")


def test_the_portal_is_not_ready_while_mail_cannot_be_handed_over(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    answer = asked(settings, tmp_path, "/readyz")
    assert (answer.status_code, answer.json["checks"]["mail"]) == (503, "away")


def test_the_portal_is_not_ready_without_its_database(settings: Settings, tmp_path: Path) -> None:
    answer = asked(settings.filled(**NOBODY_THERE), tmp_path, "/readyz")
    assert (answer.status_code, answer.json["checks"]["database"]) == (503, "away")


def test_it_is_alive_without_its_database(settings: Settings, tmp_path: Path) -> None:
    assert asked(settings.filled(**NOBODY_THERE), tmp_path, "/healthz").status_code == 200


def test_somebody_signed_in_reads_a_page_that_explains_while_the_database_is_away(
    app: Flask, ana: User, settings: Settings, tmp_path: Path
) -> None:
    cookie = Visitor(app).signed_in_as(ana).client.get_cookie("portal")
    assert cookie
    answer = asked(settings.filled(**NOBODY_THERE), tmp_path, "/tickets", cookie.value)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "<h1>" in answer.text


def test_a_part_of_a_page_gets_an_alert_while_the_database_is_away(
    app: Flask, ana: User, settings: Settings, tmp_path: Path
) -> None:
    cookie = Visitor(app).signed_in_as(ana).client.get_cookie("portal")
    assert cookie
    answer = asked(settings.filled(**NOBODY_THERE), tmp_path, "/tickets", cookie.value, headers=PARTIAL)
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (503, "#alerts")
