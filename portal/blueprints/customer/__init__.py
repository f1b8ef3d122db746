"""The customers' pages: help centre, tickets, survey."""

from flask import Blueprint

customer = Blueprint("customer", __name__)

from portal.blueprints.customer import (  # noqa: E402, F401 (they hang views on it)
    articles,
    knowledge,
    new_ticket,
    sitemap,
    survey,
    tickets,
)
