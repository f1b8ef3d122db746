"""The priority of a new ticket: an ordered list of rules, of which the first that matches wins and says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.rules.conditions import evaluate
from portal.rules.vocabulary import Priority


@dataclass(frozen=True)
class PriorityRule:
    """One rule. reason is what people read; {word} in it stands for the first evidence of its conditions."""

    id: int
    name: str
    conditions: Mapping[str, Any]
    priority: Priority
    reason: str


@dataclass(frozen=True)
class Decision:
    """The priority, why, and by which rule; no rule when a person set it or none matched."""

    priority: Priority
    reason: str
    rule_id: int | None


def decide(rules: Sequence[PriorityRule], facts: Mapping[str, object]) -> Decision:
    """First match wins; low when none does. facts: "text" (subject and new text only), "tier", "category".

    A blank line between subject and text keeps a "not" that ends the one from negating the beginning of the other.
    """
    for rule in rules:
        evidence = evaluate(rule.conditions, facts)
        if evidence is not None:
            reason = rule.reason.replace("{word}", evidence[0]) if evidence else rule.reason
            return Decision(rule.priority, reason, rule.id)
    return Decision(Priority.LOW, "No rule applied", None)
