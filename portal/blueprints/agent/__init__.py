"""The agents' pages: queue, ticket, live stream."""

from flask import Blueprint

agent = Blueprint("agent", __name__, url_prefix="/agent")

from portal.blueprints.agent import (  # noqa: E402, F401 (they hang views on it)
    article_history,
    articles,
    changes,
    insights,
    queue,
    quick_answers,
    shelves,
    stream,
    tickets,
)
