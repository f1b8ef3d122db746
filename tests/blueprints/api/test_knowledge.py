"""The knowledge base as a program: searching, reading and rating, and what is not there for whom."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import delete, select

from portal import create_app
from portal.base import tally
from portal.base.clock import now
from portal.base.database import db
from portal.base.redis import redis
from portal.base.settings import Settings
from portal.base.unit_of_work import unit_of_work
from portal.models import Article, ArticleRating, QuickAnswer, SearchDay, User
from portal.rules.vocabulary import ArticleStatus, Scope
from portal.services.knowledge import figures
from portal.services.knowledge.quick_answers import AnswerText, put_quick_answer
from portal.web.limits import limiter
from tests.blueprints.api.conftest import ARTICLE, KB, Program, written
from tests.cast import Cast

SEARCH, ARTICLES = f"{KB}/search", f"{KB}/articles"
FOUND_FIELDS = {"id", "external_id", "title", "summary", "snippet", "score", "url"}
ARTICLE_FIELDS = {
    "id", "external_id", "title", "summary", "body", "body_html", "category", "tags", "status", "version", "updated_at",
    "published_at", "helpful", "unhelpful", "url",
}  # fmt: skip
KEY = {"Idempotency-Key": "opinion-1"}
ODD_IDS = ["KB-7", "guides/export", "/docs/export", "http://old.example/a?b=c#d", "two words", "a/", "a//b", "%2F", "é設", "007",
           "a/rate", "a\nb"]  # fmt: skip


def found(program: Program, query: str, **more: object) -> list[dict[str, Any]]:
    answer = program.get(SEARCH, query_string={"q": query, **more})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def address(name: object) -> str:
    return f"{ARTICLES}/{quote(str(name), safe='')}"


@pytest.fixture
def ready_answer(cast: Cast) -> Iterator[QuickAnswer]:
    """One that fits a question about zebras; ready answers outlive a test, so it is removed again."""
    text = AnswerText("Zebra mode", ["turn on zebra stripes"], "Press **Z**.<script>alert(1)</script>")
    with unit_of_work():
        made = put_quick_answer(cast.cleo.actor(), text)
    yield made
    with unit_of_work():
        db.session.execute(delete(QuickAnswer).where(QuickAnswer.id == made.id))


class TestSearching:
    def test_gives_what_was_found_with_plain_words_around_it(self, anas: Program) -> None:
        article = written(external_id="guides/export")
        answer = anas.get(f"{SEARCH}?q=export")
        assert answer.status_code == 200
        assert set(answer.get_json()) == {"items", "quick_answer", "did_you_mean"}
        [hit] = answer.get_json()["items"]
        assert set(hit) == FOUND_FIELDS
        assert (hit["id"], hit["external_id"]) == (article.id, "guides/export")
        assert (hit["title"], hit["summary"]) == (article.title, article.summary)
        assert hit["snippet"].startswith("Open Settings and press Export.")
        assert not set("<>*") & set(hit["snippet"])
        assert hit["score"] > 0
        assert hit["url"] == f"http://localhost:8000{article.path}"

    def test_is_best_first_and_as_long_as_asked_for(self, anas: Program) -> None:
        for number in range(12):
            written(f"Export, part {number}")
        scores = [hit["score"] for hit in found(anas, "export")]
        assert len(scores) == 10
        assert scores == sorted(scores, reverse=True)
        assert len(found(anas, "export", limit=3)) == 3
        assert len(found(anas, "export", limit=50)) == 12

    def test_corrects_a_slip_and_says_so(self, anas: Program) -> None:
        article = written("Export your transactions")
        answer = anas.get(f"{SEARCH}?q=transactoins").get_json()
        assert [hit["id"] for hit in answer["items"]] == [article.id]
        assert answer["did_you_mean"] == "transactions"
        assert anas.get(f"{SEARCH}?q=transactions").get_json()["did_you_mean"] is None

    def test_offers_the_ready_answer_that_fits(self, anas: Program, ready_answer: QuickAnswer) -> None:
        given = anas.get(f"{SEARCH}?q=how+to+turn+on+zebra+stripes").get_json()["quick_answer"]
        assert set(given) == {"id", "title", "answer", "answer_html"}
        assert (given["id"], given["title"], given["answer"]) == (
            ready_answer.id, "Zebra mode", "Press **Z**.<script>alert(1)</script>",
        )  # fmt: skip
        assert "<strong>Z</strong>" in given["answer_html"]
        assert "<script" not in given["answer_html"]
        assert anas.get(f"{SEARCH}?q=giraffes").get_json()["quick_answer"] is None

    @pytest.mark.parametrize(
        "query",
        [
            "", " ", "'", '"', '"unbalanced quotes', "a & ! | b:*", "(((", "-", "or", "\\", "%", "'; drop table", "a\tb\nc",
            "x" * 10_000, "export " * 1_400, "設定" * 5_000, "مرحبا", "設定を書き出す", "\ud7ff\ue000\U0001f600", "\u202e",
        ],
    )  # fmt: skip
    def test_takes_any_text(self, anas: Program, query: str) -> None:
        written()
        assert isinstance(found(anas, query), list)

    def test_reads_bytes_that_are_no_text_as_something_unknown(self, anas: Program) -> None:
        assert anas.get(f"{SEARCH}?q=%ED%A0%80%FF%00").status_code == 200

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("q=" + "x" * 10_001, "q"),
            ("q=a&q=b", "q"),
            ("limit=0", "limit"),
            ("limit=51", "limit"),
            ("limit=-1", "limit"),
            ("limit=ten", "limit"),
            ("limit=", "limit"),
            ("q=a&offset=3", "offset"),
        ],
    )
    def test_names_a_wrong_parameter(self, anas: Program, query: str, field: str) -> None:
        answer = anas.get(f"{SEARCH}?{query}")
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.get_json()["errors"]] == [field]

    def test_is_counted_by_its_words_and_its_door(self, anas: Program, cleos: Program) -> None:
        written()
        for program in (anas, cleos):
            found(program, "Export ana@example.com")
        found(anas, "zebra")
        found(anas, " ")
        figures.take_down(now().date())
        rows = {row.query: row for row in db.session.scalars(select(SearchDay))}
        assert set(rows) == {"export (address)", "zebra"}
        assert {row.door.value for row in rows.values()} == {"api"}
        assert [(row.searches, row.found) for row in (rows["export (address)"], rows["zebra"])] == [(2, 2), (1, 0)]

    def test_is_throttled_by_token(self, settings: Settings, anas: Program, bens: Program) -> None:
        limited = Program(create_app(settings.filled(ratelimit_enabled=True)), anas.token)
        try:
            answers = [limited.get(SEARCH) for _ in range(121)]
            assert [answer.status_code for answer in answers] == [200] * 120 + [429]
            assert int(answers[-1].headers["Retry-After"]) > 0
            assert answers[-1].content_type == "application/problem+json"
            assert limited.get(f"{KB}/categories").status_code == 200
            assert Program(limited.app, bens.token).get(SEARCH).status_code == 200
        finally:
            limiter.enabled = False


class TestCategories:
    def test_are_listed_with_what_the_reader_finds_there(self, anas: Program, cleos: Program) -> None:
        written()
        written("Import your trades")
        written("How we refund quietly", status="internal")
        written("How we count", status="internal", category="For colleagues")
        written("Not yet", status="draft", category="Secret plans")
        written("Long ago", status="archived", category="History")
        [data] = anas.get(f"{KB}/categories").get_json()["items"]
        assert set(data) == {"id", "slug", "name", "description", "articles"}
        assert (data["slug"], data["name"], data["articles"]) == ("data", "Data", 2)
        staffs = cleos.get(f"{KB}/categories").get_json()["items"]
        assert [(each["slug"], each["articles"]) for each in staffs] == [("data", 3), ("for-colleagues", 1)]


class TestAnArticle:
    def test_is_read_whole(self, anas: Program) -> None:
        article = written()
        answer = anas.get(address(article.id))
        read = answer.get_json()
        assert answer.status_code == 200
        assert set(read) == ARTICLE_FIELDS
        assert (read["id"], read["external_id"], read["version"], read["status"]) == (article.id, None, 1, "published")
        assert read["category"] == {"slug": "data", "name": "Data"}
        assert read["tags"] == ["export"]
        assert read["body"] == ARTICLE
        assert "<strong>Settings</strong>" in read["body_html"]
        assert read["updated_at"] == read["published_at"]
        assert read["updated_at"].endswith("Z")
        assert (read["helpful"], read["unhelpful"]) == (0, 0)
        assert read["url"] == f"http://localhost:8000{article.path}"

    @pytest.mark.parametrize("external_id", ODD_IDS)
    def test_is_found_by_the_id_it_was_imported_under(self, anas: Program, external_id: str) -> None:
        article = written(external_id=external_id)
        written("Another", external_id="a")
        read = anas.get(address(external_id))
        assert read.status_code == 200
        assert (read.get_json()["id"], read.get_json()["external_id"]) == (article.id, external_id)
        rated = anas.post(f"{address(external_id)}/rate", {"helpful": True})
        assert rated.status_code == 201
        assert rated.get_json()["article_id"] == article.id

    def test_whose_id_is_all_digits_is_looked_for_as_our_own_first(self, anas: Program) -> None:
        first = written()
        second = written("Second", external_id=str(first.id))
        third = written("Third", external_id="99")
        assert anas.get(address(first.id)).get_json()["id"] == first.id
        assert anas.get(address(99)).get_json()["id"] == third.id
        with unit_of_work():
            db.session.get_one(Article, first.id).status = ArticleStatus.DRAFT
        assert anas.get(address(first.id)).get_json()["id"] == second.id

    @pytest.mark.parametrize(
        "name", ["0", "-1", "1.0", "٣", "9" * 40, "9223372036854775808", "\0", "1\0", "x" * 3000, "..", " "]
    )
    def test_that_does_not_exist_is_not_there(self, cleos: Program, name: str) -> None:
        written()
        assert cleos.get(address(name)).status_code == 404
        assert cleos.post(f"{address(name)}/rate", {"helpful": True}).status_code == 404


class TestWhoReadsWhat:
    @pytest.mark.parametrize("status", ["draft", "internal", "archived"])
    def test_what_is_not_published_is_absent_for_customers_everywhere(
        self, anas: Program, cleos: Program, status: str
    ) -> None:
        article = written("How we refund quietly", status=status, external_id="refunds", category="Hush")
        assert found(anas, "quietly") == found(anas, '"refund quietly"') == []
        assert anas.get(f"{KB}/categories").get_json()["items"] == []
        for method, path in (("GET", ""), ("POST", "/rate")):
            sent = {"json": {"helpful": True}} if method == "POST" else {}
            unknown = anas.call(method, f"{address(article.id + 1000)}{path}", **sent)
            for name in (article.id, "refunds"):
                hidden = anas.call(method, f"{address(name)}{path}", **sent)
                assert hidden.status_code == unknown.status_code == 404
                assert hidden.data == unknown.data
                assert dict(hidden.headers) == dict(unknown.headers)
        assert db.session.scalars(select(ArticleRating)).all() == []
        assert cleos.get(address("refunds")).get_json()["status"] == status

    def test_a_slip_in_a_hidden_word_is_not_corrected_for_customers(self, anas: Program, cleos: Program) -> None:
        written("Kumquat procedure", status="internal")
        assert anas.get(f"{SEARCH}?q=kumqaut").get_json()["did_you_mean"] is None
        assert cleos.get(f"{SEARCH}?q=kumqaut").get_json()["did_you_mean"] == "kumquat"

    def test_staff_find_internal_articles_but_neither_drafts_nor_archived_ones(self, cleos: Program) -> None:
        internal = written("How we refund quietly", status="internal")
        written("Refund draft", status="draft")
        written("Refund of old", status="archived")
        assert [hit["id"] for hit in found(cleos, "refund")] == [internal.id]

    def test_scopes_say_how_far_a_token_reaches(self, program_of: Callable[..., Program], ana: User) -> None:
        path = address(written().id)
        reader, rater = program_of(ana, (Scope.KB_READ,)), program_of(ana, (Scope.KB_WRITE,))
        tickets = program_of(ana, (Scope.TICKETS_READ, Scope.TICKETS_WRITE))
        for reading in (SEARCH, f"{KB}/categories", path):
            assert [program.get(reading).status_code for program in (reader, rater, tickets)] == [200, 403, 403]
        rates = [program.post(f"{path}/rate", {"helpful": True}) for program in (reader, rater, tickets)]
        assert [answer.status_code for answer in rates] == [403, 201, 403]

    def test_without_a_living_token_nothing_is_told(self, stranger: Program) -> None:
        path = address(written().id)
        for program in (stranger, Program(stranger.app, "tsp_wrong")):
            for reading in (SEARCH, f"{KB}/categories", path, address("none")):
                assert program.get(reading).status_code == 401
            assert program.post(f"{path}/rate", {"helpful": True}).status_code == 401


class TestRating:
    def test_counts_one_opinion_of_each_person_and_follows_a_change_of_mind(self, anas: Program, bens: Program) -> None:
        article = written()
        answer = anas.post(f"{address(article.id)}/rate", {"helpful": True, "comment": " Clear. "})
        assert answer.status_code == 201
        assert answer.get_json() == {"article_id": article.id, "helpful": True, "comment": "Clear."}
        assert answer.headers["Location"] == address(article.id)
        bens.post(f"{address(article.id)}/rate", {"helpful": False})
        assert counts(anas, article) == (1, 1)
        anas.post(f"{address(article.id)}/rate", {"helpful": False})
        anas.post(f"{address(article.id)}/rate", {"helpful": False})
        assert counts(anas, article) == (0, 2)
        assert sorted(db.session.scalars(select(ArticleRating.comment))) == ["", ""]

    def test_is_the_same_opinion_as_on_the_page(
        self, anas: Program, ana: User, browser_of: Callable[[User], Any]
    ) -> None:
        article = written()
        browser_of(ana).post(f"/kb/articles/{article.id}/rating", {"helpful": "yes"})
        anas.post(f"{address(article.id)}/rate", {"helpful": False})
        assert counts(anas, article) == (0, 1)
        assert db.session.scalars(select(ArticleRating.user_id)).all() == [ana.id]

    def test_repeated_under_its_key_gets_the_first_answer_and_changes_nothing(self, anas: Program) -> None:
        path = f"{address(written().id)}/rate"
        first = anas.post(path, {"helpful": True}, headers=KEY)
        anas.post(path, {"helpful": False})
        again = anas.post(path, {"helpful": True}, headers=KEY)
        assert (again.status_code, again.data, dict(again.headers)) == (201, first.data, dict(first.headers))
        assert db.session.scalars(select(ArticleRating.helpful)).all() == [False]
        assert anas.post(path, {"helpful": False}, headers=KEY).status_code == 422

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "helpful"),
            ({"helpful": None}, "helpful"),
            ({"helpful": "yes"}, "helpful"),
            ({"helpful": 1}, "helpful"),
            ({"helpful": True, "comment": None}, "comment"),
            ({"helpful": True, "comment": 5}, "comment"),
            ({"helpful": True, "comment": "a\0b"}, "comment"),
            ({"helpful": True, "comment": "x" * 2_001}, "comment"),
            ({"helpful": True, "user_id": 1}, "user_id"),
            ([], ""),
        ],
    )
    def test_names_a_wrong_field(self, anas: Program, body: object, field: str) -> None:
        article = written()
        answer = anas.call("POST", f"{address(article.id)}/rate", json=body)
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.get_json()["errors"]] == [field]
        assert counts(anas, article) == (0, 0)

    @pytest.mark.parametrize(
        ("raw", "kind", "status"),
        [
            (b'{"helpful": true, "helpful": false}', "application/json", 422),
            (b'{"helpful": true, "comment": "\\ud800"}', "application/json", 422),
            (b'{"helpful": tru', "application/json", 400),
            (b"helpful=true", "application/x-www-form-urlencoded", 415),
        ],
    )
    def test_is_plain_json(self, anas: Program, raw: bytes, kind: str, status: int) -> None:
        assert anas.call("POST", f"{address(written().id)}/rate", data=raw, content_type=kind).status_code == status


def test_reading_writes_nothing_and_costs_few_statements(
    anas: Program, cleos: Program, ready_answer: QuickAnswer, count_statements: Callable[[], list[str]]
) -> None:
    article = written(external_id="42/export")
    for program in (anas, cleos):
        for path in (f"{SEARCH}?q=turn+on+zebra+stripes+exprot", f"{KB}/categories", address("42/export")):
            count_statements()
            assert program.get(path).status_code == 200
            sent = count_statements()
            assert len(sent) <= 8, sent
            assert not any(
                word in statement.lower() for statement in sent for word in ("insert ", "update ", "delete ")
            )
        count_statements()
        assert program.post(f"{address(article.id)}/rate", {"helpful": True}).status_code == 201
        assert len(count_statements()) <= 8


def test_what_a_program_reads_is_no_view_of_a_person(anas: Program) -> None:
    anas.get(address(written().id))
    notes = redis().lrange(tally.KEY, 0, -1)
    assert [json.loads(text)["kind"] for text in notes] == []  # type: ignore[union-attr]


def counts(program: Program, article: Article) -> tuple[int, int]:
    read = program.get(address(article.id)).get_json()
    return read["helpful"], read["unhelpful"]
