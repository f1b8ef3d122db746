"""Alive, ready, and what people see while the database is away."""

import socket
from collections.abc import Iterator
from pathlib import Path
from socket import create_connection

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from flask import Flask
from sqlalchemy.pool import QueuePool
from werkzeug.test import TestResponse

from portal import create_app
from portal.base import migrations
from portal.base.database import db
from portal.base.embedded.server import free_port
from portal.base.settings import Settings
from portal.models import User
from tests.cast import PARTIAL, Visitor
from tests.factories import after

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


def test_no_database_connection_is_held_while_the_mail_server_is_asked(
    app: Flask, settings: Settings, tmp_path: Path, mail_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal, held, connect = create_app(settings.filled(data_dir=tmp_path, mail_port=mail_port)), [], create_connection
    with portal.app_context():
        pool = db.engine.pool
        assert isinstance(pool, QueuePool)

    def noting(address: tuple[str, int], *rest: float) -> socket.socket:
        if address[1] == mail_port:
            held.append(pool.checkedout())
        return connect(address, *rest)

    monkeypatch.setattr(socket, "create_connection", noting)
    assert portal.test_client().get("/readyz").status_code == 200
    assert held == [0]


def test_what_the_mail_server_said_is_believed_for_some_seconds(app: Flask, settings: Settings, tmp_path: Path) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    client = create_app(settings.filled(data_dir=tmp_path, mail_port=server.getsockname()[1])).test_client()
    with server, after():
        assert client.get("/readyz").status_code == 200
    with after(seconds=4):
        assert client.get("/readyz").status_code == 200
    with after(seconds=6):
        assert client.get("/readyz").status_code == 503


def test_the_migrations_are_read_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    client.get("/readyz")
    monkeypatch.setattr(migrations, "FOLDER", Path("/nowhere"))
    assert client.get("/readyz").json["checks"]["database"] == "ok"


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
