"""What a mail proves decides what becomes of it: the table of inbound evidence against the sender's verdict."""

from dataclasses import dataclass
from enum import StrEnum


class Evidence(StrEnum):
    """The strongest sign that ties a mail to a ticket, listed from the strongest to none."""

    REPLY_ADDRESS = "reply_address"
    OWN_MESSAGE_ID = "own_message_id"
    THEIR_MESSAGE_ID = "their_message_id"
    SUBJECT_NUMBER = "subject_number"
    NONE = "none"

    @property
    def is_keyed(self) -> bool:
        """Only we can have made it: a signed reply address, or a Message-ID with our keyed code."""
        return self in (Evidence.REPLY_ADDRESS, Evidence.OWN_MESSAGE_ID)


class Verdict(StrEnum):
    """What the receiving mail server said about the sender (SPF, DKIM, DMARC)."""

    PASS = "pass"  # noqa: S105 (a verdict, not a secret)
    NONE = "none"
    FAIL = "fail"


class Outcome(StrEnum):
    REPLY = "reply"
    HELD = "held"
    NEW_TICKET = "new_ticket"
    NEW_TICKET_UNPROVEN = "new_ticket_unproven"


@dataclass(frozen=True)
class Sender:
    """What From is to the ticket the evidence names; all false where there is none."""

    is_addressee: bool = False  # the address the keyed evidence was issued to
    is_participant: bool = False  # requester or follower
    is_staff: bool = False


@dataclass(frozen=True)
class Decision:
    outcome: Outcome
    reason: str  # one sentence, shown to agents


_WORDS = {
    Evidence.REPLY_ADDRESS: "our signed reply address",
    Evidence.OWN_MESSAGE_ID: "a reference to our own mail",
    Evidence.THEIR_MESSAGE_ID: "a reference to the customer's own mail",
    Evidence.SUBJECT_NUMBER: "a ticket number in the subject",
}


def decide(evidence: Evidence, verdict: Verdict, sender: Sender) -> Decision:
    """The decision table. A failed verdict holds whatever else the mail carries; staff never speak in a thread by mail."""
    if verdict is Verdict.FAIL:
        return Decision(Outcome.HELD, "The sender's mail server failed the checks of SPF, DKIM or DMARC.")
    if evidence is Evidence.NONE:
        return _without_thread(verdict)
    carried = _WORDS[evidence]
    if sender.is_staff:
        return Decision(
            Outcome.HELD, f"It carries {carried} but comes from a staff address; agents answer in the portal."
        )
    if evidence.is_keyed:
        return _keyed(carried, sender)
    return _guessable(carried, verdict, sender)


def _without_thread(verdict: Verdict) -> Decision:
    if verdict is Verdict.PASS:
        return Decision(Outcome.NEW_TICKET, "It belongs to no ticket and its sender is proven.")
    return Decision(Outcome.NEW_TICKET_UNPROVEN, "It belongs to no ticket and nothing proves its sender.")


def _keyed(carried: str, sender: Sender) -> Decision:
    if sender.is_addressee:
        return Decision(Outcome.REPLY, f"It carries {carried} and comes from the address that was issued to.")
    return Decision(Outcome.HELD, f"It carries {carried} but comes from another address than that was issued to.")


def _guessable(carried: str, verdict: Verdict, sender: Sender) -> Decision:
    if not sender.is_participant:
        return Decision(Outcome.HELD, f"It carries {carried} but comes from nobody known to the ticket.")
    if verdict is Verdict.PASS:
        return Decision(Outcome.REPLY, f"It carries {carried} and comes from a proven participant of the ticket.")
    return Decision(Outcome.HELD, f"It carries {carried}, which anybody can guess, and nothing proves its sender.")
