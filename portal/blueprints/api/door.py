"""The blueprint of the API: no cookies, no CSRF tokens, throttled by bearer token."""

from flask import Blueprint, Response
from werkzeug.routing import BaseConverter

from portal.web import limits
from portal.web.csrf import csrf

PREFIX = "/api/v1"

api = Blueprint("api", __name__, url_prefix=PREFIX)


class AnyText(BaseConverter):
    """Whatever stands there, slashes included: <any_text:name>."""

    regex = r"[\s\S]+"
    part_isolating = False


def _was_refused(response: Response) -> bool:
    return response.status_code == 401


api.record(lambda state: state.app.url_map.converters.update(any_text=AnyText))
csrf.exempt(api)
limits.limiter.limit(limits.API, key_func=limits.bearer_or_peer)(api)
# A guesser sends another token each time, so wrong tokens count by peer as well.
limits.limiter.limit(limits.API, key_func=limits.peer, deduct_when=_was_refused)(api)
