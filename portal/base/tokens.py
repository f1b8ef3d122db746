"""Secrets and signatures: random tokens kept only as hashes, and keyed signatures bound to a purpose."""

import base64
import hashlib
import hmac
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """A fresh secret of 256 bits, safe in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token; a plain SHA-256 is enough for a random secret of 256 bits."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def derived_key(secret_key: str, purpose: str) -> bytes:
    """A key of its own for each purpose, so that a signature for one is worthless for another."""
    return hmac.digest(secret_key.encode(), b"portal/" + purpose.encode(), "sha256")


def signature(secret_key: str, purpose: str, *parts: object, length: int = 26) -> str:
    """Keyed signature over the parts in lower-case base32; 26 characters carry 130 bits."""
    text = "\x1f".join(str(part) for part in parts)
    digest = hmac.digest(derived_key(secret_key, purpose), text.encode(), "sha256")
    return base64.b32encode(digest).decode().lower()[:length]


def signature_fits(given: str, secret_key: str, purpose: str, *parts: object, length: int = 26) -> bool:
    """Constant-time comparison without regard to case."""
    wanted = signature(secret_key, purpose, *parts, length=length)
    return hmac.compare_digest(given.lower().encode("utf-8", "replace"), wanted.encode())
