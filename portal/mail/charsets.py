"""Bytes of a mail turned into text whatever charset they claim, and encoded header words read (RFC 2047)."""

import binascii
import codecs
import quopri
import re
from itertools import groupby

# Punycode and the like are codecs too, some of them slow or not about text: only families that mail uses.
_FAMILIES = re.compile(
    r"(?:utf|iso8859|iso2022|cp\d|koi8|gb|big5|euc|shift_jis|mac|ascii|latin|hz|johab|tis|kz1048|ptcp154)"
)
_STAND_INS = {
    "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252",
    "latin1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8", "shift_jis": "cp932", "x-sjis": "cp932",
    "windows-31j": "cp932", "iso-8859-8-i": "iso-8859-8", "windows-874": "cp874", "x-gbk": "gb18030",
    "unicode-1-1-utf-7": "utf-7", "utf8mb4": "utf-8", "x-mac-roman": "mac-roman", "macintosh": "mac-roman",
    "iso-2022-jp": "iso2022_jp_ext",
}  # fmt: skip
_WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]*)?\?([bBqQ])\?([^?\r\n]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[\w.:*-]{1,60}\?[bBqQ]\?)")


def decode_text(data: bytes, charset: str = "") -> str:
    """Text of the bytes by the given charset, else UTF-8, else Windows-1252; always without NUL and lone surrogates."""
    for name in (charset, "utf-8"):
        codec = _codec(name)
        if codec:
            try:
                return clean(data.decode(codec))
            except (UnicodeError, ValueError):
                continue
    fallback = _codec(charset)
    is_wide = bool(fallback) and fallback not in ("utf-8", "cp1252")
    return clean(data.decode(fallback if is_wide and fallback else "cp1252", "replace"))


def clean(text: str) -> str:
    """Text a database can hold: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8") if _is_dirty(text) else text


def _is_dirty(text: str) -> bool:
    return "\0" in text or re.search("[\ud800-\udfff]", text) is not None


def _codec(charset: str) -> str:
    """Python's name for a mail charset; empty when there is none."""
    name = charset.strip().strip("\"'").lower()
    try:
        found = codecs.lookup(_STAND_INS.get(name, name)).name if name and "\0" not in name else ""
    except (LookupError, UnicodeError):
        return ""
    return found if _FAMILIES.match(found.replace("-", "")) or _FAMILIES.match(found) else ""


def decode_header(raw: str) -> str:
    """A header's value as people read it: unfolded, encoded words and raw 8-bit bytes decoded, one line.

    The bytes arrive as the parser keeps them, 8-bit ones as surrogate escapes.
    """
    text = decode_raw(raw)
    if "=?" in text:
        text = _decode_words(_BETWEEN_WORDS.sub(r"\1", re.sub(r"[\r\n]+", "", text)))
    return " ".join(clean(text).split())


def decode_raw(raw: str) -> str:
    """Text of a header whose 8-bit bytes the parser kept as surrogate escapes."""
    return raw if raw.isascii() else decode_text(raw.encode("utf-8", "surrogateescape"))


def _decode_words(text: str) -> str:
    """Neighbouring words of one charset are joined before decoding: a letter's bytes may be split between them."""
    pieces: list[tuple[str, bytes | str]] = []
    end = 0
    for word in _WORD.finditer(text):
        if word.start() > end:
            pieces.append(("", text[end : word.start()]))
        pieces.append((word[1].lower(), _word_bytes(word[2], word[3])))
        end = word.end()
    pieces.append(("", text[end:]))
    return "".join(
        "".join(str(value) for _, value in group)
        if not charset
        else decode_text(b"".join(value for _, value in group if isinstance(value, bytes)), charset)
        for charset, group in groupby(pieces, key=lambda piece: piece[0])
    )


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return quopri.decodestring(data.replace(b"_", b"=20"), header=True)
    return decode_base64(data)


def decode_base64(data: bytes) -> bytes:
    """Base64 of any tidiness: strange characters dropped, missing padding added."""
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data.split(b"=")[0] if data.count(b"=") <= 2 else data)
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    try:
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
    except binascii.Error:
        return b""
