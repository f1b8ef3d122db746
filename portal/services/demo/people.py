"""Who lives in the demo."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from portal.base.clock import at
from portal.base.database import db
from portal.models import Account, Team, TeamMember, User
from portal.rules.vocabulary import Role, Tier
from portal.services import accounts

SIGN_INS = tuple(f"{word}@demo.test" for word in ("admin", "agent", "lead", "free", "pro", "premium"))
PASSWORD = "demo-portal-1"  # noqa: S105 (public on purpose; the demo only)
_FILE = Path(__file__).with_name("people.toml")
_AGE_OF_ALL = timedelta(days=90)

People = Mapping[str, User]
"""Everyone by the key the stories use."""


def make_people(moment: datetime) -> People:
    """Accounts, customers, teams, staff; those of SIGN_INS get the password."""
    written = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    with at(moment - _AGE_OF_ALL):
        people = _customers(written["accounts"]) | _teams(written["teams"]) | _staff(written["admins"], Role.ADMIN)
        for person in people.values():
            if person.email in SIGN_INS:
                accounts.set_password(person, PASSWORD)
    db.session.flush()
    return people


def _customers(written: list[dict[str, Any]]) -> dict[str, User]:
    people: dict[str, User] = {}
    for group in written:
        (first_key, first), *others = group["people"].items()
        user = accounts.make_customer(first["email"], first["name"], Tier(group["tier"]))
        account = user.account
        assert account is not None
        account.name, account.shares_tickets = group["name"], group.get("shares_tickets", False)
        account.created_at = user.created_at
        people[first_key] = _settled(user, first)
        for key, about in others:
            people[key] = _settled(_colleague(account, about), about)
    return people


def _colleague(account: Account, about: dict[str, Any]) -> User:
    user = User(email=about["email"], name=about["name"], role=Role.CUSTOMER, account=account)
    db.session.add(user)
    return user


def _settled(user: User, about: dict[str, Any]) -> User:
    accounts.prove_address(user)
    user.created_at = user.verified_at or user.created_at
    user.time_zone = about["zone"]
    return user


def _teams(written: list[dict[str, Any]]) -> dict[str, User]:
    people: dict[str, User] = {}
    for group in written:
        team = Team(name=group["name"])
        db.session.add(team)
        members = _staff(group["people"], Role.AGENT)
        db.session.flush()
        for key, user in members.items():
            is_lead = group["people"][key].get("lead", False)
            db.session.add(TeamMember(team_id=team.id, user_id=user.id, is_lead=is_lead))
        people |= members
    return people


def _staff(written: dict[str, Any], role: Role) -> dict[str, User]:
    return {
        key: _settled(accounts.make_staff(about["email"], about["name"], role), about) for key, about in written.items()
    }
