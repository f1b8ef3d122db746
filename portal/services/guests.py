"""People without an account: what they write waits until the link mailed to their address is used, so that
nobody can be bombed with our acknowledgements."""

from dataclasses import asdict

from portal.models import Ticket
from portal.queries import routing
from portal.rules.vocabulary import Channel, MailKind, TokenPurpose
from portal.services import accounts, notifications, one_time
from portal.services.attachments import StagedFile
from portal.services.tickets import open_ticket
from portal.services.tickets.opening import NewTicket


def ask_to_confirm(email: str, name: str, wanted: NewTicket) -> None:
    """Keep the ticket in a single-use token and mail its link. Files wait in storage and go with the token."""
    payload = {
        "name": name,
        "subject": wanted.subject,
        "description": wanted.description,
        "category": wanted.category.slug,
        "files": [asdict(file) for file in wanted.files],
        "submission_key": wanted.submission_key,
        "read_before": wanted.read_before,
    }
    token = one_time.issue(TokenPurpose.CONFIRM_TICKET, email, payload=payload)
    notifications.token_mail(MailKind.CONFIRM_TICKET, token)


def opened_before(text: str) -> int | None:
    """The number of the ticket that a used link has started; its holder has read the address's mail."""
    token = one_time.find_spent(TokenPurpose.CONFIRM_TICKET, text)
    return token.payload.get("ticket") if token else None


def open_confirmed(text: str) -> Ticket:
    """Spend the link: the address is proven, the ticket starts, and the link remembers which. Raises one_time.LinkSpent."""
    token = one_time.redeem(TokenPurpose.CONFIRM_TICKET, text)
    kept = token.payload
    category = routing.find_category(kept["category"]) or routing.find_category("general")
    requester = accounts.customer_for(token.email, kept["name"])
    if category is None or requester.disabled_at is not None:
        raise one_time.LinkSpent
    accounts.prove_address(requester)
    wanted = NewTicket(
        subject=kept["subject"],
        description=kept["description"],
        category=category,
        channel=Channel.WEB,
        files=[StagedFile(**file) for file in kept["files"]],
        submission_key=kept.get("submission_key"),
        read_before=kept.get("read_before", ""),
    )
    ticket = open_ticket(requester.actor(), requester, wanted)
    token.payload = {"ticket": ticket.id}
    return ticket
