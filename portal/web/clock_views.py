"""Clocks as pages show them: a word, a colour level, and the time left. The browser counts on with the same words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.models import SlaClock, Ticket
from portal.rules.vocabulary import CLOCK_WORDS, ClockState, Status

_MINUTE = timedelta(minutes=1)
_DAY = 1440


@dataclass(frozen=True)
class ClockView:
    """What the components sla and sla_panel take; due_at and warn_at are set only while the clock runs."""

    label: str
    level: str
    short: str
    long: str
    due_at: datetime | None = None
    warn_at: datetime | None = None
    target_minutes: int = 0
    used_minutes: int = 0


def left_short(minutes: int) -> str:
    """Time left as hours and minutes, as days from two days on; a minus sign when late."""
    sign, minutes = ("\u2212" if minutes < 0 else ""), abs(minutes)
    if minutes >= 2 * _DAY:
        return f"{sign}{minutes // _DAY}d {minutes % _DAY // 60}h"
    return f"{sign}{minutes // 60}:{minutes % 60:02}"


def left_long(minutes: int) -> str:
    """The same in words."""
    late, minutes = minutes < 0, abs(minutes)
    if minutes < 60:
        text = f"{minutes} min"
    elif minutes < 2 * _DAY:
        text = f"{minutes // 60} h {minutes % 60} min"
    else:
        text = f"{minutes // _DAY} d {minutes % _DAY // 60} h"
    return f"Overdue by {text}" if late else f"{text} left"


def queue_clock(ticket: Ticket, now: datetime) -> ClockView:
    """The clock that ends first, from what the ticket row repeats of it."""
    if ticket.next_due_at is not None and ticket.next_due_kind is not None:
        return _running(CLOCK_WORDS[ticket.next_due_kind], ticket.next_due_at, ticket.next_warn_at, now)
    if ticket.status is Status.WAITING_CUSTOMER:
        return ClockView("Resolution", "paused", "Paused", "Paused, waiting for the customer")
    return ClockView("Service level", "met", "Done", "Nothing is due")


def clock_view(clock: SlaClock, now: datetime) -> ClockView:
    """One clock of a ticket."""
    label, state = CLOCK_WORDS[clock.kind], clock.state(now)
    if state is ClockState.CANCELLED:
        return ClockView(label, "cancelled", "\u2013", "Not needed any more")
    if state is ClockState.PAUSED:
        return ClockView(label, "paused", "Paused", "Paused, waiting for the customer")
    if clock.met_at is not None:
        took = clock.met_at - clock.started_at
        said = "Met" if state is ClockState.MET else "Late,"
        words = left_long(took // _MINUTE).removesuffix(" left")
        return ClockView(label, "met" if state is ClockState.MET else "breached", "Met", f"{said} after {words}")
    view = _running(label, clock.due_at, clock.warn_at, now)
    used = clock.target_minutes - max(0, (clock.due_at - now) // _MINUTE)
    return ClockView(
        **{**view.__dict__, "target_minutes": clock.target_minutes, "used_minutes": max(0, used)},
    )


def present_clocks(clocks: list[SlaClock]) -> list[SlaClock]:
    """The latest instance of each kind, in the order they were started."""
    latest = {clock.kind: clock for clock in sorted(clocks, key=lambda clock: clock.instance)}
    return sorted(latest.values(), key=lambda clock: clock.started_at)


def _running(label: str, due_at: datetime, warn_at: datetime | None, now: datetime) -> ClockView:
    minutes = (due_at - now) // _MINUTE
    level = "breached" if due_at <= now else "risk" if warn_at and warn_at <= now else "ok"
    return ClockView(label, level, left_short(minutes), left_long(minutes), due_at, warn_at)
