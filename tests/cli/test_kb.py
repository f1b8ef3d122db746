"""Articles in and out at the terminal: the same again changes nothing, what is wrong is named, the rest is kept."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from portal.base.database import db
from portal.base.settings import Settings
from portal.cli import cli
from portal.models import Article, ArticleRevision

ARTICLE = {
    "id": "exp-1",
    "title": "Export your trades",
    "summary": "All of them.",
    "body": "# Export your trades\n\nPress **Export**.",
    "tags": ["export"],
    "category": "Data",
}


@pytest.fixture(autouse=True)
def _before_this_database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings.filled(embedded=False).environment().items():
        monkeypatch.setenv(name, value)


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["kb", *map(str, words)])


def lines(path: Path, *rows: Any) -> Path:
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return path


def articles() -> list[Article]:
    return list(db.session.scalars(select(Article).order_by(Article.id).execution_options(populate_existing=True)))


def test_what_comes_in_is_published_found_and_kept_under_its_id(app: Flask, tmp_path: Path) -> None:
    source = lines(tmp_path / "a.jsonl", ARTICLE, {"id": 7, "title": "Draft", "body": "x", "status": "draft"})
    result = run("import", source)
    assert (result.exit_code, result.stdout) == (0, "2 new, 0 changed, 0 as they were.\n")
    first, second = articles()
    assert (first.external_id, first.status.value, first.category_id != second.category_id) == (
        "exp-1",
        "published",
        True,
    )
    assert first.body == "Press **Export**."
    assert second.external_id == "7"
    found = json.loads(run("search", "exprot", "--json").stdout)
    assert [(row["id"], row["url"]) for row in found] == [
        ("exp-1", f"http://localhost:8000/kb/articles/{first.id}-export-your-trades")
    ]


def test_the_same_again_changes_nothing_and_another_word_one_article(app: Flask, tmp_path: Path) -> None:
    source = lines(tmp_path / "a.jsonl", ARTICLE)
    run("import", source)
    assert run("import", source).stdout == "0 new, 0 changed, 1 as they were.\n"
    lines(source, {**ARTICLE, "summary": "Every one."})
    assert json.loads(run("import", source, "--json").stdout) == {"new": 0, "changed": 1, "same": 0, "problems": []}
    assert [row.version for row in db.session.scalars(select(ArticleRevision))] == [1, 2]


WRONG = [
    "no json",
    "[1]",
    '"text"',
    {"title": "No id", "body": "x"},
    {**ARTICLE, "id": "a", "title": ""},
    {**ARTICLE, "id": "b", "body": None},
    {**ARTICLE, "id": "c", "status": "gone"},
    {**ARTICLE, "id": "d", "title": "x" * 201},
    {**ARTICLE, "id": "e", "body": "nul \0"},
    {**ARTICLE, "id": "f", "tags": "not a list of words, but text", "title": 7},
    '{"id": "g", "title": "\\ud800", "body": "x"}',
    "[" * 100_000,
]


def test_what_cannot_be_taken_is_named_by_its_line_and_the_rest_is_kept(app: Flask, tmp_path: Path) -> None:
    result = run("import", lines(tmp_path / "a.jsonl", *WRONG, "", ARTICLE, {**ARTICLE, "id": "exp-2"}))
    assert [article.external_id for article in articles()] == ["exp-1", "exp-2"]
    told = [line.split(":")[0] for line in result.stderr.splitlines() if line.startswith("line ")]
    assert told == [f"line {number}" for number in range(1, len(WRONG) + 1)]
    assert str(result.exception) == "12 of 14 could not be taken."


def test_what_goes_out_comes_in_again_unchanged(app: Flask, tmp_path: Path) -> None:
    run(
        "import",
        lines(tmp_path / "a.jsonl", ARTICLE, {**ARTICLE, "id": "exp-2", "status": "internal", "title": "Où: «x»"}),
    )
    (tmp_path / "folder").mkdir()
    for target, extra in (
        (tmp_path / "out.jsonl", ()),
        (tmp_path / "folder", ()),
        (tmp_path / "other", ("--markdown",)),
    ):
        assert run("export", target, *extra).stdout.startswith("2 articles written")
        assert run("import", target).stdout == "0 new, 0 changed, 2 as they were.\n"
    assert sorted(path.name for path in (tmp_path / "folder").rglob("*.md")) == [
        "exp-1-export-your-trades.md",
        "exp-2-ou-x.md",
    ]


def test_a_folder_of_markdown_is_taken_with_what_its_files_say_of_themselves(app: Flask, tmp_path: Path) -> None:
    shelf = tmp_path / "billing-and-plans"
    shelf.mkdir()
    (shelf / "vat-number.md").write_text(
        "---\ntags: [vat]\n---\n# Add a VAT number\n\nOpen **Plan**.", encoding="utf-8"
    )
    (shelf / "broken.md").write_text("---\ntags: [vat\n---\nx", encoding="utf-8")
    result = run("import", tmp_path)
    [article] = articles()
    assert (article.external_id, article.title, article.tags) == (
        "billing-and-plans/vat-number",
        "Add a VAT number",
        ["vat"],
    )
    assert article.body == "Open **Plan**."
    assert "billing-and-plans/broken.md: cannot be read" in result.stderr
