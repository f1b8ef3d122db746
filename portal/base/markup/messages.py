"""Messages: Markdown as people write it in a hurry."""

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from portal.base.markup.laborious import Bounds, is_laborious, may_look_for_links

_TAGS = {
    "p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}
FOCUSABLE = {"pre": {"tabindex": "0"}}
"""Code that is wider than the page is scrolled with the keyboard, too."""

_BOUNDS = Bounds(marks=5_000, brackets=600, lines=3_000, cells=5_000)
_LINE_END = re.compile(r"\r\n?")
_GAP = re.compile(r"\n[ \t]*\n\s*")


@lru_cache(maxsize=2)
def _markdown(*, has_links: bool) -> MarkdownIt:
    """Without reference definitions: one of them, named often, makes a short text a huge page."""
    parser = MarkdownIt("commonmark", {"html": False, "linkify": has_links, "breaks": True})
    parser.enable(["linkify", "table", "strikethrough"]).disable("reference")
    parser.add_render_rule("image", image_as_link)
    return parser


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        set_tag_attribute_values=FOCUSABLE,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


def render_markdown(text: str) -> str:
    """Safe HTML of a message: parsed, rendered, then rebuilt from an allow-list. Raw HTML in the text shows as text.

    A text with more marks than people write is shown as it was written, one with too many links has them as text.
    """
    plain = _LINE_END.sub("\n", text)
    html = (
        as_written(plain)
        if is_laborious(plain, _BOUNDS)
        else _markdown(has_links=may_look_for_links(plain)).render(plain)
    )
    return _cleaner().clean(html)


def image_as_link(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """A picture from elsewhere is not shown but linked to, under its own words."""
    source = escape(str(tokens[index].attrGet("src") or ""))
    return f'<a href="{source}">{escape(tokens[index].content) or "Picture"}</a>'


def as_written(text: str) -> str:
    """The text itself as paragraphs, nothing in it meaning anything."""
    paragraphs = _GAP.split(escape(text, quote=False).strip())
    return "\n".join(f"<p>{_broken(paragraph)}</p>" for paragraph in paragraphs)


def _broken(paragraph: str) -> str:
    return paragraph.replace("\n", "<br>\n")
