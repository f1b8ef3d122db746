"""Writing the help centre: articles with versions and pictures, categories, quick answers, synonyms; and who may not."""

import io
from collections.abc import Callable

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from portal.base.database import db
from portal.models import Article, ArticleImage, ArticleRevision, QuickAnswer, SynonymGroup, User
from portal.queries.knowledge.search import search_articles
from portal.rules.vocabulary import ArticleStatus, Status
from portal.services import tickets as ticket_services
from tests.blueprints.test_knowledge import written
from tests.cast import Cast, Visitor
from tests.factories import did, noted, opened, replied

Browsers = Callable[[User], Visitor]
FORM = {
    "title": "Export your trades",
    "summary": "All of them as a file.",
    "body": "## Steps\n\n1. Press **Export**.",
    "category": "Data",
    "tags": "export, csv, export",
    "status": "published",
}


@pytest.fixture
def hers(cast: Cast, browser_of: Browsers) -> Visitor:
    """Cleo's browser."""
    return browser_of(cast.cleo)


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, kind)
    return out.getvalue()


def only_article() -> Article:
    return db.session.scalars(select(Article).execution_options(populate_existing=True)).one()


class TestAnArticle:
    def test_is_written_published_and_found_at_once(self, hers: Visitor, visitor: Visitor) -> None:
        answer = hers.post("/agent/articles/new", dict(FORM))
        article = only_article()
        assert answer.location == f"/agent/articles/{article.id}"
        assert (article.tags, article.version, article.status) == (["export", "csv"], 1, ArticleStatus.PUBLISHED)
        assert "<strong>Export</strong>" in visitor.get(article.path).text
        assert search_articles("export").hits[0].id == article.id

    def test_begins_with_the_specified_structure(self, hers: Visitor) -> None:
        page = hers.get("/agent/articles/new").text
        for part in ("## Overview", "## Prerequisites", "## Steps", "## Additional resources"):
            assert part in page

    @pytest.mark.parametrize(
        ("field", "value", "told"),
        [
            ("title", " ", "Give the article a title."),
            ("title", "x" * 201, "at most 200"),
            ("body", "\u200b", "Write the article."),
            ("body", "x\0", "not text"),
            ("status", "gone", "Not a valid choice"),
            ("review_on", "tomorrow", "Not a valid date"),
        ],
    )
    def test_with_a_bad_field_says_so_beside_it_and_keeps_the_rest(
        self, hers: Visitor, field: str, value: str, told: str
    ) -> None:
        answer = hers.post("/agent/articles/new", {**FORM, field: value})
        assert answer.status_code == 422
        assert told in answer.text
        assert FORM["tags"] in answer.text
        assert db.session.scalars(select(Article)).all() == []

    def test_changed_keeps_its_id_and_leads_from_its_old_address(self, hers: Visitor, visitor: Visitor) -> None:
        article = written()
        old = article.path
        hers.post(f"/agent/articles/{article.id}", {**FORM, "title": "Download your trades", "version": "1"})
        assert visitor.get(old).location == f"/kb/articles/{article.id}-download-your-trades"

    def test_saved_unchanged_leaves_no_version(self, hers: Visitor) -> None:
        hers.post("/agent/articles/new", dict(FORM))
        article = only_article()
        hers.post(f"/agent/articles/{article.id}", {**FORM, "version": "1"})
        assert only_article().version == 1
        assert len(db.session.scalars(select(ArticleRevision)).all()) == 1

    def test_overwrites_nothing_its_writer_has_not_seen(self, hers: Visitor, cast: Cast, browser_of: Browsers) -> None:
        article = written()
        browser_of(cast.dora).post(f"/agent/articles/{article.id}", {**FORM, "body": "Dora's words.", "version": "1"})
        answer = hers.post(f"/agent/articles/{article.id}", {**FORM, "body": "Cleo's words.", "version": "1"})
        assert answer.status_code == 409
        assert "Somebody saved before you." in answer.text
        assert "Cleo&#39;s words." in answer.text
        assert only_article().body == "Dora's words."
        hers.post(f"/agent/articles/{article.id}", {**FORM, "body": "Cleo's words.", "version": "2"})
        assert only_article().body == "Cleo's words."

    def test_shows_what_changed_and_brings_words_back(self, hers: Visitor) -> None:
        article = written()
        hers.post(f"/agent/articles/{article.id}", {**FORM, "body": "Other words.", "version": "1"})
        page = hers.get(f"/agent/articles/{article.id}/history/2").text
        assert '<tr class="new"><td>+' in page
        assert "Other words." in page
        hers.post(f"/agent/articles/{article.id}/history/1/restore")
        found = only_article()
        assert (found.version, found.title) == (3, "Export your trades")
        assert found.body.startswith("## Before you begin")
        assert hers.get(f"/agent/articles/{article.id}/history/9").status_code == 404

    def test_made_of_a_solved_ticket_holds_question_and_answer_and_no_note(self, hers: Visitor, cast: Cast) -> None:
        ticket = opened(cast.ana, "No candles", "My chart shows none.")
        noted(ticket, cast.cleo, "She is on the old plan.")
        replied(ticket, cast.cleo, "Press **Reload**.")
        assert hers.post(f"/agent/tickets/{ticket.id}/article").status_code == 409
        did(cast.cleo, ticket_services.change_status, ticket, Status.RESOLVED)
        hers.post(f"/agent/tickets/{ticket.id}/article")
        article = only_article()
        assert (article.title, article.status, article.ticket_id) == ("No candles", ArticleStatus.DRAFT, ticket.id)
        assert "My chart shows none." in article.body
        assert "Press **Reload**." in article.body
        assert "old plan" not in article.body

    def test_is_listed_by_status_category_words_and_what_is_due(self, hers: Visitor) -> None:
        written("Export your trades", review_on=None)
        hers.post("/agent/articles/new", {**FORM, "title": "Import them", "status": "draft", "review_on": "2020-01-01"})
        both = ["Export your trades", "Import them"]
        asked = ("", "status=draft", "due=1", "q=export", "category=data", "category=none&sort=views", "status=x")
        lists = {}
        for query in asked:
            page = hers.get(f"/agent/articles?{query}").text
            lists[query] = [title for title in both if title in page]
        assert lists == {
            "": both,
            "status=draft": ["Import them"],
            "due=1": ["Import them"],
            "q=export": ["Export your trades"],
            "category=data": both,
            "category=none&sort=views": both,
            "status=x": both,
        }

    def test_shows_itself_before_it_is_saved(self, hers: Visitor) -> None:
        part = hers.post_part("/agent/articles/preview", {"body": "> [!TIP]\n> **Hi** <script>x</script>"}).text
        assert 'id="preview"' in part
        assert "<strong>Hi</strong>" in part
        assert "<script" not in part
        whole = hers.post("/agent/articles/new", {**FORM, "preview": "1"}).text
        assert "<strong>Export</strong>" in whole
        assert db.session.scalars(select(Article)).all() == []


class TestAPicture:
    def send(self, browser: Visitor, content: bytes, name: str = "chart [1].png") -> tuple[int, dict[str, str]]:
        answer = browser.post("/agent/articles/images", {"image": (io.BytesIO(content), name)})
        return answer.status_code, answer.get_json()

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
    def test_is_encoded_anew_and_shown_to_everybody(self, hers: Visitor, visitor: Visitor, kind: str) -> None:
        status, told = self.send(hers, picture(kind))
        [image] = db.session.scalars(select(ArticleImage))
        assert (status, told) == (201, {"markdown": f"![chart 1](/kb/images/{image.id})"})
        answer = visitor.get(f"/kb/images/{image.id}")
        assert answer.headers["Content-Type"] == "image/webp"
        assert "immutable" in answer.headers["Cache-Control"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert Image.open(io.BytesIO(answer.data)).size == (60, 40)

    def test_large_is_made_smaller_and_loses_what_is_hidden_in_it(self, hers: Visitor, visitor: Visitor) -> None:
        out, exif = io.BytesIO(), Image.Exif()
        exif[0x010E] = "my home address"
        Image.new("RGB", (4000, 1000), "navy").save(out, "JPEG", exif=exif)
        _, told = self.send(hers, out.getvalue())
        shown = visitor.get(told["markdown"].split("(")[1].rstrip(")")).data
        assert b"my home address" not in shown
        assert Image.open(io.BytesIO(shown)).size == (1600, 400)

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"GIF89a",
            picture()[:60],
            b"\x89PNG\r\n\x1a\n" * 9,
        ],
        ids=["nothing", "svg", "gif cut off", "png cut off", "no png"],
    )
    def test_that_is_none_is_refused_in_a_sentence(self, hers: Visitor, content: bytes) -> None:
        status, told = self.send(hers, content)
        assert status == 422
        assert told["problem"].endswith("PNG, JPEG, WebP or GIF.")
        assert db.session.scalars(select(ArticleImage)).all() == []

    def test_of_too_many_pixels_is_refused(self, hers: Visitor) -> None:
        assert self.send(hers, picture(size=(9000, 9000)))[0] == 422

    def test_is_taken_into_the_text_without_scripts(self, hers: Visitor) -> None:
        form = {**FORM, "add_picture": "1", "image": (io.BytesIO(picture()), "chart.png")}
        page = hers.post("/agent/articles/new", form).text
        [image] = db.session.scalars(select(ArticleImage))
        assert f"![chart](/kb/images/{image.id})" in page
        assert "Press **Export**." in page


class TestCategories:
    def test_are_added_renamed_and_ordered(self, hers: Visitor, visitor: Visitor) -> None:
        written("One", category="Data")
        written("Two", category="Billing")
        hers.post(
            "/agent/articles/categories/billing", {"name": "Billing and plans", "description": "Money", "position": "0"}
        )
        page = visitor.get("/").text
        assert page.index("/kb/categories/billing") < page.index("/kb/categories/data")
        assert hers.post("/agent/articles/categories", {"name": "Data"}).status_code == 422
        assert hers.post("/agent/articles/categories", {"name": ""}).status_code == 422


class TestQuickAnswers:
    def test_are_written_matched_and_removed(self, hers: Visitor, visitor: Visitor) -> None:
        form = {
            "title": "Move my journal",
            "patterns": "move journal\nmigrate from another",
            "answer": "**Yes**.",
            "is_enabled": "y",
        }
        assert hers.post("/agent/quick-answers/new", form).location == "/agent/quick-answers"
        answer = db.session.scalars(select(QuickAnswer).where(QuickAnswer.title == "Move my journal")).one()
        assert "Move my journal" in visitor.get("/kb/search?q=moving+the+jornal").text
        hers.post(f"/agent/quick-answers/{answer.id}", {**form, "is_enabled": ""})
        assert "Move my journal" not in visitor.get("/kb/search?q=moving+the+jornal").text
        hers.post(f"/agent/quick-answers/{answer.id}/remove")
        assert hers.get(f"/agent/quick-answers/{answer.id}").status_code == 404

    @pytest.mark.parametrize("field", ["title", "patterns", "answer"])
    def test_without_words_are_refused(self, hers: Visitor, field: str) -> None:
        form = {"title": "T", "patterns": "p", "answer": "a", field: " \n"}
        assert hers.post("/agent/quick-answers/new", form).status_code == 422

    def test_of_the_specification_are_there(self, app: Flask, visitor: Visitor) -> None:
        for asked, title in {
            "i forgot my pasword": "Reset my password",
            "How can I upgrade to another plan?": "Change my plan",
            "exporting all of my data": "Export my data",
            "where is my api key": "Get API access",
        }.items():
            page = visitor.get(f"/kb/search?q={asked}").text
            assert f"<h2>{title}</h2>" in page, asked


class TestSynonyms:
    def test_are_the_admins_and_search_knows_them(self, cast: Cast, browser_of: Browsers, visitor: Visitor) -> None:
        written("Connect your broker", body="Choose it.", summary="", tags=[])
        assert "Connect your broker" not in visitor.get("/kb/search?q=custodian").text
        dora = browser_of(cast.dora)
        dora.post("/admin/synonyms", {"words": "broker, custodian"})
        assert "Connect your" in visitor.get("/kb/search?q=custodian").text
        group = db.session.scalars(select(SynonymGroup)).one()
        dora.post(f"/admin/synonyms/{group.id}/remove")
        assert "Connect your" not in visitor.get("/kb/search?q=custodian").text

    @pytest.mark.parametrize("words", ["", "one", "one, one", "a b c d, e", ",,,"])
    def test_that_are_no_group_are_refused(self, cast: Cast, browser_of: Browsers, words: str) -> None:
        assert browser_of(cast.dora).post("/admin/synonyms", {"words": words}).status_code == 422
        assert db.session.scalars(select(SynonymGroup)).all() == []


PAGES = [
    "/agent/articles",
    "/agent/articles/new",
    "/agent/articles/categories",
    "/agent/articles/insights",
    "/agent/quick-answers",
    "/agent/quick-answers/new",
    "/admin/synonyms",
]
POSTS = [
    "/agent/articles/new",
    "/agent/articles/1",
    "/agent/articles/preview",
    "/agent/articles/images",
    "/agent/articles/categories",
    "/agent/articles/1/history/1/restore",
    "/agent/quick-answers/new",
    "/agent/quick-answers/1",
    "/agent/quick-answers/1/remove",
    "/agent/tickets/1001/article",
    "/admin/synonyms",
    "/admin/synonyms/1",
    "/admin/synonyms/1/remove",
]


def test_customers_find_none_of_the_writers_pages(cast: Cast, browser_of: Browsers) -> None:
    before = db.session.scalars(select(QuickAnswer.id)).all()
    ana = browser_of(cast.ana)
    assert {path: ana.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 404)
    assert {path: ana.post(path, dict(FORM)).status_code for path in POSTS} == dict.fromkeys(POSTS, 404)
    assert db.session.scalars(select(QuickAnswer.id)).all() == before


def test_agents_are_told_what_is_the_admins(hers: Visitor) -> None:
    assert hers.get("/admin/synonyms").status_code == 403
    assert hers.post("/admin/synonyms", {"words": "a, b"}).status_code == 403
