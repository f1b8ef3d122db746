"""The knowledge base: articles with their history, what readers thought of them, and ready answers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.base.database import Base
from portal.models.columns import Created, Key, word
from portal.models.user import User
from portal.rules.vocabulary import ArticleStatus

TITLE_LENGTH = 200
SUMMARY_LENGTH = 500
ARTICLE_LENGTH = 200_000


class KbCategory(Base):
    __tablename__ = "kb_categories"

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(String(300), server_default="")
    position: Mapped[int] = mapped_column(server_default="0")


class Article(Base):
    """Its id stays, its slug follows the title. body is Markdown; body_html and headings are made of it when it is stored.

    The database keeps search_vector by itself (migration 0006), and with it all that search reads.
    """

    __tablename__ = "kb_articles"
    __table_args__ = (
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("status <> 'published' or published_at is not null", name="published_at"),
        Index("ix_kb_articles_category", "category_id", "status", "views"),
        Index("ix_kb_articles_popular", "status", "views"),
        Index("ix_kb_articles_search", "search_vector", postgresql_using="gin"),
        Index("ix_kb_articles_review_on", "review_on", postgresql_where="review_on is not null"),
    )

    id: Mapped[Key]
    external_id: Mapped[str | None] = mapped_column(String(200), unique=True)
    slug: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    summary: Mapped[str] = mapped_column(String(SUMMARY_LENGTH), server_default="")
    body: Mapped[str] = mapped_column(Text, deferred=True)
    body_html: Mapped[str] = mapped_column(Text, deferred=True)
    headings: Mapped[list[Any]] = mapped_column(server_default="[]", deferred=True)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(50)), server_default="{}")
    category_id: Mapped[int] = mapped_column(ForeignKey("kb_categories.id"))
    status: Mapped[ArticleStatus] = mapped_column(word(ArticleStatus, "status"), server_default="draft")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("support_tickets.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[Created]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    review_on: Mapped[date | None]
    words: Mapped[int] = mapped_column(Integer, server_default="0")
    views: Mapped[int] = mapped_column(server_default="0")
    helpful: Mapped[int] = mapped_column(Integer, server_default="0")
    unhelpful: Mapped[int] = mapped_column(Integer, server_default="0")
    search_vector: Mapped[Any | None] = mapped_column(TSVECTOR, deferred=True)

    category: Mapped[KbCategory] = relationship(lazy="raise")
    author: Mapped[User | None] = relationship(lazy="raise")

    @property
    def path(self) -> str:
        """Where it is read."""
        return f"/kb/articles/{self.id}-{self.slug}"

    @property
    def reading_minutes(self) -> int:
        """At 200 words a minute, at least one."""
        return max(1, round(self.words / 200))

    @property
    def repeats_summary(self) -> bool:
        """Whether the text begins with its summary, as many that were imported do: the page need not say it twice."""
        return bool(self.summary) and self.body.lstrip().startswith(self.summary[:60])


class ArticleRevision(Base):
    """What an article said at one version; written with every change, never changed itself."""

    __tablename__ = "kb_article_revisions"
    __table_args__ = (UniqueConstraint("article_id", "version"),)

    id: Mapped[Key]
    article_id: Mapped[int] = mapped_column(ForeignKey("kb_articles.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    summary: Mapped[str] = mapped_column(String(SUMMARY_LENGTH))
    body: Mapped[str] = mapped_column(Text, deferred=True)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(50)))
    category_id: Mapped[int] = mapped_column(ForeignKey("kb_categories.id"))
    status: Mapped[ArticleStatus] = mapped_column(word(ArticleStatus, "status"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[Created]

    author: Mapped[User | None] = relationship(lazy="raise")


class ArticleRating(Base):
    """One opinion of one reader: a person, or a browser that carries a random key of its own."""

    __tablename__ = "kb_article_ratings"
    __table_args__ = (
        UniqueConstraint("article_id", "user_id"),
        UniqueConstraint("article_id", "reader_key"),
        CheckConstraint("(user_id is null) <> (reader_key is null)", name="one_reader"),
        Index("ix_kb_article_ratings_comments", "article_id", "created_at", postgresql_where="comment <> ''"),
    )

    id: Mapped[Key]
    article_id: Mapped[int] = mapped_column(ForeignKey("kb_articles.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    reader_key: Mapped[str | None] = mapped_column(String(64))
    helpful: Mapped[bool]
    comment: Mapped[str] = mapped_column(String(2000), server_default="")
    created_at: Mapped[Created]


class ArticleImage(Base):
    """A picture of an article, re-encoded by us: what was uploaded is never shown."""

    __tablename__ = "kb_images"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(64), unique=True)
    content_type: Mapped[str] = mapped_column(String(32))
    size: Mapped[int]
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[Created]


class QuickAnswer(Base):
    """A ready answer for a common question; patterns are ways people ask it."""

    __tablename__ = "quick_answers"

    id: Mapped[Key]
    title: Mapped[str] = mapped_column(String(200))
    patterns: Mapped[list[str]] = mapped_column(ARRAY(String(200)))
    answer: Mapped[str] = mapped_column(Text)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("kb_articles.id", ondelete="SET NULL"), index=True)
    position: Mapped[int] = mapped_column(server_default="0")
    is_enabled: Mapped[bool] = mapped_column(server_default="true")
    shown: Mapped[int] = mapped_column(server_default="0")
    used: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[Created]
    updated_at: Mapped[datetime]
