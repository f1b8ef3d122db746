"""What a person types into a search box, taken apart: words, phrases that must be there, words that must not.

Nothing is refused: quotes and signs that mean nothing are passed over, and what is too long is cut.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

LONGEST_QUERY = 4_000
"""Characters that are read at all; the rest of a longer text is passed over."""
MOST_WORDS = 60
LONGEST_WORD = 40
SHORTEST_CORRECTED = 4
ONE_SLIP_LENGTH = 5
"""Letters of a word up to which two slips would make it any other."""
MOST_CORRECTED = 6
"""Misspelt words that are corrected in one query; a text with more of them is no question in our language."""
LONGEST_PHRASE = 3
"""Words of a synonym at most."""

_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"'})
_APOSTROPHES = re.compile("['\u2019\u2018\u02bc]")
_WORD = re.compile(r"[^\W_]+")
_WRITTEN_WORD = re.compile(r"[^\W_]++(?:['\u2019\u2018\u02bc][^\W_]++)*")
_COMPOUND = re.compile(r"(?<![^\W_])[^\W_]++(?:[-._][^\W_]++)+")
_JOINT = re.compile("[-._]")
_OPERATOR = re.compile(r'(?<!\S)(-?)"([^"]*)"|(?<!\S)-(?=[^\W\d_])(\S+)')


@dataclass(frozen=True)
class Query:
    """text is the query as it is searched; words are in order, once each, without those excluded.

    compounds are words of our own making ("wi-fi" and "wi fi" also ask for "wifi"), each with the place of the word it
    begins with.
    """

    text: str
    words: tuple[str, ...]
    compounds: tuple[tuple[int, str], ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    is_last_open: bool = False

    @property
    def runs(self) -> tuple[str, ...]:
        """Every run of one to LONGEST_PHRASE words that follow one another, for finding synonyms."""
        return tuple(" ".join(self.words[start:end]) for start, end in self._run_ends())

    def start_of_run(self, number: int) -> int:
        """The place of the first word of a run."""
        return self._run_ends()[number][0]

    def _run_ends(self) -> list[tuple[int, int]]:
        count = len(self.words)
        lengths = range(1, LONGEST_PHRASE + 1)
        return [(start, start + length) for length in lengths for start in range(count - length + 1)]

    def without_phrases(self) -> "Query":
        """The same, with nothing that must stand together."""
        return replace(self, phrases=())

    @property
    def condition(self) -> str:
        """What websearch_to_tsquery is asked to hold every article to; empty when the query uses no operators."""
        wanted = [f'"{phrase}"' for phrase in self.phrases]
        return " ".join([*wanted, *(f'-"{phrase}"' for phrase in self.excluded)])


def parse(text: str) -> Query:
    """The query of a text as it was typed. The last word is open when it may still be growing."""
    clean = cleaned(text)
    phrases: list[str] = []
    excluded: list[str] = []
    for sign, quoted, word in _OPERATOR.findall(clean):
        (excluded if sign or word else phrases).append(" ".join(split(quoted or word)))
    kept = _OPERATOR.sub(_unless_excluded, clean)
    words = tuple(dict.fromkeys(split(kept)))[:MOST_WORDS]
    return Query(
        text=" ".join(kept.split()),
        words=words,
        compounds=tuple(dict.fromkeys(_compounds(kept, words))),
        phrases=tuple(filter(None, phrases)),
        excluded=tuple(filter(None, excluded)),
        is_last_open=bool(words) and kept[-1:].isalnum() and split(kept)[-1] == words[-1],
    )


def cleaned(text: str) -> str:
    """One spelling for what reads alike; nothing in it that a database could not hold."""
    readable = text[:LONGEST_QUERY].encode("utf-8", "ignore").decode("utf-8").replace("\0", " ")
    return unicodedata.normalize("NFKC", readable).translate(_QUOTES)


def split(text: str) -> list[str]:
    """The words of a text in small letters; an apostrophe holds a word together."""
    return [word[:LONGEST_WORD] for word in _WORD.findall(_APOSTROPHES.sub("", text).lower())]


def _unless_excluded(operator: re.Match[str]) -> str:
    return "" if operator[1] or operator[3] else operator[2]


def _compounds(text: str, words: Sequence[str]) -> Iterator[tuple[int, str]]:
    for compound in _COMPOUND.findall(_APOSTROPHES.sub("", text).lower()):
        first = split(compound)[0]
        if first in words:
            yield words.index(first), _JOINT.sub("", compound)[:LONGEST_WORD]
    for place, (first, second) in enumerate(pairwise(words)):
        yield place, (first + second)[:LONGEST_WORD]


def with_corrections(text: str, corrections: Mapping[str, str]) -> str:
    """The text with each misspelt word replaced, everything else as it was written; a capital stays one."""

    def corrected(word: re.Match[str]) -> str:
        right = corrections.get(_APOSTROPHES.sub("", word[0]).lower(), word[0])
        return right[0].upper() + right[1:] if word[0][0].isupper() else right

    return _WRITTEN_WORD.sub(corrected, text)


def best_matches(word: str, uses: Mapping[str, int]) -> list[str]:
    """The known words nearest to a misspelt one, at most two that are equally near.

    First comes one that begins alike, as few slips are made at the beginning, then the one that is used more.
    """
    distances = {known: edits(word, known) for known in uses}
    nearest = min(distances.values(), default=0)
    if nearest > (1 if len(word) <= ONE_SLIP_LENGTH else 2):
        return []
    equals = [known for known, distance in distances.items() if distance == nearest]
    return sorted(equals, key=lambda known: (known[0] != word[0], -uses[known], known))[:2]


def edits(first: str, second: str) -> int:
    """Letters left out, put in, replaced, or swapped with their neighbour, that make one word the other."""
    before: list[int] = []
    last = list(range(len(second) + 1))
    for row, letter in enumerate(first, 1):
        current = [row]
        for column, other in enumerate(second, 1):
            cost = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == second[column - 2] and other == first[row - 2]:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, last = last, current
    return last[-1]
