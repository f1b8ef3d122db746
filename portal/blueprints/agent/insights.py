"""What readers look for, find and miss."""

from datetime import timedelta

from flask import request
from flask.typing import ResponseReturnValue

from portal.base.clock import now
from portal.blueprints.agent import agent
from portal.queries.knowledge import insights as queries
from portal.web.guards import staff
from portal.web.pages import page

PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days"}


@agent.get("/articles/insights")
@staff
def kb_insights() -> ResponseReturnValue:
    days = request.args.get("days", "") if request.args.get("days", "") in PERIODS else "30"
    since = now() - timedelta(days=int(days))
    failed = queries.without_result(since.date())
    return page(
        "agent/kb_insights.html",
        days=days,
        periods=PERIODS,
        top=queries.top_queries(since.date()),
        failed=failed,
        unopened=queries.without_click(since.date()),
        funnel=queries.funnel(since),
        least=queries.least_helpful(),
        topics=queries.to_write(since, failed),
    )
