"""Reading the help centre: what everybody sees, what only staff see, and what caches may keep."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.base import tally
from portal.base.clock import now
from portal.base.database import db
from portal.base.redis import redis
from portal.base.unit_of_work import unit_of_work
from portal.models import Article, ArticleRating, SearchDay, User
from portal.rules.vocabulary import ArticleStatus
from portal.services.knowledge import figures
from portal.services.knowledge.articles import ArticleText, put_article
from portal.services.knowledge.categories import category_named
from tests.cast import Cast, Visitor

Browsers = Callable[[User], Visitor]
BODY = (
    "## Before you begin\n\nOpen **Settings**.\n\n## Steps\n\n1. Press Export.\n\n## Afterwards\n\nWait for the mail."
)


def written(title: str = "Export your trades", *, status: str = "published", **more: Any) -> Article:
    with unit_of_work():
        text = {"body": BODY, "summary": "All trades as a file.", "tags": ["export"], **more}
        shelf = category_named(text.pop("category", "Data"))
        return put_article(None, ArticleText(title, category=shelf, status=ArticleStatus(status), **text))


def notes() -> list[dict[str, object]]:
    return [json.loads(text) for text in redis().lrange(tally.KEY, 0, -1)]  # type: ignore[union-attr]


class TestTheHelpCentre:
    def test_shows_topics_with_counts_and_what_is_read_most(self, app: object, visitor: Visitor) -> None:
        written("Export your trades")
        written("Import your trades")
        written("Not yet", status="draft", category="Secret plans")
        page = visitor.get("/").text
        assert "2 articles" in page
        assert "Import your trades" in page
        assert "Secret plans" not in page

    def test_is_found_by_words_with_a_highlighted_excerpt(self, app: object, visitor: Visitor) -> None:
        article = written()
        page = visitor.get("/kb/search?q=export").text
        assert f'href="{article.path}?q=export"' in page
        assert "<mark>Export</mark>" in page

    def test_as_a_part_is_the_results_alone(self, app: object, visitor: Visitor) -> None:
        written()
        part = visitor.get_part("/kb/search?q=export").text.strip()
        assert part.startswith('<div class="page stack" id="results">')
        assert "<html" not in part

    def test_corrects_a_slip(self, app: object, visitor: Visitor) -> None:
        written("Export your transactions")
        page = visitor.get("/kb/search?q=transactoins").text
        assert "Export your" in page
        assert "Did you mean" in page

    @pytest.mark.parametrize(
        "query",
        ["'", '"', "a & ! | b:*", "x" * 10_000, "(((", "-", "or", "%00%ED%A0%80", "مرحبا", "設定", "'; drop table"],
    )
    def test_takes_any_query(self, app: object, visitor: Visitor, query: str) -> None:
        written()
        for ask in (visitor.get, visitor.get_part):
            assert ask(f"/kb/search?q={query}").status_code in (200, 303)

    def test_offers_a_ticket_with_the_question_where_nothing_is_found(self, app: object, visitor: Visitor) -> None:
        written()
        assert 'href="/tickets/new?q=zebra%20stripes"' in visitor.get("/kb/search?q=zebra+stripes").text

    def test_lists_a_category(self, app: object, visitor: Visitor) -> None:
        article = written()
        page = visitor.get("/kb/categories/data").text
        assert article.path in page
        assert visitor.get("/kb/categories/none").status_code == 404


class TestWhoReadsWhat:
    @pytest.mark.parametrize("status", ["draft", "internal", "archived"])
    def test_what_is_not_published_is_not_there_for_customers_and_guests(
        self, cast: Cast, browser_of: Browsers, visitor: Visitor, status: str
    ) -> None:
        article = written("How we refund quietly", status=status)
        for browser in (visitor, browser_of(cast.ana)):
            for path in (article.path, f"/kb/articles/{article.id}", f"{article.path[:-1]}x"):
                assert browser.get(path).status_code == 404
            for path in (f"/kb/articles/{article.id}/peek", f"/kb/articles/{article.id}/rating"):
                assert browser.get(path).status_code == 404
            for path in ("/", "/kb/search?q=refund", "/kb/search?q=quietly", "/kb/categories/data", "/sitemap.xml"):
                assert "quietly" not in browser.get(path).text.replace("q=quietly", "").replace(
                    "“quietly”", ""
                ).replace('value="quietly"', "")
        assert "How we refund quietly" in browser_of(cast.cleo).get(article.path).text

    def test_staff_find_internal_articles_and_are_told_who_sees_them(self, cast: Cast, browser_of: Browsers) -> None:
        article = written("How we refund quietly", status="internal")
        cleo = browser_of(cast.cleo)
        assert article.path in cleo.get("/kb/search?q=refund").text
        assert "Only colleagues see this article: it is internal." in cleo.get(article.path).text


class TestAnArticle:
    def test_has_contents_reading_time_breadcrumbs_and_a_way_on(self, app: object, visitor: Visitor) -> None:
        article = written()
        page = visitor.get(f"{article.path}?q=export").text
        for words in ('href="#h-steps"', "1 min to read", 'href="/kb/categories/data"', "Did this help?"):
            assert words in page
        assert f'href="/tickets/new?article={article.id}&amp;q=export"' in page
        assert f'<link rel="canonical" href="http://localhost:8000{article.path}">' in page

    def test_is_found_under_its_id_whatever_its_address_was(self, app: object, visitor: Visitor) -> None:
        article = written()
        for old in (f"/kb/articles/{article.id}", f"/kb/articles/{article.id}-an-older-title"):
            answer = visitor.get(f"{old}?q=a%20b")
            assert (answer.status_code, answer.location) == (301, f"{article.path}?q=a%20b")

    def test_names_others_of_its_category_that_share_tags_first(self, app: object, visitor: Visitor) -> None:
        article = written()
        written("Something else", tags=["other"])
        written("Export to Excel", tags=["export"])
        page = visitor.get(article.path).text
        assert page.index("Export to Excel") < page.index("Something else")


class TestCaches:
    def test_may_keep_a_guests_copy_and_ask_again(self, app: object, visitor: Visitor) -> None:
        article = written()
        first = visitor.get(article.path)
        assert first.headers["Cache-Control"] == "public, max-age=60"
        assert "Set-Cookie" not in first.headers
        assert "csrf" not in first.text.lower()
        assert first.last_modified is not None
        again = visitor.get(article.path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert "Cookie" in first.headers["Vary"]

    def test_learn_of_a_change_by_the_etag(self, app: object, visitor: Visitor) -> None:
        article = written()
        before = visitor.get(article.path).headers["ETag"]
        with unit_of_work():
            db.session.get_one(Article, article.id).summary = "Another summary."
        assert visitor.get(article.path, headers={"If-None-Match": before}).status_code == 200

    def test_keep_nothing_of_somebody_signed_in(self, cast: Cast, browser_of: Browsers) -> None:
        article = written()
        for path in (article.path, "/", "/kb/search?q=export"):
            assert browser_of(cast.ana).get(path).headers["Cache-Control"] == "no-store"


class TestRating:
    def rate(self, browser: Visitor, article: Article, helpful: str, comment: str = "") -> int:
        path = f"/kb/articles/{article.id}/rating"
        return browser.post(path, {"helpful": helpful, "comment": comment}).status_code

    def figures(self, article: Article) -> tuple[int, int]:
        found = db.session.get_one(Article, article.id, populate_existing=True)
        return found.helpful, found.unhelpful

    def test_counts_one_opinion_of_each_reader_and_follows_a_change_of_mind(
        self, cast: Cast, browser_of: Browsers, app: Any
    ) -> None:
        article, guest, ana = written(), Visitor(app), browser_of(cast.ana)
        assert [self.rate(guest, article, "yes"), self.rate(guest, article, "yes", "Clear.")] == [200, 200]
        self.rate(ana, article, "no", "Where is Excel?")
        assert self.figures(article) == (1, 1)
        self.rate(ana, article, "yes")
        self.rate(Visitor(app), article, "no")
        assert self.figures(article) == (2, 1)
        assert len(db.session.scalars(select(ArticleRating)).all()) == 3

    def test_keeps_no_key_of_a_guest_that_could_be_used_again(self, app: Any, visitor: Visitor) -> None:
        article = written()
        self.rate(visitor, article, "yes")
        kept = db.session.scalars(select(ArticleRating.reader_key)).one()
        cookie = visitor.client.get_cookie("reader", path="/kb/")
        assert cookie is not None
        assert kept != cookie.value

    @pytest.mark.parametrize("form", [{}, {"helpful": "perhaps"}, {"helpful": "yes", "comment": "x" * 2001}])
    def test_refuses_what_is_no_answer(self, app: object, visitor: Visitor, form: dict[str, str]) -> None:
        article = written()
        assert visitor.post(f"/kb/articles/{article.id}/rating", form).status_code == 422
        assert self.figures(article) == (0, 0)


class TestCounting:
    def test_views_and_searches_are_taken_down_without_saying_who(
        self, cast: Cast, browser_of: Browsers, visitor: Visitor
    ) -> None:
        article = written()
        visitor.get("/kb/search?q=Export%20ana@example.com%2049123456789")
        visitor.get("/kb/search?q=zebra")
        visitor.get(f"{article.path}?q=zebra")
        browser_of(cast.cleo).get("/kb/search?q=zebra")
        assert figures.take_down(now().date()) == 5
        assert figures.take_down(now().date()) == 0
        assert db.session.get_one(Article, article.id, populate_existing=True).views == 1
        rows = {(row.query, row.door.value): row for row in db.session.scalars(select(SearchDay))}
        assert set(rows) == {("export (address) (number)", "page"), ("zebra", "page"), ("zebra", "agent")}
        zebra = rows["zebra", "page"]
        assert (zebra.searches, zebra.found, zebra.opened) == (1, 0, 1)

    def test_the_same_query_of_one_day_is_one_row(self, app: object, visitor: Visitor) -> None:
        for day in (now().date(), now().date(), now().date() + timedelta(days=1)):
            visitor.get("/kb/search?q=Zebra")
            figures.take_down(day)
        assert [row.searches for row in db.session.scalars(select(SearchDay).order_by(SearchDay.day))] == [2, 1]

    def test_what_is_asked_for_while_typing_is_counted_once_it_settles(self, app: object, visitor: Visitor) -> None:
        for typed in ("z", "ze", "zeb"):
            visitor.get_part(f"/kb/search?q={typed}")
        assert notes() == []
        assert visitor.get("/kb/search/settled?q=zebra").status_code == 204
        assert [note["query"] for note in notes()] == ["zebra"]


def test_search_engines_are_told_what_is_published(app: object, visitor: Visitor) -> None:
    article = written("Où & <quand>")
    text = visitor.get("/sitemap.xml").text
    assert f"<loc>http://localhost:8000{article.path}</loc>" in text
    assert re.search(r"<lastmod>\d{4}-\d\d-\d\d</lastmod>", text)
    assert "Sitemap: http://localhost:8000/sitemap.xml" in visitor.get("/robots.txt").text
