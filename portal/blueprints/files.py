"""Downloads for people. Rights are checked at each one."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.queries import tickets as queries
from portal.web.downloads import download
from portal.web.guards import actor, signed_in

files = Blueprint("files", __name__)


@files.get("/attachments/<int:attachment_id>")
@signed_in
def attachment(attachment_id: int) -> ResponseReturnValue:
    return download(queries.get_attachment(actor(), attachment_id))
