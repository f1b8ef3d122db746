"""Articles: Markdown with tables, code, callouts, pictures of our own, and headings that can be linked to.

HTML in the text is let through the same allow-list as what Markdown makes; pictures from elsewhere become links, because
a page shows only what comes from here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from portal.base.markup.laborious import Bounds, is_laborious, may_look_for_links
from portal.base.markup.messages import FOCUSABLE, as_written, image_as_link
from portal.base.slugs import slug

_TAGS = {
    "p", "br", "strong", "b", "em", "i", "s", "u", "sup", "sub", "kbd", "code", "pre", "blockquote", "ul", "ol", "li", "a",
    "dl", "dt", "dd", "h2", "h3", "h4", "h5", "h6", "hr", "table", "thead", "tbody", "tr", "th", "td", "img", "figure",
    "figcaption", "details", "summary", "div",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "img": {"src", "alt", "width", "height"},
    "div": {"class"},
    "p": {"class"},
    "code": {"class"},
    "th": {"colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    **{f"h{level}": {"id"} for level in range(2, 7)},
}
_SCHEMES = {"http", "https", "mailto"}
_BOUNDS = Bounds(marks=40_000, brackets=3_000, lines=8_000, cells=20_000)
_CALLOUTS = {"NOTE": "Note", "TIP": "Tip", "IMPORTANT": "Important", "WARNING": "Warning", "CAUTION": "Caution"}
_CALLOUT = re.compile(rf"\[!({'|'.join(_CALLOUTS)})\][ \t]*", re.IGNORECASE)
_ALLOWED = {
    ("div", "class"): re.compile(rf"callout (?:{'|'.join(word.lower() for word in _CALLOUTS)})"),
    ("p", "class"): re.compile(r"callout-title"),
    ("code", "class"): re.compile(r"language-[\w+-]{1,30}"),
    ("img", "src"): re.compile(r"/kb/images/[1-9][0-9]{0,17}"),
    ("img", "width"): re.compile(r"[0-9]{1,4}"),
    ("img", "height"): re.compile(r"[0-9]{1,4}"),
}
_HEADING_ID = re.compile(r"h-[\w-]{1,80}")
_GIVEN_NAME = re.compile(r"\s*\{#([\w-]{1,80})\}\s*$")
_LINE_END = re.compile(r"\r\n?")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Heading:
    """One line of the table of contents; level 2 is the highest within an article."""

    level: int
    id: str
    text: str


@dataclass(frozen=True)
class RenderedArticle:
    """Safe HTML, the headings to link to, and how many words there are to read."""

    html: str
    headings: Sequence[Heading]
    words: int


def render_article(text: str) -> RenderedArticle:
    """Safe HTML of an article. A text with more marks than people write is shown as it was written."""
    plain = _LINE_END.sub("\n", text)
    if is_laborious(plain, _BOUNDS):
        return RenderedArticle(_cleaner().clean(as_written(plain)), (), len(_WORD.findall(plain)))
    parser = _markdown(has_links=may_look_for_links(plain))
    tokens = parser.parse(plain)
    headings = _name_headings(tokens)
    _aim_links(tokens)
    _mark_callouts(tokens)
    html = parser.renderer.render(tokens, parser.options, {})
    words = sum(len(_WORD.findall(token.content)) for token in tokens)
    return RenderedArticle(_cleaner().clean(html), headings, words)


@lru_cache(maxsize=2)
def _markdown(*, has_links: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "linkify": has_links})
    parser.enable(["linkify", "table", "strikethrough"]).disable("reference")
    parser.add_render_rule("image", _image)
    return parser


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_allowed,
        set_tag_attribute_values=FOCUSABLE,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
    )


def _allowed(tag: str, attribute: str, value: str) -> str | None:
    pattern = _HEADING_ID if attribute == "id" else _ALLOWED.get((tag, attribute))
    return value if pattern is None or pattern.fullmatch(value) else None


def _image(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A picture of ours as a picture, one from elsewhere as a link to it."""
    source = str(tokens[index].attrGet("src") or "")
    if _ALLOWED["img", "src"].fullmatch(source):
        return f'<img src="{source}" alt="{escape(tokens[index].content)}">'
    return image_as_link(renderer, tokens, index, options, env)


def _name_headings(tokens: Sequence[Token]) -> list[Heading]:
    """Gives each heading an id made of its words. The page's title is its only h1, so all move down when the text has one."""
    down = 1 if any(token.type == "heading_open" and token.tag == "h1" for token in tokens) else 0
    headings: list[Heading] = []
    taken: set[str] = set()
    for token, inner in pairwise(tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + down, 6)}"
        if token.type == "heading_open":
            given = _take_given_name(inner)
            text = "".join(child.content for child in inner.children or () if child.type in ("text", "code_inline"))
            name = _free(f"h-{slug(given or text, 60)}", taken)
            token.attrSet("id", name)
            headings.append(Heading(int(token.tag[1]), name, text.strip()))
    return headings


def _take_given_name(inner: Token) -> str:
    """The name in "## Steps {#steps}", which is not part of the words; empty when none is given."""
    last = inner.children[-1] if inner.children else None
    found = _GIVEN_NAME.search(last.content) if last is not None and last.type == "text" else None
    if last is None or found is None:
        return ""
    last.content = last.content[: found.start()]
    return found[1]


def _aim_links(tokens: Sequence[Token]) -> None:
    """A link to a heading of the same text ("#steps") leads to the id that heading was given here."""
    for token in tokens:
        for child in token.children or ():
            target = str(child.attrGet("href") or "") if child.type == "link_open" else ""
            if target.startswith("#") and not target.startswith("#h-"):
                child.attrSet("href", f"#h-{slug(unquote(target[1:]), 60)}")


def _free(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    taken.add(found)
    return found


def _mark_callouts(tokens: list[Token]) -> None:
    """A quotation that begins with [!NOTE], [!TIP] and the like is a callout: a box with that word on top."""
    for index in [index for index, token in enumerate(tokens) if token.type == "blockquote_open"]:
        inner = tokens[index + 2] if index + 2 < len(tokens) else None
        found = _CALLOUT.match(inner.content) if inner is not None and inner.type == "inline" else None
        if found and inner is not None:
            _make_callout(tokens, index, found[1].upper(), inner)


def _make_callout(tokens: list[Token], index: int, kind: str, inner: Token) -> None:
    opening = tokens[index]
    closing = next(
        token for token in tokens[index:] if token.type == "blockquote_close" and token.level == opening.level
    )
    opening.tag = closing.tag = "div"
    opening.attrSet("class", f"callout {kind.lower()}")
    children = list(inner.children or ())
    children[0].content = _CALLOUT.sub("", children[0].content, count=1)
    if not children[0].content:
        del children[: 2 if len(children) > 1 and children[1].type in ("softbreak", "hardbreak") else 1]
    paragraph = tokens[index + 1]
    title = Token("html_inline", "", 0, content="</p><p>") if children else None
    label = Token("text", "", 0, content=_CALLOUTS[kind])
    paragraph.attrSet("class", "callout-title")
    inner.children = [label, *([title] if title else []), *children]
