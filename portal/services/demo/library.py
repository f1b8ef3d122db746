"""The demo's help centre: articles its agents wrote over three months, what readers thought of them and searched for.

The texts stand in `articles/<category>/*.md`, as they could be imported anywhere; `library.toml` says who wrote which of them
and when, how often they were read, and what was searched. Nothing in here depends on chance.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import insert

from portal.base.clock import at
from portal.base.database import db
from portal.base.tokens import token_hash
from portal.models import Article, ArticleRating, BegunTicket, KbCategory, SearchDay, User
from portal.rules.vocabulary import ArticleStatus, Deflection, SearchDoor
from portal.services.demo.people import People
from portal.services.demo.stories import duration
from portal.services.knowledge.articles import ArticleText, put_article, renew_article
from portal.services.knowledge.categories import category_named
from portal.services.knowledge.files import read_articles
from portal.services.knowledge.rating import Reader, rate_article
from portal.services.knowledge.transfer import ImportedArticle

FOLDER = Path(__file__).with_name("articles")
_FILE = Path(__file__).with_name("library.toml")
_IDS = "demo/"
_LAST_SECTION = "## Additional resources"
_UNTIL_SHOWN = timedelta(days=1, hours=2)
_WRITING = timedelta(minutes=6)
_ENDS = (Deflection.SOLVED, Deflection.SENT)
_FIRST_STATUS = {ArticleStatus.ARCHIVED: ArticleStatus.PUBLISHED}

Age = Annotated[timedelta, BeforeValidator(duration)]
"""How long ago, as the stories write it."""


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Remark(_Fact):
    """What one reader wrote; without `by` it was a guest."""

    age: Age
    helpful: bool
    comment: str
    by: str | None = None


class Life(_Fact):
    """What became of an article. helpful and unhelpful are votes without a word; review_in is days from today."""

    author: str
    written: Age
    changed: Age
    views: int = 0
    helpful: int = 0
    unhelpful: int = 0
    review_in: int | None = None
    remarks: list[Remark] = Field(default_factory=list)


class Search(_Fact):
    """How often a query came on each day, today first; of those that found something, how many led to an article."""

    query: str
    daily: list[int]
    found: bool = True
    opened: int = 0
    door: SearchDoor = SearchDoor.PAGE


class Begun(_Fact):
    """A ticket somebody began, which of the offered articles they opened, and how far it took them."""

    age: Age
    outcome: Deflection
    article: str | None = None


class Library(_Fact):
    """Everything of `library.toml`; categories in their order, with what each says of itself."""

    categories: dict[str, str]
    articles: dict[str, Life]
    searches: list[Search]
    begun: list[Begun]


class Entry(NamedTuple):
    """An article's text and its life, by the name both have: the text's id is that name in the demo."""

    name: str
    text: ImportedArticle
    life: Life


def read_library() -> Library:
    """Raises pydantic's ValidationError for what cannot be understood."""
    return Library.model_validate(tomllib.loads(_FILE.read_text(encoding="utf-8")))


def read_entries(library: Library) -> list[Entry]:
    """Every article of the folder with its life, the oldest first. Raises KeyError for one that has none."""
    texts = [ImportedArticle.model_validate(given) for _, given in read_articles(FOLDER)]
    named = [(text.id.removeprefix(_IDS), text) for text in texts]
    entries = [Entry(name, text, library.articles[name]) for name, text in named]
    return sorted(entries, key=lambda entry: entry.life.written, reverse=True)


def put_library(people: People, moment: datetime) -> None:
    """Write the articles as they were written, then let them be read up to the moment."""
    library = read_library()
    shelves = {name: category_named(name, words) for name, words in library.categories.items()}
    articles = {}
    for entry in read_entries(library):
        article = _write(entry, people[entry.life.author], shelves, moment)
        _hear(article, entry.life, people, moment)
        articles[entry.name] = article
    _put_searches(library.searches, moment)
    _put_begun(library.begun, articles, moment)


def _write(entry: Entry, author: User, shelves: Mapping[str, KbCategory], moment: datetime) -> Article:
    """A draft at first, shown a day later, and complete since it was last changed."""
    _, given, life = entry
    whole = ArticleText(
        title=given.title,
        body=given.body,
        category=shelves[given.category],
        summary=given.summary,
        tags=given.tags,
        status=given.status,
        review_on=None if life.review_in is None else moment.date() + timedelta(days=life.review_in),
    )
    begun = replace(whole, body=whole.body.partition(_LAST_SECTION)[0].rstrip(), review_on=None)
    shown = replace(begun, status=_FIRST_STATUS.get(whole.status, whole.status))
    with at(moment - life.written):
        article = put_article(author, replace(begun, status=ArticleStatus.DRAFT), external_id=given.id)
    with at(moment - life.written + _UNTIL_SHOWN):
        renew_article(author, article, shown)
    with at(moment - life.changed):
        renew_article(author, article, whole)
    return article


def _hear(article: Article, life: Life, people: People, moment: datetime) -> None:
    """Views, votes and remarks, from the day it was published."""
    article.views = life.views
    _vote(article, life, moment)
    for number, remark in enumerate(life.remarks):
        reader = (
            Reader(people[remark.by].id) if remark.by else Reader(key=_guest(article, f"who wrote remark {number}"))
        )
        with at(moment - remark.age):
            rate_article(reader, article, helpful=remark.helpful, comment=remark.comment)


def _vote(article: Article, life: Life, moment: datetime) -> None:
    """Votes of guests, evenly spread over the time since it was published."""
    votes = list(_mixed(life.helpful, life.unhelpful))
    if not votes or article.published_at is None:
        return
    pause = (moment - article.published_at) / (len(votes) + 1)
    rows = [
        {
            "article_id": article.id,
            "reader_key": _guest(article, str(number)),
            "helpful": helpful,
            "created_at": article.published_at + pause * number,
        }
        for number, helpful in enumerate(votes, 1)
    ]
    db.session.execute(insert(ArticleRating), rows)
    article.helpful, article.unhelpful = life.helpful, life.unhelpful


def _mixed(yes: int, no: int) -> Iterator[bool]:
    """So many of each, the fewer among the many."""
    every = yes + no
    for number in range(every):
        yield (number + 1) * no // every == number * no // every


def _guest(article: Article, name: str) -> str:
    return token_hash(f"{article.external_id} {name}")


def _put_searches(searches: Sequence[Search], moment: datetime) -> None:
    """Openings go to the first days on which somebody searched, never more than searches."""
    for search in searches:
        opened = search.opened
        for days, times in enumerate(search.daily):
            if times:
                clicks = min(opened, times)
                opened -= clicks
                day = moment.date() - timedelta(days=days)
                found = times if search.found else 0
                row = SearchDay(
                    day=day, query=search.query, door=search.door, searches=times, found=found, opened=clicks
                )
                db.session.add(row)


def _put_begun(begun: Sequence[Begun], articles: Mapping[str, Article], moment: datetime) -> None:
    """Whoever only saw the offers opened none of them; who sent the ticket may have read one before."""
    for number, one in enumerate(begun):
        article = articles[one.article] if one.article else None
        row = BegunTicket(
            form_key=token_hash(f"demo {number}"),
            shown=1,
            article_id=article.id if article else None,
            outcome=one.outcome,
            created_at=moment - one.age,
            ended_at=moment - one.age + _WRITING if one.outcome in _ENDS else None,
        )
        db.session.add(row)
