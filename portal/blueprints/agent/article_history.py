"""The versions of an article: who changed what, and bringing one back."""

from flask import flash, redirect
from flask.typing import ResponseReturnValue

from portal.base.unit_of_work import unit_of_work
from portal.blueprints.agent import agent
from portal.queries.knowledge import articles as queries
from portal.rules.text_diff import line_diff
from portal.services.knowledge import articles as services
from portal.web import limits
from portal.web.guards import actor, person, staff
from portal.web.pages import page


@agent.get("/articles/<int:article_id>/history")
@staff
def article_history(article_id: int) -> ResponseReturnValue:
    found = queries.get_article(article_id, for_staff=True)
    return page("agent/article_history.html", article=found, revisions=queries.revisions(found))


@agent.get("/articles/<int:article_id>/history/<int:version>")
@staff
def article_version(article_id: int, version: int) -> ResponseReturnValue:
    """One version beside the one before it."""
    found = queries.get_article(article_id, for_staff=True)
    revision = queries.get_revision(found, version)
    earlier = queries.get_revision(found, version - 1) if version > 1 else None
    return page(
        "agent/article_version.html",
        article=found,
        revision=revision,
        earlier=earlier,
        lines=line_diff(earlier.body if earlier else "", revision.body),
    )


@agent.post("/articles/<int:article_id>/history/<int:version>/restore")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def restore_article(article_id: int, version: int) -> ResponseReturnValue:
    with unit_of_work():
        locked = queries.get_article(article_id, for_staff=True, lock=True)
        revision = queries.get_revision(locked, version)
        changed = services.restore_article(actor(), person(), locked, revision)
    flash(f"The words of version {version} are back, as a new version." if changed else "These are its words already.")
    return redirect(f"/agent/articles/{article_id}", 303)
