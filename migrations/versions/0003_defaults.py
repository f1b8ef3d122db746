"""The defaults of the product, as rows that admins may change later."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CATEGORIES = [
    ("billing", "Billing"),
    ("technical", "Technical problem"),
    ("account", "Account"),
    ("feature_request", "Feature request"),
    ("general", "Something else"),
]

URGENT_WORDS = ["urgent", "critical", "down", "broken"]
CRITICAL_ISSUES = [
    "outage",
    "data loss",
    "lost data",
    "lost my data",
    "lost all my trades",
    "locked out",
    "cannot log in",
    "can't log in",
    "cant log in",
    "cannot login",
    "can't login",
    "unable to log in",
    "unable to login",
    "cannot sign in",
    "can't sign in",
    "security",
    "breach",
    "breached",
    "hacked",
    "unauthorized",
    "unauthorised",
    "stolen",
    "wrong balance",
    "balance is wrong",
    "incorrect balance",
]
PAYMENT_WORDS = ["billing", "payment", "payments", "charged", "refund", "refunded", "invoice", "invoices"]


def _word(words: list[str]) -> dict[str, Any]:
    return {"field": "text", "op": "has_word", "value": words}


def _is(field: str, value: str) -> dict[str, Any]:
    return {"field": field, "op": "is", "value": value}


PRIORITY_RULES: list[tuple[str, dict[str, Any], str, str]] = [
    ("Urgent word", _word(URGENT_WORDS), "urgent", "Urgent word “{word}”"),
    (
        "Premium plan and critical issue",
        {"all": [_word(CRITICAL_ISSUES), _is("tier", "premium")]},
        "urgent",
        "Premium plan and critical issue “{word}”",
    ),
    ("Billing category", _is("category", "billing"), "high", "Billing category"),
    ("Payment word", _word(PAYMENT_WORDS), "high", "Payment word “{word}”"),
    ("Premium plan", _is("tier", "premium"), "high", "Premium plan"),
    ("Pro plan", _is("tier", "pro"), "medium", "Pro plan"),
    ("Feature request", _is("category", "feature_request"), "medium", "Feature request"),
    ("Everything else", {}, "low", "No other rule applies"),
]

TARGETS = {
    "urgent": {"first_response": 120, "next_response": 120, "resolution": 480},
    "high": {"first_response": 480, "next_response": 480, "resolution": 1440},
    "medium": {"first_response": 1440, "next_response": 1440, "resolution": 4320},
    "low": {"first_response": 2880, "next_response": 2880, "resolution": 7200},
}

SETTINGS: dict[str, tuple[Any, str]] = {
    "reopen_window_days": (7, "For how many days after resolving a customer may reopen a ticket."),
    "survey_change_days": (14, "For how many days a rating may be given or changed."),
    "sla_warning_share": (0.75, "The share of an SLA target after which a deadline counts as near."),
}


def upgrade() -> None:
    _insert("categories", _CATEGORY, [_category(i, *row) for i, row in enumerate(CATEGORIES, 1)])
    _insert("priority_rules", _RULE, [_rule(i, *row) for i, row in enumerate(PRIORITY_RULES, 1)])
    calendar = {"id": 1, "name": "Always open", "time_zone": "UTC", "hours": [[["00:00", "24:00"]]] * 7}
    _insert("business_calendars", _CALENDAR, [calendar])
    op.execute("alter table business_calendars alter column id restart with 2")
    _insert("sla_policies", _POLICY, [{"position": 1, "name": "Standard", "targets": TARGETS, "calendar_id": 1}])
    rows = [{"key": key, "value": value, "description": words} for key, (value, words) in SETTINGS.items()]
    _insert("settings", _SETTING, rows)


def downgrade() -> None:
    for table in ("settings", "sla_policies", "business_calendars", "priority_rules", "categories"):
        op.execute(sa.table(table).delete())


_CATEGORY = {"slug": sa.String, "name": sa.String, "position": sa.BigInteger}
_RULE = {
    "position": sa.BigInteger,
    "name": sa.String,
    "conditions": JSONB,
    "priority": sa.String,
    "reason": sa.String,
}
_CALENDAR = {"id": sa.BigInteger, "name": sa.String, "time_zone": sa.String, "hours": JSONB}
_POLICY = {"position": sa.BigInteger, "name": sa.String, "targets": JSONB, "calendar_id": sa.BigInteger}
_SETTING = {"key": sa.String, "value": JSONB, "description": sa.String}


def _insert(table: str, columns: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    shape = sa.table(table, *[sa.column(name, kind) for name, kind in columns.items()])
    op.bulk_insert(shape, rows)


def _category(position: int, slug: str, name: str) -> dict[str, Any]:
    return {"position": position, "slug": slug, "name": name}


def _rule(position: int, name: str, conditions: dict[str, Any], priority: str, reason: str) -> dict[str, Any]:
    return {"position": position, "name": name, "conditions": conditions, "priority": priority, "reason": reason}
