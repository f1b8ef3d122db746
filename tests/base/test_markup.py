"""Markdown becomes safe HTML, and no text makes the renderer work for long."""

import pytest

from portal.base.markup import messages, render_markdown

SIZE = 100_000


def repeated(text: str) -> str:
    return (text * (SIZE // len(text) + 1))[:SIZE]


def table(columns: int, rows: int) -> str:
    return f"{'|a' * columns}|\n{'|-' * columns}|\n" + "x\n" * rows


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that reached the Markdown parser; it still does its work."""
    texts: list[str] = []
    real = messages._markdown

    def watched(*, has_links: bool) -> object:
        texts.append("links" if has_links else "no links")
        return real(has_links=has_links)

    monkeypatch.setattr(messages, "_markdown", watched)
    return texts


def test_markdown_becomes_html_and_html_stays_text() -> None:
    html = render_markdown("**Hello** <b>you</b>\nsee https://a.example/b\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert "<strong>Hello</strong> &lt;b&gt;you&lt;/b&gt;<br>" in html
    assert 'href="https://a.example/b"' in html
    assert "<td>2</td>" in html


def test_a_picture_from_elsewhere_is_a_link_under_its_own_words() -> None:
    html = render_markdown("![My chart](https://a.example/c.png) ![](https://a.example/d.png)")
    assert '<a href="https://a.example/c.png" rel="noopener noreferrer nofollow">My chart</a>' in html
    assert ">Picture</a>" in html


@pytest.mark.parametrize("text", ["[x](javascript:alert(1))", "<script>alert(1)</script>", '<a href="x" onclick="y">'])
def test_nothing_that_runs_comes_through(text: str) -> None:
    html = render_markdown(text)
    assert "<script" not in html
    assert "<a" not in html


def test_an_ordinary_long_message_is_parsed_with_its_links(parsed: list[str]) -> None:
    html = render_markdown("- **One** of `many` [lines](https://a.example), see b.example and *ana@a.example*.\n" * 130)
    assert parsed == ["links"]
    assert html.count("<strong>One</strong>") == 130


@pytest.mark.parametrize("text", ["http://a", "https://x.de/((", "://", "www.a.de ", "a@b.de ", "a.de ", "//a.de "])
def test_a_text_of_links_is_parsed_without_looking_for_links(text: str, parsed: list[str]) -> None:
    assert "<a" not in render_markdown(repeated(text))
    assert "links" not in parsed


@pytest.mark.parametrize(
    "text",
    [
        "![", "[", "[a](", "[x\n", "[a]", "]", "*a**a", "_a__a", "*", "`a", "~~a", "<a ", "<http:a>", "<![CDATA[", "&amp;",
        "\\a", "|a", "|a|\n|-|\n", "- a\n", "> a\n", "a\n\n", "# a\n", ">" * 100 + "\na\n",
    ],
)  # fmt: skip
def test_a_text_of_nothing_but_marks_is_shown_as_it_was_written(text: str, parsed: list[str]) -> None:
    render_markdown(repeated(text))
    assert parsed == []


def test_a_wide_table_is_shown_as_it_was_written(parsed: list[str]) -> None:
    assert "<table>" in render_markdown(table(5, 200))
    assert "<table>" not in render_markdown(table(200, 200))
    assert parsed == ["links"]


def test_a_definition_cannot_multiply_a_text() -> None:
    text = "[a]: http://a.example/" + "x" * 500 + "\n\n" + "[a] " * 500
    assert len(render_markdown(text)) < 10 * len(text)


def test_what_is_shown_as_it_was_written_keeps_paragraphs_and_lines_and_is_escaped() -> None:
    html = render_markdown("One\ntwo <b>&amp;</b>\n\n\nthree" + "\n\n" + "![" * 50_000)
    assert html.startswith("<p>One<br>\ntwo &lt;b&gt;&amp;amp;&lt;/b&gt;</p>\n<p>three</p>\n<p>![![")
