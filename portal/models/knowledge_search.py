"""What knowledge-base search reads. The database keeps all of it by itself (migration 0006), but for the synonyms."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.database import Base
from portal.models.columns import Key

SYNONYM_LENGTH = 100


class ArticleDocument(Base):
    """What of a published or internal article is compared and quoted: its title folded, its body without Markdown."""

    __tablename__ = "kb_documents"
    __table_args__ = (
        Index("ix_kb_documents_title", "title_key", postgresql_ops={"title_key": "text_pattern_ops"}),
        Index(
            "ix_kb_documents_title_trigrams",
            "title_key",
            postgresql_using="gin",
            postgresql_ops={"title_key": "gin_trgm_ops"},
        ),
    )

    article_id: Mapped[int] = mapped_column(ForeignKey("kb_articles.id", ondelete="CASCADE"), primary_key=True)
    is_internal: Mapped[bool]
    title_key: Mapped[str] = mapped_column(Text)
    plain: Mapped[str] = mapped_column(Text)


class Posting(Base):
    """How often the fields of an article say a lexeme, and how long these fields are, in words that count.

    The lengths stand in each row, so that ranking reads nothing else; there is no foreign key, as nobody but the
    article's triggers writes here.
    """

    __tablename__ = "kb_postings"

    lexeme: Mapped[str] = mapped_column(Text, primary_key=True)
    article_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_internal: Mapped[bool]
    title: Mapped[int] = mapped_column(SmallInteger)
    summary: Mapped[int] = mapped_column(SmallInteger)
    body: Mapped[int] = mapped_column(SmallInteger)
    title_length: Mapped[int] = mapped_column(SmallInteger)
    summary_length: Mapped[int] = mapped_column(SmallInteger)
    body_length: Mapped[int] = mapped_column(SmallInteger)


class Lexeme(Base):
    """How many articles, and how many that everybody may read, say a lexeme."""

    __tablename__ = "kb_lexemes"

    lexeme: Mapped[str] = mapped_column(Text, primary_key=True)
    articles: Mapped[int] = mapped_column(Integer)
    public_articles: Mapped[int] = mapped_column(Integer)


class Word(Base):
    """A word as articles spell it, unaccented and in small letters; lexeme is None for a word too common to count."""

    __tablename__ = "kb_words"
    __table_args__ = (
        Index("ix_kb_words_start", "word", postgresql_ops={"word": "text_pattern_ops"}),
        Index(
            "ix_kb_words_end", func.reverse(text("word")).label("ending"), postgresql_ops={"ending": "text_pattern_ops"}
        ),
        Index("ix_kb_words_trigrams", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
    )

    word: Mapped[str] = mapped_column(Text, primary_key=True)
    lexeme: Mapped[str | None] = mapped_column(Text, index=True)
    articles: Mapped[int] = mapped_column(Integer)
    public_articles: Mapped[int] = mapped_column(Integer)


class SearchTotals(Base):
    """One row: how many articles there are, and how many words their fields hold together."""

    __tablename__ = "kb_totals"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    articles: Mapped[int]
    public_articles: Mapped[int]
    title_length: Mapped[int]
    summary_length: Mapped[int]
    body_length: Mapped[int]


count_changes = Table(
    "kb_count_changes",
    Base.metadata,
    Column("word", Text),
    Column("lexeme", Text),
    *(
        Column(name, Integer, nullable=False, server_default="0")
        for name in ("articles", "public_articles", "title_length", "summary_length", "body_length")
    ),
    prefixes=["UNLOGGED"],
)
"""What a transaction has changed and not yet counted; empty for everybody else. Nothing in it outlives a crash."""


class SynonymGroup(Base):
    """Words and short phrases that mean the same. keys are the words folded, kept by the database."""

    __tablename__ = "kb_synonyms"

    id: Mapped[Key]
    words: Mapped[list[str]] = mapped_column(ARRAY(String(SYNONYM_LENGTH)))
    keys: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
