"""The customers' pages: help centre, tickets, survey."""

from flask import Blueprint

customer = Blueprint("customer", __name__)

from portal.blueprints.customer import home, new_ticket, survey, tickets  # noqa: E402, F401 (they hang views on it)
