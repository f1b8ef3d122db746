"""Accounts with customers, and agents, for bulk data. Nobody of them has a password."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from portal.base.clock import now
from portal.rules.vocabulary import Role, Tier
from portal.services.load import schema
from portal.services.load.copying import NULL, copy_rows
from portal.services.load.words import words

AGENTS = 40
SPAN = timedelta(days=3 * 365)
"""How far the history of bulk data reaches back."""

_TIERS = {Tier.FREE: 70, Tier.PRO: 22, Tier.PREMIUM: 8}
_ZONES = ("America/New_York", "America/Chicago", "Europe/London", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo", "UTC")


@dataclass(frozen=True)
class Customer:
    id: int
    account_id: int
    tier: Tier


@dataclass(frozen=True)
class Agent:
    id: int
    name: str


@dataclass(frozen=True)
class Population:
    """Who writes, who answers."""

    customers: Sequence[Customer]
    agents: Sequence[Agent]


def customers_for(tickets: int) -> int:
    """Some 25 tickets a customer, within bounds."""
    return max(20, min(tickets // 25, 20_000))


def make(tickets: int, seed: int) -> Population:
    """Write accounts, customers and AGENTS agents; three customers share an account on average."""
    chance, born = random.Random(seed), (now() - SPAN).isoformat()  # noqa: S311 (bulk data, not a secret)
    wanted = customers_for(tickets)
    account, person = schema.next_number("accounts"), schema.next_number("users")
    tiers = [*Tier, *chance.choices(list(_TIERS), list(_TIERS.values()), k=wanted // 3)]
    copy_rows("accounts", [f"{account + i}\tCustomer {account + i}\t{tier}\t{born}" for i, tier in enumerate(tiers)])
    homes = [i if i < len(tiers) else chance.randrange(len(tiers)) for i in range(wanted)]
    customers = [Customer(person + i, account + home, tiers[home]) for i, home in enumerate(homes)]
    agents = [Agent(person + wanted + i, _name(chance)) for i in range(AGENTS)]
    rows = [_row(one.id, _name(chance), Role.CUSTOMER, str(one.account_id), chance, born) for one in customers]
    rows += [_row(one.id, one.name, Role.AGENT, NULL, chance, born) for one in agents]
    copy_rows("users", rows)
    schema.set_number("accounts", account + len(tiers) - 1)
    schema.set_number("users", person + len(rows) - 1)
    return Population(customers, agents)


def _row(number: int, name: str, role: Role, account: str, chance: random.Random, born: str) -> str:
    address = f"{role}-{number}@load.example"
    return f"{number}\t{address}\t{name}\t{role}\t{account}\t{born}\t{chance.choice(_ZONES)}\t{born}"


def _name(chance: random.Random) -> str:
    return f"{chance.choice(words('given'))} {chance.choice(words('family'))}"
