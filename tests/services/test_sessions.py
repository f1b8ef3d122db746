"""Sessions are rows: idle and absolute limits by role, one end for one browser or all."""

import pytest
from sqlalchemy import delete, select

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import User, UserSession
from portal.services import sessions
from tests.cast import Cast
from tests.factories import after


def opened(person: User) -> str:
    with unit_of_work():
        return sessions.open_session(person, "Firefox " + "x" * 500)


def test_only_the_hash_of_the_token_is_kept(cast: Cast) -> None:
    token = opened(cast.ana)
    [row] = db.session.scalars(select(UserSession))
    assert len(token) >= 43
    assert token not in (row.token_hash, row.user_agent)
    assert len(row.user_agent) == 200


def test_the_token_finds_its_person_with_account(cast: Cast) -> None:
    found = sessions.find_session(opened(cast.ana))
    assert found is not None
    assert (found.user.id, found.user.account.tier.value if found.user.account else "") == (cast.ana.id, "premium")


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 5000, "nul\0", "surrogate\ud800"])
def test_any_other_token_finds_nobody(cast: Cast, token: str) -> None:
    opened(cast.ana)
    assert sessions.find_session(token) is None


@pytest.mark.parametrize(("who", "hours"), [("ana", 14 * 24), ("cleo", 12), ("dora", 4)])
def test_an_idle_session_ends(cast: Cast, who: str, hours: int) -> None:
    with after():
        token = opened(getattr(cast, who))
    with after(hours=hours):
        assert sessions.find_session(token) is not None
    with after(hours=hours, seconds=1):
        assert sessions.find_session(token) is None


@pytest.mark.parametrize(("who", "hours"), [("ana", 30 * 24), ("cleo", 72), ("dora", 24)])
def test_a_used_session_ends_too_in_the_end(cast: Cast, who: str, hours: int) -> None:
    with after():
        token = opened(getattr(cast, who))
    for passed in range(0, hours, 4):
        with after(hours=passed), unit_of_work():
            found = sessions.find_session(token)
            assert found is not None
            sessions.touch(found)
    with after(hours=hours, seconds=1):
        assert sessions.find_session(token) is None


def test_that_somebody_is_there_is_noted_once_a_minute(cast: Cast) -> None:
    with after():
        found = sessions.find_session(opened(cast.ana))
    assert found is not None
    with after(seconds=60):
        assert not sessions.is_stale(found)
    with after(seconds=61):
        assert sessions.is_stale(found)


def test_signing_out_ends_one_browser_and_no_other(cast: Cast) -> None:
    here, there = opened(cast.ana), opened(cast.ana)
    with unit_of_work():
        sessions.close(here)
    assert sessions.find_session(here) is None
    assert sessions.find_session(there) is not None


def test_ending_all_ends_one_person_and_no_other(cast: Cast) -> None:
    hers, his = opened(cast.ana), opened(cast.ben)
    with unit_of_work():
        sessions.close_all(cast.ana)
    assert sessions.find_session(hers) is None
    assert sessions.find_session(his) is not None


def test_a_session_that_ended_meanwhile_is_touched_in_vain(cast: Cast) -> None:
    """Signing out in another tab may remove the row between reading it and noting that somebody is there."""
    with after():
        token = opened(cast.ana)
    with after(hours=1):
        found = sessions.find_session(token)
        assert found is not None
        db.session.execute(delete(UserSession), execution_options={"synchronize_session": False})
        with unit_of_work():
            sessions.touch(found)
    assert sessions.find_session(token) is None
