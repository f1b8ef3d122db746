"""What a mail carries and proves, read from the ledger's side: the facts that rules/threading decides by."""

from dataclasses import dataclass

from portal.models import User
from portal.rules.automatic_mail import MailClass
from portal.rules.threading import Decision
from portal.rules.vocabulary import InboundState

_ENDS = {
    MailClass.LOOP: (InboundState.LOOP, "Our own mail came back."),
    MailClass.BOUNCE: (InboundState.BOUNCE, "A mail server reports that a mail did not arrive."),
    MailClass.AUTO_REPLY: (InboundState.AUTOMATIC, "A machine wrote this; it is never answered."),
}


@dataclass(frozen=True)
class Weighed:
    """The decision, and whom and what it is about."""

    decision: Decision
    number: int | None = None
    author: User | None = None
