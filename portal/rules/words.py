"""Finding listed words in what somebody wrote, the way a reader would.

- Whole words and phrases, any case, any white space between the words of a phrase: "down" is in "it's DOWN!", not in
  "download". A hyphenated or underscored compound is a word of its own: "break-down" and "is_down" are not "down".
- Web addresses and mail addresses are not words somebody wrote.
- A negated word does not count: "not urgent", "isn't really urgent", "no longer down", "I don't think it's urgent".
  A negation reaches to the end of its clause at most, and over small words only. "no" alone does not negate:
  "no refund" is about a refund.

Every step is linear in the length of the text.
"""

import re
import unicodedata
from functools import lru_cache

_LETTER = r"[^\W_]"
_JOINER = r"[-_@\u2010\u2011]"
_WORD = re.compile(_LETTER)
_ADDRESS = re.compile(r"(?:https?://|\bwww\.)[^\s<>\"')\]]+")
_PARAGRAPH = re.compile(r"\n\s*\n")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u02bc\u2018`\u00b4", "'"))

_LOOK_BACK = 80
"""Characters before a word in which a negation is looked for."""

_CLAUSE_END = re.compile(r"[.!?;:,()\u2026\u2013\u2014]|\n\n|(?<=\s)-+(?=\s)")
_TOKEN = re.compile(rf"{_LETTER}+(?:'{_LETTER}+)*")

_NEGATING = """
    not never non neither nor hardly nothing
    aint arent didnt doesnt dont hadnt hasnt havent isnt wasnt werent wont wouldnt
"""
_NEGATORS = frozenset(_NEGATING.split())
_NEGATED_OPINION = re.compile(
    r"(?:not|n't|dont|wouldnt) (?:say|think|call|consider) (?:it|this|that|it's|that's)(?: (?:is|as|was|to be))?$"
)
# "be" is no small word here: "should not be down" says that it is down.
_FILLING = """
    a an all any anything at been being currently especially even exactly extremely in is
    particularly quite really remotely so super terribly that too truly very way yet
"""
_SMALL = frozenset(_FILLING.split())


def find_words(text: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of the list that the text says and does not negate, as the list spells them, in order of appearance."""
    spelled, pattern = _compiled(words)
    plain = _plain(text)
    found = (
        spelled[" ".join(hit[0].split())] for hit in pattern.finditer(plain) if not _is_negated(plain, hit.start())
    )
    return tuple(dict.fromkeys(found))


def is_word(word: str) -> bool:
    """Whether there is anything in it to look for; a web address is not."""
    return _WORD.search(_plain(word)) is not None


@lru_cache(maxsize=256)
def _compiled(words: tuple[str, ...]) -> tuple[dict[str, str], re.Pattern[str]]:
    """The spelling of each word by its plain form, and one pattern for all; a longer phrase wins over its beginning."""
    spelled = {" ".join(_plain(word).split()): word for word in words if is_word(word)}
    longest_first = sorted(spelled, key=len, reverse=True)
    choice = "|".join(r"\s++".join(map(re.escape, plain.split())) for plain in longest_first) or r"(?!)"
    before = rf"(?<!{_LETTER})(?<!{_LETTER}{_JOINER})"
    after = rf"(?!{_LETTER})(?!{_JOINER}{_LETTER})"
    return spelled, re.compile(f"{before}(?:{choice}){after}")


def _plain(text: str) -> str:
    """One spelling for what reads alike (case, accents, apostrophes, white space); a blank line stays one."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).translate(_APOSTROPHES)
    paragraphs = _PARAGRAPH.split(_ADDRESS.sub(" ", folded))
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _is_negated(plain: str, start: int) -> bool:
    clause = _CLAUSE_END.split(plain[max(0, start - _LOOK_BACK) : start])[-1]
    tokens = _TOKEN.findall(clause)
    if tokens[-1:] == ["or"]:
        del tokens[-2:]
    if _NEGATED_OPINION.search(" ".join(tokens)):
        return True
    while tokens and tokens[-1] in _SMALL:
        tokens.pop()
    return bool(tokens) and (_negates(tokens[-1]) or tokens[-2:] in (["no", "longer"], ["no", "more"]))


def _negates(token: str) -> bool:
    return token in _NEGATORS or token.endswith("n't")
