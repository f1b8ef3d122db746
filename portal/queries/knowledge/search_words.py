"""The words of a query as the articles know them: corrected, completed, joined by their synonyms, and weighed."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from portal.rules.search_text import MOST_CORRECTED, ONE_SLIP_LENGTH, SHORTEST_CORRECTED, Query, best_matches

MOST_TERMS = 32
"""Terms that rank at most: of a longer text the rarest."""

_SYNONYM = 0.7
_COMPLETION = 0.4
"""What a synonym, and a longer word that begins with the one still being typed, count beside the word itself."""

_COMPLETIONS = 6
_NEAREST = 30

# One slip leaves one half of a word as it was, or swaps two letters: both are looked up without reading other words.
# Two slips leave some runs of three letters.
_LOOK_UP = text("""
with asked as materialized (
    select given.place, folded.word, kb_lexeme(folded.word) as lexeme, given.is_written
    from unnest(cast(:words as text[]), cast(:written as boolean[])) with ordinality as given (word, is_written, place)
    cross join lateral (select replace(kb_fold(given.word), ' ', '') as word offset 0) as folded
), known as materialized (
    select asked.*,
           coalesce((select case when :for_staff then articles else public_articles end
                     from kb_words where kb_words.word = asked.word), 0) > 0 as is_word,
           coalesce((select case when :for_staff then articles else public_articles end
                     from kb_lexemes where kb_lexemes.lexeme = asked.lexeme), 0) > 0 as is_meant
    from asked
), misspelt as materialized (
    select place, word from known
    where is_written and not is_word and not is_meant and length(word) >= :shortest and word ~ '[^0-9]'
    order by place limit :most
), one_slip as materialized (
    select misspelt.place, misspelt.word as typed, near.word, near.lexeme, near.uses
    from misspelt cross join lateral (
        select left(misspelt.word, length(misspelt.word) / 2) as start,
               left(reverse(misspelt.word), (length(misspelt.word) + 1) / 2) as ending,
               array(select overlay(misspelt.word placing reverse(substr(misspelt.word, at, 2)) from at for 2)
                     from generate_series(1, length(misspelt.word) - 1) as at) as swapped
    ) as parts cross join lateral (
        select word, lexeme, case when :for_staff then articles else public_articles end as uses
        from kb_words
        where (word ~>=~ start and word ~<~ (start || chr(1114111))
               or reverse(word) ~>=~ ending and reverse(word) ~<~ (ending || chr(1114111))
               or word = any (swapped))
          and (levenshtein_less_equal(word, misspelt.word, 1) <= 1 or word = any (swapped))
          and case when :for_staff then articles else public_articles end > 0
        order by uses desc, word limit :nearest
    ) as near
), two_slips as (
    select misspelt.place, misspelt.word as typed, near.word, near.lexeme, near.uses
    from misspelt cross join lateral (
        select word, lexeme, case when :for_staff then articles else public_articles end as uses
        from kb_words
        where word % misspelt.word
          and length(word) between length(misspelt.word) - 2 and length(misspelt.word) + 2
          and levenshtein_less_equal(word, misspelt.word, 4) <= 4
          and case when :for_staff then articles else public_articles end > 0
        order by levenshtein_less_equal(word, misspelt.word, 4), uses desc, word limit :nearest
    ) as near
    where length(misspelt.word) > :short and misspelt.place not in (select place from one_slip)
), found as (
    select 'known' as kind, place, word as typed, word, lexeme, 0 as uses from known where is_word or is_meant
    union all
    select 'near', place, typed, word, lexeme, uses from one_slip
    union all
    select 'near', place, typed, word, lexeme, uses from two_slips
    union all
    select 'grown', asked.place, asked.word, grown.word, grown.lexeme, grown.uses
    from asked cross join lateral (
        select word, lexeme, case when :for_staff then articles else public_articles end as uses
        from kb_words
        where word ~>~ asked.word and word ~<~ (asked.word || chr(1114111))
          and case when :for_staff then articles else public_articles end > 0
        order by uses desc, word limit :completions
    ) as grown
    where asked.place = :open and length(asked.word) > 1
    union all
    select 'same', run.place, run.words, other.word, part.lexeme, 0
    from unnest(cast(:runs as text[])) with ordinality as run (words, place)
    join kb_synonyms as synonym on run.words = any (synonym.keys)
    cross join unnest(synonym.keys) as other (word)
    cross join unnest(tsvector_to_array(to_tsvector('kb_english', other.word))) as part (lexeme)
    where other.word <> run.words
)
select found.*,
       (select case when :for_staff then articles else public_articles end
        from kb_lexemes where kb_lexemes.lexeme = found.lexeme) as articles,
       case when :for_staff then totals.articles else totals.public_articles end as of_all,
       totals.title_length / totals.articles::float8 as title_length,
       totals.summary_length / totals.articles::float8 as summary_length,
       totals.body_length / totals.articles::float8 as body_length
from found cross join (select * from kb_totals where articles > 0 limit 1) as totals
""")


@dataclass(frozen=True)
class Term:
    """What one word of the query asks for: lexemes with the weight each has, and the weight of the word itself."""

    weights: Mapping[str, float]
    articles: Mapping[str, int]

    @property
    def weight(self) -> float:
        return max(self.weights.values())


@dataclass(frozen=True)
class Understood:
    """The terms to rank by, the words that were taken for misspelt with what was read instead, and how many words
    that count the fields of an article have on average: title, summary with tags, body."""

    terms: Sequence[Term]
    corrections: Mapping[str, str]
    lengths: tuple[float, float, float]


def understand(connection: Connection, query: Query, *, for_staff: bool) -> Understood:
    """Look the words up. What only internal articles say is known to staff alone."""
    asked = [*query.words, *(word for _, word in query.compounds)]
    rows = connection.execute(
        _LOOK_UP,
        {
            "words": asked,
            "written": [place < len(query.words) for place in range(len(asked))],
            "runs": list(query.runs),
            "open": len(query.words) if query.is_last_open else 0,
            "for_staff": for_staff,
            "shortest": SHORTEST_CORRECTED,
            "most": MOST_CORRECTED,
            "short": ONE_SLIP_LENGTH,
            "nearest": _NEAREST,
            "completions": _COMPLETIONS,
        },
    ).all()
    return _Reading(query, rows).understood()


class _Reading:
    """Puts the rows of the look-up together, word by word."""

    def __init__(self, query: Query, rows: Sequence[Any]) -> None:
        self._query = query
        self._rows: dict[str, dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            self._rows[row.kind][row.place - 1].append(row)
        self._terms: dict[int, dict[str, tuple[float, int]]] = defaultdict(dict)
        self._corrections: dict[str, str] = {}
        first = rows[0] if rows else None
        self._lengths = (first.title_length, first.summary_length, first.body_length) if first else (1.0, 1.0, 1.0)

    def understood(self) -> Understood:
        for place, word in enumerate(self._query.words):
            self._read(place, word)
        self._add_compounds()
        self._add_synonyms()
        terms = [
            Term({name: weight for name, (weight, _) in said.items()}, {name: n for name, (_, n) in said.items()})
            for said in self._terms.values()
            if said
        ]
        distinct = {tuple(sorted(term.weights)): term for term in terms}
        return Understood(
            sorted(distinct.values(), key=lambda term: -term.weight)[:MOST_TERMS], self._corrections, self._lengths
        )

    def _read(self, place: int, word: str) -> None:
        known, grown = self._rows["known"][place], self._rows["grown"][place]
        for row in known:
            self._add(place, row, 1.0)
        for rank, row in enumerate(grown):
            self._add(place, row, _COMPLETION if known or rank else 1.0)
        if not known and not grown:
            self._correct(place, word)

    def _correct(self, place: int, word: str) -> None:
        near = self._rows["near"][place]
        best = best_matches(near[0].typed, {row.word: row.uses for row in near}) if near else []
        if best:
            self._corrections[word] = best[0]
        for row in near:
            if row.word in best:
                self._add(place, row, 1.0)

    def _add_compounds(self) -> None:
        """A compound counts no more than the word it begins with, however rare it is."""
        for number, (place, _) in enumerate(self._query.compounds, len(self._query.words)):
            for row in self._rows["known"][number]:
                self._add(place, row, 1.0, most=max((w for w, _ in self._terms[place].values()), default=math.inf))

    def _add_synonyms(self) -> None:
        for place, rows in self._rows["same"].items():
            for row in rows:
                self._add(self._query.start_of_run(place), row, _SYNONYM / len(row.word.split()))

    def _add(self, place: int, row: Any, share: float, most: float = math.inf) -> None:
        """A lexeme that no article says adds nothing."""
        if row.lexeme and row.articles:
            rarity = math.log(1 + (row.of_all - row.articles + 0.5) / (row.articles + 0.5))
            weight = max(min(share * rarity, most), self._terms[place].get(row.lexeme, (0.0, 0))[0])
            self._terms[place][row.lexeme] = (weight, row.articles)
