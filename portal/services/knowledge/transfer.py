"""Articles in and out of the portal: one object a line, or a folder of Markdown files with front matter.

What comes in is matched by its id, so that bringing in the same twice changes nothing.
"""

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy import select
from sqlalchemy.orm import joinedload, undefer

from portal.base.database import db
from portal.models import Article
from portal.models.knowledge import ARTICLE_LENGTH, SUMMARY_LENGTH, TITLE_LENGTH
from portal.queries import NotFound
from portal.queries.knowledge.articles import find_by_external_id, get_article
from portal.rules.vocabulary import ArticleStatus
from portal.services import Invalid
from portal.services.knowledge.articles import ArticleText, clean_tags, put_article, renew_article, text_of
from portal.services.knowledge.categories import category_named

Outcome = Literal["new", "changed", "same"]
_OWN_ID = re.compile(r"portal:([1-9][0-9]{0,17})")
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")
_LEADING_TITLE = re.compile(r"\s*# [^\n]*(?:\n|$)")
_BATCH = 200


class ImportedArticle(BaseModel):
    """One article as it comes in. Fields we do not know are left alone: other systems' exports have more."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    id: str = Field(min_length=1, max_length=200)
    title: str = Field(min_length=1, max_length=TITLE_LENGTH)
    summary: str = Field("", max_length=SUMMARY_LENGTH)
    body: str = Field(max_length=ARTICLE_LENGTH)
    tags: list[str] = Field(default_factory=list, max_length=100)
    category: str = Field("General", max_length=200)
    status: ArticleStatus = ArticleStatus.PUBLISHED

    @field_validator("id", mode="before")
    @classmethod
    def _number_is_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("summary", "category", "tags", mode="before")
    @classmethod
    def _null_is_missing(cls, value: Any, info: Any) -> Any:
        return cls.model_fields[info.field_name].get_default(call_default_factory=True) if value is None else value

    @field_validator("id", "title", "summary", "body", "category", "tags")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        for text in [value] if isinstance(value, str) else value:
            if _NOT_TEXT.search(text):
                raise ValueError("holds characters that are not text")
        return value


def import_article(given: object) -> Outcome:
    """Take one article in: made, changed, or found to be the same. Raises Invalid, which says what is wrong with it."""
    try:
        wanted = ImportedArticle.model_validate(given)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        raise Invalid(".".join(str(part) for part in first["loc"]), first["msg"]) from None
    article = _present(wanted.id)
    text = _text(wanted)
    if article is None:
        put_article(None, text, external_id=wanted.id)
        return "new"
    kept = text_of(article)
    wanted_text = ArticleText(**{**text.__dict__, "review_on": kept.review_on})
    return "changed" if renew_article(None, article, wanted_text) else "same"


def exported_articles() -> Iterator[dict[str, Any]]:
    """Every article as `import_article` takes it, oldest first."""
    last = 0
    while True:
        query = (
            select(Article)
            .where(Article.id > last)
            .options(joinedload(Article.category), undefer(Article.body))
            .order_by(Article.id)
            .limit(_BATCH)
        )
        batch = db.session.scalars(query).all()
        if not batch:
            return
        yield from (_exported(article) for article in batch)
        last = batch[-1].id
        db.session.expunge_all()


def _present(given: str) -> Article | None:
    found = find_by_external_id(given, for_staff=True, lock=True)
    own = _OWN_ID.fullmatch(given)
    if found is not None or own is None:
        return found
    try:
        article = get_article(int(own[1]), for_staff=True, lock=True)
    except NotFound:
        return None
    return article if article.external_id is None else None


def _text(wanted: ImportedArticle) -> ArticleText:
    return ArticleText(
        title=" ".join(wanted.title.split()),
        summary=" ".join(wanted.summary.split()),
        body=_without_title(wanted.title, wanted.body),
        tags=clean_tags(wanted.tags),
        category=category_named(wanted.category),
        status=wanted.status,
    )


def _without_title(title: str, body: str) -> str:
    """The page shows the title itself: a text that begins with it begins after it."""
    first = _LEADING_TITLE.match(body)
    if first and " ".join(first[0].strip().lstrip("#").split()).lower() == " ".join(title.split()).lower():
        return body[first.end() :].lstrip("\n")
    return body


def _exported(article: Article) -> dict[str, Any]:
    return {
        "id": article.external_id or f"portal:{article.id}",
        "title": article.title,
        "summary": article.summary,
        "body": article.body,
        "tags": list(article.tags),
        "category": article.category.name,
        "status": article.status.value,
    }
