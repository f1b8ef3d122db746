"""What of a search may be kept: its words, and nothing that could say who searched."""

import re

LONGEST = 100
_ADDRESS = re.compile(r"\S+@\S+")
_NUMBER = re.compile(r"\d[\d .\-/]{4,}\d")
_SECRET = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])\w{12,}\b")


def kept_query(text: str) -> str:
    """The query as it is counted: lower case, one space between words, without addresses, long numbers and keys."""
    plain = "".join(char if char.isprintable() else " " for char in text.lower())
    for pattern, stands in ((_ADDRESS, "(address)"), (_NUMBER, "(number)"), (_SECRET, "(key)")):
        plain = pattern.sub(stands, plain)
    return " ".join(plain.split())[:LONGEST].rstrip()
