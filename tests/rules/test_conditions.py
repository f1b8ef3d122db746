"""Conditions match facts, say why, and refuse what they do not understand."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.conditions import DEEPEST, check_condition, evaluate

FACTS = {"tier": "premium", "category": "billing", "text": "The site is down"}
PREMIUM = {"field": "tier", "op": "is", "value": "premium"}
FREE = {"field": "tier", "op": "is", "value": "free"}
PAYING = {"field": "tier", "op": "in", "value": ["pro", "premium"]}
DOWN = {"field": "text", "op": "has_word", "value": ["broken", "down"]}


@pytest.mark.parametrize("condition", [{}, {"all": []}])
def test_no_condition_always_matches(condition: dict[str, Any]) -> None:
    assert evaluate(condition, FACTS) == []
    assert evaluate(condition, {}) == []


def test_each_kind_of_match_names_its_evidence() -> None:
    assert evaluate(PREMIUM, FACTS) == ["premium"]
    assert evaluate(PAYING, FACTS) == ["premium"]
    assert evaluate(DOWN, FACTS) == ["down"]
    assert evaluate(FREE, FACTS) is None


def test_words_come_first_among_the_evidence() -> None:
    assert evaluate({"all": [PREMIUM, DOWN]}, FACTS) == ["down", "premium"]


def test_all_needs_every_part_and_any_needs_one() -> None:
    assert evaluate({"all": [PREMIUM, FREE]}, FACTS) is None
    assert evaluate({"any": [FREE, DOWN]}, FACTS) == ["down"]
    assert evaluate({"any": [FREE]}, FACTS) is None


def test_an_unknown_fact_matches_nothing() -> None:
    assert evaluate(PREMIUM, {}) is None
    assert evaluate(DOWN, {"tier": "premium"}) is None


REFUSED = [
    ([], "object"),
    ("tier", "object"),
    ({"sometimes": []}, "sometimes"),
    ({"all": [], "any": []}, "any"),
    ({"all": "x"}, "'x'"),
    ({"any": []}, "never"),
    ({"all": [{"any": [None]}]}, "None"),
    ({"field": "tier", "op": "is"}, "op"),
    ({"field": "shoe size", "op": "is", "value": "44"}, "shoe size"),
    ({"field": ["tier"], "op": "is", "value": "44"}, "tier"),
    ({"field": "tier", "op": "has_word", "value": ["x"]}, "has_word"),
    ({"field": "text", "op": "is", "value": "x"}, "'is'"),
    ({"field": "tier", "op": ["is"], "value": "x"}, "is"),
    ({"field": "tier", "op": "is", "value": ["pro"]}, "pro"),
    ({"field": "tier", "op": "is", "value": " "}, "text"),
    ({"field": "tier", "op": "in", "value": "pro"}, "list"),
    ({"field": "tier", "op": "in", "value": []}, "list"),
    ({"field": "text", "op": "has_word", "value": ["down", "!"]}, "!"),
    ({"field": "text", "op": "has_word", "value": [1]}, "1"),
]


@pytest.mark.parametrize(("condition", "culprit"), REFUSED)
def test_what_is_not_understood_is_refused_in_one_line_that_names_it(condition: object, culprit: str) -> None:
    with pytest.raises(ValueError, match=re.escape(culprit)) as refusal:
        check_condition(condition)
    assert "\n" not in str(refusal.value)


def test_conditions_nest_only_so_deep() -> None:
    deep: dict[str, Any] = {}
    for _ in range(DEEPEST - 1):
        deep = {"all": [deep]}
    check_condition(deep)
    with pytest.raises(ValueError, match="deep"):
        check_condition({"all": [deep]})


LEAVES = st.sampled_from([PREMIUM, FREE, PAYING, DOWN, {}])
CONDITIONS = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.lists(parts, max_size=3).map(lambda chosen: {"all": chosen}),
        st.lists(parts, min_size=1, max_size=3).map(lambda chosen: {"any": chosen}),
    ),
    max_leaves=6,
)


def _expected(condition: dict[str, Any]) -> bool:
    if "all" in condition:
        return all(_expected(part) for part in condition["all"])
    if "any" in condition:
        return any(_expected(part) for part in condition["any"])
    return condition != FREE


@given(CONDITIONS)
def test_all_and_any_mean_what_they_say_at_any_depth(condition: dict[str, Any]) -> None:
    assert (evaluate(condition, FACTS) is not None) is _expected(condition)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["all", "any", "field", "op", "value"]), inner, max_size=3)
    ),
)


@given(JSON)
def test_whatever_passes_the_check_can_be_evaluated(condition: Any) -> None:
    if _is_accepted(condition):
        evaluate(condition, FACTS)


def _is_accepted(condition: object) -> bool:
    try:
        check_condition(condition)
    except ValueError:
        return False
    return True
