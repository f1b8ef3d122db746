"""Search in the knowledge base: what is found, by whom, in which order, and what the database keeps for it."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import Article, SynonymGroup
from portal.queries.knowledge import search
from portal.queries.knowledge.search import Found, search_articles
from portal.queries.knowledge.search_snippets import excerpt, marked
from portal.rules.vocabulary import ArticleStatus
from portal.services.knowledge.articles import ArticleText, put_article
from portal.services.knowledge.categories import category_named

PUBLISHED, INTERNAL, DRAFT, ARCHIVED = (
    ArticleStatus.PUBLISHED, ArticleStatus.INTERNAL, ArticleStatus.DRAFT, ArticleStatus.ARCHIVED,
)  # fmt: skip


def written(title: str, body: str = "Nothing more.", status: ArticleStatus = PUBLISHED, **more: Any) -> Article:
    with unit_of_work():
        wanted = ArticleText(title=title, body=body, category=category_named("General"), status=status, **more)
        return put_article(None, wanted)


def changed(article: Article, **columns: Any) -> None:
    with unit_of_work():
        for name, value in columns.items():
            setattr(article, name, value)


def titles(typed: str, **how: Any) -> list[str]:
    return [hit.title for hit in search_articles(typed, **how).hits]


def said(pieces: tuple[tuple[str, bool], ...]) -> str:
    """Pieces as text, the marked ones in brackets."""
    return "".join(f"[{piece}]" if is_hit else piece for piece, is_hit in pieces)


@pytest.fixture
def shelf(app: Flask) -> None:
    """A few articles of a trading journal."""
    written("Reset your password", "Open **Settings**, then choose _Reset_. A mail with a link arrives.")
    written(
        "Import trades from a CSV file", "Columns: date, symbol, quantity.\n\n* Choose the broker", tags=["imports"]
    )
    written("Two-factor authentication", "Codes come from an app on your phone.", summary="A second step at sign-in")
    written("Export an invoice", "Invoices are under Billing. See [the tax guide](https://tax.example/zebra).")
    written("Connect a broker", "The broker's key is kept encrypted. Passwords are never asked for.")
    written("What is this?", "A journal for traders in the Café.")


@pytest.mark.usefixtures("shelf")
class TestFinding:
    @pytest.mark.parametrize(
        ("typed", "first"),
        [
            ("reset your password", "Reset your password"),
            ("RESETTING passwords", "Reset your password"),
            ("imports", "Import trades from a CSV file"),
            ("second step", "Two-factor authentication"),
            ("symbol quantity", "Import trades from a CSV file"),
            ("how do i get my invoices as a pdf", "Export an invoice"),
            ("cafe", "What is this?"),
            ("what is this", "What is this?"),
            ("twofactor", "Two-factor authentication"),
        ],
    )
    def test_reads_title_summary_tags_and_body_whatever_the_form_of_the_word(self, typed: str, first: str) -> None:
        assert titles(typed)[0] == first

    def test_puts_a_title_before_a_body(self) -> None:
        assert titles("password")[:2] == ["Reset your password", "Connect a broker"]

    def test_needs_one_word_of_many(self) -> None:
        assert "Export an invoice" in titles("please somebody help me my invoice never came and i am sad")

    def test_does_not_read_where_links_lead(self) -> None:
        assert titles("zebra") == []

    @pytest.mark.parametrize(
        ("typed", "first"),
        [
            ("pasword", "Reset your password"),
            ("invocie", "Export an invoice"),
            ("autehnticaiton", "Two-factor authentication"),
            ("borker", "Connect a broker"),
            ("conect a brokr", "Connect a broker"),
        ],
    )
    def test_forgives_slips(self, typed: str, first: str) -> None:
        assert titles(typed)[0] == first

    def test_says_what_it_read_instead(self) -> None:
        assert search_articles("Reset yuor pasword!").did_you_mean == "Reset your password!"
        assert search_articles("reset your passwords").did_you_mean is None
        assert search_articles("xylophonist qqqqq").did_you_mean is None

    @pytest.mark.parametrize("typed", ["r", "rese", "reset your pas", "Reset your passw"])
    def test_finds_while_the_last_word_is_being_typed(self, typed: str) -> None:
        assert titles(typed)[0] == "Reset your password"
        assert search_articles(typed).did_you_mean is None

    def test_knows_what_admins_call_the_same(self) -> None:
        with unit_of_work():
            db.session.add(SynonymGroup(words=["2FA", "two-factor", "Authenticator"]))
            db.session.add(SynonymGroup(words=["bill", "invoice"]))
        assert titles("2fa")[0] == "Two-factor authentication"
        assert titles("the authenticator is lost")[0] == "Two-factor authentication"
        assert titles("my bill")[0] == "Export an invoice"

    def test_obeys_quotes_and_minus(self) -> None:
        assert set(titles("broker")) == {"Connect a broker", "Import trades from a CSV file"}
        assert titles("broker -csv") == ["Connect a broker"]
        assert titles('"choose the broker"') == ["Import trades from a CSV file"]
        assert set(titles("invoice or csv")) == {"Export an invoice", "Import trades from a CSV file"}
        assert titles('broker -"choose the broker"') == ["Connect a broker"]

    def test_reads_words_that_stand_together_nowhere_as_words(self) -> None:
        assert titles('"broker the connect"')[0] == "Connect a broker"

    def test_shows_why(self) -> None:
        [hit] = search_articles("symbol").hits
        assert said(hit.snippet) == "Columns: date, [symbol], quantity. Choose the broker"
        hit = search_articles("reset password").hits[0]
        assert said(hit.title_pieces) == "[Reset] your [password]"
        assert said(hit.snippet) == "Open Settings, then choose [Reset]. A mail with a link arrives."
        assert said(search_articles("tax invoice").hits[0].snippet).endswith("See the [tax] guide.")

    def test_gives_as_many_as_asked_for(self) -> None:
        assert len(titles("a broker password invoice two csv", limit=3)) == 3
        assert len(titles("a broker password invoice two csv", limit=0)) == 1
        assert len(titles("a broker password invoice two csv", limit=10**9)) >= 5


@pytest.mark.usefixtures("shelf")
class TestOrder:
    def test_readers_decide_between_equals(self) -> None:
        calm, loved = (written("Sharing charts", "Charts can be shared.") for _ in range(2))
        assert [hit.id for hit in search_articles("sharing charts").hits][:2] == [calm.id, loved.id]
        changed(loved, views=500, helpful=9)
        assert [hit.id for hit in search_articles("sharing charts").hits][:2] == [loved.id, calm.id]

    def test_readers_decide_nothing_else(self) -> None:
        for article in db.session.query(Article).filter(Article.title == "Connect a broker"):
            changed(article, views=10**9, helpful=10**6)
        assert titles("password")[0] == "Reset your password"


class TestWhoFindsWhat:
    @pytest.fixture(autouse=True)
    def _shelf(self, app: Flask) -> None:
        written("Refunds", "We pay back within a week.")
        written("Refunds over a thousand", "Ask the zookeeper before the zeppelin flies.", INTERNAL)
        written("Refunds of tomorrow", "Unwritten yggdrasil.", DRAFT)
        written("Refunds of yesterday", "Outdated xanthophyll.", ARCHIVED)

    def test_customers_find_what_is_published(self) -> None:
        assert titles("refunds") == ["Refunds"]
        assert titles("zookeeper") == titles("zook") == titles('"the zookeeper"') == []
        assert titles("Refunds over a thousand") == ["Refunds"]

    def test_staff_find_internal_ones_too(self) -> None:
        assert set(titles("refunds", for_staff=True)) == {"Refunds", "Refunds over a thousand"}
        assert titles("zook", for_staff=True) == ["Refunds over a thousand"]

    @pytest.mark.parametrize("for_staff", [True, False])
    def test_nobody_finds_drafts_and_archived_ones(self, for_staff: bool) -> None:
        assert titles("yggdrasil xanthophyll", for_staff=for_staff) == []

    def test_internal_words_are_suggested_to_staff_alone(self) -> None:
        assert search_articles("zookeper", for_staff=True).did_you_mean == "zookeeper"
        assert search_articles("zookeper") == Found([], None)
        assert search_articles("ygdrasil xanthophyl", for_staff=True).did_you_mean is None

    def test_an_internal_article_changes_nothing_that_customers_see(self) -> None:
        written("Other things", "Refunds are not these.")
        before = search_articles("refund zookeper week")
        written("Refunds and more refunds", "Refund refund zookeepers week.", INTERNAL)
        after = search_articles("refund zookeper week")
        assert [(hit.id, hit.snippet) for hit in before.hits] == [(hit.id, hit.snippet) for hit in after.hits]
        assert before.did_you_mean == after.did_you_mean

    def test_a_change_of_status_counts_at_once(self) -> None:
        [hit] = search_articles("zookeeper", for_staff=True).hits
        article = db.session.get_one(Article, hit.id)
        changed(article, status=PUBLISHED, published_at=article.updated_at)
        assert titles("zookeper") == ["Refunds over a thousand"]
        changed(article, status=ARCHIVED)
        assert titles("zookeeper", for_staff=True) == []
        assert search_articles("zookeper").did_you_mean is None

    def test_so_does_a_change_of_words(self) -> None:
        [hit] = search_articles("refunds").hits
        changed(db.session.get_one(Article, hit.id), body="We pay back by hovercraft.")
        assert titles("hovercraft") == ["Refunds"]
        assert titles("within a week") == []
        with unit_of_work():
            db.session.execute(text("delete from kb_article_revisions"))
            db.session.execute(text("delete from kb_articles where id = :id"), {"id": hit.id})
        assert titles("hovercraft") == []


STRANGE = [
    "", " ", "\0", "nul\0byte", "\ud800 lone", "'", "''", '"', '"""', "\\", "%", "_", "&", "|", "!", "(", ")", ":*", "<->",
    "a & b | !c", "a:*", "'; drop table kb_articles; --", '"unbalanced -or', "-", "--", '-"', "or", "or or or", "- - -",
    "\u202e\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627", "\u5982\u4f55\u91cd\u7f6e\u5bc6\u7801",
    "\u30d1\u30b9\u30ef\u30fc\u30c9", "\U0001f600" * 50, "x" * 10_000, "x " * 5_000, "word" * 2_500, '"' * 10_000,
    "-a " * 3_000, '"a" ' * 2_500, "aa bb " * 2_000, "abcdefgh" * 5 + " ", "\u0301" * 10_000, "\u2126 \ufb01 \u00bd \u2122",
    "a-b.c_d" * 1_000, "((((" * 2_500, "\t\n\r\x0b", "0", "1e9999", "12345678901234567890", "\u0130stanbul \u017f\u00df",
]  # fmt: skip


@pytest.mark.usefixtures("shelf")
class TestAnyText:
    @pytest.mark.parametrize("typed", STRANGE, ids=range(len(STRANGE)))
    def test_is_a_query_and_quickly_answered(self, typed: str) -> None:
        begin = time.perf_counter()
        for for_staff in (True, False):
            found = search_articles(typed, for_staff=for_staff)
            assert found.did_you_mean is None or found.did_you_mean.encode()
        assert time.perf_counter() - begin < 1.0

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text(max_size=80) | st.text(alphabet="ab \"'-:*&|!()\\%_.<>\0", max_size=60))
    def test_never_breaks_anything(self, typed: str) -> None:
        for hit in search_articles(typed).hits:
            assert hit.title in {said_plainly(hit.title_pieces)}

    def test_of_many_misspelt_words_takes_no_longer(self) -> None:
        chance = random.Random(1)
        words = ["".join(chance.choices("abcdefghijklmnop", k=9)) for _ in range(500)]
        begin = time.perf_counter()
        search_articles(" ".join(words))
        assert time.perf_counter() - begin < 1.0


def said_plainly(pieces: tuple[tuple[str, bool], ...]) -> str:
    return "".join(piece for piece, _ in pieces)


@pytest.mark.usefixtures("shelf")
class TestTheTransaction:
    def read_only(self) -> None:
        db.session.rollback()
        db.session.execute(text("set transaction isolation level repeatable read, read only"))

    def limit(self) -> str:
        return str(db.session.scalar(text("select current_setting('statement_timeout')")))

    def test_may_be_read_only(self) -> None:
        self.read_only()
        assert titles("pasword")[0] == "Reset your password"
        assert self.limit() == "5s"

    def test_goes_on_after_a_search_that_took_too_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read_only()
        monkeypatch.setattr(search, "STATEMENT_MS", 1)
        slow = search.understand

        def sleepy(connection: Any, *rest: Any, **more: Any) -> Any:
            connection.execute(text("select pg_sleep(1)"))
            return slow(connection, *rest, **more)

        monkeypatch.setattr(search, "understand", sleepy)
        assert search_articles("password") == Found((), None)
        assert self.limit() == "5s"

    def test_sends_few_statements_however_much_there_is_to_find(
        self, count_statements: Callable[[], list[str]]
    ) -> None:
        count_statements()
        search_articles("nothing like that")
        few = len(count_statements())
        search_articles("broker password invoice csv codes phone autehnticaiton")
        assert len(count_statements()) == few <= 5


KEPT = {
    "postings": "select * from kb_postings order by lexeme, article_id",
    "documents": "select * from kb_documents order by article_id",
    "words": "select * from kb_words order by word",
    "lexemes": "select * from kb_lexemes order by lexeme",
    "totals": "select * from kb_totals",
    "vectors": "select id, search_vector::text from kb_articles order by id",
    "changes": "select * from kb_count_changes",
}


def kept() -> dict[str, list[tuple[Any, ...]]]:
    return {name: [tuple(row) for row in db.session.execute(text(query))] for name, query in KEPT.items()}


def assert_true_to_the_articles() -> None:
    """What triggers kept is what is made of the articles anew."""
    before = kept()
    assert before["changes"] == []
    with unit_of_work():
        db.session.execute(text("select kb_rebuild()"))
    after = kept()
    assert {name for name in KEPT if before[name] != after[name]} == set()


class TestWhatTheDatabaseKeeps:
    def test_is_true_to_the_articles_after_every_kind_of_change(self, shelf: None) -> None:
        secret = written("Kept among us", "Only staff read these words.", INTERNAL)
        draft = written("Not yet", "Words that nobody reads.", DRAFT)
        with unit_of_work():
            secret.body, secret.title = "Other words now.", "Kept among us still"
            draft.status, draft.published_at = PUBLISHED, draft.updated_at
            db.session.flush()
            secret.status = ARCHIVED
            db.session.flush()
            draft.body = "Words that everybody reads, reads and reads."
        assert_true_to_the_articles()
        with unit_of_work():
            db.session.execute(text("delete from kb_article_revisions"))
            db.session.execute(text("delete from kb_articles where title like '%broker%' or title like 'Not%'"))
        assert_true_to_the_articles()

    def test_forgets_what_was_rolled_back(self, shelf: None) -> None:
        before = kept()
        with unit_of_work() as session, session.begin_nested() as savepoint:
            session.execute(text("update kb_articles set title = 'Gone in a moment', body = title"))
            savepoint.rollback()
        assert kept() == before

    def test_is_not_written_when_an_article_is_only_read(self, shelf: None) -> None:
        written_at = text("select min(xmin::text), max(xmin::text) from kb_documents")
        before = db.session.execute(written_at).all()
        with unit_of_work():
            db.session.execute(text("update kb_articles set views = views + 1, helpful = 3, unhelpful = 1"))
        assert db.session.execute(written_at).all() == before

    def test_counts_right_when_many_write_at_once(self, app: Flask) -> None:
        """Each hand writes several articles in a transaction, in an order of its own, with words all of them use."""
        articles = [written(f"Article number {number}", "Common words of all.").id for number in range(8)]
        hands, turns = 6, 5
        start = Barrier(hands)

        def write(hand: int) -> None:
            chance = random.Random(hand)
            with app.app_context():
                start.wait()
                for turn in range(turns):
                    mine = articles[hand % 4 * 2 : hand % 4 * 2 + 2]
                    chance.shuffle(mine)
                    with unit_of_work():
                        for number in sorted(mine) if hand >= 4 else mine[:1]:
                            words = " ".join(chance.choices(["common", "words", "of", "all", "zeta", "alpha"], k=9))
                            db.session.execute(
                                text("update kb_articles set body = :body, title = :title where id = :id"),
                                {"body": f"{words} {hand} {turn}", "title": f"By hand {hand}", "id": number},
                            )
                    written(f"Of hand {hand} turn {turn}", f"alpha zeta common word{hand} word{turn}")

        with ThreadPoolExecutor(hands) as pool:
            list(pool.map(write, range(hands)))
        assert db.session.scalar(text("select articles from kb_totals")) == len(articles) + hands * turns
        assert_true_to_the_articles()

    @pytest.mark.parametrize("piece", ["\U00010400", "ab ", "\u5bc6\u7801 ", "a-", "1.", "x'"])
    def test_has_room_for_the_longest_article(self, app: Flask, piece: str) -> None:
        letters = "".join(chr(0x10400 + number % 40) + ("" if number % 3 else " ") for number in range(120_000))
        whole = letters if piece == "\U00010400" else piece * (200_000 // len(piece))
        article = written("Longest of all", whole[:200_000])
        assert titles("longest of all") == ["Longest of all"]
        assert article.id


class TestPlainText:
    @pytest.fixture(autouse=True)
    def _database(self, app: Flask) -> None:
        """Needs no rows, only the functions."""

    def plain(self, body: str) -> str:
        return str(db.session.scalar(text("select kb_plain(:body)"), {"body": body}))

    @pytest.mark.parametrize(
        ("body", "plain"),
        [
            ("# Title\n\nSome **bold**, _thin_ and `code`.", "Title\nSome bold, thin and code."),
            ('See [the *guide*](https://a.example/x_y "Tip").', "See the guide."),
            ("![A chart](/kb/images/3) and [![in](x.png)](y)", "A chart and in"),
            ("* one\n* two\n\n1. three\n2) four", "one\ntwo\nthree\nfour"),
            ("> [!NOTE]\n> Mind the `gap`.", "Mind the gap."),
            ("| a | b |\n|---|:-:|\n| c | d |", "a b\nc d"),
            ("```python\nprint('x')\n```", "print('x')"),
            ('<a class="big" href="https://zebra.example">Go</a><br/>on &amp; on<!-- hidden -->', "Go on & on"),
            ("a < b and c > d, 2 * 3", "a < b and c > d, 2 3"),
            ("[label]: https://zebra.example\ntext", "text"),
            ("snake_case stays, \\*stars\\* too", "snake_case stays, stars too"),
            ("***\n---\n~~gone~~", "gone"),
            ("", ""),
        ],
    )
    def test_is_what_a_reader_sees(self, body: str, plain: str) -> None:
        assert self.plain(body) == plain

    @pytest.mark.parametrize(
        "piece", ["[", "](", "[](", "<", "<a", "<!--", "*", "_", "`", "|", "#", "> ", "\\", "&lt;", "\n", " "]
    )
    def test_is_made_quickly_of_anything(self, piece: str) -> None:
        begin = time.perf_counter()
        self.plain(piece * (200_000 // len(piece)))
        assert time.perf_counter() - begin < 1.0


class TestExcerpts:
    def test_begin_with_the_sentence_that_says_most(self) -> None:
        filler = "Nothing to see here at all. " * 20
        shown = said(
            excerpt(f"{filler}The invoice comes by mail every month. {filler}", frozenset({"invoice", "mail"}))
        )
        assert shown.startswith("… The [invoice] comes by [mail] every month.")
        assert shown.endswith(" …")

    def test_are_the_beginning_when_no_word_is_there(self) -> None:
        assert excerpt("Short.", frozenset({"long"})) == (("Short.", False),)
        assert excerpt("", frozenset({"long"})) == ()

    def test_mark_words_whatever_their_accents_and_case(self) -> None:
        assert said(marked("Le CAFÉ d\u2019Émile", frozenset({"cafe", "demile"}))) == "Le [CAFÉ] [d\u2019Émile]"

    @given(st.text(max_size=600), st.frozensets(st.sampled_from(["a", "b", "ab", "ss"])))
    def test_are_pieces_of_the_text(self, source: str, words: frozenset[str]) -> None:
        assert said_plainly(marked(source, words)).split() == source.replace("\n", " ").split()
        shown = said_plainly(excerpt(source, words)).removeprefix("… ").removesuffix(" …")
        assert shown.split() == [] or " ".join(shown.split()) in " ".join(source.split())

    @pytest.mark.parametrize("piece", ["a", "a ", "a\n", ". ", "'", "ab'"])
    def test_are_made_quickly(self, piece: str) -> None:
        begin = time.perf_counter()
        excerpt(piece * 20_000, frozenset({"a", "ab"}))
        assert time.perf_counter() - begin < 0.5
