"""Live hints over Redis publish and subscribe: "ticket 12 changed", never what changed.

One subscriber for each web process, however many streams are open; it hands every hint to a queue of each stream.
"""

import json
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import structlog
from flask import current_app
from redis import RedisError

from portal.base.current import current_settings
from portal.base.redis import connect, redis

log = structlog.get_logger(__name__)

CHANNEL = "portal:live"
HEARTBEAT_S = 15
RETRY_S = 1
BACKLOG = 100
_KEY = "portal_live"

Hint = dict[str, object]


def publish(hint: Hint) -> None:
    """Tell every web process; with Redis away the pages learn at their next poll."""
    try:
        redis().publish(CHANNEL, json.dumps(hint))
    except (RedisError, OSError) as away:
        log.warning("live hint not sent", reason=str(away))


def hints() -> Iterator[Hint | None]:
    """Every hint from now on, {} when some may have been missed, None after HEARTBEAT_S seconds of silence.

    A reader that falls behind loses hints: each only says "look again".
    """
    hub = _hub()
    mine: queue.Queue[Hint] = queue.Queue(BACKLOG)
    hub.join(mine)
    return _read(hub, mine)


def _read(hub: "_Hub", mine: "queue.Queue[Hint]") -> Iterator[Hint | None]:
    try:
        while True:
            try:
                yield mine.get(timeout=HEARTBEAT_S)
            except queue.Empty:
                yield None
    finally:
        hub.leave(mine)


class _Hub:
    """The process's one subscriber; begins with the first listener and ends with the process."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: set[queue.Queue[Hint]] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def join(self, listener: "queue.Queue[Hint]") -> None:
        with self._lock:
            self._listeners.add(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()

    def leave(self, listener: "queue.Queue[Hint]") -> None:
        with self._lock:
            self._listeners.discard(listener)

    def _run(self) -> None:
        """Subscribe again after every loss of Redis; listeners then look once, for what they may have missed."""
        while True:
            try:
                self._listen()
            except (RedisError, OSError) as away:
                log.warning("live hints paused", reason=str(away))
                time.sleep(RETRY_S)

    def _listen(self) -> None:
        client = connect(self._url, wait_s=None)
        with client.pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
            subscription.subscribe(CHANNEL)
            self._hand_out({})
            while True:
                message = subscription.get_message(timeout=HEARTBEAT_S)
                if message is not None:
                    self._hand_out(json.loads(message["data"]))

    def _hand_out(self, hint: Hint) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener.put_nowait(hint)
            except queue.Full:
                continue


def _hub() -> _Hub:
    extensions: dict[str, Any] = current_app.extensions
    hub: _Hub = extensions.setdefault(_KEY, _Hub(current_settings().redis_url))
    return hub
