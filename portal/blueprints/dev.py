"""Pages of the embedded mode only: the caught mails and the component sheet."""

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from portal.base.current import current_settings
from portal.base.mail_catcher import CaughtMail, caught_mails, find_mail, mailbox_folder
from portal.queries import NotFound
from portal.web.guards import public
from portal.web.pages import page
from portal.web.samples import component_samples
from portal.web.security import content_policy, page_origin

dev = Blueprint("dev", __name__, url_prefix="/dev")

_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self';"
    " sandbox allow-popups allow-popups-to-escape-sandbox"
)


@dev.get("/mailbox")
@public
def mailbox() -> ResponseReturnValue:
    return page("dev/mailbox.html", fragment="mails", mails=caught_mails(mailbox_folder(current_settings())))


@dev.get("/mailbox/messages.json")
@public
def messages() -> ResponseReturnValue:
    return jsonify([_as_json(mail) for mail in caught_mails(mailbox_folder(current_settings()))])


@dev.get("/mailbox/<mail_id>")
@public
def mail(mail_id: str) -> ResponseReturnValue:
    """Text, HTML and raw; the HTML in a frame that may do nothing but show itself and open links."""
    response = page("dev/mail.html", mail=_get(mail_id))
    response.headers["Content-Security-Policy"] = content_policy(page_origin()) + "; frame-src 'self'"
    return response


@dev.get("/mailbox/<mail_id>/html")
@public
def mail_html(mail_id: str) -> ResponseReturnValue:
    html = _get(mail_id).html.replace("<head>", '<head><base target="_blank">', 1)
    headers = {"Content-Security-Policy": _MAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response(html, mimetype="text/html", headers=headers)


@dev.get("/mailbox/<mail_id>/raw")
@public
def mail_raw(mail_id: str) -> ResponseReturnValue:
    return Response(_get(mail_id).raw, mimetype="text/plain")


@dev.get("/ui")
@public
def component_sheet() -> ResponseReturnValue:
    return page("dev/ui.html", **component_samples())


def _get(mail_id: str) -> CaughtMail:
    found = find_mail(mailbox_folder(current_settings()), mail_id)
    if found is None:
        raise NotFound
    return found


def _as_json(mail: CaughtMail) -> dict[str, object]:
    return {
        "id": mail.id,
        "from": mail.sender,
        "to": list(mail.recipients),
        "subject": mail.subject,
        "message_id": mail.message_id,
        "headers": mail.headers,
        "text": mail.text,
        "html": mail.html,
    }
