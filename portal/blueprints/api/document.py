"""The API described: for programs as OpenAPI, for people as a page made of the same."""

from typing import Any

from flask import Response, current_app, jsonify, render_template

from portal.blueprints.api.door import api
from portal.blueprints.api.openapi import document
from portal.web.guards import public

_KEY = "portal_openapi"


@api.get("/openapi.json")
@public
def openapi_json() -> Response:
    """Made once a process."""
    return jsonify(_document())


@api.get("/docs")
@public
def docs() -> str:
    """No scripts: the strict content policy holds here too."""
    return render_template("api/docs.html", document=_document(), words=type_words, no_token=True)


def type_words(schema: dict[str, Any]) -> str:
    """A schema in a few words: "text up to 200", "list of text", "open | resolved", a model's name."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "enum" in schema:
        return " | ".join(schema["enum"])
    if "anyOf" in schema:
        return " or ".join(type_words(part) for part in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {type_words(schema['items'])}"
    return _simple(schema)


def _simple(schema: dict[str, Any]) -> str:
    kind = {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
        schema.get("type", "any"), schema.get("type", "anything")
    )
    kind = {"date-time": "moment", "email": "mail address"}.get(schema.get("format", ""), kind)
    if "maxLength" in schema:
        return f"{kind} up to {schema['maxLength']:,}"
    return f"{kind} from {schema['minimum']} to {schema['maximum']}" if "maximum" in schema else kind


def _document() -> dict[str, Any]:
    made: dict[str, Any] | None = current_app.extensions.get(_KEY)
    if made is None:
        made = current_app.extensions[_KEY] = document()
    return made
