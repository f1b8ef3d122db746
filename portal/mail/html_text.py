# ruff: noqa: RUF001 (words of many alphabets)
"""HTML mail as plain text: quoted blocks get "> " marks, so that one set of rules tells new words from history."""

import re
from collections.abc import Callable
from functools import lru_cache
from html.parser import HTMLParser
from itertools import accumulate

import nh3

_LONGEST = 1_000_000  # characters
_DEEPEST_QUOTE = 20
_DEEPEST_TREE = 1_500

_BLOCKS = {
    "address", "article", "aside", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form", "header",
    "hr", "li", "main", "nav", "ol", "section", "table", "tr", "ul", "pre",
}  # fmt: skip
_PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"}
_BARE_AMPERSAND = re.compile(r"&(?!#?\w{1,32};|nbsp|lt|gt|quot)")  # a million of them would take the cleaner seconds
_STAND_IN = "\ufdd0"  # no character, so no text holds it
_NESTING = re.compile(r"<(/)?(?!p\b|br\b|hr\b|img\b|meta\b|link\b|li\b|t[dhr]\b)[a-z]", re.IGNORECASE)
_KEPT = _BLOCKS | _PARAGRAPHS | {"a", "br", "td", "th", "tbody", "thead", "span", "img", "b", "strong"}
_SILENT = {"script", "style", "title", "head", "template", "noscript", "object", "svg", "math"}
_TIGHT = re.compile(r"mso|plaintext", re.IGNORECASE)
_NO_MARGIN = re.compile(r"margin(?:-top|-bottom)?\s*:\s*0", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_SIGNATURE = re.compile(r"gmail_signature|moz-signature|^signature$", re.IGNORECASE)


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    """Rebuilds any tag soup into well-formed HTML; only structure and the marks of quoting survive."""
    return nh3.Cleaner(
        tags=_KEPT,
        clean_content_tags=_SILENT,
        attributes={"*": {"class", "id", "style", "type"}, "a": {"href"}, "img": {"alt"}},
        link_rel=None,
    )


def html_to_text(html: str) -> str:
    """Readable text with lines where a browser would show them. Linear in the size; 1 MB at most is read."""
    html = html[:_LONGEST]
    if _is_nested_too_deep(html):
        return re.sub(r"<[^<>]*>", " ", html)
    writer = _Writer()
    writer.feed(_cleaner().clean(_BARE_AMPERSAND.sub(_STAND_IN, html))[: 2 * _LONGEST])
    writer.close()
    return writer.text().replace(_STAND_IN, "&")


def _is_nested_too_deep(html: str) -> bool:
    """No mail program writes this; building such a tree takes the square of its depth."""
    depths = accumulate(-1 if tag[1] else 1 for tag in _NESTING.finditer(html))
    return any(depth > _DEEPEST_TREE for depth in depths)


class _Writer(HTMLParser):
    """Collects lines from well-formed HTML. `open` holds what to do when each open element ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line = ""
        self._gap = 0  # empty lines wanted before the next words
        self._quotes = 0
        self._hidden = 0
        self._verbatim = 0
        self._open: list[tuple[str, Callable[[], None] | None]] = []

    def text(self) -> str:
        self._break()
        return "\n".join(self._lines).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "br":
            self._new_line()
        elif tag == "hr":
            self._break()
        elif tag == "img":
            self._image(values.get("alt", ""))
        else:
            self._open.append((tag, self._enter(tag, values)))

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1][0] == tag:
            leave = self._open.pop()[1]
            if leave:
                leave()

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._verbatim:
            first, *others = data.split("\n")
            self._line += first
            for line in others:
                self._new_line()
                self._line += line
            return
        words = re.sub(r"[ \t\r\n\f]+", " ", data)
        self._line += words.lstrip(" ") if not self._line or self._line.endswith(" ") else words

    # --- elements

    def _enter(self, tag: str, values: dict[str, str]) -> Callable[[], None] | None:
        if _HIDDEN.search(values.get("style", "")):
            self._hidden += 1
            return self._leave_hidden
        if tag == "a":
            return self._link(values.get("href", ""))
        if tag in ("td", "th"):
            self._line += " " if self._line.strip() else ""
            return None
        if tag in _PARAGRAPHS or tag in _BLOCKS:
            return self._enter_block(tag, values)
        return None

    def _enter_block(self, tag: str, values: dict[str, str]) -> Callable[[], None]:
        is_spaced = tag in _PARAGRAPHS and not _is_tight(values)
        self._break(1 if is_spaced else 0)
        if tag == "blockquote" and not _is_plain_indent(values, self._quotes, self._lines):
            self._quotes += self._quotes < _DEEPEST_QUOTE
            return self._leave_quote
        if tag == "li":
            self._line = "- "
        if tag == "pre":
            self._verbatim += 1
            return self._leave_verbatim
        if _SIGNATURE.search(f"{values.get('class', '')}") and not self._quotes and self._needs_delimiter():
            self._lines.append("-- ")
        return lambda: self._break(1 if is_spaced else 0)

    def _needs_delimiter(self) -> bool:
        return bool(self._lines) and self._lines[-1].strip() != "--"

    def _leave_hidden(self) -> None:
        self._hidden -= 1

    def _leave_quote(self) -> None:
        self._break()
        self._quotes = max(0, self._quotes - 1)

    def _leave_verbatim(self) -> None:
        self._break()
        self._verbatim -= 1

    def _link(self, href: str) -> Callable[[], None] | None:
        """An address that the words do not show follows them."""
        begin = len(self._line)

        def leave() -> None:
            shown = self._line[begin:] if len(self._line) >= begin else self._line
            is_told = href.rstrip("/").partition("://")[2] in shown
            if href.startswith(("http://", "https://")) and shown.strip() and not is_told and not self._quotes:
                self._line += f" <{href[:2000]}>"

        return leave

    def _image(self, alt: str) -> None:
        if alt.strip() and not self._hidden:
            self._line += f"[{alt.strip()[:200]}]"

    # --- lines

    def _break(self, gap: int = 0) -> None:
        """End the line that has words; ask for empty lines before the next words."""
        if self._line.strip(" -") or self._line.strip() == "-":
            self._new_line()
        self._line = ""
        self._gap = max(self._gap, gap)

    def _new_line(self) -> None:
        line = self._line.replace("\xa0", " ").rstrip() if self._line.strip() != "--" else "-- "
        mark = "> " * self._quotes
        if line and self._gap and self._lines and self._lines[-1].strip("> "):
            self._lines.append(mark.rstrip())
        if line:
            self._gap = 0
        self._lines.append((mark + line).rstrip() if line != "-- " else mark + line)
        self._line = ""


def _is_tight(values: dict[str, str]) -> bool:
    return bool(_TIGHT.search(values.get("class", "")) or _NO_MARGIN.search(values.get("style", "")))


def _is_plain_indent(values: dict[str, str], quotes: int, lines: list[str]) -> bool:
    """Gmail's indent button makes the same element as its quoting; without an announcement above it is the writer's own."""
    if quotes or "gmail_quote" not in values.get("class", ""):
        return False
    above = next((line for line in reversed(lines) if line.strip()), "")
    return not above.rstrip().endswith((":", "："))
