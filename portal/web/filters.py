"""What templates may call: the components, words, and times in the reader's zone."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, request
from flask_login import current_user

from portal.base.clock import now
from portal.base.markup import render_markdown
from portal.base.settings import Settings
from portal.rules.vocabulary import AGENT_STATUS_WORDS, CUSTOMER_STATUS_WORDS

THEMES = ("light", "dark")


def reader_zone() -> ZoneInfo:
    """The zone of the signed-in reader; UTC for everyone else."""
    if current_user and current_user.is_authenticated:
        return ZoneInfo(current_user.person.time_zone)
    return ZoneInfo("UTC")


def moment(value: datetime) -> str:
    """ "today, 16:05", "tomorrow, 09:00", "Tue 3 Mar, 09:00", with the year when it is another one; the zone when it is UTC."""
    zone = reader_zone()
    local, today = value.astimezone(zone), now().astimezone(zone).date()
    days = (local.date() - today).days
    day = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days) or local.strftime("%a %-d %b")
    if local.year != today.year:
        day = local.strftime("%-d %b %Y")
    return f"{day}, {local:%H:%M}{' UTC' if zone.key == 'UTC' else ''}"


def day(value: datetime) -> str:
    """ "3 Mar 2026": the date alone, the same for every reader, so that a page can be kept by caches."""
    return value.astimezone(ZoneInfo("UTC")).strftime("%-d %b %Y")


def file_size(size: int) -> str:
    """Bytes as people read them: 184 KB, 1.2 MB."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{size / 1000:.0f} KB"
    return f"{size / 1_000_000:.1f} MB"


def install_filters(app: Flask, settings: Settings) -> None:
    """Globals and filters; assets must be installed before, the components read their addresses once."""
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = False
    env.filters.update(moment=moment, day=day, file_size=file_size, markdown=render_markdown)
    env.globals.update(
        settings=settings,
        AGENT_STATUS_WORDS=AGENT_STATUS_WORDS,
        CUSTOMER_STATUS_WORDS=CUSTOMER_STATUS_WORDS,
    )
    with app.app_context():
        env.globals["ui"] = env.get_template("ui.html").module
    app.context_processor(_theme)


def _theme() -> dict[str, Any]:
    chosen = request.cookies.get("theme", "")
    return {"theme": chosen if chosen in THEMES else ""}
