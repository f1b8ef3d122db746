"""Markdown that people wrote, rendered to HTML that cannot harm."""

import re
from functools import lru_cache
from html import escape

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}

# What the parser is asked to do at most: it holds up everybody else in the process, and some of it grows with the square.
_MOST_MARKS = 5_000
_MOST_BRACKETS = 600
_MOST_LINES = 3_000
_MOST_CELLS = 5_000
_MOST_LINK_WORK = 8_000_000  # what may be links, times the characters each of them may look through
_MARK = re.compile(r"[*_~`\[\]<>|&\\#!]")
_LINK = re.compile(r"://|//|@|\.\w")
_TABLE = frozenset("|:- \t>")
_LINE_END = re.compile(r"\r\n?")
_GAP = re.compile(r"\n[ \t]*\n\s*")


@lru_cache(maxsize=2)
def _markdown(*, has_links: bool) -> MarkdownIt:
    """Without reference definitions: one of them, named often, makes a short text a huge page."""
    parser = MarkdownIt("commonmark", {"html": False, "linkify": has_links, "breaks": True})
    return parser.enable(["linkify", "table", "strikethrough"]).disable("reference")


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer nofollow"
    )


def render_markdown(text: str) -> str:
    """Safe HTML of a message: parsed, rendered, then rebuilt from an allow-list. Raw HTML in the text shows as text.

    A text with more marks than people write is shown as it was written, one with too many links has them as text.
    """
    plain = _LINE_END.sub("\n", text)
    html = _as_written(plain) if _is_laborious(plain) else _markdown(has_links=_may_look_for_links(plain)).render(plain)
    return _cleaner().clean(html)


def _is_laborious(text: str) -> bool:
    lines = text.split("\n")
    columns = max(line.count("|") if _TABLE.issuperset(line) else 0 for line in lines)
    return (
        len(_MARK.findall(text)) > _MOST_MARKS
        or text.count("[") > _MOST_BRACKETS
        or len(lines) > _MOST_LINES
        or columns * len(lines) > _MOST_CELLS
    )


def _may_look_for_links(text: str) -> bool:
    return len(_LINK.findall(text)) * len(text) <= _MOST_LINK_WORK


def _as_written(text: str) -> str:
    paragraphs = _GAP.split(escape(text, quote=False).strip())
    return "\n".join(f"<p>{_broken(paragraph)}</p>" for paragraph in paragraphs)


def _broken(paragraph: str) -> str:
    return paragraph.replace("\n", "<br>\n")
