"""What the receiving mail server found out about the sender, read from Authentication-Results (RFC 8601)."""

import re
from collections.abc import Iterable, Sequence

from portal.rules.threading import Verdict

_RESULT = re.compile(r"\s*(spf|dkim|dmarc)\s*(?:/\s*\d+\s*)?=\s*(\w+)(?=\s|$)", re.IGNORECASE)
_PIECE = re.compile(r'(?P<quoted>"(?:[^"\\]|\\.)*+")|(?P<escaped>\\.)|(?P<mark>["()\\])|[^"()\\]++', re.DOTALL)
_QUOTED = '""'


def sender_verdict(results: Sequence[str], trusted_server: str) -> Verdict:
    """Only headers of the configured server count, the topmost one; anybody can write the others.

    DMARC decides where it was checked: it alone ties the checks to the From people see. Without it a failed SPF or
    DKIM is a fail unless the other passed (forwarding breaks SPF), and passes prove nothing about From.
    """
    if not trusted_server:
        return Verdict.NONE
    for result in results:
        plain, is_whole = _without_free_text(result)
        server, *findings = plain.split(";")
        if (server.split() or [""])[0].lower() == trusted_server.lower():
            return _judged(findings) if is_whole else Verdict.FAIL
    return Verdict.NONE


def _without_free_text(header: str) -> tuple[str, bool]:
    """The header without its comments and quoted strings, and whether each of them ended.

    The sender chooses much of what stands in them. One left open may hide a fail.
    """
    kept: list[str] = []
    depth, at = 0, 0
    while at < len(header):
        piece = _PIECE.match(header, at)
        if piece is None or (depth and piece["quoted"]):
            at += 1  # inside a comment a quotation mark is a letter like others
            continue
        at, text = piece.end(), piece.group()
        if piece["mark"] and text in '"\\' and not depth:
            return "".join(kept), False
        if not depth and text not in ("(", ")"):
            kept.append(_QUOTED if piece["quoted"] else text)
        depth = max(0, depth + (text == "(") - (text == ")"))
        kept.append(" " if text == ")" and not depth else "")
    return "".join(kept), depth == 0


def _judged(findings: Iterable[str]) -> Verdict:
    """Of each part only how it begins counts, `method=result`: what follows repeats what the sender said."""
    found: dict[str, set[str]] = {"spf": set(), "dkim": set(), "dmarc": set()}
    for match in filter(None, map(_RESULT.match, findings)):
        found[match[1].lower()].add(match[2].lower())
    dmarc, others = found["dmarc"] - {"none"}, found["spf"] | found["dkim"]
    if dmarc == {"pass"}:
        return Verdict.PASS
    if "fail" in dmarc or (not dmarc and "fail" in others and "pass" not in others):
        return Verdict.FAIL
    return Verdict.NONE
