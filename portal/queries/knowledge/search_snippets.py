"""The few lines of an article that show why it was found."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

Pieces = tuple[tuple[str, bool], ...]
"""Text in order; True for a word that was asked for."""

_LENGTH = 220
_LEAD = 80
"""Characters of an excerpt, and how many of them may stand before the first word that was asked for."""

_MOST_HITS = 100
_WORD = re.compile(r"[^\W_]++(?:['\u2019][^\W_]++)*")
_SENTENCE_START = re.compile(r"(?:[.!?]\s|\n)\s*(?=\S)")

_Hit = tuple[int, int, str]
"""Where a word that was asked for begins and ends, and its folded form."""


def marked(text: str, words: frozenset[str]) -> Pieces:
    """The whole text, the words that were asked for marked."""
    return _pieces(text, 0, len(text), _hits(text, words))


def excerpt(text: str, words: frozenset[str]) -> Pieces:
    """The part of a text that says most of the words; its beginning when it says none."""
    hits = _hits(text, words)
    start = _start(text, _densest(hits)) if hits else 0
    end = _end(text, start)
    before = (("… ", False),) if start else ()
    after = ((" …", False),) if end < len(text) else ()
    return (*before, *_pieces(text, start, end, hits), *after)


def _hits(text: str, words: frozenset[str]) -> list[_Hit]:
    found: list[_Hit] = []
    for match in _WORD.finditer(text):
        folded = _folded(match[0])
        if folded in words:
            found.append((match.start(), match.end(), folded))
            if len(found) == _MOST_HITS:
                break
    return found


@lru_cache(maxsize=20_000)
def _folded(word: str) -> str:
    """As the database folds a word, for the letters that matter: what differs is not marked, no more."""
    letters = unicodedata.normalize("NFKD", word).replace("'", "").replace("\u2019", "")
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).lower()


def _densest(hits: Sequence[_Hit]) -> int:
    """Where the stretch begins that says the most different words; the first such."""
    best, most = hits[0][0], 0
    for place, (begin, _, _) in enumerate(hits):
        reach = {word for _, end, word in hits[place : place + 20] if end - begin <= _LENGTH - _LEAD}
        if len(reach) > most:
            best, most = begin, len(reach)
    return best


def _start(text: str, hit: int) -> int:
    """The beginning of the sentence when it is near, else a word a little before the hit."""
    earliest = max(0, hit - _LEAD)
    if earliest == 0:
        return 0
    starts = [match.end() for match in _SENTENCE_START.finditer(text, earliest, hit + 1)]
    space = text.find(" ", earliest, hit)
    return starts[-1] if starts else space + 1 if space >= 0 else hit


def _end(text: str, start: int) -> int:
    if len(text) - start <= _LENGTH:
        return len(text)
    space = max(text.rfind(" ", start, start + _LENGTH), text.rfind("\n", start, start + _LENGTH))
    return space if space > start else start + _LENGTH


def _pieces(text: str, start: int, end: int, hits: Sequence[_Hit]) -> Pieces:
    pieces: list[tuple[str, bool]] = []
    done = start
    for begin, stop, _ in hits:
        if begin >= start and stop <= end:
            pieces += [(text[done:begin], False), (text[begin:stop], True)]
            done = stop
    pieces.append((text[done:end], False))
    return tuple((" ".join(piece.split("\n")), is_hit) for piece, is_hit in pieces if piece)
