"""Reads the stories: what each ticket asks and what happened then.

A ticket has `from`, `age` (how long ago, "12d 3h 20m"), `category`, `subject`, `body`, and may have `channel`, `tags`,
`files`, `quoted`. Each `[[tickets.then]]` has `after` (time since the step before), mostly `by`, and one deed:
`reply`, `note`, `assign`, `priority`, `move` (to a category), `tags`, `follower`, `status`, `resolve`, `reopen`, `close`,
`rate`; a reply may have `channel`, `files`, `quoted`, `ends` (a status), a rating `comment`.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from portal.rules.vocabulary import Channel, Status

_FOLDER = Path(__file__).with_name("texts")
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
DEEDS = frozenset(
    ["reply", "note", "assign", "priority", "move", "tags", "follower", "status", "resolve", "reopen", "close", "rate"]
)


@dataclass(frozen=True)
class Step:
    """One thing somebody did; `since_opening` says when."""

    since_opening: timedelta
    by: str | None
    deed: str
    what: Any
    channel: Channel = Channel.WEB
    files: tuple[str, ...] = ()
    quoted: str = ""
    ends: Status | None = None
    comment: str = ""


@dataclass(frozen=True)
class Story:
    """One ticket and its steps, in order."""

    requester: str
    age: timedelta
    category: str
    subject: str
    body: str
    channel: Channel = Channel.WEB
    tags: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    quoted: str = ""
    steps: list[Step] = field(default_factory=list)


def read_stories() -> list[Story]:
    """Every story, the oldest first. Raises ValueError for a step that cannot be understood."""
    written = [ticket for path in sorted(_FOLDER.glob("*.toml")) for ticket in _tickets(path)]
    return sorted((_story(ticket) for ticket in written), key=lambda story: story.age, reverse=True)


def file_names(stories: Iterable[Story]) -> list[str]:
    """Every file that is attached anywhere, once for each time it is."""
    return [
        name for story in stories for files in (story.files, *(step.files for step in story.steps)) for name in files
    ]


def duration(text: str) -> timedelta:
    """ "1d 2h 5m" as time. Raises ValueError."""
    parts = [re.fullmatch(r"(\d+)([dhm])", part) for part in text.split()]
    if not parts or None in parts:
        raise ValueError(f"not a duration: {text!r}")
    return sum((int(part[1]) * _UNITS[part[2]] for part in parts if part), timedelta())


def _tickets(path: Path) -> list[dict[str, Any]]:
    tickets: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["tickets"]
    return tickets


def _story(written: dict[str, Any]) -> Story:
    steps: list[Step] = []
    age, moment = duration(written.pop("age")), timedelta()
    for one in written.pop("then", []):
        moment += duration(one.pop("after"))
        steps.append(_step(moment, one))
    if moment >= age:
        raise ValueError(f"the future is not known: {written['subject']!r}")
    return Story(requester=written.pop("from"), age=age, steps=steps, **_typed(written))


def _step(moment: timedelta, written: dict[str, Any]) -> Step:
    deeds = DEEDS & set(written)
    if len(deeds) != 1:
        raise ValueError(f"one deed a step, not {sorted(written)}")
    (deed,) = deeds
    return Step(since_opening=moment, by=written.pop("by", None), deed=deed, what=written.pop(deed), **_typed(written))


_TYPES: dict[str, Any] = {
    "channel": Channel,
    "ends": Status,
    "files": tuple,
    "tags": tuple,
    "body": str.strip,
    "quoted": str.strip,
}


def _typed(written: dict[str, Any]) -> dict[str, Any]:
    return {name: _TYPES.get(name, str)(value) for name, value in written.items()}
