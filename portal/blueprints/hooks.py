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
_BODIES = {200: "stored\n", 400: "empty\n", 401: "not signed\n", 413: "too large\n", 503: "later\n"}


@hooks.post("/email/raw")
@public
@limits.limit(limits.HOOK)
def raw_mail() -> ResponseReturnValue:
    """One raw RFC 5322 mail, signed with INBOUND_RAW_SECRET over time and body."""
    signature = _fresh_signature(request.headers.get("X-Signature", ""))
    raw = request.get_data(cache=False) if signature else b""
    if signature is None or not _fits(raw, *signature):
        log.warning("inbound mail refused", provider="raw", reason="signature missing, wrong or stale")
        return _fixed(401)
    if not raw.strip():
        return _fixed(400)
    envelope = (request.headers.get("X-Envelope-From", ""), request.headers.get("X-Envelope-To", ""))
    with unit_of_work():
        inbound.receive("raw", hashlib.sha256(raw).hexdigest(), raw, *envelope)
    return _fixed(200)


def _fresh_signature(header: str) -> tuple[str, str] | None:
    """Time and code of the header; None where the body need not even be read."""
    match = _SIGNATURE.fullmatch(header)
    if match is None or abs(now().timestamp() - int(match[1])) > TOLERANCE_S:
        return None
    return match[1], match[2]


def _fits(raw: bytes, moment: str, code: str) -> bool:
    secret = current_settings().inbound_raw_secret
    wanted = hmac.new(secret.encode(), moment.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(wanted, code)


def _fixed(status: int, _detail: str = "", **headers: str) -> Response:
    """Fixed answers: nothing of a ticket, nothing of what went wrong inside. Senders know no 429: they come later too."""
    status = 503 if status == 429 else status
    return Response(_BODIES.get(status, "error\n"), status, headers, mimetype="text/plain")


error_renderers["hooks"] = _fixed
csrf.exempt(hooks)
