"""Figures on their way to the database: noted in Redis by whoever serves a page, taken down by a job.

A page that is read changes nothing, so what it counts waits here. These are figures and no promises: with Redis away
they are not counted, and nothing else happens.
"""

import json
from collections.abc import Iterator
from typing import Any

import structlog
from redis import RedisError

from portal.base.redis import redis

log = structlog.get_logger(__name__)

KEY = "portal:tally"
MOST_WAITING = 50_000
_BATCH = 1_000

Note = dict[str, object]


def note(kind: str, **facts: object) -> None:
    """Count something, by its kind and whatever tells it apart; never anything about a person."""
    try:
        with redis().pipeline(transaction=False) as both:
            both.rpush(KEY, json.dumps({"kind": kind, **facts}))
            both.ltrim(KEY, -MOST_WAITING, -1)
            both.execute()
    except (RedisError, OSError) as away:
        log.warning("not counted", kind=kind, reason=str(away))


def take_notes() -> Iterator[list[Note]]:
    """What was noted since the last time, in batches; each batch is gone from Redis when it is handed out."""
    client: Any = redis()  # its types do not tell a list from a single value
    while batch := client.lpop(KEY, _BATCH):
        yield [json.loads(text) for text in batch]
