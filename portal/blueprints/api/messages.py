"""Messages of a ticket: replies, and notes of agents."""

from flask import Response

from portal.base.unit_of_work import unit_of_work
from portal.blueprints.api import outputs, reading, shapes
from portal.blueprints.api.bearer import actor, bearer, user
from portal.blueprints.api.door import api
from portal.blueprints.api.inputs import NewMessage, NewMessageByStaff
from portal.blueprints.api.once import Answer, answered_once
from portal.blueprints.api.operation import Operation, described
from portal.blueprints.api.tickets import location, number
from portal.models import TicketMessage
from portal.queries import tickets as queries
from portal.rules.access import Action
from portal.rules.vocabulary import Channel
from portal.services import attachments
from portal.services import tickets as services
from portal.services.attachments import StagedFile
from portal.services.tickets import replying
from portal.web import limits


@api.post("/support/tickets/<ticket_id>/messages")
@limits.limit(limits.WRITE, limits.bearer_or_peer)
@described(
    Operation(
        "Write into a ticket",
        outputs.Message,
        status=201,
        bodies=(NewMessage, NewMessageByStaff),
        takes_files=True,
        may_repeat=True,
        headers=("Location",),
        problems=(404,),
    )
)
@bearer(Action.REPLY)
def add_message(ticket_id: str) -> Response:
    """A customer's reply to a closed ticket opens a linked follow-up: Location then names that one."""
    wanted = reading.body(NewMessageByStaff if actor().role.is_staff else NewMessage)
    with attachments.staged(reading.files()) as files, unit_of_work():
        answer = answered_once(wanted, files, lambda: _written(number(ticket_id), wanted, files))
    return answer.response()


def _written(ticket_id: int, wanted: NewMessage, files: list[StagedFile]) -> Answer:
    is_internal = isinstance(wanted, NewMessageByStaff) and wanted.is_internal
    write = services.add_note if is_internal else services.post_reply
    ticket = queries.get_ticket(actor(), ticket_id, lock=True)
    new = replying.NewMessage(wanted.body, Channel.API, files)
    row = _loaded(write(actor(), user(), ticket, new))
    return Answer(201, shapes.message(row).model_dump_json(), {"Location": location(row.ticket_id)})


def _loaded(message: TicketMessage) -> TicketMessage:
    """The same with author and files. Nobody else writes into its ticket before the transaction ends."""
    ticket = queries.get_ticket(actor(), message.ticket_id)
    return queries.messages(actor(), ticket, after=message.id - 1)[0]
