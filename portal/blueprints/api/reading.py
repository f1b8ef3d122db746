"""Reading requests: JSON or form fields into a closed model, every objection beside its field."""

import json
from collections.abc import Sequence
from typing import Any, TypeVar, get_origin

from flask import request
from pydantic import BaseModel, TypeAdapter, ValidationError

from portal.base.settings import MEGABYTE
from portal.blueprints.api.problems import ApiProblem
from portal.services.attachments import Upload
from portal.web.forms import uploads

JSON = "application/json"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
FILES = "attachments"
JSON_BYTES = 2 * MEGABYTE
"""Room for a message of the greatest length with every character escaped."""

Model = TypeVar("Model", bound=BaseModel)
Asked = TypeVar("Asked")

_MESSAGES = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
    "string_pattern_mismatch": "This holds characters that do not belong here, or nothing at all.",
    "string_unicode": "This holds characters that are not text.",
    "string_too_short": "This is empty.",
}


def body(model: type[Model]) -> Model:
    """The body as JSON or as form fields. Raises ApiProblem 400, 415, 422."""
    if request.mimetype in FORMS:
        _check_file_fields()
        fields = {name: _form_value(model, name, request.form.getlist(name)) for name in request.form}
        return checked(TypeAdapter(model), fields)
    return json_body(TypeAdapter(model))


def json_body(adapter: TypeAdapter[Asked]) -> Asked:
    """The body as JSON and nothing else. Raises ApiProblem 400, 415, 422."""
    return checked(adapter, parsed(json_bytes()))


def json_bytes() -> bytes:
    """What was sent, unread. Raises ApiProblem 415 when it is said to be something else than JSON."""
    if request.mimetype != JSON:
        raise ApiProblem(415)
    request.max_content_length = JSON_BYTES
    return request.get_data(cache=False)


def parsed(raw: bytes) -> Any:
    """JSON without its ambiguities: UTF-8 only, no key twice in an object, no NaN. Raises ApiProblem 400, 422."""
    try:
        return json.loads(raw.decode(), object_pairs_hook=_object, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ApiProblem(400, "The body is not JSON.") from None


def query(model: type[Model]) -> Model:
    """The parameters of the address. Lists may repeat or hold commas, others come once. Raises ApiProblem 422."""
    return checked(TypeAdapter(model), {name: _parameter(model, name) for name in request.args})


def checked(adapter: TypeAdapter[Asked], value: Any) -> Asked:
    """The value in the shape of the model. Raises ApiProblem 422 that names every wrong field."""
    try:
        return adapter.validate_python(value)
    except ValidationError as wrong:
        raise ApiProblem(422, errors=_objections(wrong)) from None


def files() -> Sequence[Upload]:
    """The files of a form; JSON carries none."""
    return uploads(FILES)


def _objections(wrong: ValidationError) -> list[tuple[str, str]]:
    return [
        (_shown(".".join(str(part) for part in error["loc"])), _MESSAGES.get(error["type"], error["msg"]))
        for error in wrong.errors(include_url=False, include_input=False)
    ]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ApiProblem(422, errors=[(_shown(twice), "This key stands twice in one object.")])
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _form_value(model: type[BaseModel], name: str, values: list[str]) -> Any:
    """A form knows only text: lists are repeated fields, true and false are words."""
    if _is_list(model, name):
        return values
    once = _single(name, values)
    if name in model.model_fields and model.model_fields[name].annotation is bool:
        return {"true": True, "false": False}.get(once, once)
    return once


def _parameter(model: type[BaseModel], name: str) -> Any:
    values = request.args.getlist(name)
    if _is_list(model, name):
        return [part for value in values for part in value.split(",")]
    return _single(name, values)


def _single(name: str, values: list[str]) -> str:
    if len(values) > 1:
        raise ApiProblem(422, errors=[(_shown(name), "Send this once.")])
    return values[0]


def _is_list(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and get_origin(field.annotation) is list


def _check_file_fields() -> None:
    strange = [name for name in request.files if name != FILES]
    if strange:
        raise ApiProblem(422, errors=[(_shown(name), f"Files go into fields named {FILES}.") for name in strange])


def _shown(name: str) -> str:
    """A name that somebody else chose, safe to write into JSON."""
    return name.encode("utf-8", "replace").decode()[:100]
