"""Mail from the command line: what the portal makes of a raw mail."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from portal.base.problem import Problem
from portal.mail.parse import ParsedMail, parse_mail


@click.group()
def command() -> None:
    """Mail: read one, take one in, look at the queue."""


@command.command()
@click.argument("file", default="-")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.option("--lines", is_flag=True, help='Read {"id", "path"} objects from standard input, answer one a line.')
def parse(file: str, as_json: bool, lines: bool) -> None:
    """What the portal makes of a raw mail (FILE or - for standard input), storing nothing."""
    if lines:
        for answer in _answers(sys.stdin):
            click.echo(json.dumps(answer))
        return
    told = as_told(parse_mail(_raw(file)))
    click.echo(json.dumps(told, indent=2) if as_json else _as_text(told))


def as_told(mail: ParsedMail) -> dict[str, Any]:
    """The answer's fields. Sizes are decoded bytes; `reply` is without the signature."""
    bounce = mail.bounce
    return {
        "kind": mail.kind,
        "subject": mail.subject,
        "from_address": mail.from_address,
        "from_name": mail.from_name,
        "body": mail.text,
        "reply": mail.reply,
        "signature": mail.signature,
        "attachments": [
            {"name": file.filename, "size": file.size, "content_type": file.content_type} for file in mail.attachments
        ],
        "bounce": None
        if bounce is None
        else {
            "recipients": list(bounce.recipients),
            "permanent": bounce.permanent,
            "address_dead": bounce.address_dead,
            "status": bounce.status,
        },
        "problems": list(mail.problems),
    }


def _answers(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """One answer for each line; whatever is wrong with one mail is told in its answer."""
    for line in lines:
        if line.strip():
            yield _answer(line)


def _answer(line: str) -> dict[str, Any]:
    try:
        asked = json.loads(line)
        name, path = asked["id"], Path(asked["path"])
    except (ValueError, KeyError, TypeError):
        return {"id": None, "kind": "malformed", "problems": ['The line is no {"id", "path"} object.']}
    try:
        return {"id": name, **as_told(parse_mail(path.read_bytes()))}
    except (OSError, ValueError) as error:
        return {"id": name, "kind": "malformed", "problems": [f"The file cannot be read: {error}"]}


def _raw(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise Problem(f"{file} cannot be read: {error.strerror}") from None


def _as_text(told: dict[str, Any]) -> str:
    """For people: one field a line, the reply below."""
    files = ", ".join(f"{file['name']} ({file['size']} bytes)" for file in told["attachments"])
    fields = {
        "kind": told["kind"],
        "subject": told["subject"],
        "from": f"{told['from_name']} <{told['from_address']}>".strip(),
        "files": files,
        "bounce": "" if told["bounce"] is None else json.dumps(told["bounce"]),
        "problems": " ".join(told["problems"]),
    }
    return "\n".join([*(f"{name + ':':10}{value}" for name, value in fields.items() if value), "", told["reply"]])
