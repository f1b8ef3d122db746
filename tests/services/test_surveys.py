"""Ratings: one for each resolution, from 1 to 5, changeable for 14 days; the link opens one survey and nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import SatisfactionRating, Ticket, User
from portal.queries import NotFound
from portal.rules.access import Denied
from portal.rules.vocabulary import EventKind, Status
from portal.services import Invalid, Refused, accounts, surveys
from portal.services import tickets as services
from tests.cast import Cast
from tests.factories import MONDAY, after, customer, did, events, opened


def resolved(cast: Cast) -> Ticket:
    with after():
        ticket = opened(cast.ana)
        did(cast.cleo, services.resolve, ticket)
    return ticket


def ratings() -> list[SatisfactionRating]:
    query = select(SatisfactionRating).order_by(SatisfactionRating.id)
    return list(db.session.scalars(query, execution_options={"populate_existing": True}))


def rate(person: User, ticket: Ticket, score: int = 5, comment: str = "", **time: float) -> None:
    with after(**(time or {"hours": 1})):
        did(person, surveys.rate, ticket, score, comment)


def test_the_requester_rates_a_resolution(cast: Cast) -> None:
    ticket = resolved(cast)
    rate(cast.ana, ticket, 4, "Quick.")
    [rating] = ratings()
    assert (rating.score, rating.comment, rating.resolved_at) == (4, "Quick.", MONDAY)
    assert (events(ticket)[-1].kind, events(ticket)[-1].old, events(ticket)[-1].new) == (EventKind.RATED, None, 4)


def test_rating_again_changes_the_one_rating(cast: Cast) -> None:
    ticket = resolved(cast)
    rate(cast.ana, ticket, 1)
    rate(cast.ana, ticket, 5, "Better now.", days=2)
    [rating] = ratings()
    assert (rating.score, rating.comment, rating.updated_at) == (5, "Better now.", MONDAY + timedelta(days=2))
    assert (events(ticket)[-1].old, events(ticket)[-1].new) == (1, 5)


def test_the_next_resolution_has_a_rating_of_its_own(cast: Cast) -> None:
    ticket = resolved(cast)
    rate(cast.ana, ticket, 1)
    with after(days=1):
        did(cast.cleo, services.reopen, ticket)
        did(cast.cleo, services.resolve, ticket)
    rate(cast.ana, ticket, 5, days=2)
    assert [rating.score for rating in ratings()] == [1, 5]


def test_it_can_be_changed_for_fourteen_days(cast: Cast) -> None:
    ticket = resolved(cast)
    rate(cast.ana, ticket, 1, days=14)
    with pytest.raises(Refused, match="14 days"):
        rate(cast.ana, ticket, 5, days=14, seconds=1)
    assert [rating.score for rating in ratings()] == [1]


def test_what_is_not_resolved_is_not_rated(cast: Cast) -> None:
    with pytest.raises(Refused, match="not resolved"):
        rate(cast.ana, opened(cast.ana))


def test_a_closed_ticket_is_rated_as_a_resolved_one(cast: Cast) -> None:
    ticket = resolved(cast)
    did(cast.cleo, services.change_status, ticket, Status.CLOSED)
    rate(cast.ana, ticket, 3)
    assert [rating.score for rating in ratings()] == [3]


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_score_is_one_to_five(cast: Cast, score: int) -> None:
    with pytest.raises(Invalid):
        rate(cast.ana, resolved(cast), score)


def test_a_comment_has_a_limit(cast: Cast) -> None:
    with pytest.raises(Invalid):
        rate(cast.ana, resolved(cast), 5, "x" * 5001)


@pytest.mark.parametrize("who", ["cleo", "dora", "follower"])
def test_nobody_else_rates(cast: Cast, who: str) -> None:
    ticket, eva = resolved(cast), customer("eva@example.net")
    did(cast.ana, services.add_follower, ticket, eva)
    with pytest.raises(Denied):
        rate(eva if who == "follower" else getattr(cast, who), ticket)


class TestTheLink:
    def test_leads_to_requester_and_ticket(self, cast: Cast) -> None:
        ticket = resolved(cast)
        person, number = surveys.requester_of_survey(surveys.survey_token(ticket.id, cast.ana.id))
        assert (person.id, number) == (cast.ana.id, ticket.id)

    def test_of_another_person_or_ticket_opens_nothing(self, cast: Cast) -> None:
        ticket, other = resolved(cast), opened(cast.ben)
        for token in (
            surveys.survey_token(ticket.id, cast.ben.id),
            surveys.survey_token(other.id, cast.ben.id).replace(f"{other.id}-", f"{ticket.id}-"),
        ):
            with pytest.raises(NotFound):
                surveys.requester_of_survey(token)

    @pytest.mark.parametrize("token", ["", "-", "1001", "1001-", "x-y", "9" * 30 + "-a", "1001-\0", "٣-a"])
    def test_that_is_nonsense_opens_nothing(self, cast: Cast, token: str) -> None:
        resolved(cast)
        with pytest.raises(NotFound):
            surveys.requester_of_survey(token)

    def test_of_somebody_disabled_opens_nothing(self, cast: Cast) -> None:
        ticket = resolved(cast)
        with unit_of_work():
            accounts.disable(cast.ana)
        with pytest.raises(NotFound):
            surveys.requester_of_survey(surveys.survey_token(ticket.id, cast.ana.id))
