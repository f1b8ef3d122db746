"""What the help centre is used for: searches, what they miss, what articles and offered answers achieve."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import joinedload

from portal.base.database import db
from portal.models import Article, BegunTicket, SearchDay
from portal.rules.vocabulary import ArticleStatus, Deflection

SHOWN = 15
MOST_SUBJECTS = 3_000
ENOUGH_VOTES = 3


@dataclass(frozen=True)
class Searched:
    """One query over a stretch of days."""

    query: str
    searches: int
    found: int
    opened: int


@dataclass(frozen=True)
class Topic:
    """Two words that many new tickets hold together and no article does; searches without result that hold one of them."""

    words: tuple[str, str]
    tickets: int
    searches: Sequence[str]


def top_queries(since: date) -> Sequence[Searched]:
    """What was searched most."""
    return _searched(since)


def without_result(since: date) -> Sequence[Searched]:
    """What never found anything, most searched first."""
    return _searched(since, func.sum(SearchDay.found) == 0)


def without_click(since: date) -> Sequence[Searched]:
    """What found something nobody opened, most searched first."""
    return _searched(since, func.sum(SearchDay.found) > 0, func.sum(SearchDay.opened) == 0)


def _searched(since: date, *conditions: Any) -> Sequence[Searched]:
    sums = [func.sum(column).label(column.key) for column in (SearchDay.searches, SearchDay.found, SearchDay.opened)]
    query = (
        select(SearchDay.query, *sums)
        .where(SearchDay.day >= since)
        .group_by(SearchDay.query)
        .having(func.sum(SearchDay.searches) > 0, *conditions)
        .order_by(func.sum(SearchDay.searches).desc(), SearchDay.query)
        .limit(SHOWN)
    )
    return [Searched(row.query, row.searches, row.found, row.opened) for row in db.session.execute(query)]


def funnel(since: datetime) -> dict[str, int]:
    """Of the tickets begun since then: how many were shown an answer, opened one, were solved by it, were sent."""
    opened = BegunTicket.article_id.is_not(None) | (BegunTicket.outcome == Deflection.SOLVED)
    query = select(
        func.count().label("shown"),
        func.count().filter(opened).label("opened"),
        func.count().filter(BegunTicket.outcome == Deflection.SOLVED).label("solved"),
        func.count().filter(BegunTicket.outcome == Deflection.SENT).label("sent"),
    ).where(BegunTicket.created_at >= since)
    return dict(db.session.execute(query).mappings().one())


def least_helpful() -> Sequence[Article]:
    """Published articles with enough votes, the smallest share of yes first."""
    votes = Article.helpful + Article.unhelpful
    query = (
        select(Article)
        .where(Article.status == ArticleStatus.PUBLISHED, votes >= ENOUGH_VOTES)
        .options(joinedload(Article.category))
        .order_by((Article.helpful * 1.0 / votes), votes.desc(), Article.id)
        .limit(SHOWN)
    )
    return db.session.scalars(query).all()


def to_write(since: datetime, failed: Sequence[Searched]) -> Sequence[Topic]:
    """Topics of new tickets that no article covers, most frequent first, with the failed searches about them."""
    rows = db.session.execute(_UNCOVERED, {"since": since, "most": MOST_SUBJECTS, "shown": SHOWN}).all()
    return [Topic((row.first, row.second), row.tickets, _about(row.first, row.second, failed)) for row in rows]


def _about(first: str, second: str, failed: Sequence[Searched]) -> list[str]:
    """Lexemes are parts of words ("smartphone" holds "phone"), near enough for putting searches beside a topic."""
    return [search.query for search in failed if first in search.query or second in search.query]


_UNCOVERED = text("""
with recent as (
    select id, tsvector_to_array(to_tsvector('kb_english', subject)) as lexemes
    from support_tickets where created_at >= :since order by id desc limit :most
), said as (
    select recent.id, lexeme from recent cross join unnest(recent.lexemes[1\\:12]) as lexeme
    where length(lexeme) > 2 and lexeme !~ '^[0-9]+$'
), pairs as (
    select one.lexeme as first, other.lexeme as second, count(*) as tickets
    from said as one join said as other on other.id = one.id and one.lexeme < other.lexeme
    group by 1, 2 having count(*) >= 2
    order by 3 desc, 1, 2 limit 200
)
select first, second, tickets from pairs
where not exists (
    select from kb_postings as one join kb_postings as other using (article_id)
    where one.lexeme = pairs.first and other.lexeme = pairs.second
      and one.title + one.summary + other.title + other.summary > 0
)
order by tickets desc, first, second limit :shown
""")
