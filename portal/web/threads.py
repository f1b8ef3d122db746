"""A ticket's thread as pages show it: messages and events in one order, events as sentences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.models import TicketEvent, TicketMessage, User
from portal.rules.vocabulary import AGENT_STATUS_WORDS, CUSTOMER_STATUS_WORDS, EventKind, Status

_TOLD_BY_MESSAGES = {EventKind.REPLIED, EventKind.NOTED}


@dataclass(frozen=True)
class ThreadItem:
    """Either a message or an event's sentence."""

    at: datetime
    message: TicketMessage | None = None
    sentence: str = ""

    @property
    def kind(self) -> str:
        """Which of the three looks a message has; "event" for a sentence."""
        if self.message is None:
            return "event"
        if self.message.is_internal:
            return "note"
        return "agent" if self.message.author and self.message.author.is_staff else "customer"


def thread(
    messages: Sequence[TicketMessage], events: Sequence[TicketEvent], requester: User, *, for_staff: bool
) -> list[ThreadItem]:
    """Oldest first. Events that a message tells already are left out; customers read only what concerns them."""
    items = [ThreadItem(message.created_at, message=message) for message in messages]
    told = ((event.created_at, _words_of(event, requester, for_staff=for_staff)) for event in events)
    items.extend(ThreadItem(at, sentence=words) for at, words in told if words)
    return sorted(items, key=lambda item: (item.at, item.message is None))


def _words_of(event: TicketEvent, requester: User, *, for_staff: bool) -> str:
    if event.kind is EventKind.CREATED:
        return _opened_for(event, requester)
    if event.kind in _TOLD_BY_MESSAGES:
        return ""
    return sentence(event) if for_staff else customer_sentence(event)


def _opened_for(event: TicketEvent, requester: User) -> str:
    """Only of an agent who opened a ticket for somebody; of all others the first message tells."""
    if event.actor is None or not event.actor.is_staff or event.actor_id == requester.id:
        return ""
    return f"{event.actor.name} opened this for {requester.name}"


def sentence(event: TicketEvent) -> str:
    """What happened, for agents. A rule's act says why."""
    who = event.actor.name if event.actor else "The portal"
    told = _SENTENCES[event.kind](event, who)
    shows_why = event.reason and event.kind is not EventKind.PRIORITY_CHANGED
    return f"{told} ({event.reason})" if shows_why else told


def customer_sentence(event: TicketEvent) -> str:
    """What happened, for the customer: states, priority and followers; empty for what is no concern of theirs."""
    told = _CUSTOMER_SENTENCES.get(event.kind)
    return told(event) if told else ""


def _priority(event: TicketEvent, who: str) -> str:
    if event.actor is None:
        return f"Priority set to {_capital(event.new)} by rule: {event.reason}"
    return f"{who} changed the priority from {event.old} to {event.new}"


def _assignment(event: TicketEvent, who: str) -> str:
    if event.new is None:
        return "took the assignee away"
    if event.new == who:
        return "took this ticket"
    return f"assigned this ticket to {event.new}"


def _follower(event: TicketEvent, who: str) -> str:
    """An event without a new follower tells of one who was removed."""
    if event.new is None:
        return f"{who} removed {event.old} from the followers"
    return f"{who} added {event.new} as a follower"


def _words(slug: object) -> str:
    return str(slug).replace("_", " ")


def _capital(value: object) -> str:
    return str(value).capitalize()


_SENTENCES: dict[EventKind, Callable[[TicketEvent, str], str]] = {
    EventKind.CREATED: lambda _, who: f"{who} opened this ticket",
    EventKind.REPLIED: lambda _, who: f"{who} wrote",
    EventKind.NOTED: lambda _, who: f"{who} added a note",
    EventKind.STATUS_CHANGED: lambda event, who: (
        f"{who} set the status to {AGENT_STATUS_WORDS[Status(str(event.new))]}"
    ),
    EventKind.PRIORITY_CHANGED: _priority,
    EventKind.CATEGORY_CHANGED: lambda event, who: f"{who} moved this from {_words(event.old)} to {_words(event.new)}",
    EventKind.ASSIGNED: lambda event, who: f"{who} {_assignment(event, who)}",
    EventKind.TAGS_CHANGED: lambda event, who: f"{who} set the tags to {', '.join(event.new or ()) or 'none'}",
    EventKind.RATED: lambda event, who: f"{who} rated this {event.new} of 5",
    EventKind.FOLLOWER_ADDED: _follower,
    EventKind.LINKED: lambda event, _: f"This follows up ticket {event.new}",
    EventKind.READ_BEFORE: lambda event, who: f"{who} had read {event.new}",
}

_CUSTOMER_SENTENCES: dict[EventKind, Callable[[TicketEvent], str]] = {
    EventKind.STATUS_CHANGED: lambda event: f"Status: {CUSTOMER_STATUS_WORDS[Status(str(event.new))]}",
    EventKind.PRIORITY_CHANGED: lambda event: f"Priority changed to {event.new}" if event.old is not None else "",
    EventKind.FOLLOWER_ADDED: lambda event: (
        f"{event.new} follows this ticket" if event.new else f"{event.old} no longer follows this ticket"
    ),
    EventKind.LINKED: lambda event: f"This follows up ticket {event.new}",
}
