"""portal user"""

import sys

import click

from portal.base.embedded import serving
from portal.base.job_app import create_job_app
from portal.base.problem import Problem
from portal.base.settings import load_settings
from portal.base.unit_of_work import unit_of_work
from portal.models import User
from portal.queries.people import find_user
from portal.rules.addresses import is_address
from portal.rules.vocabulary import Role, Tier
from portal.services import Invalid, accounts


@click.group()
def command() -> None:
    """People."""


@command.command()
@click.option("--email", required=True, help="The address to sign in with and to be mailed at.")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--tier", type=click.Choice([tier.value for tier in Tier]), help="Plan of a customer; free by default.")
@click.option("--name", default="", help="The address up to the @ by default.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
def create(email: str, role: str, tier: str | None, name: str, password_stdin: bool) -> None:
    """Make a person. Without a password they sign in by a mailed link."""
    if not is_address(email):
        raise click.BadParameter("Give a full address, like name@example.com.", param_hint="--email")
    if tier is not None and role != Role.CUSTOMER:
        raise click.BadParameter("Only customers have a plan.", param_hint="--tier")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with serving(load_settings()) as settings, create_job_app(settings).app_context():
        user = _created(email, Role(role), Tier(tier or Tier.FREE), name, password)
    click.echo(f"{user.name} <{user.email}> can sign in as {user.role.value}.")


def _created(email: str, role: Role, tier: Tier, name: str, password: str | None) -> User:
    """The operator vouches for the address. Raises Problem for one that is taken, or a password that is too short."""
    with unit_of_work():
        if find_user(email) is not None:
            raise Problem(f"Somebody has the address {email} already.")
        user = _person(email, role, tier, name)
        accounts.prove_address(user)
        if password is not None:
            _set_password(user, password)
        return user


def _person(email: str, role: Role, tier: Tier, name: str) -> User:
    return (
        accounts.make_customer(email, name, tier) if role is Role.CUSTOMER else accounts.make_staff(email, name, role)
    )


def _set_password(user: User, password: str) -> None:
    try:
        accounts.set_password(user, password)
    except Invalid as wrong:
        raise Problem(f"The password does not do: {wrong.message}") from None
