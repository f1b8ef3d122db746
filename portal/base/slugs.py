"""Words of a title as they stand in an address."""

import re
import unicodedata

_BETWEEN = re.compile(r"[\W_]+")


def slug(text: str, length: int = 100) -> str:
    """Lower-case letters and digits of any script, without accents, joined by hyphens; "article" when nothing is left."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = _BETWEEN.sub("-", plain.lower()).strip("-")
    return words[:length].rstrip("-") or "article"
