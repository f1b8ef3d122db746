"""Opening: number, priority with its reason, clocks, events, one acknowledgement; once for each submission."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.base.database import db
from portal.models import Ticket, TicketMessage, User
from portal.rules.access import Actor, Denied
from portal.rules.vocabulary import Channel, ClockKind, EventKind, MailKind, OutboxState, Priority, Role, Scope, Status
from portal.services import tickets as services
from portal.services.tickets.opening import NewTicket
from tests import factories
from tests.factories import MONDAY, after, category, events, mails, opened, told


def test_a_ticket_begins_open_with_a_number_from_1001(ana: User) -> None:
    ticket = opened(ana)
    assert (ticket.number, ticket.status, ticket.requester_id, ticket.account_id) == (
        1001,
        Status.OPEN,
        ana.id,
        ana.account_id,
    )


def test_the_description_is_the_first_public_message(ana: User) -> None:
    ticket = opened(ana, description="It *shows* nothing.")
    [message] = db.session.scalars(select(TicketMessage).where(TicketMessage.ticket_id == ticket.id))
    assert (message.author_id, message.is_internal, message.body_html.strip()) == (
        ana.id,
        False,
        "<p>It <em>shows</em> nothing.</p>",
    )
    assert services.first_message_id(ticket) == message.id


@pytest.mark.parametrize(
    ("subject", "slug", "person", "priority", "reason"),
    [
        ("Everything is down", "technical", "ben", Priority.URGENT, "Urgent word “down”"),
        ("I am locked out", "account", "ana", Priority.URGENT, "Premium plan and critical issue “locked out”"),
        ("I am locked out", "account", "ben", Priority.LOW, "Standard priority"),
        ("About my plan", "billing", "ben", Priority.HIGH, "Billing category"),
        ("Where is my refund", "general", "ben", Priority.HIGH, "Payment word “refund”"),
        ("A question", "general", "ana", Priority.HIGH, "Premium plan"),
        ("Please add candles", "feature_request", "ben", Priority.MEDIUM, "Feature request"),
        ("Not urgent: the download", "general", "ben", Priority.LOW, "Standard priority"),
    ],
)
def test_the_default_rules_decide_the_priority_and_say_why(
    cast: object, subject: str, slug: str, person: str, priority: Priority, reason: str
) -> None:
    ticket = opened(getattr(cast, person), subject, "Hello.", slug=slug)
    assert (ticket.priority, ticket.priority_reason) == (priority, reason)


def test_the_quoted_history_does_not_decide_the_priority(ben: User) -> None:
    assert opened(ben, quoted="> the site is down").priority is Priority.LOW


def test_an_agent_may_set_the_priority_when_opening_for_somebody(ben: User, cleo: User) -> None:
    ticket = opened(ben, by=cleo, priority=Priority.URGENT)
    assert (ticket.priority, ticket.priority_reason) == (Priority.URGENT, "Set by an agent")


def test_what_an_agent_wrote_for_somebody_is_the_agents(ana: User, cleo: User) -> None:
    ticket = opened(ana, by=cleo)
    authors = db.session.scalars(select(TicketMessage.author_id).where(TicketMessage.ticket_id == ticket.id)).all()
    assert (ticket.requester_id, authors) == (ana.id, [cleo.id])
    assert told(ticket) == [("ticket_created", "ana@example.com")]


def test_two_clocks_start_with_the_targets_of_the_priority(ana: User) -> None:
    with after():
        ticket = opened(ana, "Everything is down")
    due = {clock.kind: clock.due_at - MONDAY for clock in factories.clocks(ticket)}
    assert due == {ClockKind.FIRST_RESPONSE: timedelta(hours=2), ClockKind.RESOLUTION: timedelta(hours=8)}


def test_every_decision_leaves_an_event(ana: User, ben: User) -> None:
    first = opened(ben)
    with after(hours=1):
        ticket = opened(ana, follows=first)
    assert [(event.kind, event.actor_id, event.new, event.reason) for event in events(ticket)] == [
        (EventKind.CREATED, ana.id, "open", ""),
        (EventKind.PRIORITY_CHANGED, None, "high", "Premium plan"),
        (EventKind.LINKED, None, first.id, "The earlier ticket is closed"),
    ]


def test_the_requester_gets_one_acknowledgement(ana: User) -> None:
    assert told(opened(ana)) == [("ticket_created", "ana@example.com")]


def test_opening_for_somebody_acknowledges_to_them(ben: User, cleo: User) -> None:
    assert told(opened(ben, by=cleo)) == [("ticket_created", "ben@example.org")]


def test_tags_are_written_with_the_ticket(ana: User, cleo: User) -> None:
    ticket = opened(ana, tags=["VIP", " api  keys ", "vip"])
    assert factories.queries.tags(ticket) == ["api keys", "vip"]


def test_a_fourth_acknowledgement_by_mail_within_an_hour_is_suppressed_with_its_reason(ben: User) -> None:
    with after():
        sent = [opened(ben, channel=Channel.EMAIL) for _ in range(4)]
    [*passed, capped] = [mails(ticket_id=ticket.id)[0] for ticket in sent]
    assert [mail.state for mail in passed] == [OutboxState.QUEUED] * 3
    assert capped.state is OutboxState.SUPPRESSED
    assert "3 automatic answers" in capped.reason


def test_the_cap_looks_back_one_hour_only(ben: User) -> None:
    with after():
        for _ in range(3):
            opened(ben, channel=Channel.EMAIL)
    with after(hours=1, seconds=1):
        ticket = opened(ben, channel=Channel.EMAIL)
    assert mails(ticket_id=ticket.id)[0].state is OutboxState.QUEUED


def test_the_cap_is_each_address_own(ana: User, ben: User) -> None:
    with after():
        for _ in range(4):
            opened(ben, channel=Channel.EMAIL)
        ticket = opened(ana, channel=Channel.EMAIL)
    assert mails(ticket_id=ticket.id)[0].state is OutboxState.QUEUED


def test_tickets_typed_in_the_portal_are_never_capped_and_never_count(ben: User) -> None:
    with after():
        typed = [opened(ben) for _ in range(5)]
        mailed = opened(ben, channel=Channel.EMAIL)
    assert {mails(ticket_id=ticket.id)[0].state for ticket in [*typed, mailed]} == {OutboxState.QUEUED}


def test_the_same_submission_opens_one_ticket(ana: User) -> None:
    first, second = (opened(ana, submission_key="one-form") for _ in range(2))
    assert first.id == second.id
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == 1
    assert told(first) == [("ticket_created", "ana@example.com")]


def test_a_key_counts_for_one_person_only(ana: User, ben: User) -> None:
    hers, his = opened(ana, submission_key="one-form"), opened(ben, submission_key="one-form")
    assert (hers.requester_id, his.requester_id) == (ana.id, ben.id)


def test_a_file_is_bound_to_the_first_message(ana: User) -> None:
    ticket = opened(ana, files=[("log.txt", b"hello")])
    [message] = factories.queries.messages(ana.actor(), ticket)
    assert [(file.filename, file.size, file.content_type) for file in message.attachments] == [
        ("log.txt", 5, "text/plain")
    ]


def test_a_token_that_only_reads_opens_nothing(ana: User) -> None:
    reader = Actor(ana.id, Role.CUSTOMER, ana.account_id, frozenset({Scope.TICKETS_READ}))
    with pytest.raises(Denied):
        services.open_ticket(reader, ana, NewTicket("Hello", "Hello", category(), Channel.API))


def test_a_disabled_requester_is_owed_no_mail(ana: User, cleo: User) -> None:
    with factories.unit_of_work():
        factories.accounts.disable(ana)
    [mail] = mails(ticket_id=opened(ana, by=cleo).id, kind=MailKind.TICKET_CREATED)
    assert (mail.state, mail.reason) == (OutboxState.SUPPRESSED, "The person is disabled")
