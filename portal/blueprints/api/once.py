"""Idempotency-Key: a POST repeated with the same key and body gets the first answer again, for 24 hours."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flask import Response, request
from pydantic import BaseModel

from portal.blueprints.api import bearer
from portal.blueprints.api.problems import ApiProblem
from portal.blueprints.api.reading import JSON
from portal.services import api_tokens
from portal.services.attachments import StagedFile

HEADER = "Idempotency-Key"


@dataclass(frozen=True)
class Answer:
    """An answer that can be kept and given again, byte for byte."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        return Response(self.body, self.status, self.headers, content_type=JSON)


class AnsweredBefore(Exception):
    """Undoes what the repeat began, its files included, and carries the first answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


def answered_once(asked: BaseModel, files: Sequence[StagedFile], work: Callable[[], Answer]) -> Answer:
    """Do the work in the caller's transaction and keep its answer there. Only answers that were committed are repeated:
    after an error the same key may be used again. Raises AnsweredBefore, Invalid, Refused."""
    key = request.headers.get(HEADER)
    if key is None:
        return work()
    if not 0 < len(key) <= api_tokens.KEY_LENGTH:
        raise ApiProblem(422, errors=[(HEADER, f"Use 1 to {api_tokens.KEY_LENGTH} characters.")])
    row = api_tokens.begin_once(bearer.token(), key, _fingerprint(asked, files))
    if row.answer is not None and row.answer_status is not None:
        raise AnsweredBefore(Answer(row.answer_status, row.answer["body"], row.answer["headers"]))
    answer = work()
    api_tokens.remember_answer(row, answer.status, {"body": answer.body, "headers": answer.headers})
    return answer


def _fingerprint(asked: BaseModel, files: Sequence[StagedFile]) -> str:
    """Of what was asked, not of how it was written: a form's boundary differs each time it is sent."""
    parts = [
        request.method,
        request.path,
        asked.model_dump_json(),
        *(f"{file.filename}\0{file.sha256}" for file in files),
    ]
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()
