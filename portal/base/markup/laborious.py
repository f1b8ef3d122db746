"""What the Markdown parser is asked to do at most: it holds up everybody else in the process, and some of it grows with
the square of the text."""

import re
from dataclasses import dataclass

_MARK = re.compile(r"[*_~`\[\]<>|&\\#!]")
_LINK = re.compile(r"://|//|@|\.\w")
_TABLE = frozenset("|:- \t>")
_MOST_LINK_WORK = 8_000_000  # what may be links, times the characters each of them may look through


@dataclass(frozen=True)
class Bounds:
    """The most marks, brackets, lines, and cells (columns times lines) that are parsed."""

    marks: int
    brackets: int
    lines: int
    cells: int


def is_laborious(text: str, bounds: Bounds) -> bool:
    """Whether a text holds more of anything than people write."""
    lines = text.split("\n")
    columns = max(line.count("|") if _TABLE.issuperset(line) else 0 for line in lines)
    return (
        len(_MARK.findall(text)) > bounds.marks
        or text.count("[") > bounds.brackets
        or len(lines) > bounds.lines
        or columns * len(lines) > bounds.cells
    )


def may_look_for_links(text: str) -> bool:
    """Whether addresses in the text can be found in bearable time."""
    return len(_LINK.findall(text)) * len(text) <= _MOST_LINK_WORK
