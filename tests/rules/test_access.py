"""Who may do what to which ticket: the whole table, and the sentences behind it."""

import itertools

import pytest

from portal.rules.access import Action, Actor, Denied, TicketFacts, require
from portal.rules.vocabulary import Role, Scope

ACME, BOLT = 10, 20
ANA, BEN, COLLEAGUE, FOLLOWER, CLEO, DORA = 1, 2, 3, 4, 5, 6

ana = Actor(ANA, Role.CUSTOMER, ACME)
ben = Actor(BEN, Role.CUSTOMER, BOLT)
colleague = Actor(COLLEAGUE, Role.CUSTOMER, ACME)
follower = Actor(FOLLOWER, Role.CUSTOMER, BOLT)
cleo = Actor(CLEO, Role.AGENT, None)
dora = Actor(DORA, Role.ADMIN, None)
nobody = Actor(None, Role.CUSTOMER, None)

private = TicketFacts(ANA, ACME, shares_tickets=False, follower_ids=frozenset({FOLLOWER}))
shared = TicketFacts(ANA, ACME, shares_tickets=True, follower_ids=frozenset({FOLLOWER}))

EVERYBODY_MAY = {"open_ticket", "read_articles", "rate_article"}
REQUESTER_MAY = {"view", "reply", "attach", "resolve", "reopen", "rate", "add_follower"} | EVERYBODY_MAY
FOLLOWER_MAY = {"view", "reply", "attach"} | EVERYBODY_MAY
COLLEAGUE_MAY = {"view"} | EVERYBODY_MAY
STRANGER_MAY = EVERYBODY_MAY
AGENT_MAY = {action.value for action in Action} - {"rate", "administer"}
ADMIN_MAY = AGENT_MAY | {"administer"}

TABLE = [
    ("requester", ana, private, REQUESTER_MAY),
    ("requester of a shared ticket", ana, shared, REQUESTER_MAY),
    ("follower from elsewhere", follower, private, FOLLOWER_MAY),
    ("colleague while sharing", colleague, shared, COLLEAGUE_MAY),
    ("colleague without sharing", colleague, private, STRANGER_MAY),
    ("stranger", ben, private, STRANGER_MAY),
    ("stranger to a sharing account", ben, shared, STRANGER_MAY),
    ("agent", cleo, private, AGENT_MAY),
    ("admin", dora, private, ADMIN_MAY),
    ("nobody", nobody, shared, set[str]()),
]
EVERYBODYS = {Action(word) for word in EVERYBODY_MAY}
WITHOUT_TICKET = EVERYBODYS | {Action.WORK_QUEUE, Action.WRITE_ARTICLES, Action.ADMINISTER}
ROWS = [(who, actor, ticket, may, action) for (who, actor, ticket, may), action in itertools.product(TABLE, Action)]


def allowed(actor: Actor, action: Action, ticket: TicketFacts | None = None) -> bool:
    try:
        require(actor, action, ticket)
    except Denied:
        return False
    return True


def denial(actor: Actor, action: Action, ticket: TicketFacts | None = None) -> Denied:
    with pytest.raises(Denied) as caught:
        require(actor, action, ticket)
    return caught.value


@pytest.mark.parametrize(("who", "actor", "ticket", "may", "action"), ROWS, ids=[f"{r[0]}: {r[4]}" for r in ROWS])
def test_everybody_may_exactly_what_the_table_says(
    who: str, actor: Actor, ticket: TicketFacts, may: set[str], action: Action
) -> None:
    assert allowed(actor, action, ticket) is (action.value in may)


@pytest.mark.parametrize("action", [action for action in Action if action not in EVERYBODYS])
def test_to_ben_anas_ticket_is_as_good_as_absent(action: Action) -> None:
    assert denial(ben, action, private).hidden


@pytest.mark.parametrize("action", [Action.REPLY, Action.RATE, Action.NOTE, Action.READ_NOTES, Action.ADMINISTER])
def test_a_colleague_who_can_see_the_ticket_is_refused_openly(action: Action) -> None:
    assert not denial(colleague, action, shared).hidden


@pytest.mark.parametrize("action", [Action.WORK_QUEUE, Action.ADMINISTER])
def test_pages_of_staff_refuse_a_customer_openly(action: Action) -> None:
    assert not denial(ana, action).hidden


def test_an_agent_who_may_not_administer_is_refused_openly() -> None:
    assert not denial(cleo, Action.ADMINISTER).hidden


def test_an_agent_never_rates_not_even_a_ticket_of_their_own() -> None:
    own = TicketFacts(CLEO, None, shares_tickets=False, follower_ids=frozenset())
    assert not denial(cleo, Action.RATE, own).hidden


def test_two_people_without_an_account_are_not_colleagues() -> None:
    loner = Actor(7, Role.CUSTOMER, None)
    of_a_loner = TicketFacts(8, None, shares_tickets=True, follower_ids=frozenset())
    assert denial(loner, Action.VIEW, of_a_loner).hidden


@pytest.mark.parametrize("actor", [ana, cleo, dora])
@pytest.mark.parametrize("action", [action for action in Action if action not in WITHOUT_TICKET])
def test_without_a_ticket_nothing_is_done_to_one(actor: Actor, action: Action) -> None:
    assert denial(actor, action).hidden


@pytest.mark.parametrize("action", [Action.OPEN_TICKET, Action.WORK_QUEUE])
def test_staff_open_tickets_and_work_the_queue_without_a_ticket_at_hand(action: Action) -> None:
    require(cleo, action)
    require(dora, action)


def needed_scope(action: Action) -> Scope:
    if action in {Action.VIEW, Action.READ_NOTES, Action.WORK_QUEUE}:
        return Scope.TICKETS_READ
    if action is Action.READ_ARTICLES:
        return Scope.KB_READ
    return Scope.KB_WRITE if action in {Action.RATE_ARTICLE, Action.WRITE_ARTICLES} else Scope.TICKETS_WRITE


SCOPE_SETS = [frozenset(chosen) for size in range(len(Scope) + 1) for chosen in itertools.combinations(Scope, size)]


@pytest.mark.parametrize("scopes", SCOPE_SETS)
@pytest.mark.parametrize("action", Action)
def test_a_token_narrows_what_its_owner_may(scopes: frozenset[Scope], action: Action) -> None:
    needed = needed_scope(action)
    for who in (ana, colleague, follower, ben, cleo, dora):
        token = Actor(who.id, who.role, who.account_id, scopes)
        by_browser = allowed(who, action, private)
        assert allowed(token, action, private) is (by_browser and needed in scopes and action is not Action.ADMINISTER)


def test_no_token_administers_whatever_its_scopes() -> None:
    assert not denial(Actor(DORA, Role.ADMIN, None, frozenset(Scope)), Action.ADMINISTER).hidden


def test_a_missing_scope_says_the_same_of_a_strangers_ticket_as_of_the_own() -> None:
    for ticket in (private, TicketFacts(BEN, BOLT, shares_tickets=False, follower_ids=frozenset())):
        assert not denial(Actor(ANA, Role.CUSTOMER, ACME, frozenset()), Action.VIEW, ticket).hidden
