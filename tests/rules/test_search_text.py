"""What people type into a search box, taken apart."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.search_text import (
    LONGEST_WORD,
    MOST_WORDS,
    best_matches,
    edits,
    parse,
    with_corrections,
)


class TestTheQuery:
    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("How do I reset my password?", ("how", "do", "i", "reset", "my", "password")),
            ("  can\u2019t  log-in!! ", ("cant", "log", "in")),
            ("again and again", ("again", "and")),
            ("\uff21\uff22\uff23 caf\u00e9", ("abc", "café")),
            ("a_b/c.d", ("a", "b", "c", "d")),
            ("\u5bc6\u7801 \u05e9\u05dc\u05d5\u05dd", ("\u5bc6\u7801", "\u05e9\u05dc\u05d5\u05dd")),
            ("nul\0byte \ud800", ("nul", "byte")),
            ("?!*& ():", ()),
            ("", ()),
        ],
    )
    def test_is_its_words_in_small_letters_once_each(self, typed: str, words: tuple[str, ...]) -> None:
        assert parse(typed).words == words

    def test_asks_for_compounds_as_one_word_too(self) -> None:
        assert set(parse("wi-fi login.gov").compounds) >= {(0, "wifi"), (2, "logingov")}
        assert (0, "sketchbook") in parse("sketch book folder").compounds

    def test_knows_phrases_and_what_must_not_be_there(self) -> None:
        query = parse('import "two-factor code" -sms -"old phone" csv')
        assert query.words == ("import", "two", "factor", "code", "csv")
        assert (query.phrases, query.excluded) == (("two factor code",), ("sms", "old phone"))
        assert query.condition == '"two factor code" -"sms" -"old phone"'
        assert query.without_phrases().condition == '-"sms" -"old phone"'

    def test_takes_the_quotation_marks_of_other_keyboards(self) -> None:
        assert parse("\u201efee schedule\u201c").phrases == ("fee schedule",)

    @pytest.mark.parametrize(
        "typed", ['"', 'open "quote', "- dash", "a - b", "--verbose", "minus -5", "well-known", '""', '"?"']
    )
    def test_passes_over_signs_that_mean_nothing(self, typed: str) -> None:
        assert parse(typed).condition == ""

    @pytest.mark.parametrize(
        ("typed", "is_open"), [("pass", True), ("pass ", False), ("pass?", False), ("pass pass", True), ("", False)]
    )
    def test_may_still_be_growing_at_its_end(self, typed: str, is_open: bool) -> None:
        assert parse(typed).is_last_open is is_open

    def test_names_every_run_of_words_with_the_place_it_begins_at(self) -> None:
        query = parse("two factor code")
        assert query.runs == ("two", "factor", "code", "two factor", "factor code", "two factor code")
        assert [query.start_of_run(number) for number in range(6)] == [0, 1, 2, 0, 1, 0]

    @given(st.text(max_size=300))
    def test_can_be_made_of_any_text(self, typed: str) -> None:
        query = parse(typed)
        assert len(query.words) <= MOST_WORDS
        assert all(0 < len(word) <= LONGEST_WORD for word in query.words)
        assert len(set(query.words)) == len(query.words)
        assert all(0 <= place < len(query.words) for place, _ in query.compounds)
        f"{query.text}{query.condition}{query.words}{query.compounds}".encode()

    @pytest.mark.parametrize(
        "piece", ["a", '"', '"a', ' "', ' -"', "-a", " -a", "a-", "a.b-", "'", "x ", "\u0301", "\u5bc6"]
    )
    def test_is_made_quickly_of_ten_thousand_characters(self, piece: str) -> None:
        begin = time.perf_counter()
        parse(piece * 10_000)
        assert time.perf_counter() - begin < 0.2


class TestNearWords:
    @pytest.mark.parametrize(
        ("first", "second", "count"),
        [
            ("invoice", "invoice", 0),
            ("invocie", "invoice", 1),
            ("invice", "invoice", 1),
            ("invoiice", "invoice", 1),
            ("imvoice", "invoice", 1),
            ("imvocie", "invoice", 2),
            ("autehnticaiton", "authentication", 2),
            ("", "abc", 3),
            ("abc", "", 3),
        ],
    )
    def test_are_as_many_slips_apart_as_a_typist_makes(self, first: str, second: str, count: int) -> None:
        assert edits(first, second) == count

    def test_are_those_fewest_slips_away(self) -> None:
        assert best_matches("invocie", {"invoice": 2, "invoices": 90, "invite": 50}) == ["invoice"]

    def test_begin_alike_rather_than_otherwise_and_are_common_rather_than_rare(self) -> None:
        assert best_matches("cart", {"part": 9, "chart": 1, "card": 2}) == ["card", "chart"]

    def test_are_none_when_a_short_word_would_need_two_slips(self) -> None:
        assert best_matches("abcde", {"abxyde": 5}) == []
        assert best_matches("abcdefg", {"axcdeyg": 5}) == ["axcdeyg"]
        assert best_matches("abcdefg", {}) == []

    def test_stand_in_the_text_where_the_misspelt_ones_were(self) -> None:
        corrected = with_corrections("Rest my pasword, PASWORD!", {"pasword": "password", "rest": "reset"})
        assert corrected == "Reset my password, Password!"
