"""Being there: what people do keeps their session alive, what an open tab asks by itself does not."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.base.database import db
from portal.models import UserSession
from tests.cast import PARTIAL, Cast, Visitor
from tests.factories import MONDAY, after, opened

BY_ITSELF = {**PARTIAL, "HX-Source": "div#rows"}


def seen_after_an_hour(visitor: Visitor, path: str, headers: dict[str, str]) -> bool:
    """Whether asking for the path an hour after signing in counts as being there."""
    with after(hours=1):
        assert visitor.get(path, headers=headers).status_code in (200, 204)
    seen_at = db.session.scalar(select(UserSession.seen_at).where(UserSession.created_at == MONDAY))
    db.session.rollback()
    return seen_at != MONDAY


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/tickets/1001/news", BY_ITSELF),
        ("/agent/tickets/1001/news", BY_ITSELF),
        ("/agent", BY_ITSELF),
        ("/agent/stream", {}),
    ],
)
def test_what_an_open_tab_asks_by_itself_keeps_nobody_signed_in(
    app: Flask, cast: Cast, path: str, headers: dict[str, str]
) -> None:
    with after():
        assert opened(cast.ana).id == 1001
        visitor = Visitor(app).signed_in_as(cast.cleo if path.startswith("/agent") else cast.ana)
    assert not seen_after_an_hour(visitor, path, headers)


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/agent", {}), ("/agent", {**PARTIAL, "HX-Source": "form#filter"}), ("/agent/tickets/1001", {})],
)
def test_what_somebody_asks_for_does(app: Flask, cast: Cast, path: str, headers: dict[str, str]) -> None:
    with after():
        opened(cast.ana)
        visitor = Visitor(app).signed_in_as(cast.cleo)
    assert seen_after_an_hour(visitor, path, headers)
