"""portal token"""

import json
from datetime import datetime
from typing import Any

import click

from portal.base.clock import now
from portal.base.problem import Problem
from portal.base.unit_of_work import unit_of_work
from portal.cli._portal import in_portal, person_at
from portal.models import ApiToken
from portal.queries import NotFound
from portal.rules.vocabulary import Scope
from portal.services import Invalid, api_tokens


@click.group()
def command() -> None:
    """Bearer tokens for the API."""


@command.command()
@click.option("--email", required=True, help="Whose token: it may at most what this person may.")
@click.option("--scopes", default=",".join(Scope), show_default=True, help="What the token may do, with commas.")
@click.option("--expires-days", type=click.IntRange(1, 3650), help="Days until it ends; without this it does not end.")
@click.option("--json", "as_json", is_flag=True, help="Print an object with the token.")
def create(email: str, scopes: str, expires_days: int | None, as_json: bool) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
    with in_portal(), unit_of_work():
        try:
            token = api_tokens.create_token(person_at(email), wanted, expires_days)
        except Invalid as wrong:
            raise click.BadParameter(wrong.message, param_hint="--scopes") from None
    click.echo(json.dumps({"token": token}) if as_json else token)


@command.command(name="list")
@click.option("--email", required=True, help="Whose tokens.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def list_tokens(email: str, as_json: bool) -> None:
    """A person's tokens with their ids, never the tokens themselves."""
    with in_portal():
        rows = [_row(token) for token in api_tokens.tokens_of(person_at(email))]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo(f"{row['id']:>6}  {row['state']:8}  made {row['created_at']}  {','.join(row['scopes'])}")


@command.command()
@click.argument("token_id", type=click.IntRange(1, 2**63 - 1))
def revoke(token_id: int) -> None:
    """End a token at once, by the id that `portal token list` shows."""
    with in_portal(), unit_of_work():
        try:
            api_tokens.revoke(token_id)
        except NotFound:
            raise Problem(f"There is no token {token_id}.") from None
    click.echo(f"Token {token_id} is revoked.")


def _row(token: ApiToken) -> dict[str, Any]:
    ended = token.expires_at is not None and token.expires_at < now()
    return {
        "id": token.id,
        "state": "revoked" if token.revoked_at else "expired" if ended else "active",
        "scopes": token.scopes,
        "created_at": _text(token.created_at),
        "expires_at": _text(token.expires_at),
    }


def _text(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
