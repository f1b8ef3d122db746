"""Figures without persons: searches by day, and what became of tickets that were begun. The four quick answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

DOORS = ("page", "api", "agent")
EVENT_KINDS = [
    "created",
    "replied",
    "noted",
    "status_changed",
    "priority_changed",
    "category_changed",
    "assigned",
    "tags_changed",
    "rated",
    "follower_added",
    "linked",
]
OUTCOMES = ("shown", "opened", "solved", "sent")

RESET = """
Open [Forgot your password?](/password/forgot), enter the address of your account, and use the link we send. It works for
one hour. Nothing arrives? Look into the spam folder, and check that it is the address you signed up with.
"""
PLAN = """
In TradeSense open **Settings → Plan** and choose the new plan. Moving up takes effect at once and costs only the
difference for the rest of the month; moving down takes effect at the end of the period you have paid for.
"""
EXPORT = """
In TradeSense open **Settings → Data → Export**, choose CSV or Excel and the dates, and press **Export**. Large exports
take a few minutes; we send a link to your address when the file is ready.
"""
API = """
API keys are under **Settings → API** on the Pro and Premium plans. Create a key, copy it at once (it is shown only once),
and send it as a bearer token with each request.
"""
ANSWERS = [
    (
        "Reset my password",
        ["reset password", "forgot my password", "cannot remember password", "change password", "password reset link"],
        RESET,
    ),
    (
        "Change my plan",
        ["change plan", "upgrade plan", "downgrade subscription", "switch to premium", "cancel subscription"],
        PLAN,
    ),
    (
        "Export my data",
        ["export data", "download my trades", "export trades to csv", "export to excel", "backup my journal"],
        EXPORT,
    ),
    ("Get API access", ["api access", "api key", "api token", "connect through the api", "developer access"], API),
]


def upgrade() -> None:
    op.create_table(
        "search_log",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("query", sa.String(length=100), nullable=False),
        sa.Column(
            "door",
            sa.Enum(*DOORS, name="door", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("searches", sa.Integer(), server_default="0", nullable=False),
        sa.Column("found", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opened", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("day", "query", "door", name=op.f("pk_search_log")),
    )
    op.create_index("ix_search_log_query", "search_log", ["query", "day"])
    op.create_table(
        "begun_tickets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("shown", sa.Integer(), server_default="0", nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=True),
        sa.Column("quick_answer_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(*OUTCOMES, name="outcome", native_enum=False, create_constraint=True, length=32),
            server_default="shown",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("shown >= 0", name=op.f("ck_begun_tickets_shown")),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_articles.id"], name=op.f("fk_begun_tickets_article_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["quick_answer_id"],
            ["quick_answers.id"],
            name=op.f("fk_begun_tickets_quick_answer_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_begun_tickets")),
        sa.UniqueConstraint("form_key", name=op.f("uq_begun_tickets_form_key")),
    )
    op.create_index(op.f("ix_begun_tickets_article_id"), "begun_tickets", ["article_id"])
    op.create_index(op.f("ix_begun_tickets_quick_answer_id"), "begun_tickets", ["quick_answer_id"])
    op.create_index("ix_begun_tickets_created_at", "begun_tickets", ["created_at"])
    _put_quick_answers()
    _allow_event_kinds([*EVENT_KINDS, "read_before"])
    _word_the_last_priority_rule("No other rule applies", "Standard priority")


def downgrade() -> None:
    _word_the_last_priority_rule("Standard priority", "No other rule applies")
    op.execute("alter table ticket_events disable trigger user")
    op.execute("delete from ticket_events where kind = 'read_before'")
    op.execute("alter table ticket_events enable trigger user")
    _allow_event_kinds(EVENT_KINDS)
    op.execute("delete from quick_answers")
    op.drop_table("begun_tickets")
    op.drop_table("search_log")


def _put_quick_answers() -> None:
    shape = sa.table(
        "quick_answers",
        sa.column("title", sa.String),
        sa.column("patterns", ARRAY(sa.String)),
        sa.column("answer", sa.Text),
        sa.column("position", sa.BigInteger),
        sa.column("updated_at", sa.DateTime(timezone=True)),
    )
    for position, (title, patterns, answer) in enumerate(ANSWERS, 1):
        row = {"title": title, "patterns": patterns, "answer": " ".join(answer.split()), "position": position}
        op.execute(shape.insert().values(**row, updated_at=sa.func.now()))


def _allow_event_kinds(kinds: list[str]) -> None:
    op.drop_constraint("kind", "ticket_events", type_="check")
    column = sa.column("kind", sa.String)
    op.create_check_constraint("kind", "ticket_events", column.in_(kinds))


def _word_the_last_priority_rule(old: str, new: str) -> None:
    """The reason is shown to customers, who know of no other rules."""
    rules = sa.table("priority_rules", sa.column("reason", sa.String))
    op.execute(rules.update().where(rules.c.reason == old).values(reason=new))
