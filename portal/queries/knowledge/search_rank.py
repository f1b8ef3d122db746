"""Ranking: BM25 over the postings, each field by itself, then what the title says, then what readers thought."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, TextClause, text

from portal.queries.knowledge.search_words import Term, Understood
from portal.rules.search_text import Query

READ_FIRST = 8_000
"""Postings read without a second thought. Past that the words that most articles say find none by themselves: they are
weighed only in articles that a rarer word has found."""

_CANDIDATES = 100
_LONGEST_TITLE = 300
_EXCERPT_SOURCE = 20_000
"""Characters of a body in which an excerpt is looked for."""

# Measured with bench/search.py, on questions of one sentence too: each may move by a third without much ado.
_TITLE, _SUMMARY, _BODY = 3.0, 1.0, 2.0
_SATURATION, _LENGTH = 1.2, 0.75  # k1 and b of BM25
_SIMILARITY = 0.35  # of the whole title, beside at most 1 for the words
_EXACT, _BEGINS = 1.0, 0.1
_READERS = 0.01  # breaks ties

_SCORE = """
    sum(weight * (:title * said.title / (said.title + :flat + :title_slope * title_length)
                  + :summary * said.summary / (said.summary + :flat + :summary_slope * summary_length)
                  + :body * said.body / (said.body + :flat + :body_slope * body_length))) as score
"""
# A condition of small words alone is none.
_HOLDING = """
    (numnode(websearch_to_tsquery('kb_english', :condition)) = 0 or article_id in (
        select id from kb_articles where search_vector @@ websearch_to_tsquery('kb_english', :condition)))
"""


@cache
def _statement(allowed: str) -> TextClause:
    """allowed: which articles may be found at all. Most searches have no condition, and planning one takes time."""
    return text(f"""
with term as materialized (
    select * from unnest(cast(:lexemes as text[]), cast(:weights as float8[]), cast(:finding as boolean[]))
        as term (lexeme, weight, finds)
), asked as materialized (
    select kb_fold(:text) as key, kb_fold(cast(:corrected as text)) as corrected, chr(1114111) as last_letter
), found as materialized (
    select article_id, {_SCORE}
    from term join kb_postings as said on said.lexeme = term.lexeme
    where finds and (:for_staff or not is_internal) and {allowed}
    group by article_id order by score desc, article_id limit :candidates
), common as (
    select said.article_id, {_SCORE}
    from term cross join found cross join lateral (
        select * from kb_postings
        where kb_postings.lexeme = term.lexeme and kb_postings.article_id = found.article_id offset 0
    ) as said
    where not finds
    group by said.article_id
), titled as (
    select article_id from asked, kb_documents
    where title_key ~>=~ key and title_key ~<~ (key || last_letter) and key <> ''
      and (:for_staff or not is_internal) and {allowed}
    order by length(title_key), article_id limit 20
), candidate as (
    select article_id, sum(score) as score
    from (
        select article_id, score from found
        union all select article_id, score from common
        union all select article_id, 0 from titled
    ) as said
    group by article_id
), judged as (
    select candidate.article_id,
           candidate.score / :most_score
           + :similarity * greatest(similarity(title_key, key), similarity(title_key, corrected))
           + case when title_key in (key, corrected) then :exact
                  when title_key ~>=~ key and title_key ~<~ (key || last_letter) then :begins else 0 end
           + :readers * (ln(1 + views) / (5 + ln(1 + views)) + (helpful + 1.0) / (helpful + unhelpful + 2.0)) as score
    from asked, candidate
    join kb_documents as document on document.article_id = candidate.article_id
    join kb_articles as article on article.id = candidate.article_id
    order by score desc, candidate.article_id limit :limit
)
select article.id, article.external_id, article.slug, article.title, article.summary, judged.score,
       case when :with_snippets then left(document.plain, :excerpt_source) else '' end as plain,
       case when :with_snippets then array(
           select word from kb_words where kb_words.lexeme in (select lexeme from term)
       ) end as marked
from judged
join kb_articles as article on article.id = judged.article_id
join kb_documents as document on document.article_id = judged.article_id
order by judged.score desc, article.id
""")  # noqa: S608 (nothing but the pieces above)


def rank(
    connection: Connection,
    query: Query,
    *,
    understood: Understood,
    corrected: str,
    for_staff: bool,
    limit: int,
    with_snippets: bool,
) -> Sequence[Any]:
    """The best articles, best first, with what an excerpt is made of."""
    return connection.execute(
        _statement(_HOLDING if query.condition else "true"),
        {
            **_columns(understood.terms),
            **_slopes(understood.lengths),
            "title": _TITLE,
            "summary": _SUMMARY,
            "body": _BODY,
            "most_score": (_TITLE + _SUMMARY + _BODY) * (sum(term.weight for term in understood.terms) or 1.0),
            "similarity": _SIMILARITY,
            "exact": _EXACT,
            "begins": _BEGINS,
            "readers": _READERS,
            "text": query.text[:_LONGEST_TITLE],
            "corrected": corrected[:_LONGEST_TITLE] if understood.corrections else None,
            **({"condition": query.condition} if query.condition else {}),
            "for_staff": for_staff,
            "candidates": max(_CANDIDATES, limit),
            "limit": limit,
            "with_snippets": with_snippets,
            "excerpt_source": _EXCERPT_SOURCE,
        },
    ).all()


def _columns(terms: Sequence[Term]) -> dict[str, list[Any]]:
    """A row for each lexeme; the rarest find articles until enough postings are read."""
    rows = [(lexeme, weight, term.articles[lexeme]) for term in terms for lexeme, weight in term.weights.items()]
    rows.sort(key=lambda row: row[2])
    read, finding = 0, []
    for place, (_, _, articles) in enumerate(rows):
        read += articles
        finding.append(place == 0 or read <= READ_FIRST)
    return {"lexemes": [row[0] for row in rows], "weights": [row[1] for row in rows], "finding": finding}


def _slopes(lengths: tuple[float, float, float]) -> dict[str, float]:
    """How much less a word counts in a longer field."""
    names = ("title_slope", "summary_slope", "body_slope")
    slopes = {name: _SATURATION * _LENGTH / max(length, 1.0) for name, length in zip(names, lengths, strict=True)}
    return {"flat": _SATURATION * (1 - _LENGTH), **slopes}
