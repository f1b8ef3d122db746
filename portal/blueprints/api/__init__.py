"""A door for programs: bearer tokens, typed models at the edge, problem details; services and rules are those of the pages."""

from portal.blueprints.api import attachments, document, knowledge, messages, problems, tickets
from portal.blueprints.api.door import api
from portal.blueprints.api.once import AnsweredBefore
from portal.queries.paging import BadCursor
from portal.rules.access import Denied
from portal.services import Invalid
from portal.web.errors import error_renderers

__all__ = ["api", "attachments", "document", "knowledge", "messages", "tickets"]

error_renderers["api"] = problems.problem
api.register_error_handler(problems.ApiProblem, problems.of_raised)
api.register_error_handler(Invalid, problems.of_invalid)
api.register_error_handler(Denied, problems.of_denied)
api.register_error_handler(BadCursor, problems.of_bad_cursor)
api.register_error_handler(AnsweredBefore, lambda before: before.answer.response())
