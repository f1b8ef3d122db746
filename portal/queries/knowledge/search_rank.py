"""Ranking: BM25 over the postings, each field by itself, then what the title says, then what readers thought."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from portal.queries.knowledge.search_words import Term, Understood
from portal.rules.search_text import Query

READ_FIRST = 20_000
"""Postings read without a second thought. Past that the words that most articles say find none by themselves: they are
weighed only in articles that a rarer word has found."""

_CANDIDATES = 200
_LONGEST_TITLE = 300
_EXCERPT_SOURCE = 20_000
"""Characters of a body in which an excerpt is looked for."""

_TITLE, _SUMMARY, _BODY = 3.0, 1.0, 2.0
_TITLE_OF_LONG_QUERIES = 0.5
_SHORT_QUERY = 3
_COMPARABLE_QUERY = 4
"""Terms up to which the title counts fully, and is compared fully: the longer a question, the less of it can stand in
a title."""

_KNOBS = {
    "saturation": 1.2,  # k1 of BM25
    "length": 0.75,  # its b
    "coverage": 0.08,
    "exact": 1.0,
    "begins": 0.1,
    "readers": 0.01,  # breaks ties
}
_SIMILARITY = 0.35

_SCORE = """
    sum(weight * (:title * said.title / (said.title + flat + title_slope * title_length)
                  + :summary * said.summary / (said.summary + flat + summary_slope * summary_length)
                  + :body * said.body / (said.body + flat + body_slope * body_length))) as score,
    bit_or(1::bigint << number) as matched
"""
_ALLOWED = """
    (:condition = '' or numnode(websearch_to_tsquery('kb_english', :condition)) = 0 or article_id in (
        select id from kb_articles where search_vector @@ websearch_to_tsquery('kb_english', :condition)))
"""
_RANK = text(f"""
with term as materialized (
    select * from unnest(cast(:lexemes as text[]), cast(:numbers as integer[]), cast(:weights as float8[]),
                         cast(:finding as boolean[])) as term (lexeme, number, weight, finds)
), asked as materialized (
    select kb_fold(:text) as key, kb_fold(:corrected) as corrected, chr(1114111) as last_letter
), field as materialized (
    select :saturation * (1 - :length) as flat,
           :saturation * :length * articles / greatest(title_length, 1) as title_slope,
           :saturation * :length * articles / greatest(summary_length, 1) as summary_slope,
           :saturation * :length * articles / greatest(body_length, 1) as body_slope
    from kb_totals
), found as materialized (
    select article_id, {_SCORE}
    from field cross join term join kb_postings as said on said.lexeme = term.lexeme
    where finds and (:for_staff or not is_internal) and {_ALLOWED}
    group by article_id order by score desc, article_id limit :candidates
), common as (
    select article_id, {_SCORE}
    from field cross join term cross join (select article_id as id from found) as one
    join kb_postings as said on said.lexeme = term.lexeme and said.article_id = one.id
    where not finds
    group by article_id
), titled as (
    select article_id from asked, kb_documents
    where title_key ~>=~ key and title_key ~<~ (key || last_letter) and key <> ''
      and (:for_staff or not is_internal) and {_ALLOWED}
    order by length(title_key), article_id limit 20
), candidate as (
    select article_id, sum(score) as score, bit_or(matched) as matched
    from (
        select article_id, score, matched from found
        union all select article_id, score, matched from common
        union all select article_id, 0, 0 from titled
    ) as said
    group by article_id
), judged as (
    select candidate.article_id,
           candidate.score / :most_score
           + :coverage * (
               select sum(share) from unnest(cast(:shares as float8[])) with ordinality as word (share, place)
               where matched & (1::bigint << (place - 1)::integer) <> 0
           )
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
    understood: Understood,
    corrected: str,
    *,
    for_staff: bool,
    limit: int,
    with_snippets: bool,
) -> Sequence[Any]:
    """The best articles, best first, with what an excerpt is made of."""
    terms = understood.terms
    weight_of_all = sum(term.weight for term in terms) or 1.0
    title = _TITLE_OF_LONG_QUERIES + (_TITLE - _TITLE_OF_LONG_QUERIES) * min(1.0, _SHORT_QUERY / max(1, len(terms)))
    return connection.execute(
        _RANK,
        {
            **_KNOBS,
            **_columns(terms),
            "shares": [term.weight / weight_of_all for term in terms],
            "most_score": weight_of_all * (title + _SUMMARY + _BODY),
            "title": title,
            "summary": _SUMMARY,
            "body": _BODY,
            "similarity": _SIMILARITY * min(1.0, _COMPARABLE_QUERY / max(1, len(terms))),
            "text": query.text[:_LONGEST_TITLE],
            "corrected": corrected[:_LONGEST_TITLE],
            "condition": query.condition,
            "for_staff": for_staff,
            "candidates": _CANDIDATES,
            "limit": limit,
            "with_snippets": with_snippets,
            "excerpt_source": _EXCERPT_SOURCE,
        },
    ).all()


def _columns(terms: Sequence[Term]) -> dict[str, list[Any]]:
    """A row for each lexeme; the rarest find articles until enough postings are read."""
    rows = [
        (lexeme, number, weight, term.articles[lexeme])
        for number, term in enumerate(terms)
        for lexeme, weight in term.weights.items()
    ]
    rows.sort(key=lambda row: row[3])
    read, finding = 0, []
    for place, (_, _, _, articles) in enumerate(rows):
        read += articles
        finding.append(place == 0 or read <= READ_FIRST)
    return {
        "lexemes": [row[0] for row in rows],
        "numbers": [row[1] for row in rows],
        "weights": [row[2] for row in rows],
        "finding": finding,
    }
