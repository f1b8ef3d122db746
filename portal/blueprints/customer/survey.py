"""The survey behind a mail's link: no sign-in, the GET stores nothing, only the POST does."""

from flask import request
from flask.typing import ResponseReturnValue

from portal.base.unit_of_work import unit_of_work
from portal.blueprints.customer import customer
from portal.models import Ticket, User
from portal.queries import tickets as queries
from portal.services import Refused, surveys
from portal.web import limits
from portal.web.forms import RatingForm
from portal.web.guards import public
from portal.web.pages import page


@customer.get("/survey/<token>")
@public
def survey(token: str) -> ResponseReturnValue:
    _, ticket = _behind(token)
    rating = queries.find_rating(ticket)
    chosen = request.args.get("score") or (str(rating.score) if rating else "")
    form = RatingForm(formdata=None, data={"score": chosen, "comment": rating.comment if rating else ""})
    return page("customer/survey.html", ticket=ticket, token=token, form=form, refused=_refused(ticket))


@customer.post("/survey/<token>")
@public
@limits.limit(limits.WRITE)
def rate_by_survey(token: str) -> ResponseReturnValue:
    form = RatingForm()
    requester, ticket = _behind(token)
    if not form.validate():
        return page("customer/survey.html", ticket=ticket, token=token, form=form, refused="", status=422)
    with unit_of_work():
        locked = queries.get_ticket(requester.actor(), ticket.id, lock=True)
        surveys.rate(requester.actor(), locked, int(form.score.data), form.comment.data or "")
    return page("customer/survey_thanks.html", ticket=ticket, token=token, score=int(form.score.data))


def _behind(token: str) -> tuple[User, Ticket]:
    requester, number = surveys.requester_of_survey(token)
    return requester, queries.get_ticket(requester.actor(), number)


def _refused(ticket: Ticket) -> str:
    try:
        surveys.check_open(ticket)
    except Refused as why:
        return str(why)
    return ""
