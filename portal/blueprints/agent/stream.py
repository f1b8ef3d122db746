"""The server-sent stream of an open page: says that something changed, never what. The page then asks with its own rights."""

import time
from collections.abc import Callable, Iterator

from flask import Response, current_app, request, session
from flask.typing import ResponseReturnValue

from portal.base import live
from portal.base.database import db
from portal.blueprints.agent import agent
from portal.services import sessions
from portal.web.guards import staff

RECONNECT_MS = 2_000


@agent.get("/stream")
@staff
def stream() -> ResponseReturnValue:
    """`?ticket=12` hears of that ticket only; without it of the whole queue. Ends when the session ends."""
    number = request.args.get("ticket", type=int)
    token = session["_user_id"]
    db.session.remove()
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # the proxy is gone once the view has returned

    def still_signed_in() -> bool:
        with app.app_context():
            return sessions.find_session(token) is not None

    events = _events(live.hints(), number, still_signed_in)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(events, mimetype="text/event-stream", headers=headers)


def _events(
    hints: Iterator[dict[str, object] | None], number: int | None, still_signed_in: Callable[[], bool]
) -> Iterator[str]:
    """Hints as events. Every HEARTBEAT_S seconds, busy or not, it looks whether the session lives and gives a sign."""
    yield f"retry: {RECONNECT_MS}\n\n"
    looked = time.monotonic()
    for hint in hints:
        if time.monotonic() - looked >= live.HEARTBEAT_S:
            if not still_signed_in():
                return
            looked = time.monotonic()
            yield ": still here\n\n"
        if hint is None:
            continue
        if number is None:
            yield "event: queue-changed\ndata: 1\n\n"
        elif hint.get("ticket", number) == number:
            yield "event: ticket-changed\ndata: 1\n\n"
