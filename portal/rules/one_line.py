"""What people type into one line, as one line: what breaks or hides it goes, what joins letters stays."""

import unicodedata

_JOINERS = "\u200c\u200d"
"""They shape letters in Persian and Indic scripts and hold one emoji of several together."""


def one_line(text: str) -> str:
    """Line breaks, controls and odd spaces become spaces; invisible marks, those that turn the direction included, go."""
    kept = (" " if _is_gap(char) else "" if _is_invisible(char) else char for char in text)
    return " ".join("".join(kept).split())


def is_blank(text: str) -> bool:
    """Whether nothing of it could be seen."""
    return all(char in _JOINERS or char.isspace() or _is_invisible(char) or _is_gap(char) for char in text)


def _is_gap(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Zl", "Zp", "Zs", "Cs", "Cn", "Co")


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) == "Cf" and char not in _JOINERS
