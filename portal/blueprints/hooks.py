"""Mail coming in: verify, store raw, commit, then say 200. A job does the rest."""

import hashlib
import hmac
import re

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from portal.base.clock import now
from portal.base.current import current_settings
from portal.base.unit_of_work import unit_of_work
from portal.services import inbound
from portal.web import limits
from portal.web.csrf import csrf
from portal.web.errors import error_renderers
from portal.web.guards import public

hooks = Blueprint("hooks", __name__, url_prefix="/hooks")
log = structlog.get_logger(__name__)

TOLERANCE_S = 300
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_BODIES = {200: "stored\n", 400: "empty\n", 401: "not signed\n", 413: "too large\n", 429: "wait\n", 503: "later\n"}


@hooks.post("/email/raw")
@public
@limits.limit(limits.HOOK)
def raw_mail() -> ResponseReturnValue:
    """One raw RFC 5322 mail, signed with INBOUND_RAW_SECRET over time and body."""
    raw = request.get_data(cache=False)
    if not _is_signed(raw, request.headers.get("X-Signature", "")):
        log.warning("inbound mail refused", provider="raw", reason="signature missing, wrong or stale")
        return _fixed(401)
    if not raw.strip():
        return _fixed(400)
    envelope = (request.headers.get("X-Envelope-From", ""), request.headers.get("X-Envelope-To", ""))
    with unit_of_work():
        inbound.receive("raw", hashlib.sha256(raw).hexdigest(), raw, *envelope)
    return _fixed(200)


def _is_signed(raw: bytes, header: str) -> bool:
    secret, match = current_settings().inbound_raw_secret, _SIGNATURE.fullmatch(header)
    if not secret or match is None or abs(now().timestamp() - int(match[1])) > TOLERANCE_S:
        return False
    wanted = hmac.new(secret.encode(), match[1].encode() + b"." + raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, match[2])


def _fixed(status: int, _detail: str = "", **headers: str) -> Response:
    """Fixed answers: nothing of a ticket, nothing of what went wrong inside."""
    return Response(_BODIES.get(status, "error\n"), status, headers, mimetype="text/plain")


error_renderers["hooks"] = _fixed
csrf.exempt(hooks)
