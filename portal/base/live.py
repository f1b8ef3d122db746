"""Live hints over Redis publish and subscribe: "ticket 12 changed", never what changed."""

import json

import structlog
from redis import RedisError

from portal.base.redis import redis

log = structlog.get_logger(__name__)

CHANNEL = "portal:live"


def publish(hint: dict[str, object]) -> None:
    """Tell every web process; with Redis away the pages learn at their next poll."""
    try:
        redis().publish(CHANNEL, json.dumps(hint))
    except (RedisError, OSError) as away:
        log.warning("live hint not sent", reason=str(away))
