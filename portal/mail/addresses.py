"""Mail addresses read strictly: what two programs could read in two ways is no address (CVE-2023-27043)."""

import re
from dataclasses import dataclass

from portal.mail.charsets import decode_header
from portal.rules.addresses import with_ascii_domain

MOST_ADDRESSES = 200
_LONGEST_HEADER = 100_000  # characters

_TOKEN = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<comment>\((?:[^()\\]|\\.)*\))|(?P<angle><[^<>]*>)|(?P<end>[,;])|(?P<plain>[^"(),;<>]+)|(?P<stray>.)""",
    re.DOTALL,
)
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,255}")


@dataclass(frozen=True)
class MailAddress:
    """A bare address in lower case and the name before it."""

    address: str
    name: str = ""


def parse_addresses(raw: str) -> tuple[list[MailAddress], bool]:
    """The well-formed addresses of a header (at most 200), and whether nothing else stood there.

    An entry with stray brackets, two addresses or text after the address gives no address at all.
    """
    found: list[MailAddress] = []
    is_whole = len(raw) <= _LONGEST_HEADER
    for entry in _entries(raw[:_LONGEST_HEADER]):
        if len(found) == MOST_ADDRESSES:
            return found, False
        address = _read(entry)
        if address:
            found.append(address)
        elif entry:
            is_whole = False
    return found, is_whole


def _entries(raw: str) -> list[list[tuple[str, str]]]:
    """The header cut at its commas; a group's name ("friends:") stays with its first entry."""
    entries: list[list[tuple[str, str]]] = [[]]
    for token in _TOKEN.finditer(raw):
        kind, text = token.lastgroup or "stray", token.group()
        if kind == "end":
            entries.append([])
        elif text.strip():
            entries[-1].append((kind, text))
    return entries


def _read(entry: list[tuple[str, str]]) -> MailAddress | None:
    kinds = [kind for kind, _ in entry if kind != "comment"]
    if "stray" in kinds or kinds.count("angle") > 1 or ("angle" in kinds and kinds[-1] != "angle"):
        return None
    words = [(kind, text) for kind, text in entry if kind in ("quoted", "plain")]
    if "angle" in kinds:
        inside = next(text for kind, text in entry if kind == "angle")[1:-1].strip()
        address = _bare(inside.rpartition(":")[2] if inside.startswith("@") else inside)
        return MailAddress(address, _name(words)) if address else None
    address = _bare("".join(text for _, text in words).rpartition(":")[2].strip())
    comment = " ".join(text[1:-1] for kind, text in entry if kind == "comment")
    return MailAddress(address, decode_header(comment)) if address else None


def _bare(text: str) -> str:
    return with_ascii_domain(text).lower() if _ADDRESS.fullmatch(text) else ""


def _name(words: list[tuple[str, str]]) -> str:
    parts = [re.sub(r"\\(.)", r"\1", text[1:-1]) if kind == "quoted" else text.strip() for kind, text in words]
    return decode_header(" ".join(parts))
