"""Files of messages. Rights are checked at each download."""

from flask import Response

from portal.blueprints.api.bearer import actor, bearer
from portal.blueprints.api.door import api
from portal.blueprints.api.operation import Operation, described
from portal.blueprints.api.tickets import number
from portal.queries import tickets as queries
from portal.rules.access import Action
from portal.web.downloads import download


@api.get("/support/attachments/<attachment_id>")
@described(Operation("Fetch a file", None, headers=("Content-Disposition",), problems=(404,)))
@bearer(Action.VIEW)
def attachment(attachment_id: str) -> Response:
    """The bytes, always as an attachment."""
    return download(queries.get_attachment(actor(), number(attachment_id)))
