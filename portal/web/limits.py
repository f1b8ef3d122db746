"""How often one address, one person or one token may knock. Counted in Redis, in the process while Redis is away."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, request
from flask_limiter import Limiter
from flask_login import current_user

from portal.base.clock import now
from portal.base.redis import REDIS_WAIT_S
from portal.base.settings import Settings
from portal.base.tokens import token_hash
from portal.queries.people import normalised
from portal.web.forms import OneLine

P = ParamSpec("P")
R = TypeVar("R")
SIGN_IN = "10 per minute; 100 per hour"
SIGN_UP = "10 per hour"
MAILED_LINK = "5 per 15 minutes; 20 per day"
OPEN_TICKET = "10 per 10 minutes; 100 per day"
WRITE = "60 per minute"
RATE = "30 per hour"
PREVIEW = "120 per minute"
SEARCH = "120 per minute; 2000 per hour"
API = "600 per minute"
HOOK = "1200 per minute"
RETRY_S = 60


def peer() -> str:
    """The true peer; of IPv6 the /64 network, which one customer of a provider holds."""
    text = request.remote_addr or "unknown"
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if isinstance(address, IPv6Address) and not address.ipv4_mapped:
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


def person_or_peer() -> str:
    """The signed-in person, however often they signed in and from wherever, else the peer."""
    return f"person:{current_user.id}" if current_user.is_authenticated else peer()


def named_address() -> str:
    """The mail address a form names, as the forms read it: so that one person cannot be tried or mailed from many
    places, nor under spellings that come to the same address."""
    return "named:" + token_hash(normalised(OneLine()(request.form.get("email")) or ""))


def bearer_or_peer() -> str:
    """The bearer token of an API call, by hash and however its header is spelt, else the peer."""
    given = request.authorization
    token = given.token if given is not None and given.type == "bearer" else None
    return f"bearer:{token_hash(token)}" if token else peer()


_WAITS: dict[str, Any] = {"socket_connect_timeout": REDIS_WAIT_S, "socket_timeout": REDIS_WAIT_S}

limiter = Limiter(
    key_func=peer,
    strategy="moving-window",
    storage_options=_WAITS,
    in_memory_fallback_enabled=True,
    headers_enabled=False,
)


def limit(
    amount: str, key: Callable[[], str] = peer, *, exempt_when: Callable[[], bool] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A shared limit on the unsafe requests of a view, or on what such a request does where it calls the function."""
    return cast(
        Callable[[Callable[P, R]], Callable[P, R]],
        limiter.limit(amount, key_func=key, methods=["POST", "PUT", "PATCH", "DELETE"], exempt_when=exempt_when),
    )


def reading_limit(amount: str, key: Callable[[], str] = peer) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A shared limit on a view that is read but costs something each time."""
    return cast(Callable[[Callable[P, R]], Callable[P, R]], limiter.limit(amount, key_func=key))


def is_signed_in() -> bool:
    """For limits that protect the address a guest names."""
    return bool(current_user.is_authenticated)


def retry_after_s() -> int:
    """How many seconds until the limit that refused this request lets one through again."""
    reached = limiter.current_limit
    return max(1, ceil(reached.reset_at - now().timestamp())) if reached else RETRY_S


def install_limits(app: Flask, settings: Settings) -> None:
    app.config.update(
        RATELIMIT_STORAGE_URI=settings.redis_url.replace("valkey://", "redis://", 1),
        RATELIMIT_ENABLED=settings.ratelimit_enabled,
    )
    limiter.init_app(app)
