# ruff: noqa: RUF001 (words of many alphabets)
"""New text told from quoted history and signature, without ever throwing away what a customer wrote.

The rules look at lines, each at most once and each shortened, so a text of a megabyte costs a few steps for each line.
Where two readings are possible, the one that hides less wins: folding is a comfort, losing words a fault.
"""

import re
from dataclasses import dataclass
from itertools import groupby

from mailparser_reply import EmailReplyParser
from mailparser_reply.constants import MAIL_LANGUAGES

from portal.rules import reply_words as words

REPLY_MARKER = "Please reply above this line"

_LOOKED_AT = 400  # characters of a line that the patterns see; attribution lines are shorter
_LONGEST_TEXT = 1_000_000  # characters; what lies beyond stays with whatever the last line before it belongs to
_MOST_LINES = 20_000
_SIGNATURE_LINES = 15
_SIGNATURE_WIDTH = 120
_SECOND_OPINION = 4_000  # characters handed to mail-parser-reply, whose patterns are not linear

_QUOTED = re.compile(r"\s{0,3}[>＞](?!\s?[:：]\s*$)")  # ">:" alone is the wrapped end of an attribution
_RULE = re.compile(r"[>\s]*+[-_=*–—]{5,}+\s*$")
_LABEL = re.compile(r"[>\s]{0,20}+[*_]{0,2}([^\W\d_][\w .-]{0,20}?)\s{0,2}[*_]{0,2}\s?[:：]")
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+|mailto:")
_VERB = re.compile(
    rf"(?:^|[\s>)\"”'_*,]|日|분)(?:{words.WROTE})(?:$|[\s:：,(<*_\"“])|{words.WROTE_UNSPACED}", re.IGNORECASE
)
_SELF = re.compile(
    r"\b(?:I|we|I've|you|ich|wir|je|j'ai|yo|eu|io|ik|jag|jeg)\s+(?:have\s+|had\s+)?\w+\s*(?:to\s\w+)?\s*[:：]$",
    re.IGNORECASE,
)
_MONTH = rf"(?:{words.MONTHS})[^\W\d]{{0,9}}\.?"
_DATE = (
    rf"(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}|\d{{1,2}}[ -]{_MONTH}|\d{{1,2}}\.?\s+(?:de\s+)?{_MONTH}|"
    rf"{_MONTH}\s+\d{{1,2}}\b|"
    r"\d{1,2}[:.]\d\d\b|\d{4}\s?[年년]|\b(?:19|20)\d\d\b)"
)
_STARTS = re.compile(
    rf"[>\s*_-]*(?:\"|“)?(?:(?:{words.ON})\b[^\n]{{0,60}}?|[^\W\d]{{2,12}}\.?,?\s|)\(?{_DATE}", re.IGNORECASE
)
_SHARED = re.compile(
    rf"^(?P<own>\S.*?)[\s-]*?(?:-{{2,}}\s*|\s)(?:On|Am|Le|El|Op|Il|Em)\s[^\n]{{0,40}}?{_DATE}[^\n]{{0,250}}$"
)
_ORIGINAL = re.compile(
    rf"[>\s]*+[-_=*]{{2,}}+\s?[^\n]{{0,25}}?(?:{words.ORIGINAL})[^\n]{{0,40}}?[-_=*]{{2,}}", re.IGNORECASE
)
_FORWARDED = re.compile(
    rf"[>\s]*+(?:[-_=*]{{2,}}+\s?[^\n]{{0,25}}?(?:{words.FORWARDED})|begin forwarded message)", re.IGNORECASE
)
_MARKER = re.compile(re.escape(REPLY_MARKER), re.IGNORECASE)
_DELIMITER = re.compile(r"\s{0,3}--[\s\u200b]{0,3}$")
_MOBILE = re.compile(rf"\s*(?:{'|'.join(words.MOBILE_SIGNATURES)})[.!]?\s*(?:<[^>]*>|\([^)]*\))?\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class ReplyText:
    """The three parts of a mail's text. Every word of the text is in one of them, attribution lines in `quoted`."""

    reply: str
    signature: str
    quoted: str


@dataclass(frozen=True)
class _Start:
    """Where quoted history begins: its first line, and the first line after what announces it."""

    first: int
    after: int
    own: str = ""  # words of the customer that share the announcing line


def split_reply(text: str) -> ReplyText:
    """New text, signature and quoted history of a mail's plain text. Interleaved answers keep the lines they answer."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    beyond = text[_LONGEST_TEXT:]
    every = text[:_LONGEST_TEXT].split("\n")
    lines, more = every[:_MOST_LINES], every[_MOST_LINES:]
    reply, quoted = _told_apart(lines)
    last = quoted if quoted and not _answers_below(reply, lines) else reply
    last.extend([*more, *([beyond] if beyond else [])])
    own, signature = _without_signature(reply)
    return ReplyText(_joined(own), _joined(signature), _joined(quoted))


def _answers_below(reply: list[str], lines: list[str]) -> bool:
    """Whether the text's last line is the customer's own."""
    return bool(reply and lines and reply[-1] == lines[-1])


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n").rstrip()


def _told_apart(lines: list[str]) -> tuple[list[str], list[str]]:
    start = _first_start(lines)
    if start is None:
        return _around_bare_quotes(lines)
    head = [*lines[: start.first], *([start.own] if start.own else [])]
    tail, is_mixed = _own_words_after(lines, start.after)
    if is_mixed or (not _has_words([*head, *tail]) and not _is_all_quoted(lines[start.after :])):
        return lines, []
    if not tail:
        return head, lines[start.first :]
    kept = len(lines) - len(tail)
    return [*head, "", *tail], lines[start.first : kept]


def _has_words(lines: list[str]) -> bool:
    return any(line.strip() for line in lines)


def _is_all_quoted(lines: list[str]) -> bool:
    return all(_QUOTED.match(line) for line in lines if line.strip())


# --- where history starts


def _first_start(lines: list[str], begin: int = 0) -> _Start | None:
    """The first line that announces history; a forwarded mail is no history but what the customer wants to show."""
    seen = [line[:_LOOKED_AT].replace("\xa0", " ") for line in lines]
    for index in range(begin, len(seen)):
        if _FORWARDED.match(seen[index]):
            return None
        found = _start_at(seen, index)
        if found is not None and found.first >= begin:
            return _with_rule_above(seen, found, begin)
    return _second_opinion(lines) if begin == 0 else None


def _start_at(seen: list[str], index: int) -> _Start | None:
    line = seen[index]
    if not line.strip():
        return None
    if _MARKER.search(line):
        return _Start(_announced_above(seen, index), index + 1)
    if _QUOTED.match(line):
        return None
    if _ORIGINAL.match(line) or _is_dashed(line):
        return _Start(index, index + 1)
    return _attribution(seen, index) or _header_block(seen, index)


def _is_dashed(line: str) -> bool:
    """ "---- Cleo wrote ----", as phones write it."""
    bare = line.strip("> \t")
    return bare.startswith("--") and bare.endswith("--") and _names_a_writer(bare.strip("- "))


def _with_rule_above(seen: list[str], start: _Start, begin: int) -> _Start:
    """A line of dashes right above belongs to the announcement."""
    first = start.first
    for index in range(start.first - 1, max(begin, start.first - 4) - 1, -1):
        if _RULE.match(seen[index]):
            first = index
        elif seen[index].strip():
            break
    return _Start(first, start.after, start.own)


def _announced_above(seen: list[str], index: int) -> int:
    """The start of an attribution in a language we do not know, standing right above our marker line."""
    above = index
    while above > 0 and (not seen[above - 1].strip() or _QUOTED.match(seen[above - 1])):
        above -= 1
    last = above - 1
    if last < 0 or not re.search(r"[:：]\s*$", seen[last]):
        return above
    first = last
    while first > 0 and last - first < 2 and seen[first - 1].strip():
        first -= 1
    paragraph = " ".join(seen[first:above])
    return first if _ADDRESS.search(paragraph) and re.search(r"\d", paragraph) else above


def _attribution(seen: list[str], end: int) -> _Start | None:
    """ "On 3 May, Ana wrote:" in its many forms; it may be wrapped over up to four lines and always ends in a colon."""
    if not re.search(r"[:：]\s*[*_]?\s*$", seen[end]) or _SELF.search(seen[end].rstrip()):
        return None
    for first in range(end, max(-1, end - 4), -1):
        if not seen[first].strip() or _QUOTED.match(seen[first]):
            break
        if _STARTS.match(seen[first]) and _names_a_writer(" ".join(seen[first : end + 1])):
            return _Start(first, end + 1)
    return _attribution_without_date(seen, end)


def _names_a_writer(line: str) -> bool:
    if re.search(r"[>)\]]\s?[:：]\s*$", line) and _ADDRESS.search(line):
        return True
    verb = _VERB.search(line)
    if verb is None:
        return False
    return verb.group().strip(" :,").lower() not in ("sent", "от") or bool(_ADDRESS.search(line))


def _attribution_without_date(seen: list[str], end: int) -> _Start | None:
    line = seen[end]
    if not _VERB.search(line):
        return None
    shared = _SHARED.match(line)
    if shared and _next_is_quoted(seen, end):
        return _Start(end, end + 1, shared["own"].rstrip(" -"))
    if _ADDRESS.search(line) or (_next_is_quoted(seen, end) and len(line) < 120):
        first = end - 1 if line.strip().startswith("<") and end and seen[end - 1].strip() else end
        return _Start(first, end + 1)
    return None


def _next_is_quoted(seen: list[str], index: int) -> bool:
    following = next((line for line in seen[index + 1 : index + 5] if line.strip()), "")
    return bool(_QUOTED.match(following))


def _label(line: str) -> str | None:
    found = _LABEL.match(line)
    return words.HEADER_LABELS.get(found[1].lower().strip()) if found else None


def _header_block(seen: list[str], first: int) -> _Start | None:
    """Outlook's "From: … Sent: … To: … Subject: …". Sender with date or receiver, and a subject or a mail address."""
    if _label(seen[first]) in (None, words.OTHER):
        return None
    labels: set[str] = set()
    after, loose = first, 0
    for index in range(first, min(first + 14, len(seen))):
        label = _label(seen[index])
        loose = 0 if label else loose + 1
        if loose > 2:
            break
        if label:
            labels.add(label)
            after = index + 1
    block = " ".join(seen[first:after])
    is_complete = (words.FROM in labels and len(labels) >= 2) or {words.DATE, words.TO} <= labels
    if is_complete and (words.SUBJECT in labels or _ADDRESS.search(block)):
        return _Start(first, after)
    return None


# --- what stands below or around quoted lines


def _own_words_after(lines: list[str], begin: int) -> tuple[list[str], bool]:
    """The customer's words under the quoted lines that follow an announcement, and whether they stand between them.

    Without marked lines right after the announcement all of the rest is history (top posting).
    """
    if not _next_is_quoted(lines, begin - 1):
        return [], False
    later = _first_start(lines, begin)
    runs = _runs(lines[begin : later.first if later else len(lines)])
    own = [index for index, (is_quoted, _) in enumerate(runs) if not is_quoted]
    if not own:
        return [], False
    if own != [len(runs) - 1]:
        return [], True
    return (runs[-1][1], False) if later is None else ([], True)


def _runs(lines: list[str]) -> list[tuple[bool, list[str]]]:
    """Lines in runs of quoted and own; blank lines and broken ends of quoted lines belong to the run above them."""
    marks: list[bool] = []
    for index, line in enumerate(lines):
        above = marks[-1] if marks else bool(_QUOTED.match(line)) or not line.strip()
        marks.append(bool(_QUOTED.match(line)) or (above and (not line.strip() or _is_broken_end(lines, index))))
    return [
        (is_quoted, [line for _, line in group])
        for is_quoted, group in groupby(zip(marks, lines, strict=True), key=lambda pair: pair[0])
    ]


def _is_broken_end(lines: list[str], index: int) -> bool:
    """A quoted line was wrapped on the way, so that its end stands without a mark: an open bracket closes here."""
    above = lines[index - 1][-_LOOKED_AT:] if index else ""
    if not _QUOTED.match(lines[index - 1] if index else ""):
        return False
    is_open = above.rfind("(") > above.rfind(")") or above.rfind("<") > above.rfind(">", 2)
    return is_open and bool(re.match(r"\S+[)>]", lines[index][:_LOOKED_AT]))


def _around_bare_quotes(lines: list[str]) -> tuple[list[str], list[str]]:
    """Marked lines that nothing announces: one run at the end, or a long one on top, is history; others are answered."""
    runs = _runs(lines)
    quoted = [index for index, (is_quoted, group) in enumerate(runs) if is_quoted and _has_words(group)]
    if len(quoted) != 1 or len(runs) < 2:
        return lines, []
    at = quoted[0]
    group = runs[at][1]
    marked = [line for line in group if line.strip(" >\t")]
    others = [line for index, (_, run) in enumerate(runs) if index != at for line in run]
    is_long = len(marked) >= 3 or (len(marked) >= 2 and _announces_inside(marked))
    is_history = (at == len(runs) - 1 and len(marked) >= 2) or (at == 0 and is_long)
    return (others, group) if is_history and _has_words(others) else (lines, [])


def _announces_inside(marked: list[str]) -> bool:
    bare = [line.lstrip("> \t")[:_LOOKED_AT] for line in marked[:6]]
    return bool(_attribution(bare, 0) or _header_block(bare, 0))


def _second_opinion(lines: list[str]) -> _Start | None:
    """mail-parser-reply's languages, asked about a short text in which our own rules found nothing.

    Its answer counts only where it starts at a line that holds a mail address or a date, so that plain words stay.
    """
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line[:200].strip() for line in lines))
    if len(text) > _SECOND_OPINION or ("@" not in text and not re.search(r"\d{4}", text)):
        return None
    replies = EmailReplyParser(languages=list(MAIL_LANGUAGES)).read(text).replies
    header = replies[1].headers if len(replies) > 1 else ""
    first_line = header.strip().split("\n")[0].strip() if header else ""
    if not first_line or not (_ADDRESS.search(header or "") and re.search(_DATE, header or "", re.IGNORECASE)):
        return None
    for index, line in enumerate(lines):
        if line[:200].strip() == first_line and not _QUOTED.match(line):
            return _Start(index, index + (header or "").strip().count("\n") + 1)
    return None


# --- signatures


def _without_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """Split at "-- " or at a line a phone adds, when only a few short lines follow."""
    for index in range(max(1, len(lines) - 60), len(lines)):
        is_mark = _DELIMITER.match(lines[index]) or (len(lines[index]) <= 100 and _MOBILE.match(lines[index]))
        if is_mark and _has_words(lines[:index]) and _is_short(lines[index + 1 :]):
            return lines[:index], lines[index:]
    return lines, []


def _is_short(lines: list[str]) -> bool:
    """A signature has few lines and none that runs on like a sentence of the letter."""
    filled = [line for line in lines if line.strip()]
    return len(filled) <= _SIGNATURE_LINES and all(len(line) <= _SIGNATURE_WIDTH for line in filled)
