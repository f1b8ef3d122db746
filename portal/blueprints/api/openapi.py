"""The OpenAPI 3.1 document, made from the routes, what stands beside their views, and the models that check them."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask import current_app
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from portal.blueprints.api import outputs, reading
from portal.blueprints.api.door import api
from portal.blueprints.api.once import HEADER
from portal.blueprints.api.operation import Operation
from portal.blueprints.api.problems import TYPE
from portal.rules import access
from portal.services.api_tokens import KEY_LENGTH

Schema = dict[str, Any]
_REF = "#/components/schemas/"
_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "integer", "minimum": 1}
_NAMES = {"article_id": {**_TEXT, "minLength": 1, "description": "Its id, or its external_id."}}
"""Parts of addresses that are no numbers."""
_ALWAYS = (401, 403, 429, 500, 503)
_WITH_BODY = (400, 413, 415, 422)
_HEADERS = {
    "Location": "The address of what was made.",
    "ETag": "The version of the ticket, for If-Match.",
    "Content-Disposition": "attachment, with the file's name.",
    "Retry-After": "Seconds to wait.",
    "WWW-Authenticate": "Bearer",
}
_PROBLEM_HEADERS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


class _Schemas(GenerateJsonSchema):
    """Optional fields are left out, not sent as null: no default stands for that."""

    def default_schema(self, schema: Any) -> Schema:
        made = super().default_schema(schema)
        if made.get("default", ...) is None:
            del made["default"]
        return made


def document() -> Schema:
    """The whole document. Views without a description are not for programs."""
    views = list(_views())
    refs, schemas = _components([operation for _, _, _, operation in views])
    paths: dict[str, Schema] = {}
    for path, method, view, operation in views:
        paths.setdefault(path, {})[method] = _operation(path, view, operation, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Support API", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


_ABOUT = (
    "Tickets and articles for programs. Every call carries a bearer token, which “portal token create” makes; it may at"
    " most what its owner may. Moments are RFC 3339 in UTC. Errors are problem details (RFC 9457). What is not yours"
    " answers as what does not exist. Files are sent as repeated form fields named attachments beside the other fields."
)


def _views() -> Iterator[tuple[str, str, Any, Operation]]:
    for rule in sorted(current_app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view = current_app.view_functions[rule.endpoint]
        operation = getattr(view, "operation", None)
        if rule.endpoint.startswith(f"{api.name}.") and isinstance(operation, Operation):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower(), view, operation


def _components(operations: list[Operation]) -> tuple[dict[type[Any], Schema], Schema]:
    """A reference for each model, and the schemas they lead to."""
    taken = {model for operation in operations for model in operation.bodies}
    given = {operation.answer for operation in operations if operation.answer} | {outputs.Problem}
    wanted = [(model, "validation") for model in taken] + [(model, "serialization") for model in given]
    ordered = sorted(wanted, key=lambda pair: pair[0].__name__)
    found, made = TypeAdapter.json_schemas(
        [(model, mode, TypeAdapter(model)) for model, mode in ordered],
        ref_template=_REF + "{model}",
        schema_generator=_Schemas,
    )
    return {model: found[(model, mode)] for model, mode in ordered}, made["$defs"]


def _operation(path: str, view: Any, operation: Operation, refs: dict[type[Any], Schema]) -> Schema:
    made: Schema = {
        "operationId": view.__name__,
        "summary": operation.summary,
        "description": view.__doc__,
        "security": [{"bearer": [access.scope_of(view.action)]}],
        "parameters": list(_parameters(path, operation)),
        "responses": {str(operation.status): _good(operation, refs)},
    }
    if operation.bodies:
        made["requestBody"] = _body(operation, refs)
    for status in _problems(operation):
        made["responses"][str(status)] = _problem(status, refs)
    return made


def _parameters(path: str, operation: Operation) -> Iterator[Schema]:
    for name in re.findall(r"{(\w+)}", path):
        yield {"name": name, "in": "path", "required": True, "schema": _NAMES.get(name, _NUMBER)}
    if operation.query is not None:
        made = TypeAdapter(operation.query).json_schema(schema_generator=_Schemas)
        for name, schema in made["properties"].items():
            yield _query_parameter(name, schema, made.get("$defs", {}))
    if operation.may_repeat:
        words = "Any text of your own; the same again repeats the first answer for 24 hours."
        schema = {**_TEXT, "minLength": 1, "maxLength": KEY_LENGTH}
        yield {"name": HEADER, "in": "header", "description": words, "schema": schema}
    if operation.takes_version:
        words = "The ETag you read; 412 when the ticket has changed since."
        yield {"name": "If-Match", "in": "header", "description": words, "schema": _TEXT}


def _query_parameter(name: str, schema: Schema, definitions: Schema) -> Schema:
    """Null cannot be said in an address: what may be left out is simply not required."""
    plain: Schema = next((part for part in schema.get("anyOf", ()) if part != {"type": "null"}), {})
    inlined = {key: value for key, value in {**schema, **plain}.items() if key not in ("anyOf", "title", "description")}
    if "$ref" in inlined.get("items", {}):
        inlined["items"] = definitions[inlined["items"]["$ref"].rsplit("/", 1)[-1]]
    return {"name": name, "in": "query", "description": schema.get("description", ""), "schema": inlined}


def _body(operation: Operation, refs: dict[type[Any], Schema]) -> Schema:
    schemas = [refs[model] for model in operation.bodies]
    content = {reading.JSON: {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}}
    if operation.takes_files:
        content[reading.FORMS[0]] = {"schema": _form(operation.bodies[-1])}
    return {"required": True, "content": content}


def _form(model: type[Any]) -> Schema:
    """The fields as text, and the files; the last model of an operation knows every field."""
    made: Schema = TypeAdapter(model).json_schema(schema_generator=_Schemas)
    fields = {name: {**_TEXT, "description": f"As in JSON: {name}."} for name in made["properties"]}
    if "tags" in fields:
        fields["tags"] = {"type": "array", "items": _TEXT}
    fields[reading.FILES] = {
        "type": "array",
        "items": {"type": "string", "contentMediaType": "application/octet-stream"},
    }
    return {"type": "object", "properties": fields, "required": made["required"], "additionalProperties": False}


def _good(operation: Operation, refs: dict[type[Any], Schema]) -> Schema:
    kind, schema = ("*/*", {}) if operation.answer is None else (reading.JSON, refs[operation.answer])
    return {**_described(operation.status, operation.headers), "content": {kind: {"schema": schema}}}


def _problems(operation: Operation) -> list[int]:
    more = (*operation.problems, *(_WITH_BODY if operation.bodies else ()), *((409,) if operation.may_repeat else ()))
    return sorted({*_ALWAYS, *more})


def _problem(status: int, refs: dict[type[Any], Schema]) -> Schema:
    made = _described(status, _PROBLEM_HEADERS.get(status, ()))
    return {**made, "content": {TYPE: {"schema": refs[outputs.Problem]}}}


def _described(status: int, headers: tuple[str, ...]) -> Schema:
    made: Schema = {"description": HTTPStatus(status).phrase}
    if headers:
        made["headers"] = {name: {"description": _HEADERS[name], "schema": _TEXT} for name in headers}
    return made
