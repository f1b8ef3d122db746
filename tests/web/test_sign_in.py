"""What signing in leaves behind."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import User
from portal.services import accounts
from tests.cast import Visitor


@pytest.mark.parametrize(
    ("reported", "kept"),
    [("Europe%2FPrague", "Europe/Prague"), ("../etc/passwd", "UTC"), ("Nowhere%2FLand", "UTC")],
    ids=["a zone", "a path", "no zone"],
)
def test_signing_in_learns_the_zone_the_browser_reports(
    app: Flask, ana: User, visitor: Visitor, reported: str, kept: str
) -> None:
    with unit_of_work():
        accounts.set_password(ana, "a long password")
    visitor.client.set_cookie("zone", reported)
    visitor.post("/login", {"email": ana.email, "password": "a long password"})
    assert db.session.scalar(select(User.time_zone).where(User.id == ana.id)) == kept
