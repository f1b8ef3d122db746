"""Articles as their readers and writers see them. Customers and guests read what is published and nothing else."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import joinedload, undefer

from portal.base.database import db
from portal.models import Article, ArticleImage, ArticleRating, ArticleRevision, KbCategory
from portal.queries import NotFound
from portal.queries.paging import BIGGEST_ID, Page, Sort, page_of
from portal.rules.vocabulary import ArticleStatus

MOST_IN_SITEMAP = 50_000
MOST_COMPARED = 200
FOUND_BY_SEARCH = (ArticleStatus.PUBLISHED, ArticleStatus.INTERNAL)
_PLAIN_ID = re.compile(r"[1-9][0-9]{0,18}")

SORTS = {
    "updated": Sort("updated", (Article.updated_at, Article.id), descending=True),
    "views": Sort("views", (Article.views, Article.id), descending=True),
    "title": Sort("title", (Article.title, Article.id)),
}


@dataclass(frozen=True)
class ArticleFilter:
    """What the writers' list is narrowed to; None or empty leaves a field alone."""

    status: ArticleStatus | None = None
    category: int | None = None
    due_by: date | None = None
    text: str = ""


@dataclass(frozen=True)
class CategoryCount:
    category: KbCategory
    articles: int


def readable(*, for_staff: bool) -> ColumnElement[bool]:
    """The row filter: staff read every article, everybody else what is published."""
    return true() if for_staff else Article.status == ArticleStatus.PUBLISHED


def get_article(article_id: int, *, for_staff: bool, lock: bool = False) -> Article:
    """One article with text, category and author. Raises NotFound, also for one that is not this reader's.

    With lock the row is held until the transaction ends, so that changes of one article happen one by one.
    """
    if not 0 < article_id <= BIGGEST_ID:
        raise NotFound
    query = _whole().where(Article.id == article_id, readable(for_staff=for_staff))
    if lock:
        query = query.with_for_update(of=Article).execution_options(populate_existing=True)
    return _one(query)


def find_by_external_id(external_id: str, *, for_staff: bool, lock: bool = False) -> Article | None:
    """The article that was imported under this id."""
    query = _whole().where(Article.external_id == external_id, readable(for_staff=for_staff))
    if lock:
        query = query.with_for_update(of=Article).execution_options(populate_existing=True)
    return db.session.scalars(query).one_or_none()


def get_article_named(name: str, *, for_staff: bool, lock: bool = False) -> Article:
    """The article of this id, else the one that was imported under it. Raises NotFound."""
    if _PLAIN_ID.fullmatch(name):
        with suppress(NotFound):
            return get_article(int(name), for_staff=for_staff, lock=lock)
    found = None if "\0" in name else find_by_external_id(name, for_staff=for_staff, lock=lock)
    if found is None:
        raise NotFound
    return found


def _whole() -> Select[Article]:
    return select(Article).options(
        joinedload(Article.category),
        joinedload(Article.author),
        undefer(Article.body),
        undefer(Article.body_html),
        undefer(Article.headings),
    )


def _one(query: Select[Article]) -> Article:
    article = db.session.scalars(query).one_or_none()
    if article is None:
        raise NotFound
    return article


def categories() -> Sequence[KbCategory]:
    """Every category in its order."""
    return db.session.scalars(select(KbCategory).order_by(KbCategory.position, KbCategory.name)).all()


def find_category(slug: str) -> KbCategory | None:
    return db.session.scalars(select(KbCategory).where(KbCategory.slug == slug.replace("\0", ""))).one_or_none()


def get_category(slug: str) -> KbCategory:
    """Raises NotFound."""
    found = find_category(slug)
    if found is None:
        raise NotFound
    return found


def categories_with_counts(*, for_staff: bool, also_empty: bool = False) -> Sequence[CategoryCount]:
    """Categories in their order with how many articles this reader finds there; empty ones only where asked."""
    shown = (
        (Article.category_id == KbCategory.id) & (Article.status.in_(FOUND_BY_SEARCH)) & readable(for_staff=for_staff)
    )
    query = (
        select(KbCategory, func.count(Article.id))
        .join(Article, shown, isouter=also_empty)
        .group_by(KbCategory.id)
        .order_by(KbCategory.position, KbCategory.name)
    )
    return [CategoryCount(category, articles) for category, articles in db.session.execute(query)]


def popular(*, for_staff: bool, limit: int = 6) -> Sequence[Article]:
    """The most read published articles."""
    query = (
        select(Article)
        .where(Article.status == ArticleStatus.PUBLISHED, readable(for_staff=for_staff))
        .options(joinedload(Article.category))
        .order_by(Article.views.desc(), Article.id)
        .limit(limit)
    )
    return db.session.scalars(query).all()


def in_category(category: KbCategory, *, for_staff: bool, cursor: str | None = None, limit: int = 50) -> Page[Article]:
    """A category's articles by title."""
    query = select(Article).where(
        Article.category_id == category.id, Article.status.in_(FOUND_BY_SEARCH), readable(for_staff=for_staff)
    )
    return page_of(query, SORTS["title"], cursor, limit)


def related(article: Article, *, for_staff: bool, limit: int = 4) -> Sequence[Article]:
    """Others of its category, among the MOST_COMPARED most read: first those that share a tag, and of these those whose
    titles are most alike."""
    near = (
        select(Article.id)
        .where(
            Article.category_id == article.category_id,
            Article.status == ArticleStatus.PUBLISHED,
            Article.id != article.id,
            readable(for_staff=for_staff),
        )
        .order_by(Article.views.desc())
        .limit(MOST_COMPARED)
    )
    shares_tags = Article.tags.overlap(list(article.tags))
    query = (
        select(Article)
        .where(Article.id.in_(near.scalar_subquery()))
        .order_by(
            shares_tags.desc(), func.similarity(Article.title, article.title).desc(), Article.views.desc(), Article.id
        )
        .limit(limit)
    )
    return db.session.scalars(query).all()


def revisions(article: Article) -> Sequence[ArticleRevision]:
    """The article's versions with who wrote them, newest first."""
    query = (
        select(ArticleRevision)
        .where(ArticleRevision.article_id == article.id)
        .options(joinedload(ArticleRevision.author))
        .order_by(ArticleRevision.version.desc())
    )
    return db.session.scalars(query).all()


def get_revision(article: Article, version: int) -> ArticleRevision:
    """One version with its text. Raises NotFound."""
    query = (
        select(ArticleRevision)
        .where(ArticleRevision.article_id == article.id, ArticleRevision.version == version)
        .options(undefer(ArticleRevision.body), joinedload(ArticleRevision.author))
    )
    found = db.session.scalars(query).one_or_none() if 0 < version < 2**31 else None
    if found is None:
        raise NotFound
    return found


def page_of_articles(
    wanted: ArticleFilter, sort: str = "updated", cursor: str | None = None, limit: int = 50
) -> Page[Article]:
    """The writers' list: every status, without texts. Raises KeyError for an unknown sort, BadCursor."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        conditions.append(Article.status == wanted.status)
    if wanted.category is not None:
        conditions.append(Article.category_id == wanted.category)
    if wanted.due_by is not None:
        conditions.append((Article.review_on <= wanted.due_by) & (Article.status != ArticleStatus.ARCHIVED))
    if wanted.text.strip():
        conditions.append(Article.title.icontains(wanted.text.strip().replace("\0", ""), autoescape=True))
    query = select(Article).where(*conditions).options(joinedload(Article.category), joinedload(Article.author))
    return page_of(query, SORTS[sort], cursor, limit)


def status_counts(today: date) -> dict[str, int]:
    """How many articles there are of each status, and how many are due for a look ("due")."""
    due = func.count().filter(Article.review_on <= today, Article.status != ArticleStatus.ARCHIVED)
    each = [func.count().filter(Article.status == status).label(status.value) for status in ArticleStatus]
    return dict(db.session.execute(select(*each, due.label("due")).select_from(Article)).mappings().one())


def get_image(image_id: int) -> ArticleImage:
    """A picture. Raises NotFound."""
    found = db.session.get(ArticleImage, image_id) if 0 < image_id <= BIGGEST_ID else None
    if found is None:
        raise NotFound
    return found


def sitemap_rows() -> Sequence[Article]:
    """Published articles, newest change first, at most MOST_IN_SITEMAP."""
    query = select(Article).where(Article.status == ArticleStatus.PUBLISHED).order_by(Article.updated_at.desc())
    return db.session.scalars(query.limit(MOST_IN_SITEMAP)).all()


def find_rating(article: Article, *, user_id: int | None, reader_key: str | None) -> ArticleRating | None:
    """What this reader said of the article before."""
    query = select(ArticleRating).where(ArticleRating.article_id == article.id)
    if user_id is not None:
        query = query.where(ArticleRating.user_id == user_id)
    else:
        query = query.where(ArticleRating.reader_key == reader_key)
    return db.session.scalars(query).one_or_none()
