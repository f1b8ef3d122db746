"""The small language in which rows say what they apply to: priority rules, service-level policies, routing.

A condition is one of

    {"all": [condition, ...]}                                    every one matches; of none at all: always
    {"any": [condition, ...]}                                    at least one matches
    {"field": "tier", "op": "is", "value": "premium"}            the fact equals the value
    {"field": "tier", "op": "in", "value": ["pro", "premium"]}   the fact is one of the values
    {"field": "text", "op": "has_word", "value": ["down", "locked out"]}   see `words`

and {} matches always. A fact that is not known matches nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from portal.rules.words import find_words, is_word

DEEPEST = 8
"""How many conditions may stand inside one another."""

_OPS_OF_FIELD = {
    "tier": ("is", "in"),
    "category": ("is", "in"),
    "team": ("is", "in"),
    "text": ("has_word",),
}


class _Match(NamedTuple):
    """Why a condition matched: words found in a text, and values of other facts."""

    words: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


def evaluate(condition: Mapping[str, Any], facts: Mapping[str, object]) -> list[str] | None:
    """None when it does not match, else the evidence: words found in the text first, then the values that fitted.

    Expects a condition that `check_condition` let through.
    """
    match = _match(condition, facts)
    return None if match is None else [*match.words, *match.values]


def check_condition(condition: object) -> None:
    """Raise ValueError, in one line that names the culprit, unless `evaluate` understands the condition."""
    _check(condition, DEEPEST)


def _match(condition: Mapping[str, Any], facts: Mapping[str, object]) -> _Match | None:
    if not condition:
        return _Match()
    if "all" in condition:
        return _match_all(condition["all"], facts)
    if "any" in condition:
        matches = (_match(part, facts) for part in condition["any"])
        return next((match for match in matches if match is not None), None)
    fact = facts.get(condition["field"])
    return _OPS[condition["op"]](str(fact), condition["value"]) if fact is not None else None


def _match_all(parts: list[Mapping[str, Any]], facts: Mapping[str, object]) -> _Match | None:
    total = _Match()
    for part in parts:
        match = _match(part, facts)
        if match is None:
            return None
        total = _Match(total.words + match.words, total.values + match.values)
    return total


def _is(fact: str, value: str) -> _Match | None:
    return _Match(values=(fact,)) if fact == value else None


def _in(fact: str, values: list[str]) -> _Match | None:
    return _Match(values=(fact,)) if fact in values else None


def _has_word(text: str, words: list[str]) -> _Match | None:
    found = find_words(text, tuple(words))
    return _Match(words=found) if found else None


_OPS: Mapping[str, Callable[[str, Any], _Match | None]] = {"is": _is, "in": _in, "has_word": _has_word}


def _check(condition: object, depth: int) -> None:
    if not isinstance(condition, dict):
        raise ValueError(f"A condition is an object, not {condition!r:.60}.")
    if depth == 0:
        raise ValueError(f"Conditions stand at most {DEEPEST} deep inside one another.")
    keys = set(condition)
    if keys in ({"all"}, {"any"}):
        _check_parts(*next(iter(condition.items())), depth)
    elif keys == {"field", "op", "value"}:
        _check_leaf(condition["field"], condition["op"], condition["value"])
    elif keys:
        raise ValueError(
            f"A condition has all, or any, or field with op and value; not {sorted(map(str, keys))!r:.90}."
        )


def _check_parts(name: str, parts: object, depth: int) -> None:
    if not isinstance(parts, list):
        raise ValueError(f"{name!r} holds a list of conditions, not {parts!r:.60}.")
    if name == "any" and not parts:
        raise ValueError("'any' of no conditions can never match.")
    for part in parts:
        _check(part, depth - 1)


def _check_leaf(field: object, op: object, value: object) -> None:
    if not isinstance(field, str) or field not in _OPS_OF_FIELD:
        raise ValueError(f"Unknown field {field!r:.60}; known are {', '.join(_OPS_OF_FIELD)}.")
    if op not in _OPS_OF_FIELD[field]:
        raise ValueError(f"Field {field!r} knows {' and '.join(_OPS_OF_FIELD[field])}, not {op!r:.60}.")
    if op == "is":
        fits = isinstance(value, str) and bool(value.strip())
    else:
        fits = isinstance(value, list) and bool(value) and all(isinstance(one, str) and is_word(one) for one in value)
    if not fits:
        raise ValueError(f"{field} {op} needs {'a text' if op == 'is' else 'a list of texts'}, not {value!r:.60}.")
