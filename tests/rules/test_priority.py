"""The rules a new portal begins with give every ticket the priority the product promises, and say why."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.conditions import check_condition
from portal.rules.priority import Decision, PriorityRule, decide
from portal.rules.vocabulary import Priority, Tier
from tests.rules.default_rules import CRITICAL_ISSUE_WORDS, DEFAULT_RULES, PAYMENT_WORDS, URGENT_WORDS

RULES = [
    PriorityRule(row["position"], row["name"], row["conditions"], Priority(row["priority"]), row["reason"])
    for row in DEFAULT_RULES
]
CATEGORIES = ["billing", "technical", "account", "feature_request", "general"]
TIERS = [tier.value for tier in Tier]
WORDS = [*URGENT_WORDS, *CRITICAL_ISSUE_WORDS, *PAYMENT_WORDS, "", "download", "not urgent"]


def decided(text: str, tier: str = "free", category: str = "general") -> Decision:
    return decide(RULES, {"text": text, "tier": tier, "category": category})


def expected(word: str, tier: str, category: str) -> tuple[Priority, str]:
    """PRODUCT's list, written out once more and in another way."""
    if word in URGENT_WORDS:
        return Priority.URGENT, f"Urgent word “{word}”"
    if tier == "premium" and word in CRITICAL_ISSUE_WORDS:
        return Priority.URGENT, f"Premium plan and critical issue “{word}”"
    if category == "billing":
        return Priority.HIGH, "Billing category"
    if word in PAYMENT_WORDS:
        return Priority.HIGH, f"Payment word “{word}”"
    if tier in ("premium", "pro"):
        return {"premium": (Priority.HIGH, "Premium plan"), "pro": (Priority.MEDIUM, "Pro plan")}[tier]
    if category == "feature_request":
        return Priority.MEDIUM, "Feature request"
    return Priority.LOW, "No rule applied"


@pytest.mark.parametrize(("tier", "category"), list(itertools.product(TIERS, CATEGORIES)))
def test_every_word_in_every_tier_and_category_gets_its_priority(tier: str, category: str) -> None:
    for word in WORDS:
        decision = decided(f"Hello,\nabout {word}: help", tier, category)
        assert (decision.priority, decision.reason) == expected(word, tier, category)


@pytest.mark.parametrize("row", DEFAULT_RULES, ids=[row["name"] for row in DEFAULT_RULES])
def test_every_rule_to_begin_with_is_well_formed(row: dict[str, object]) -> None:
    check_condition(row["conditions"])


SENTENCES = [
    ("The site is DOWN!", "free", Priority.URGENT, "Urgent word “down”"),
    ("I cannot download the report", "free", Priority.LOW, "No rule applied"),
    ("I can\u2019t log in", "premium", Priority.URGENT, "Premium plan and critical issue “can't log in”"),
    ("I can\u2019t log in", "pro", Priority.MEDIUM, "Pro plan"),
    ("Please send a refund", "free", Priority.HIGH, "Payment word “refund”"),
    ("I got no refund", "free", Priority.HIGH, "Payment word “refund”"),
    ("It's not urgent", "pro", Priority.MEDIUM, "Pro plan"),
]


@pytest.mark.parametrize(("text", "tier", "priority", "reason"), SENTENCES)
def test_sentences_people_write(text: str, tier: str, priority: Priority, reason: str) -> None:
    decision = decided(text, tier)
    assert (decision.priority, decision.reason) == (priority, reason)


def test_without_any_rule_a_ticket_is_low() -> None:
    assert decide([], {"text": "urgent"}) == Decision(Priority.LOW, "No rule applied", None)


def test_braces_in_a_reason_mean_nothing_but_the_word() -> None:
    rule = PriorityRule(1, "x", {"field": "text", "op": "has_word", "value": ["a"]}, Priority.HIGH, "{0} {word} {")
    assert decide([rule], {"text": "a"}).reason == "{0} a {"


@given(st.lists(st.sampled_from(["urgent", "refund", "hello"]), max_size=4), st.permutations(RULES))
def test_the_first_match_wins_in_any_order(words: list[str], rules: list[PriorityRule]) -> None:
    facts = {"text": " ".join(words), "tier": "pro", "category": "general"}
    decision = decide(rules, facts)
    alone = [rule for rule in rules if decide([rule], facts).rule_id is not None]
    assert decision.rule_id == alone[0].id
