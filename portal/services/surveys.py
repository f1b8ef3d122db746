"""Satisfaction: one rating for each resolution, changeable for some days, stored by a POST only."""

from datetime import timedelta

from sqlalchemy import select

from portal.base.clock import now
from portal.base.current import current_settings
from portal.base.database import db
from portal.base.tokens import signature, signature_fits
from portal.models import SatisfactionRating, Ticket, User
from portal.queries import NotFound
from portal.queries import tickets as ticket_queries
from portal.queries.settings import setting
from portal.rules import access
from portal.rules.access import Action, Actor
from portal.rules.vocabulary import EventKind
from portal.services import Invalid, Refused
from portal.services.tickets.events import record

COMMENT_LENGTH = 5000


def survey_token(ticket_id: int, requester_id: int) -> str:
    """What stands in the survey link: opens this survey for this requester and nothing else."""
    key = current_settings().secret_key
    return f"{ticket_id}-{signature(key, 'survey', ticket_id, requester_id)}"


def requester_of_survey(token: str) -> tuple[User, int]:
    """Requester and ticket number behind a survey link. Raises NotFound."""
    number, _, given = token.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NotFound
    query = select(User).join(Ticket, Ticket.requester_id == User.id)
    query = query.where(Ticket.id == int(number), User.disabled_at.is_(None))
    requester = db.session.scalars(query).one_or_none()
    key = current_settings().secret_key
    if requester is None or not signature_fits(given, key, "survey", int(number), requester.id):
        raise NotFound
    return requester, int(number)


def rate(actor: Actor, ticket: Ticket, score: int, comment: str = "") -> SatisfactionRating:
    """Store or change the rating of the present resolution. Raises access.Denied, Invalid, Refused."""
    access.require(actor, Action.RATE, ticket.access_facts())
    if not 1 <= score <= 5:
        raise Invalid("score", "Choose a number from 1 to 5.")
    if len(comment) > COMMENT_LENGTH:
        raise Invalid("comment", f"At most {COMMENT_LENGTH} characters.")
    check_open(ticket)
    rating, old = ticket_queries.find_rating(ticket), None
    if rating is None:
        rating = SatisfactionRating(ticket_id=ticket.id, resolved_at=ticket.resolved_at, created_at=now())
        db.session.add(rating)
    else:
        old = rating.score
    rating.score, rating.comment, rating.updated_at = score, comment, now()
    record(ticket, actor, EventKind.RATED, old=old, new=score)
    return rating


def check_open(ticket: Ticket) -> None:
    """Whether a rating can be given or changed now. Raises Refused with the reason."""
    if ticket.resolved_at is None:
        raise Refused("This ticket is not resolved yet. You can rate it once it is.")
    days = setting("survey_change_days")
    if now() > ticket.resolved_at + timedelta(days=days):
        raise Refused(f"A rating can be given or changed for {days} days.")
