"""Lives through the stories: every step of every ticket in the order of time, by the services people use."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.base.clock import at
from portal.models import Category, Ticket, User
from portal.queries import routing
from portal.queries import tickets as ticket_queries
from portal.rules.vocabulary import Priority, Status
from portal.services import surveys, tickets
from portal.services.attachments import StagedFile
from portal.services.demo.people import People
from portal.services.demo.stories import Step, Story
from portal.services.tickets.closing import close
from portal.services.tickets.opening import NewTicket
from portal.services.tickets.replying import NewMessage


@dataclass
class _Stage:
    """What the steps act on."""

    people: People
    files: Mapping[str, StagedFile]
    categories: Mapping[str, Category]
    opened: dict[int, Ticket]


def tell(stories: list[Story], people: People, files: Mapping[str, StagedFile], moment: datetime) -> None:
    """Steps of different tickets interleave as they did in time, so that numbers and ids rise with it."""
    stage = _Stage(people, files, {category.slug: category for category in routing.categories()}, {})
    for when, number, step in sorted(_moments(stories, moment), key=lambda one: one[:2]):
        with at(when):
            if step is None:
                stage.opened[number] = _open(stage, stories[number])
            else:
                _do(stage, stage.opened[number], step)


def _moments(stories: list[Story], moment: datetime) -> Iterator[tuple[datetime, int, Step | None]]:
    for number, story in enumerate(stories):
        begins = moment - story.age
        yield begins, number, None
        for step in story.steps:
            yield begins + step.since_opening, number, step


def _open(stage: _Stage, story: Story) -> Ticket:
    requester = stage.people[story.requester]
    wanted = NewTicket(
        subject=story.subject,
        description=story.body,
        category=stage.categories[story.category],
        channel=story.channel,
        files=_files(stage, story.files),
        tags=story.tags,
        quoted=story.quoted,
    )
    return _as_seen_by(requester, tickets.open_ticket(requester.actor(), requester, wanted).id)


def _as_seen_by(person: User, number: int) -> Ticket:
    return ticket_queries.get_ticket(person.actor(), number, lock=True)


def _files(stage: _Stage, names: tuple[str, ...]) -> list[StagedFile]:
    return [stage.files[name] for name in names]


def _do(stage: _Stage, ticket: Ticket, step: Step) -> None:
    try:
        if step.by is None:
            close(ticket)
        else:
            _DEEDS[step.deed](stage, stage.people[step.by], ticket, step)
    except Exception as wrong:
        wrong.add_note(f"when {step.by} did {step.deed} on “{ticket.subject}”")
        raise


def _message(stage: _Stage, step: Step) -> NewMessage:
    text = str(step.what).strip()
    return NewMessage(text, step.channel, _files(stage, step.files), step.quoted, then=step.ends)


def _reply(stage: _Stage, who: User, ticket: Ticket, step: Step) -> None:
    tickets.post_reply(who.actor(), who, ticket, _message(stage, step))


def _note(stage: _Stage, who: User, ticket: Ticket, step: Step) -> None:
    tickets.add_note(who.actor(), who, ticket, _message(stage, step))


def _assign(stage: _Stage, who: User, ticket: Ticket, step: Step) -> None:
    if step.what == step.by:
        tickets.claim(who.actor(), who, ticket)
    else:
        tickets.assign(who.actor(), ticket, stage.people[step.what] if step.what else None)


def _follower(stage: _Stage, who: User, ticket: Ticket, step: Step) -> None:
    tickets.add_follower(who.actor(), ticket, stage.people[step.what])
    _as_seen_by(who, ticket.id)


_DEEDS: Mapping[str, Callable[[_Stage, User, Ticket, Step], object]] = {
    "reply": _reply,
    "note": _note,
    "assign": _assign,
    "follower": _follower,
    "priority": lambda stage, who, ticket, step: tickets.change_priority(who.actor(), ticket, Priority(step.what)),
    "move": lambda stage, who, ticket, step: tickets.change_category(who.actor(), ticket, stage.categories[step.what]),
    "tags": lambda stage, who, ticket, step: tickets.set_tags(who.actor(), ticket, step.what),
    "status": lambda stage, who, ticket, step: tickets.change_status(who.actor(), ticket, Status(step.what)),
    "resolve": lambda stage, who, ticket, step: tickets.resolve(who.actor(), ticket),
    "reopen": lambda stage, who, ticket, step: tickets.reopen(who.actor(), ticket),
    "rate": lambda stage, who, ticket, step: surveys.rate(who.actor(), ticket, step.what, step.comment),
}
