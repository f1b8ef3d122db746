"""Two versions line by line: nothing that differs is left out, nothing that does not is told at length."""

from hypothesis import given
from hypothesis import strategies as st

from portal.rules.text_diff import AROUND, line_diff


def test_what_went_what_came_and_a_little_around_it() -> None:
    before = "\n".join(f"line {number}" for number in range(20))
    lines = line_diff(before, before.replace("line 10", "another"))
    assert lines[0] == ("gap", "7 lines unchanged")
    assert lines[1:4] == [("same", "line 7"), ("same", "line 8"), ("same", "line 9")]
    assert lines[4:6] == [("gone", "line 10"), ("new", "another")]
    assert lines[-1] == ("gap", "6 lines unchanged")


def test_the_same_text_has_no_difference() -> None:
    assert line_diff("a\nb", "a\nb") == []


texts = st.lists(st.sampled_from("abc"), max_size=30)


@given(texts, texts)
def test_both_versions_can_be_read_off(before: list[str], after: list[str]) -> None:
    lines = line_diff("\n".join(before), "\n".join(after))
    if before != after:
        skipped = sum(int(text.split()[0]) for kind, text in lines if kind == "gap")
        assert sum(kind in ("same", "gone") for kind, _ in lines) + skipped == len(before)
        assert sum(kind in ("same", "new") for kind, _ in lines) + skipped == len(after)
        assert [text for kind, text in lines if kind == "gone"] == _gone(before, lines)


def _gone(before: list[str], lines: list[tuple[str, str]]) -> list[str]:
    """The removed lines in the order of the earlier version."""
    place, gone = 0, []
    for kind, text in lines:
        if kind == "gap":
            place += int(text.split()[0])
        elif kind in ("same", "gone"):
            if kind == "gone":
                gone.append(before[place])
            place += 1
    return gone


def test_few_unchanged_lines_are_shown_whole() -> None:
    assert ("gap", "1 lines unchanged") not in line_diff("\n".join("abcde") + "\nx", "\n".join("abcde") + "\ny")
    assert AROUND == 3
