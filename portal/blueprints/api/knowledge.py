"""The knowledge base: search it, read it, say whether it helped. The same services and queries as the pages."""

from flask import Response
from pydantic import TypeAdapter

from portal.base.unit_of_work import unit_of_work
from portal.blueprints.api import outputs, reading, shapes
from portal.blueprints.api.bearer import actor, bearer
from portal.blueprints.api.door import PREFIX, api
from portal.blueprints.api.inputs import ArticleQuery, Opinion
from portal.blueprints.api.once import Answer, answered_once
from portal.blueprints.api.operation import Operation, described
from portal.queries.knowledge import articles as queries
from portal.queries.knowledge.quick_answers import find_quick_answer
from portal.queries.knowledge.search import search_articles
from portal.rules import access
from portal.rules.access import Action
from portal.rules.vocabulary import SearchDoor
from portal.services.knowledge import figures, rating
from portal.services.knowledge.rating import Reader
from portal.web import limits

_OPINION = TypeAdapter(Opinion)


@api.get("/support/kb/search")
@limits.reading_limit(limits.SEARCH, limits.bearer_or_peer)
@described(Operation("Search articles", outputs.SearchResult, query=ArticleQuery, problems=(422,)))
@bearer(Action.READ_ARTICLES)
def search_kb() -> Response:
    """Best first, misspelt or not; an agent's token also finds internal articles. No words find nothing."""
    wanted = reading.query(ArticleQuery)
    found = search_articles(wanted.q, for_staff=_reads_all(Action.READ_ARTICLES), limit=wanted.limit)
    figures.note_search(wanted.q, SearchDoor.API, found=found.is_likely)
    return Answer(200, shapes.search_result(found, find_quick_answer(wanted.q)).model_dump_json()).response()


@api.get("/support/kb/categories")
@described(Operation("List categories of articles", outputs.ShelfList))
@bearer(Action.READ_ARTICLES)
def list_categories() -> Response:
    """Those in which this token finds something. They are not the categories of tickets."""
    counts = queries.categories_with_counts(for_staff=_reads_all(Action.READ_ARTICLES))
    return Answer(200, shapes.shelves(counts).model_dump_json()).response()


@api.get("/support/kb/articles/<any_text:article_id>")
@described(Operation("Read an article", outputs.Article, problems=(404,)))
@bearer(Action.READ_ARTICLES)
def show_article(article_id: str) -> Response:
    """By its id, or by the id it was imported under; digits are tried as its id first."""
    found = queries.get_article_named(article_id, for_staff=_reads_all(Action.READ_ARTICLES))
    return Answer(200, shapes.article(found).model_dump_json()).response()


@api.post("/support/kb/articles/<any_text:article_id>/rate")
@limits.limit(limits.WRITE, limits.bearer_or_peer)
@described(
    Operation(
        "Rate an article",
        outputs.Rating,
        status=201,
        bodies=(Opinion,),
        may_repeat=True,
        headers=("Location",),
        problems=(404,),
    )
)
@bearer(Action.RATE_ARTICLE)
def rate_article(article_id: str) -> Response:
    """One opinion a person and article: the next one takes its place, comment included. Location names the article."""
    given = reading.json_body(_OPINION)
    with unit_of_work():
        answer = answered_once(given, (), lambda: _rated(article_id, given))
    return answer.response()


def _rated(name: str, given: Opinion) -> Answer:
    article = queries.get_article_named(name, for_staff=_reads_all(Action.RATE_ARTICLE), lock=True)
    rating.rate_article(Reader(user_id=actor().id), article, helpful=given.helpful, comment=given.comment)
    said = outputs.Rating(article_id=article.id, helpful=given.helpful, comment=given.comment)
    return Answer(201, said.model_dump_json(), {"Location": f"{PREFIX}/support/kb/articles/{article.id}"})


def _reads_all(action: Action) -> bool:
    """Whether the caller, who may do this, also finds what is not published. Raises access.Denied."""
    access.require(actor(), action)
    return actor().role.is_staff
