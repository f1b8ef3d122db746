"""Which ready answer fits what somebody asks: the one whose pattern the text says in other order, form or spelling.

Words come as lexemes, so that "exporting my trades" says "export trades". A misspelt word counts a little less.
"""

from collections.abc import Iterable, Sequence

from portal.rules.search_text import edits

ENOUGH = 0.65
"""The share of a pattern's words that must be said."""

_MISSPELT = 0.8
_SHORTEST_MISSPELT = 5
_SHORT_QUESTION = 3


def fit(pattern: Sequence[str], asked: Sequence[str]) -> float:
    """How much of a pattern the text says, from 0 to 1; 0 when that is not enough to be sure.

    One word alone says something only in a short question: "API" does, "api" in a long story does not.
    """
    if not pattern or not asked:
        return 0.0
    words = set(asked)
    said = [1.0 if word in words else _nearly(word, words) for word in pattern]
    enough_words = sum(share > 0 for share in said) >= 2 or len(asked) <= _SHORT_QUESTION
    share = sum(said) / len(pattern)
    return share if share >= ENOUGH and enough_words else 0.0


def best_fit(patterns: Iterable[Sequence[str]], asked: Sequence[str]) -> tuple[float, int]:
    """The best of several patterns: its share, and how many words it has, for choosing between answers."""
    return max(((fit(pattern, asked), len(pattern)) for pattern in patterns), default=(0.0, 0))


def _nearly(word: str, asked: set[str]) -> float:
    if len(word) < _SHORTEST_MISSPELT:
        return 0.0
    most = 1 if len(word) == _SHORTEST_MISSPELT else 2
    near = any(abs(len(other) - len(word)) <= most and edits(other, word) <= most for other in asked if len(other) > 2)
    return _MISSPELT if near else 0.0
