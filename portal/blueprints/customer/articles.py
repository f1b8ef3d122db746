"""One article: reading it, its pictures, and whether it helped."""

import secrets
from datetime import timedelta
from typing import Any

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.base import tally
from portal.base.current import current_settings
from portal.base.tokens import token_hash
from portal.base.unit_of_work import unit_of_work
from portal.blueprints.customer import customer
from portal.blueprints.customer.knowledge import asked, reads_internal, search_door
from portal.models import Article
from portal.queries.knowledge import articles as queries
from portal.rules.search_figures import kept_query
from portal.services.knowledge import rating
from portal.services.knowledge.rating import Reader
from portal.web import limits
from portal.web.downloads import picture
from portal.web.forms import ArticleRatingForm
from portal.web.guards import public
from portal.web.pages import page
from portal.web.public_pages import public_page

READER_COOKIE = "reader"
READER_DAYS = 365


@customer.get("/kb/articles/<int:article_id>")
@customer.get("/kb/articles/<int:article_id>-<slug>")
@public
def article(article_id: int, slug: str = "") -> ResponseReturnValue:
    """The id finds it; an address with another slug leads to today's, with whatever was asked along."""
    found = queries.get_article(article_id, for_staff=reads_internal())
    if slug != found.slug:
        query = request.query_string.decode("ascii", "ignore")
        return redirect(f"{found.path}?{query}" if query else found.path, 301)
    _count_view(found)
    return public_page("customer/article.html", changed_at=found.updated_at, **_context(found))


@customer.get("/kb/articles/<int:article_id>/peek")
@public
def peek(article_id: int) -> ResponseReturnValue:
    """The text alone, to be read beside something else."""
    found = queries.get_article(article_id, for_staff=reads_internal())
    _count_view(found)
    if form_key := request.args.get("form", "")[:64]:
        tally.note("opened_beside", form=token_hash(form_key), article=found.id)
    return public_page("customer/article_peek.html", changed_at=found.updated_at, article=found)


@customer.get("/kb/articles/<int:article_id>/rating")
@public
def rating_form(article_id: int) -> ResponseReturnValue:
    """Fetched when somebody says yes or no: only then is there a token, and a cookie to carry it."""
    found = queries.get_article(article_id, for_staff=reads_internal())
    chosen = "yes" if request.args.get("helpful") == "yes" else "no"
    form = ArticleRatingForm(formdata=None, helpful=chosen)
    return page("customer/article_rating.html", fragment="rating", article=found, form=form, said=None)


@customer.post("/kb/articles/<int:article_id>/rating")
@public
@limits.limit(limits.RATE, limits.person_or_peer)
def rate_article(article_id: int) -> ResponseReturnValue:
    form = ArticleRatingForm()
    found = queries.get_article(article_id, for_staff=reads_internal())
    context: dict[str, Any] = {"article": found, "form": form}
    if not form.validate():
        return page("customer/article_rating.html", fragment="rating", status=422, said=None, **context)
    key = request.cookies.get(READER_COOKIE) or secrets.token_urlsafe(18)
    reader = Reader(user_id=current_user.id) if current_user.is_authenticated else Reader(key=token_hash(key))
    helpful = form.helpful.data == "yes"
    with unit_of_work():
        locked = queries.get_article(article_id, for_staff=reads_internal(), lock=True)
        rating.rate_article(reader, locked, helpful=helpful, comment=form.comment.data or "")
    said = "comment" if form.comment.data else "vote"
    return _remembering(page("customer/article_rating.html", fragment="rating", said=said, **context), reader, key)


@customer.get("/kb/images/<int:image_id>")
@public
def image(image_id: int) -> ResponseReturnValue:
    """A picture of an article. Its bytes are ours, never change and cannot run, so every cache may keep them."""
    return picture(queries.get_image(image_id))


def _context(found: Article) -> dict[str, Any]:
    query = asked()
    return {
        "article": found,
        "related": queries.related(found, for_staff=reads_internal()),
        "q": query,
        "canonical": f"{current_settings().base_url}{found.path}",
    }


def _count_view(found: Article) -> None:
    """Counted in Redis, so that reading writes nothing; a hit that was opened is counted with its query."""
    tally.note("view", article=found.id)
    if query := kept_query(asked()):
        tally.note("open", query=query, door=search_door().value, article=found.id)


def _remembering(response: Response, reader: Reader, key: str) -> Response:
    """A guest's browser keeps a random key, so that changing one's mind is no second opinion."""
    if reader.key is not None:
        response.set_cookie(
            READER_COOKIE,
            key,
            max_age=timedelta(days=READER_DAYS),
            path="/kb/",
            httponly=True,
            samesite="Lax",
            secure=current_settings().is_https,
        )
    return response
