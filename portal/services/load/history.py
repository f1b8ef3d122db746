"""Lives of tickets, by the thousand: who wrote when, and how it ended."""

import random
from collections.abc import Iterator, Sequence

from portal.base.clock import now
from portal.queries.settings import reopen_window
from portal.rules.vocabulary import ClockKind, Status
from portal.services.load.copying import Chunk, Row
from portal.services.load.life import TABLES, Facts, Life
from portal.services.load.people import SPAN, Population
from portal.services.load.promises import promises
from portal.services.load.texts import Texts

HOUR, DAY = 3600, 86_400
ACTIVE_AMONG_NEW = 0.8
NEW_SHARE = 0.045
ACTIVE_AMONG_OLD = 0.004
"""Together some 4 % of all tickets are active, most of them among the newest."""

_NEW_ENOUGH_TO_BE_OPEN = 4 * DAY
_GROWTH = 0.6  # the business grew: the last months hold more tickets than the first
_PATTERNS = 200
_NOTE_SHARE = 0.12
_CHANNELS = ("web",) * 60 + ("email",) * 32 + ("api",) * 8

CUSTOMER, AGENT, NOTE = "customer", "agent", "note"


class Historian:
    """Makes chunks of whole tickets, in the order of time, numbers rising."""

    def __init__(
        self, messages: int, seed: int, people: Population, texts: Texts, first_ticket: int, first_message: int
    ) -> None:
        self._chance = random.Random(seed)  # noqa: S311 (bulk data, not a secret)
        self._messages, self._people, self._texts = messages, people, texts
        self.next_ticket, self.next_message = first_ticket, first_message
        self._now = int(now().timestamp())
        self._window = int(reopen_window().total_seconds())
        self._promises = promises()
        self._patterns = {
            status: [_pattern(status, messages, self._chance) for _ in range(_PATTERNS)] for status in Status
        }

    def chunks(self, tickets: int, size: int) -> Iterator[Chunk]:
        for begins in range(0, tickets, size):
            rows: dict[str, list[Row]] = {table: [] for table in TABLES}
            ends, first_message = min(begins + size, tickets), self.next_message
            for number in range(begins, ends):
                self._life(number, tickets).add_to(rows)
            yield Chunk(ends - begins, first_message, self.next_message - 1, rows)

    def _life(self, number: int, tickets: int) -> Life:
        age = 1 - (number + 0.5) / tickets
        created = self._now - int(SPAN.total_seconds() * (1 - (1 - age) ** _GROWTH)) - 2 * self._messages
        wanted = self._wanted_status(age, self._now - created)
        life = Life(self._facts(created))
        self._live(life, wanted)
        return life

    def _facts(self, created: int) -> Facts:
        chance, opening = self._chance, self._texts.opening()
        requester = self._people.customers[int(chance.random() * len(self._people.customers))]
        decision = opening.decisions[requester.tier]
        facts = Facts(
            number=self.next_ticket,
            first_message=self.next_message,
            created=created,
            requester=requester,
            agent=self._people.agents[int(chance.random() * len(self._people.agents))],
            opening=opening,
            decision=decision,
            promise=self._promises[requester.tier, opening.category.slug, decision.priority],
            channel=_CHANNELS[int(chance.random() * len(_CHANNELS))],
        )
        self.next_ticket += 1
        self.next_message += self._messages
        return facts

    def _wanted_status(self, age: float, seconds: int) -> Status:
        draw = self._chance.random()
        share = ACTIVE_AMONG_NEW if age < NEW_SHARE else ACTIVE_AMONG_OLD
        if draw >= share:
            return Status.RESOLVED
        if seconds < _NEW_ENOUGH_TO_BE_OPEN and draw < share * 0.3:
            return Status.OPEN
        if self._messages > 1 and draw < share * 0.65:
            return Status.WAITING_CUSTOMER
        return Status.IN_PROGRESS

    def _live(self, life: Life, wanted: Status) -> None:
        pattern = self._patterns[wanted][int(self._chance.random() * _PATTERNS)]
        moments = self._moments(life, wanted, pattern)
        is_answered_away = wanted is Status.RESOLVED and pattern[-1] == AGENT and self._chance.random() < 0.65
        last = len(pattern) - 1
        for place in range(1, len(pattern)):
            if pattern[place] == AGENT and life.status == Status.OPEN:
                life.claim((moments[place - 1] + moments[place]) // 2)
            then = Status.RESOLVED if place == last and is_answered_away else None
            life.write(moments[place], pattern[place], self._texts.message(), then)
        self._end(life, wanted, moments)

    def _end(self, life: Life, wanted: Status, moments: Sequence[int]) -> None:
        if wanted is Status.IN_PROGRESS and life.status == Status.OPEN:
            life.claim(moments[-1])
        if wanted is Status.RESOLVED:
            if life.status != Status.RESOLVED:
                life.resolve(moments[-1])
            if moments[-1] + self._window < self._now:
                life.close(moments[-1] + self._window + 1)
        life.settle(self._now)

    def _moments(self, life: Life, wanted: Status, pattern: Sequence[str]) -> list[int]:
        """When each message was written; one more for the end."""
        facts, draw = life.facts, self._chance.random
        gaps: list[float] = []
        for who in pattern[1:]:
            if who == AGENT:
                gaps.append(facts.promise.targets[ClockKind.NEXT_RESPONSE] * 1.15 * draw() ** 2)
            else:
                gaps.append((HOUR if who == NOTE else 1.5 * DAY) * draw() ** 2)
        gaps.append(DAY * draw() ** 2)
        room = self._now - 1 - facts.created
        squeeze = min(1.0, room / sum(gaps))
        moments, moment = [facts.created], float(facts.created)
        for gap in gaps:
            moment += gap * squeeze
            moments.append(int(moment))
        if wanted.is_active and len(pattern) > 1:
            moments[-2:] = [max(moments[-2], self._lately(wanted))] * 2
        return moments

    def _lately(self, wanted: Status) -> int:
        """Somebody wrote on an active ticket not long ago, else it would not be active any more."""
        return self._now - 1 - int((9 if wanted is Status.WAITING_CUSTOMER else 3) * DAY * self._chance.random())


def _pattern(ends: Status, messages: int, chance: random.Random) -> list[str]:
    """Who writes, in order: customer first, turn by turn, a note here and there, and last whom the status waits for."""
    if ends is Status.OPEN:
        return [CUSTOMER, *(NOTE if chance.random() < _NOTE_SHARE * 3 else CUSTOMER for _ in range(messages - 1))]
    turn = CUSTOMER if ends is Status.IN_PROGRESS else AGENT
    backwards = [turn]
    while len(backwards) < messages:
        if chance.random() < _NOTE_SHARE:
            backwards.append(NOTE)
        else:
            turn = CUSTOMER if turn == AGENT else AGENT
            backwards.append(turn)
    return [CUSTOMER, *reversed(backwards[:-1])]
