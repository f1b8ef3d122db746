"""Writing articles. Every change of the text leaves a revision, and nobody overwrites what they have not seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from datetime import date

from portal.base.clock import now
from portal.base.database import db
from portal.base.markup import render_article
from portal.base.slugs import slug
from portal.models import Article, ArticleRevision, KbCategory, Ticket, User
from portal.rules import access
from portal.rules.access import Action, Actor
from portal.rules.vocabulary import ArticleStatus
from portal.services import Refused

MOST_TAGS = 20
TAG_LENGTH = 50


@dataclass(frozen=True)
class ArticleText:
    """What an article says and where it stands."""

    title: str
    body: str
    category: KbCategory
    summary: str = ""
    tags: Sequence[str] = ()
    status: ArticleStatus = ArticleStatus.DRAFT
    review_on: date | None = None


def write_article(actor: Actor, author: User, wanted: ArticleText, *, ticket: Ticket | None = None) -> Article:
    """A new article, from a solved ticket when one is given. Raises access.Denied."""
    access.require(actor, Action.WRITE_ARTICLES)
    return put_article(author, wanted, ticket=ticket)


def change_article(actor: Actor, author: User, article: Article, wanted: ArticleText, *, seen_version: int) -> bool:
    """Change a locked article; whether anything is different now.

    Raises access.Denied, and Refused when somebody changed it since the version the writer saw.
    """
    access.require(actor, Action.WRITE_ARTICLES)
    if article.version != seen_version:
        raise Refused(
            "Somebody else has changed this article meanwhile. Your text is still here: compare and save again."
        )
    return renew_article(author, article, wanted)


def restore_article(actor: Actor, author: User, article: Article, revision: ArticleRevision) -> bool:
    """Bring back the words of an earlier version, as a new version; status and review date stay. Raises access.Denied."""
    access.require(actor, Action.WRITE_ARTICLES)
    earlier = replace(
        text_of(article), title=revision.title, summary=revision.summary, body=revision.body, tags=revision.tags
    )
    return renew_article(author, article, earlier)


def put_article(
    author: User | None, wanted: ArticleText, *, external_id: str | None = None, ticket: Ticket | None = None
) -> Article:
    """A new article whose right to be written the caller has checked: an operator imports without being anybody."""
    moment = now()
    article = Article(
        external_id=external_id,
        version=1,
        author_id=author.id if author else None,
        ticket_id=ticket.id if ticket else None,
        created_at=moment,
        updated_at=moment,
    )
    _fill(article, wanted)
    db.session.add(article)
    db.session.flush()
    _keep_revision(article, author)
    return article


def renew_article(author: User | None, article: Article, wanted: ArticleText) -> bool:
    """Give a locked article these words; False, and no revision, when they are those it has."""
    wanted = replace(wanted, tags=clean_tags(wanted.tags))
    if wanted == text_of(article):
        return False
    if replace(wanted, review_on=None) != replace(text_of(article), review_on=None):
        article.version += 1
        article.updated_at = now()
        article.author_id = author.id if author else None
        _fill(article, wanted)
        _keep_revision(article, author)
    article.review_on = wanted.review_on
    return True


def text_of(article: Article) -> ArticleText:
    """What the article says now."""
    given = {field.name: getattr(article, field.name) for field in fields_of(ArticleText)}
    return ArticleText(**{**given, "tags": tuple(article.tags)})


def clean_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags on one line each, every one once, at most MOST_TAGS of TAG_LENGTH."""
    names = (" ".join(name.split())[:TAG_LENGTH] for name in tags)
    return tuple(dict.fromkeys(name for name in names if name))[:MOST_TAGS]


def _fill(article: Article, wanted: ArticleText) -> None:
    rendered = render_article(wanted.body)
    article.title, article.slug = wanted.title, slug(wanted.title)
    article.summary, article.body = wanted.summary, wanted.body
    article.body_html, article.words = rendered.html, rendered.words
    article.headings = [[heading.level, heading.id, heading.text] for heading in rendered.headings]
    article.tags = list(clean_tags(wanted.tags))
    article.category, article.status, article.review_on = wanted.category, wanted.status, wanted.review_on
    if wanted.status is ArticleStatus.PUBLISHED and article.published_at is None:
        article.published_at = article.updated_at


def _keep_revision(article: Article, author: User | None) -> None:
    db.session.flush()
    db.session.add(
        ArticleRevision(
            article_id=article.id,
            version=article.version,
            title=article.title,
            summary=article.summary,
            body=article.body,
            tags=article.tags,
            category_id=article.category_id,
            status=article.status,
            author_id=author.id if author else None,
            created_at=article.updated_at,
        )
    )
    db.session.flush()
