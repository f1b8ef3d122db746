"""Listed words are found as a reader would find them: whole, in any case, and not when negated."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.rules.words import find_words, is_word

URGENT = ("urgent", "critical", "down", "broken")

SAYS_IT = [
    ("it's down!", "down"),
    ("DOWN", "down"),
    ("The site is (down).", "down"),
    ("**urgent** please", "urgent"),
    ("_urgent_ please", "urgent"),
    ("down/broken", "down"),
    ("#urgent", "urgent"),
    ("down - please help", "down"),
    ("- down since noon", "down"),
    ("-urgent", "urgent"),
    ("not only urgent", "urgent"),
    ("It does not work, down since noon", "down"),
    ("Does it work or not? Urgent!", "urgent"),
    ("Did you see it or not\n\nUrgent!", "urgent"),
    ("It should not be down", "down"),
    ("I do not know why but it's down", "down"),
    ("no urgent mail came", "urgent"),
]
DOES_NOT_SAY_IT = [
    "download the markdown, touchdown",
    "a break-down, a break\u2011down, down-load",
    "the flag is_down is set",
    "breakdowns",
    "https://status.example.com/down?urgent=1",
    "see www.example.com/broken",
    "write to urgent@example.com",
    "not urgent",
    "NOT  URGENT",
    "this is not\nurgent",
    "not **urgent**",
    "isn't urgent",
    "isn\u2019t urgent",
    "isnt urgent",
    "is not down",
    "no longer broken",
    "never critical",
    "not really urgent",
    "not a critical one",
    "not that urgent",
    "not at all urgent",
    "has never been broken",
    "nothing critical",
    "neither urgent nor critical",
    "not urgent or critical",
    "non-urgent",
    "non urgent",
    "I don't think it's urgent",
    "I wouldn't call this critical",
    "",
]


@pytest.mark.parametrize(("text", "word"), SAYS_IT)
def test_the_text_says_the_word(text: str, word: str) -> None:
    assert find_words(text, URGENT)[:1] == (word,)


@pytest.mark.parametrize("text", DOES_NOT_SAY_IT)
def test_the_text_does_not_say_any_of_the_words(text: str) -> None:
    assert find_words(text, URGENT) == ()


def test_one_negated_word_does_not_silence_another() -> None:
    assert find_words("Not urgent, but the export is broken and the site is down; down!", URGENT) == ("broken", "down")


def test_a_negation_does_not_reach_from_one_clause_into_the_next() -> None:
    assert find_words("not urgent but critical", URGENT) == ("critical",)


def test_a_phrase_is_found_over_any_white_space_and_apostrophe() -> None:
    assert find_words("I CAN\u2019T\r\n  log\u00a0in", ("can't log in",)) == ("can't log in",)


def test_the_longer_phrase_wins_over_its_beginning() -> None:
    assert find_words("data loss everywhere", ("data", "data loss")) == ("data loss",)


def test_letters_of_every_language_make_words() -> None:
    assert find_words("Größe: ÜBER alles", ("über",)) == ("über",)
    assert find_words("un cafe\u0301 froid", ("caf", "café")) == ("café",)
    assert find_words("überdown downé", ("down",)) == ()


def test_an_address_or_a_mark_is_nothing_to_look_for() -> None:
    assert not is_word("!?")
    assert not is_word("https://example.com")
    assert find_words("anything", ("!?", "https://example.com")) == ()


LETTERS = st.text("abcdefghijklmnopqrstuvwxyzäß", min_size=1, max_size=8)
GAPS = st.text(" \t\r\n\u00a0", min_size=1, max_size=5)
INLINE_GAPS = st.sampled_from([" ", "   ", "\n", "\r\n  ", "\t", "\u00a0"])
EDGES = st.sampled_from(["", " ", ". ", "! ", "\n", "(", ")", "*", '"', ","])


@given(st.lists(LETTERS, min_size=1, max_size=4), GAPS, EDGES, EDGES, st.booleans())
def test_any_phrase_is_found_whatever_its_case_gaps_and_edges(
    phrase: list[str], gap: str, before: str, after: str, shout: bool
) -> None:
    text = before + gap.join(phrase) + after
    listed = " ".join(phrase)
    assert find_words(text.upper() if shout else text, (listed,)) == (listed,)


@given(LETTERS, LETTERS)
def test_no_word_is_found_inside_another(word: str, more: str) -> None:
    assert find_words(word + more, (word,)) == ()
    assert find_words(more + word, (word,)) == ()
    assert find_words(f"{more}-{word}", (word,)) == ()


@given(LETTERS, st.sampled_from(["not", "isn't", "never", "no longer", "not really", "not a very"]), INLINE_GAPS)
def test_no_negated_word_is_found(word: str, negation: str, gap: str) -> None:
    assume(word not in negation)
    assert find_words(negation.replace(" ", gap) + gap + word, (word,)) == ()


@given(st.text(max_size=300), st.lists(st.text(max_size=12), max_size=5))
def test_any_text_and_any_list_are_survived(text: str, words: list[str]) -> None:
    assert set(find_words(text, tuple(words))) <= set(words)


HOSTILE = [
    "not " * 25_000 + "urgent",
    "not down " * 11_000,
    " " * 100_000 + "down",
    "\n " * 50_000,
    "cannot" + " " * 100_000,
    "cannot log " * 9_000,
    "a" * 100_000,
    "-" * 100_000,
    "www." * 25_000,
    "can't think it is " * 5_500,
]


@pytest.mark.timeout(5)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_of_a_hundred_thousand_characters_is_slow(text: str) -> None:
    for _ in range(5):
        find_words(text, (*URGENT, "cannot log in", "cannot login"))
