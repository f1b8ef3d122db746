"""Articles: headings to link to, callouts, pictures of our own, and nothing that could do harm."""

import re
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.base.markup import Heading, render_article
from portal.base.slugs import slug


def html(text: str) -> str:
    return render_article(text).html


def test_headings_get_ids_of_their_words_and_each_its_own() -> None:
    found = render_article("## Set *it* up\n\n### With `code`\n\n## Set it up\n")
    assert list(found.headings) == [
        Heading(2, "h-set-it-up", "Set it up"),
        Heading(3, "h-with-code", "With code"),
        Heading(2, "h-set-it-up-2", "Set it up"),
    ]
    for heading in found.headings:
        assert f'<h{heading.level} id="{heading.id}">' in found.html


def test_a_heading_may_name_itself_and_links_within_the_text_find_it() -> None:
    found = render_article("[there](#set-up) and [here](#by-hand)\n\n## Set it up {#set-up}\n\n## By hand\n")
    assert [(heading.id, heading.text) for heading in found.headings] == [
        ("h-set-up", "Set it up"),
        ("h-by-hand", "By hand"),
    ]
    assert 'href="#h-set-up"' in found.html
    assert 'href="#h-by-hand"' in found.html
    assert "{#" not in found.html


def test_a_text_with_a_title_of_its_own_moves_down_one_level() -> None:
    assert [heading.level for heading in render_article("# Title\n\n## Steps\n\n###### Deep").headings] == [2, 3, 6]


@pytest.mark.parametrize("text", ["> [!NOTE]\n> Save **first**.", "> [!note] Save **first**."])
def test_a_quotation_that_says_so_is_a_callout(text: str) -> None:
    box = '<div class="callout note"> <p class="callout-title">Note</p><p>Save <strong>first</strong>.</p> </div>'
    assert " ".join(html(text).split()) == box


def test_a_callout_holds_lists_and_an_ordinary_quotation_stays_one() -> None:
    made = html("> [!WARNING]\n> Two things:\n>\n> - one\n> - two\n\n> said somebody [!NOTE]")
    assert re.search(r'<div class="callout warning">.*<li>two</li>.*</div>\s*<blockquote>', made, re.DOTALL)
    assert "[!NOTE]" in made


def test_pictures_of_ours_are_shown_and_others_are_links() -> None:
    assert '<img src="/kb/images/12" alt="A chart">' in html("![A chart](/kb/images/12)")
    assert re.search(r'<a href="https://x.example/a.png"[^>]*>A chart</a>', html("![A chart](https://x.example/a.png)"))
    assert "src" not in html('<img src="https://x.example/a.png">') + html("<img src='/kb/images/1/../../agent'>")


def test_tables_code_and_harmless_html_come_through() -> None:
    made = html("| a | b |\n|---|---|\n| 1 | <kbd>Ctrl</kbd> |\n\n```python\nx = 1\n```\n\nH<sub>2</sub>O")
    assert "<td><kbd>Ctrl</kbd></td>" in made
    assert '<code class="language-python">x = 1' in made
    assert "<sub>2</sub>" in made


HARM = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<svg onload=alert(1)><circle/></svg>",
    '<iframe src="https://x.example"></iframe>',
    "[x](javascript:alert(1))",
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href="data:text/html,x">x</a>',
    '<div class="topbar" id="alerts" style="position:fixed" hx-get="/x" data-hx-get="/x">x</div>',
    "<form action=/logout method=post><button>x</button></form>",
    "<style>body{display:none}</style>",
    '<h2 id="toasts">x</h2>',
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "```<script>\nx\n```",
]
WORSE = re.compile(
    r"<(script|svg|iframe|form|button|style|math|object|embed)|\son\w+=|javascript:|data:|style=|hx-|id=\"(?!h-)|class=\"top",
    re.IGNORECASE,
)


@pytest.mark.parametrize("text", HARM)
def test_nothing_that_runs_or_reaches_into_the_page_comes_through(text: str) -> None:
    for way in (text, f"a {text} b", f"> [!NOTE] {text}", f"# {text}"):
        tags = "".join(re.findall(r"<[^>]*>", html(way)))
        assert not WORSE.search(tags), tags


@given(st.text(st.sampled_from("<>[]()!*_`#|&;:/\\\"'= \n-abhnrefsci1"), max_size=300))
def test_whatever_is_typed_is_rendered_and_harmless(text: str) -> None:
    tags = "".join(re.findall(r"<[^>]*>", html(text)))
    assert not WORSE.search(tags)


LABORIOUS = ["[" * 200_000, "![" * 90_000, "> " * 90_000, "**a " * 50_000, "`" * 200_000, "<a " * 60_000]


@pytest.mark.parametrize("text", LABORIOUS, ids=lambda text: text[:4])
def test_what_the_parser_would_chew_on_for_minutes_is_shown_as_it_was_written(text: str) -> None:
    assert html(text) == f"<p>{escape(text.strip(), quote=False)}</p>"


def test_words_are_counted_and_slugs_are_addresses() -> None:
    assert render_article("Two words\n\n## And three more").words == 5
    assert slug("Où est l'Été? — 100 %") == "ou-est-l-ete-100"
    assert slug("!!!") == "article"
    assert slug("تصدير البيانات") == "تصدير-البيانات"
    assert len(slug("word " * 100)) <= 100
