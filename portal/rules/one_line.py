"""What people type into one line, as one line: what breaks or hides it goes, what joins letters stays."""

import unicodedata

_JOINERS = frozenset("\u200c\u200d") | frozenset(map(chr, range(0xE0020, 0xE0080)))
"""They shape letters in Persian and Indic scripts, hold one emoji of several together, and spell out flags."""

_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters by their kind that show nothing."""


def one_line(text: str) -> str:
    """Line breaks, controls and odd spaces become spaces; invisible marks, those that turn the direction included, go."""
    kept = (" " if _is_gap(char) else "" if _is_invisible(char) else char for char in text)
    return " ".join("".join(kept).split())


def is_blank(text: str) -> bool:
    """Whether nothing of it could be seen. What Unicode has not named yet may well be seen."""
    return all(char in _JOINERS or char in _FILLERS or _is_gap(char) or _is_invisible(char) for char in text)


def _is_gap(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Cc", "Zl", "Zp", "Zs", "Cs")


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) == "Cf" and char not in _JOINERS
