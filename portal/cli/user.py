"""portal user"""

import sys

import click

from portal.base.problem import Problem
from portal.base.unit_of_work import unit_of_work
from portal.cli._portal import in_portal, person_at
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
    with in_portal():
        user = _created(email, Role(role), Tier(tier or Tier.FREE), name, password)
    click.echo(f"{user.name} <{user.email}> can sign in as {user.role.value}.")


@command.command()
@click.option("--email", required=True, help="Whom to change.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Ends every session of the person.")
@click.option("--tier", type=click.Choice([tier.value for tier in Tier]), help="Plan of the customer's account.")
@click.option("--disable/--enable", default=None, help="Close every door to the person, or open them again.")
def change(email: str, role: str | None, tier: str | None, disable: bool | None) -> None:
    """Change a person's role, plan or access."""
    if role is None and tier is None and disable is None:
        raise click.UsageError("Say what to change: --role, --tier, --disable or --enable.")
    with in_portal():
        user = _changed(email, Role(role) if role else None, Tier(tier) if tier else None, disable)
    plan = f", {user.account.tier.value} plan" if user.account else ""
    click.echo(f"{user.name} <{user.email}>: {user.role.value}{plan}{', disabled' if user.disabled_at else ''}.")


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


def _changed(email: str, role: Role | None, tier: Tier | None, disable: bool | None) -> User:
    """Raises Problem for an address nobody has, or a plan for somebody without an account."""
    with unit_of_work():
        user = person_at(email)
        if role:
            accounts.change_role(user, role)
        if tier and (user.account is None or user.role is not Role.CUSTOMER):
            raise Problem(f"{user.name} is no customer: only customers have a plan.")
        if tier and user.account:
            accounts.change_tier(user.account, tier)
        if disable is not None:
            (accounts.disable if disable else accounts.enable)(user)
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
