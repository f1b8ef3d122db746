"""portal token"""

import json

import click

from portal.base.embedded import serving
from portal.base.job_app import create_job_app
from portal.base.problem import Problem
from portal.base.settings import load_settings
from portal.base.unit_of_work import unit_of_work
from portal.queries.people import find_user
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
    with serving(load_settings()) as settings, create_job_app(settings).app_context():
        token = _created(email, wanted, expires_days)
    click.echo(json.dumps({"token": token}) if as_json else token)


def _created(email: str, scopes: list[str], days: int | None) -> str:
    with unit_of_work():
        user = find_user(email)
        if user is None:
            raise Problem(f"Nobody has the address {email}: make the person with `portal user create`.")
        try:
            return api_tokens.create_token(user, scopes, days)
        except Invalid as wrong:
            raise click.BadParameter(wrong.message, param_hint="--scopes") from None
