"""What the people of bulk data write: given sentences or made-up ones, put together anew each time."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.base.markup import render_markdown
from portal.models import Category
from portal.models.ticket import SUBJECT_LENGTH
from portal.queries import routing
from portal.rules import priority
from portal.rules.priority import Decision
from portal.rules.vocabulary import Tier
from portal.services.load.copying import escaped
from portal.services.load.words import sentence_parts, words

OPENINGS = 3_000
"""First messages are drawn from so many, because the priority rules are asked for each."""

SENTENCES = 4_000
LONGEST = 2_000
_RARE_WORDS = 20_000
_RARE_SHARE = 0.4


@dataclass(frozen=True)
class Piece:
    """A text, ready for a row, and its rendering."""

    body: str
    html: str

    def __add__(self, other: "Piece") -> "Piece":
        return Piece(f"{self.body}\\n\\n{other.body}", self.html + other.html)


@dataclass(frozen=True)
class Opening:
    """A subject with its first message, and what the rules decide for each tier."""

    subject: str
    text: Piece
    category: Category
    decisions: Mapping[Tier, Decision]


class Texts:
    """Draws openings and messages."""

    def __init__(self, sentences: Sequence[str], tickets: int, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 (bulk data, not a secret)
        self._plain = [" ".join(one.replace("\0", "").split())[:LONGEST] for one in sentences if one.strip()]
        self._pieces = [_piece(one) for one in self._plain]
        self._rare = [_plain_piece(f"Reference {_word(self._chance)}.") for _ in range(_RARE_WORDS)]
        self._openings = self._make_openings(min(OPENINGS, max(50, tickets)))

    def opening(self) -> Opening:
        return self._openings[int(self._chance.random() * len(self._openings))]

    def message(self) -> Piece:
        """One to three sentences, sometimes with a word that is seldom used."""
        chance = self._chance.random
        piece = self._pieces[int(chance() * len(self._pieces))]
        if chance() < 0.7:
            piece += self._pieces[int(chance() * len(self._pieces))]
        if chance() < _RARE_SHARE:
            piece += self._rare[int(chance() ** 3 * _RARE_WORDS)]
        return piece

    def _make_openings(self, number: int) -> list[Opening]:
        categories, rules = list(routing.categories()), routing.priority_rules()
        return [self._make_opening(categories, rules) for _ in range(number)]

    def _make_opening(self, categories: list[Category], rules: Sequence[priority.PriorityRule]) -> Opening:
        subject, first, second = self._chance.choices(range(len(self._plain)), k=3)
        category = self._chance.choice(categories)
        text = f"{self._plain[subject]}\n\n{self._plain[first]}\n\n{self._plain[second]}"
        decisions = {
            tier: priority.decide(rules, {"text": text, "tier": tier.value, "category": category.slug}) for tier in Tier
        }
        shown = escaped(self._plain[subject][:SUBJECT_LENGTH].strip())
        return Opening(shown, self._pieces[first] + self._pieces[second], category, decisions)


def make_sentences(seed: int) -> list[str]:
    """Sentences of a trading journal's users, from a small grammar."""
    chance = random.Random(seed)  # noqa: S311 (bulk data, not a secret)
    return [" ".join(chance.choice(part) for part in sentence_parts()) + "." for _ in range(SENTENCES)]


def _piece(text: str) -> Piece:
    return Piece(escaped(text), escaped(render_markdown(text)))


def _plain_piece(text: str) -> Piece:
    """As `_piece`, for words without any markup."""
    return Piece(text, f"<p>{text}</p>\\n")


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(words("syllables"), k=4))
