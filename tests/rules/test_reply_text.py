# ruff: noqa: RUF001 (words of many alphabets)
"""Ana's new words are told from what her mail program quotes, and never lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.reply_text import REPLY_MARKER, split_reply

WORDS = "It still stops at 80 %.\n\nCould you look again?"

ANNOUNCEMENTS = {
    "english": "On Mon, Nov 2, 2026 at 4:05 PM Cleo Martin <cleo@portal.example> wrote:",
    "english, wrapped": "On Mon, Nov 2, 2026 at 4:05 PM Cleo Martin, TradeSense <\ncleo@portal.example>\nwrote:",
    "english, no address": "On 2 Nov 2026, at 16:05, Cleo Martin wrote:",
    "german": "Am 02.11.2026 um 16:05 schrieb Cleo Martin <cleo@portal.example>:",
    "french": "Le lun. 2 nov. 2026 à 16:05, Cleo Martin <cleo@portal.example>\na écrit :",
    "spanish": "El lun, 2 nov 2026 a las 16:05, Cleo Martin (<cleo@portal.example>) escribió:",
    "portuguese": "Em seg., 2 de nov. de 2026 às 16:05, Cleo <cleo@portal.example> escreveu:",
    "italian": "Il giorno lun 2 nov 2026 alle ore 16:05 Cleo <cleo@portal.example> ha scritto:",
    "dutch": "Op ma 2 nov 2026 om 16:05 schreef Cleo Martin <cleo@portal.example>:",
    "swedish": "Den mån 2 nov. 2026 kl 16:05 skrev Cleo Martin <cleo@portal.example>:",
    "danish": "Den man. 2. nov. 2026 kl. 16.05 skrev Cleo Martin <cleo@portal.example>:",
    "norwegian": "man. 2. nov. 2026 kl. 16:05 skrev Cleo <cleo@portal.example\n>:",
    "finnish": "ma 2. marrask. 2026 klo 16.05 Cleo Martin (cleo@portal.example) kirjoitti:",
    "polish": "pon., 2 lis 2026 o 16:05 Cleo <cleo@portal.example> napisał(a):",
    "czech": "po 2. 11. 2026 v 16:05 odesílatel Cleo <cleo@portal.example> napsal:",
    "russian": "пн, 2 нояб. 2026 г. в 16:05, Cleo <cleo@portal.example>:",
    "hungarian": "Cleo <cleo@portal.example> ezt írta (időpont: 2026. nov. 2., H, 16:05):",
    "turkish": "Cleo <cleo@portal.example>, 2 Kas 2026 Pzt, 16:05 tarihinde şunu yazdı:",
    "japanese": "2026年11月2日(月) 16:05 Cleo <cleo@portal.example>:",
    "chinese": "Cleo <cleo@portal.example> 于2026年11月2日周一 16:05写道：",
    "korean": "2026년 11월 2일 (월) 오후 4:05, Cleo <cleo@portal.example>님이 작성:",
    "no words": "2026-11-02 16:05 GMT+01:00 Cleo <cleo@portal.example>:",
    "android": "---- Cleo Martin wrote ----",
    "outlook": "From: Cleo Martin <cleo@portal.example>\nSent: Monday, 2 November 2026 16:05\nTo: Ana\nSubject: Export",
    "outlook, german": "Von: Cleo Martin\nGesendet: Montag, 2. November 2026 16:05\nAn: Ana\nBetreff: Export",
    "outlook, french": "De : Cleo Martin <cleo@portal.example>\nEnvoyé : lundi 2 novembre 2026 16:05\nÀ : Ana\nObjet : Export",
    "outlook, with a rule": "_" * 32 + "\nFrom: Cleo Martin\nSent: Monday\nTo: Ana\nSubject: Export",
    "outlook, bold": "*From:* Cleo Martin\n*Sent:* Monday\n*To:* Ana\n*Subject:* Export",
    "original message": "-----Original Message-----\nFrom: Cleo",
    "original message, german": "-----Ursprüngliche Nachricht-----\nVon: Cleo",
    "our marker": f"— {REPLY_MARKER} —",
    "our marker under words we do not know": f"Cleo <cleo@portal.example>, 2/11/26, scrievam:\n\n> — {REPLY_MARKER} —",
}


@pytest.mark.parametrize("announcement", ANNOUNCEMENTS.values(), ids=ANNOUNCEMENTS)
@pytest.mark.parametrize("mark", ["> ", ""], ids=["marked", "bare"])
def test_history_is_folded_in_many_languages(announcement: str, mark: str) -> None:
    history = f"{mark}Please choose a single account.\n{mark}\n{mark}Cleo"
    split = split_reply(f"{WORDS}\n\n{announcement}\n\n{history}\n")
    assert split.reply == WORDS
    assert "Please choose a single account." in split.quoted
    assert announcement.split("\n")[0] in split.quoted


KEPT_WHOLE = {
    "interleaved answers": "On 2 Nov 2026, Cleo wrote:\n> Which browser?\nFirefox.\n> Since when?\nMonday.",
    "answers between bare marks": "> Which browser?\n\nFirefox.\n\n> Since when?\n\nMonday.",
    "a forwarded mail": "See below.\n\n---------- Forwarded message ----------\nFrom: Bank <b@bank.example>\nSubject: Pay\n\nNo.",
    "a bare forward": "Begin forwarded message:\n\nFrom: Bank <b@bank.example>\nSubject: Pay\n\nIt failed.",
    "a story that starts with On": "On 2 November 2026 I pressed Export:\nnothing came.",
    "what I wrote": "On 2 November 2026 I wrote:\nplease cancel my plan. Nothing happened.",
    "a journey": "From: London\nTo: Paris\nDate: 3 May\n\nThe fare is wrong.",
    "only history, unmarked": "On Mon, Nov 2, 2026 at 4:05 PM Cleo <cleo@portal.example> wrote:\n\nplease look at this",
    "a list with dashes": "Two things:\n\n- the export\n- the import\n\n----\n\nBoth matter.",
    "one quoted word line": "It prints\n\n> Segmentation fault",
    "a sentence about sending": "It was sent from my office computer, which has no printer.",
    "code": "```\n// Sent from my mailer\nsend('--')\n```\nWhat is wrong?",
    "a colon": "I use these:\n\nFirefox 140\n\nand they wrote:\nnothing",
    "dashes and a long letter": "Before\n--\n"
    + "This is a long sentence of the letter itself, no signature at all, " * 3,
}


@pytest.mark.parametrize("text", KEPT_WHOLE.values(), ids=KEPT_WHOLE)
def test_a_customers_words_are_never_folded(text: str) -> None:
    split = split_reply(text)
    assert split.reply == text.strip()
    assert split.quoted == ""


def test_an_answer_below_the_quote_is_the_reply() -> None:
    split = split_reply("On 2 Nov 2026, at 16:05, Cleo wrote:\n\n> Which browser?\n> Which version?\n\nFirefox 140.\n")
    assert split.reply.strip() == "Firefox 140."
    assert "Which browser?" in split.quoted


def test_words_around_one_quote_are_both_kept() -> None:
    split = split_reply("Hello,\n\nOn 2 Nov 2026, Cleo wrote:\n> Which browser?\n\nFirefox. Greetings, Ana\n")
    assert split.reply.split() == ["Hello,", "Firefox.", "Greetings,", "Ana"]


def test_a_quoted_link_that_was_wrapped_does_not_end_the_quote() -> None:
    split = split_reply("Fine.\n\nOn 2 Nov 2026, Cleo wrote:\n\n> See (http://portal.example/a\nb_c=1)\n>\n> Cleo")
    assert split.reply == "Fine."


def test_an_answer_may_share_its_line_with_the_announcement() -> None:
    split = split_reply("Yes. On Wed, Nov 4, 2026 at 3:59 PM, cleo@portal.example wrote:\n> Does it work?")
    assert split.reply == "Yes."


SIGNATURES = [
    "-- \nAna Lindqvist\nFinance",
    "--\nAna",
    "Sent from my iPhone",
    "Get Outlook for Android<https://aka.ms/x>",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Skickat från min iPhone",
    "Отправлено с iPhone",
    "iPhoneから送信",
]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_the_signature_is_told_from_the_reply(signature: str) -> None:
    split = split_reply(f"{WORDS}\n\n{signature}\n\nOn 2 Nov 2026, at 16:05, Cleo wrote:\n\n> Please try.\n")
    assert split.reply == WORDS
    assert split.signature.strip() == signature.strip()


def test_a_mail_that_is_only_a_signature_keeps_it_as_its_words() -> None:
    assert split_reply("Sent from my iPhone").reply == "Sent from my iPhone"


LINE = st.sampled_from(
    ["", "> a", ">", "-- ", "On 2 Nov 2026, Cleo wrote:", "From: a@b.example", "To: c", "Subject: d", "words here",
     "-----Original Message-----", f"— {REPLY_MARKER} —", "Sent from my iPhone", ">:", "a <b@c.example> wrote:", "____________"]
)  # fmt: skip


@given(st.lists(st.one_of(LINE, st.text(max_size=40)), max_size=30))
def test_no_word_disappears(lines: list[str]) -> None:
    text = "\n".join(lines)
    split = split_reply(text)
    parts = sorted(f"{split.reply}\n{split.signature}\n{split.quoted}".split())
    assert parts == sorted(text.split())


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "line",
    ["-" * 399, ">", "On 1 May 2020 " * 28, "From:", "To: x", " " * 399, "a " * 190 + ":", "Sent from my a " * 6 + "!",
     "=" * 200 + " " * 190, "> (", "--", "a", "<a@b.c> wrote:", "- a\t"],
)  # fmt: skip
def test_a_megabyte_of_any_line_is_split_in_bounded_work(line: str) -> None:
    text = f"{line}\n" * (1_000_000 // (len(line) + 1))
    split = split_reply(text)
    assert sorted(f"{split.reply}\n{split.signature}\n{split.quoted}".split()) == sorted(text.split())


def test_what_lies_beyond_the_limit_is_kept() -> None:
    text = "word\n" * 250_000 + "the last word"
    assert split_reply(text).reply.endswith("the last word")
