"""A short thank-you, in seven languages, is told from a message that wants something; in doubt it wants something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.courtesy import LONGEST, is_courtesy

COURTESIES = [
    "Thanks!",
    "thx",
    "THANK YOU SO MUCH!!!",
    "Thank you \U0001f64f",
    "Thanks Cleo, that worked perfectly!",
    "Thanks, Cleo",
    "Great, thanks for the quick reply!",
    "Thanks for fixing the CSV export.",
    "Perfect, it works now. Thanks a lot!\n\nBest regards\nAna Lopez",
    "It\u2019s working again, thank you - have a great weekend",
    "No problem, thanks!",
    "No further questions, thank you",
    "Much appreciated.",
    "Danke, hat geklappt!",
    "Vielen Dank für die schnelle Hilfe!\nViele Grüße\nAna",
    "Noch einmal vielen Dank",
    "Funktioniert wieder, danke",
    "Merci beaucoup pour votre aide",
    "Encore merci, bonne journée !",
    "¡Muchas gracias!",
    "Muchas gracias por la ayuda, saludos",
    "Grazie mille, risolto",
    "Grazie ancora",
    "Obrigado, funcionou!",
    "Muito obrigada pela ajuda",
    "Bedankt, het werkt",
    "Hartelijk dank voor de hulp, fijne dag",
]
WANTING = [
    "",
    "   ",
    "\U0001f44d",
    "It is broken",
    "Thanks?",
    "Thanks, can I also export as PDF?",
    "Gracias\u00bf",
    "Thanks, but it still fails",
    "Thanks. Still broken",
    "Thanks, however the second one is missing",
    "Thanks, it doesn't work",
    "Thanks, it doesn\u2019t work",
    "Thanks, the export fails again",
    "Thanks for the fix but it fails",
    "Thanks for the answer which does not help",
    "Thanks for nothing",
    "No thanks",
    "Thanks, please cancel my account",
    "Thanks in advance",
    "Thanks. Help!",
    "Any help would be appreciated",
    "Help is appreciated",
    "thanks is it working now",
    "Thank you for closing it, now open it",
    "Thanks, here is the log: https://example.com/log",
    "Thanks 2 invoices to go",
    "Danke, geht aber nicht",
    "Danke, leider weiterhin kaputt",
    "Danke, eine Frage noch",
    "Merci de me rembourser",
    "Merci, mais cela ne marche pas",
    "Gracias, pero sigue igual",
    "Gracias, no funciona",
    "Grazie, ma non funziona",
    "Obrigado, mas ainda não funciona",
    "Bedankt, maar het werkt niet",
    "Bedankt, nog een vraag",
]


@pytest.mark.parametrize("text", COURTESIES)
def test_a_short_thank_you_is_a_courtesy(text: str) -> None:
    assert is_courtesy(text)


@pytest.mark.parametrize("text", WANTING)
def test_anything_that_may_want_something_is_none(text: str) -> None:
    assert not is_courtesy(text)


def test_a_long_thank_you_is_read_by_a_person() -> None:
    assert is_courtesy("Thanks " * (LONGEST // 7))
    assert not is_courtesy("Thanks " * (LONGEST // 7 + 1))


@given(st.sampled_from(COURTESIES), st.integers(0, LONGEST))
def test_a_question_mark_anywhere_makes_it_a_question(text: str, place: int) -> None:
    assert not is_courtesy(text[:place] + "?" + text[place:])


@given(
    st.sampled_from(COURTESIES),
    st.sampled_from(["but", "still", "however", "doesn't", "aber", "mais", "pero", "ma", "mas", "maar", "nicht"]),
    st.sampled_from(["{0}, {1} no luck", "{1}, {0} no luck", "{0} {1} crashing"]),
)
def test_a_complaint_beside_the_thanks_is_a_complaint(thanks: str, word: str, shape: str) -> None:
    assert not is_courtesy(shape.format(thanks, word))


@given(st.text(max_size=LONGEST * 2))
def test_any_text_is_survived_and_without_thanks_none_is_a_courtesy(text: str) -> None:
    if is_courtesy(text):
        assert len(text.strip()) <= LONGEST


@given(st.text("abcdefghijklmnopqrstuvwxyz ", max_size=60))
def test_words_that_are_not_understood_are_never_waved_through(text: str) -> None:
    assert not is_courtesy(f"Thanks. xq{text}")
