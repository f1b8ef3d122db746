"""Two versions of a text, line by line: what went, what came, and a little of what stayed around it."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "gone", "new", "gap"]
Line = tuple[Kind, str]

AROUND = 3
MOST_LINES = 4_000


def line_diff(before: str, after: str) -> list[Line]:
    """The lines in order; none when nothing differs. Of stretches that stayed, only AROUND lines at each end: the rest is
    a gap that says how many. Texts of more than MOST_LINES lines are compared in their first MOST_LINES.
    """
    if before == after:
        return []
    old, new = before.splitlines()[:MOST_LINES], after.splitlines()[:MOST_LINES]
    lines: list[Line] = []
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for index, (tag, first, last, begin, end) in enumerate(blocks):
        if tag == "equal":
            lines.extend(_kept(old[first:last], is_first=index == 0, is_last=index == len(blocks) - 1))
        else:
            lines.extend(("gone", line) for line in old[first:last])
            lines.extend(("new", line) for line in new[begin:end])
    return lines


def _kept(lines: list[str], *, is_first: bool, is_last: bool) -> Iterator[Line]:
    head = 0 if is_first else AROUND
    tail = 0 if is_last else AROUND
    if len(lines) <= head + tail + 1:
        yield from (("same", line) for line in lines)
        return
    yield from (("same", line) for line in lines[:head])
    yield "gap", f"{len(lines) - head - tail} lines unchanged"
    yield from (("same", line) for line in lines[len(lines) - tail :])
