"""The help centre: search, categories and articles, for everybody. Reading it changes nothing and needs no sign-in."""

from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.blueprints.customer import customer
from portal.queries.knowledge import articles as queries
from portal.queries.knowledge import quick_answers as answers
from portal.queries.knowledge.search import Found, search_articles
from portal.rules.vocabulary import SearchDoor
from portal.services.knowledge import figures
from portal.web import limits
from portal.web.guards import public
from portal.web.public_pages import public_page

QUERY_LENGTH = 300
SEARCH_PAGE = 20


@customer.get("/")
@public
def home() -> ResponseReturnValue:
    return _home("")


@customer.get("/kb/search")
@public
@limits.reading_limit(limits.SEARCH, limits.person_or_peer)
def search() -> ResponseReturnValue:
    """The same page with what was found. While somebody types only the results are asked for, and nothing is counted."""
    query = asked()
    return _home(query) if query else redirect("/", 303)


@customer.get("/kb/search/settled")
@public
@limits.reading_limit(limits.SEARCH, limits.person_or_peer)
def settled() -> ResponseReturnValue:
    """A query that stood still for a while: somebody has read what it found. Counts it, says nothing."""
    if query := asked():
        count_search(query, search_articles(query, for_staff=reads_internal(), limit=1, with_snippets=False))
    return "", 204


@customer.get("/kb/categories/<slug>")
@public
def category(slug: str) -> ResponseReturnValue:
    found = queries.get_category(slug)
    page = queries.in_category(found, for_staff=reads_internal(), cursor=request.args.get("cursor"))
    return public_page("customer/category.html", category=found, found=page)


def asked() -> str:
    """The query of this request, without what no text holds, cut where nobody reads on."""
    text = request.args.get("q", "")[:QUERY_LENGTH]
    return "".join(char for char in text if char != "\0" and not 0xD800 <= ord(char) <= 0xDFFF).strip()


def reads_internal() -> bool:
    """Whether this reader also finds internal articles."""
    return bool(current_user.is_authenticated and current_user.person.is_staff)


def count_search(query: str, found: Found) -> None:
    figures.note_search(query, search_door(), found=found.is_likely)


def search_door() -> SearchDoor:
    return SearchDoor.AGENT if reads_internal() else SearchDoor.PAGE


def _home(query: str) -> ResponseReturnValue:
    return public_page("customer/home.html", fragment="results", q=query, **(_found(query) if query else _shelves()))


def _found(query: str) -> dict[str, Any]:
    found = search_articles(query, for_staff=reads_internal(), limit=SEARCH_PAGE)
    if request.headers.get("HX-Request") != "true":
        count_search(query, found)
    return {"found": found, "answer": answers.find_quick_answer(query)}


def _shelves() -> dict[str, Any]:
    staff = reads_internal()
    return {
        "shelves": queries.categories_with_counts(for_staff=staff),
        "popular": queries.popular(for_staff=staff),
        "answers": answers.shown_on_the_front(),
    }
