"""The knowledge base: categories, articles with revisions, ratings and images, and quick answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kb_categories",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.String(length=300), server_default="", nullable=False),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_categories")),
        sa.UniqueConstraint("slug", name=op.f("uq_kb_categories_slug")),
    )
    op.create_table(
        "kb_images",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.String(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_kb_images_author_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_images")),
        sa.UniqueConstraint("key", name=op.f("uq_kb_images_key")),
    )
    op.create_index(op.f("ix_kb_images_author_id"), "kb_images", ["author_id"], unique=False)
    op.create_table(
        "kb_articles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=500), server_default="", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("headings", JSONB(), server_default="[]", nullable=False),
        sa.Column("tags", ARRAY(sa.String(length=50)), server_default="{}", nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "published",
                "internal",
                "archived",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="draft",
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("words", sa.Integer(), server_default="0", nullable=False),
        sa.Column("views", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("helpful", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unhelpful", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "status <> 'published' or published_at is not null", name=op.f("ck_kb_articles_published_at")
        ),
        sa.CheckConstraint("title <> ''", name=op.f("ck_kb_articles_title")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_kb_articles_author_id")),
        sa.ForeignKeyConstraint(["category_id"], ["kb_categories.id"], name=op.f("fk_kb_articles_category_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["support_tickets.id"], name=op.f("fk_kb_articles_ticket_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_articles")),
        sa.UniqueConstraint("external_id", name=op.f("uq_kb_articles_external_id")),
    )
    op.create_index(op.f("ix_kb_articles_author_id"), "kb_articles", ["author_id"], unique=False)
    op.create_index("ix_kb_articles_category", "kb_articles", ["category_id", "status", "views"], unique=False)
    op.create_index("ix_kb_articles_popular", "kb_articles", ["status", "views"], unique=False)
    op.create_index(
        "ix_kb_articles_review_on", "kb_articles", ["review_on"], unique=False, postgresql_where="review_on is not null"
    )
    op.create_index(op.f("ix_kb_articles_ticket_id"), "kb_articles", ["ticket_id"], unique=False)
    op.create_table(
        "kb_article_ratings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("reader_key", sa.String(length=64), nullable=True),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(user_id is null) <> (reader_key is null)", name=op.f("ck_kb_article_ratings_one_reader")),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_articles.id"], name=op.f("fk_kb_article_ratings_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_kb_article_ratings_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_article_ratings")),
        sa.UniqueConstraint("article_id", "reader_key", name=op.f("uq_kb_article_ratings_article_id_reader_key")),
        sa.UniqueConstraint("article_id", "user_id", name=op.f("uq_kb_article_ratings_article_id_user_id")),
    )
    op.create_index(
        "ix_kb_article_ratings_comments",
        "kb_article_ratings",
        ["article_id", "created_at"],
        unique=False,
        postgresql_where="comment <> ''",
    )
    op.create_index(op.f("ix_kb_article_ratings_user_id"), "kb_article_ratings", ["user_id"], unique=False)
    op.create_table(
        "kb_article_revisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("tags", ARRAY(sa.String(length=50)), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "published",
                "internal",
                "archived",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_articles.id"], name=op.f("fk_kb_article_revisions_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_kb_article_revisions_author_id")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["kb_categories.id"], name=op.f("fk_kb_article_revisions_category_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_article_revisions")),
        sa.UniqueConstraint("article_id", "version", name=op.f("uq_kb_article_revisions_article_id_version")),
    )
    op.create_table(
        "quick_answers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("patterns", ARRAY(sa.String(length=200)), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("shown", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("used", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_articles.id"], name=op.f("fk_quick_answers_article_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quick_answers")),
    )
    op.create_index(op.f("ix_quick_answers_article_id"), "quick_answers", ["article_id"], unique=False)


def downgrade() -> None:
    for table in (
        "quick_answers",
        "kb_article_revisions",
        "kb_article_ratings",
        "kb_articles",
        "kb_images",
        "kb_categories",
    ):
        op.drop_table(table)
