"""A ready answer fits what says it in other words, order or spelling, and nothing that merely shares a word."""

import pytest

from portal.rules.quick_match import best_fit, fit

RESET = ["reset", "password"]
EXPORT = ["export", "trade", "csv"]


@pytest.mark.parametrize(
    ("pattern", "asked"),
    [
        (RESET, ["password", "reset"]),
        (RESET, ["want", "reset", "my", "password", "now", "pleas"]),
        (RESET, ["reste", "pasword"]),
        (EXPORT, ["export", "trade"]),
        (["api"], ["where", "api"]),
    ],
)
def test_what_says_it_fits(pattern: list[str], asked: list[str]) -> None:
    assert fit(pattern, asked) > 0


@pytest.mark.parametrize(
    ("pattern", "asked"),
    [
        (RESET, ["password"]),
        (RESET, ["wrong", "balanc", "sinc", "reset"]),
        (EXPORT, ["trade", "import", "broker"]),
        (["api"], ["my", "api", "chart", "show", "noth"]),
        (["plan"], ["plane"]),
        (RESET, []),
        ([], ["reset"]),
    ],
)
def test_what_merely_shares_a_word_does_not(pattern: list[str], asked: list[str]) -> None:
    assert fit(pattern, asked) == 0


def test_of_several_patterns_the_one_said_most_fully_counts() -> None:
    assert best_fit([EXPORT, RESET], ["reset", "password"]) == (1.0, 2)
    assert best_fit([], ["reset"]) == (0.0, 0)
