"""Redis clients with short waits: nothing in a request may hang on Redis."""

from flask import Flask, current_app
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.base.settings import Settings

REDIS_WAIT_S = 0.3
_KEY = "portal_redis"


def connect(url: str, wait_s: float | None = REDIS_WAIT_S) -> "Redis":
    """A client that gives up after wait_s seconds (None: waits for ever, for blocking readers) and does not retry by itself."""
    return Redis.from_url(
        url.replace("valkey://", "redis://", 1),
        socket_connect_timeout=REDIS_WAIT_S,
        socket_timeout=wait_s,
        retry=Retry(NoBackoff(), 0),
    )


def install_redis(app: Flask, settings: Settings) -> None:
    app.extensions[_KEY] = connect(settings.redis_url)


def redis() -> "Redis":
    """The app's client."""
    client: Redis = current_app.extensions[_KEY]
    return client


def answers() -> bool:
    """Whether Redis is there, asked with the short wait of every request."""
    try:
        return bool(redis().ping())
    except (RedisError, OSError):
        return False
