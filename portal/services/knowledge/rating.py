"""Was this helpful? One opinion a reader and article, which may be changed."""

from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert

from portal.base.clock import now
from portal.base.database import db
from portal.models import Article, ArticleRating
from portal.queries.knowledge.articles import find_rating

COMMENT_LENGTH = 2000


@dataclass(frozen=True)
class Reader:
    """A signed-in person, or a browser by the random key it carries; exactly one of the two."""

    user_id: int | None = None
    key: str | None = None


def rate_article(reader: Reader, article: Article, *, helpful: bool, comment: str = "") -> None:
    """Note what a reader thinks of a locked article; the article's figures follow in the same transaction."""
    earlier = find_rating(article, user_id=reader.user_id, reader_key=reader.key)
    if earlier is None:
        _count(article, helpful=helpful, by=1)
    elif earlier.helpful != helpful:
        _count(article, helpful=earlier.helpful, by=-1)
        _count(article, helpful=helpful, by=1)
    said = {"helpful": helpful, "comment": comment[:COMMENT_LENGTH], "created_at": now()}
    row = insert(ArticleRating).values(article_id=article.id, user_id=reader.user_id, reader_key=reader.key, **said)
    key = ["article_id", "user_id" if reader.user_id is not None else "reader_key"]
    db.session.execute(row.on_conflict_do_update(index_elements=key, set_=said))


def _count(article: Article, *, helpful: bool, by: int) -> None:
    if helpful:
        article.helpful += by
    else:
        article.unhelpful += by
