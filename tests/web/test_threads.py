"""A thread as pages tell it: one order, sentences for agents, and for customers only what concerns them."""

from portal.models import Ticket, User
from portal.queries import tickets as queries
from portal.rules.vocabulary import EventKind, Priority, Status
from portal.services import surveys
from portal.services import tickets as services
from portal.web.threads import ThreadItem, customer_sentence, sentence, thread
from tests.cast import Cast
from tests.factories import after, category, did, noted, opened, replied


def told_to(reader: User, ticket: Ticket) -> list[ThreadItem]:
    me = reader.actor()
    found = queries.get_ticket(me, ticket.id)
    return thread(queries.messages(me, found), queries.events(me, found), found.requester, for_staff=reader.is_staff)


def a_story(cast: Cast) -> Ticket:
    """Everything that can happen, an hour apart."""
    with after():
        ticket = opened(cast.ana)
    steps = [
        lambda: did(cast.dora, services.assign, ticket, cast.cleo),
        lambda: noted(ticket, cast.cleo),
        lambda: did(cast.cleo, services.change_priority, ticket, Priority.URGENT),
        lambda: did(cast.cleo, services.change_category, ticket, category("feature_request")),
        lambda: did(cast.cleo, services.set_tags, ticket, ["vip"]),
        lambda: did(cast.cleo, services.add_follower, ticket, cast.ben),
        lambda: replied(ticket, cast.cleo, then=Status.RESOLVED),
        lambda: did(cast.ana, surveys.rate, ticket, 2),
    ]
    for hours, step in enumerate(steps, 1):
        with after(hours=hours):
            step()
    return ticket


def test_agents_read_everything_in_order(cast: Cast) -> None:
    items = told_to(cast.cleo, a_story(cast))
    assert [item.sentence or item.kind for item in items] == [
        "customer",
        "Priority set to High by rule: Premium plan",
        "Dora Lind assigned this ticket to Cleo Martin",
        "Dora Lind set the status to In progress",
        "note",
        "Cleo Martin changed the priority from high to urgent",
        "Cleo Martin moved this from technical to feature request",
        "Cleo Martin set the tags to vip",
        "Cleo Martin added Ben Carter as a follower",
        "agent",
        "Cleo Martin set the status to Resolved",
        "Ana Petrović rated this 2 of 5",
    ]
    assert [item.at for item in items] == sorted(item.at for item in items)


def test_customers_read_what_concerns_them(cast: Cast) -> None:
    assert [item.sentence or item.kind for item in told_to(cast.ana, a_story(cast))] == [
        "customer",
        "Status: We're on it",
        "Priority changed to urgent",
        "Ben Carter follows this ticket",
        "agent",
        "Status: Resolved",
    ]


def test_what_a_rule_did_says_why(cast: Cast) -> None:
    ticket = opened(cast.ana)
    replied(ticket, cast.cleo)
    told = [item.sentence for item in told_to(cast.cleo, ticket)]
    assert "The portal assigned this ticket to Cleo Martin (First to answer)" in told


def test_a_follow_up_says_of_what(cast: Cast) -> None:
    first = opened(cast.ana)
    ticket = opened(cast.ana, follows=first)
    for reader in (cast.ana, cast.cleo):
        assert f"This follows up ticket {first.id}" in " ".join(item.sentence for item in told_to(reader, ticket))


def test_every_kind_of_event_has_words_for_agents_and_none_breaks_a_customers_page(cast: Cast) -> None:
    me, ticket = cast.cleo.actor(), a_story(cast)
    begun = opened(cast.ana, read_before="“Export your trades”")
    found = [event for each in (ticket, begun) for event in queries.events(me, queries.get_ticket(me, each.id))]
    assert {event.kind for event in found} == set(EventKind) - {EventKind.LINKED}
    for event in found:
        assert sentence(event)
        assert isinstance(customer_sentence(event), str)


def test_a_ticket_an_agent_opened_says_for_whom(cast: Cast) -> None:
    ticket = opened(cast.ben, by=cast.cleo)
    for reader in (cast.ben, cast.cleo):
        assert "Cleo Martin opened this for Ben Carter" in [item.sentence for item in told_to(reader, ticket)]


def test_taking_the_assignee_away_and_taking_a_ticket_have_words_of_their_own(cast: Cast) -> None:
    ticket = opened(cast.ana)
    did(cast.cleo, services.assign, ticket, cast.cleo)
    did(cast.dora, services.assign, ticket, None)
    told = [item.sentence for item in told_to(cast.cleo, ticket)]
    assert "Cleo Martin took this ticket" in told
    assert "Dora Lind took the assignee away" in told
