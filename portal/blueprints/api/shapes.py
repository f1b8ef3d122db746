"""Rows into what callers get. Internal notes were never loaded for a customer, so there is nothing to leave out here."""

from collections.abc import Sequence
from datetime import datetime

from portal.base.clock import now
from portal.base.current import current_settings
from portal.base.markup import render_markdown
from portal.blueprints.api import outputs
from portal.blueprints.api.door import PREFIX
from portal.models import Article, Attachment, QuickAnswer, SlaClock, Ticket, TicketMessage, User
from portal.queries.knowledge.articles import CategoryCount
from portal.queries.knowledge.search import Found, Hit
from portal.queries.surroundings import Surroundings
from portal.rules.access import Actor
from portal.rules.vocabulary import ClockKind
from portal.web.clock_views import present_clocks


def summary(actor: Actor, ticket: Ticket, around: Surroundings) -> outputs.TicketSummary:
    """A ticket without messages; requester, assignee and category are loaded."""
    page = "agent/tickets" if actor.role.is_staff else "tickets"
    return outputs.TicketSummary(
        id=ticket.id,
        number=ticket.number,
        subject=ticket.subject,
        description=around.description,
        status=ticket.status,
        priority=ticket.priority,
        priority_reason=ticket.priority_reason,
        category=ticket.category.slug,
        tags=list(around.tags),
        channel=ticket.channel,
        requester=_person(ticket.requester),
        assignee=_assignee(actor, ticket.assignee),
        created_at=ticket.created_at,
        updated_at=changed_at(actor, ticket),
        first_response_at=ticket.first_response_at,
        resolved_at=ticket.resolved_at,
        sla=_clocks(around.clocks, now()),
        url=f"{current_settings().base_url}/{page}/{ticket.id}",
    )


def changed_at(actor: Actor, ticket: Ticket) -> datetime:
    """The last change this reader may know of: to a customer, notes leave no trace."""
    return ticket.updated_at if actor.role.is_staff else ticket.public_at


def whole(actor: Actor, ticket: Ticket, around: Surroundings, messages: Sequence[TicketMessage]) -> outputs.Ticket:
    """A ticket with its messages."""
    fields = dict(summary(actor, ticket, around))
    return outputs.Ticket(**fields, messages=[message(row) for row in messages])


def message(row: TicketMessage) -> outputs.Message:
    """A message; author and files are loaded."""
    author = row.author
    return outputs.Message(
        id=row.id,
        ticket_id=row.ticket_id,
        author=outputs.Author(id=author.id, name=author.name, role=author.role) if author else None,
        body=row.body,
        body_html=row.body_html,
        is_internal=row.is_internal,
        channel=row.channel,
        created_at=row.created_at,
        attachments=[_file(file) for file in row.attachments],
    )


def search_result(found: Found, answer: QuickAnswer | None) -> outputs.SearchResult:
    """What was found, and the ready answer that fits."""
    return outputs.SearchResult(
        items=[_hit(hit) for hit in found.hits],
        quick_answer=_quick_answer(answer) if answer else None,
        did_you_mean=found.did_you_mean,
    )


def shelves(counts: Sequence[CategoryCount]) -> outputs.ShelfList:
    """Categories with their counts."""
    return outputs.ShelfList(
        items=[
            outputs.Shelf(
                id=each.category.id,
                slug=each.category.slug,
                name=each.category.name,
                description=each.category.description,
                articles=each.articles,
            )
            for each in counts
        ]
    )


def article(row: Article) -> outputs.Article:
    """An article; text and category are loaded."""
    return outputs.Article(
        id=row.id,
        external_id=row.external_id,
        title=row.title,
        summary=row.summary,
        body=row.body,
        body_html=row.body_html,
        category=outputs.ArticleCategory(slug=row.category.slug, name=row.category.name),
        tags=list(row.tags),
        status=row.status,
        version=row.version,
        updated_at=row.updated_at,
        published_at=row.published_at,
        helpful=row.helpful,
        unhelpful=row.unhelpful,
        url=f"{current_settings().base_url}{row.path}",
    )


def _hit(hit: Hit) -> outputs.FoundArticle:
    return outputs.FoundArticle(
        id=hit.id,
        external_id=hit.external_id,
        title=hit.title,
        summary=hit.summary,
        snippet="".join(piece for piece, _ in hit.snippet),
        score=round(hit.score, 4),
        url=f"{current_settings().base_url}/kb/articles/{hit.id}-{hit.slug}",
    )


def _quick_answer(row: QuickAnswer) -> outputs.QuickAnswer:
    return outputs.QuickAnswer(id=row.id, title=row.title, answer=row.answer, answer_html=render_markdown(row.answer))


def _file(file: Attachment) -> outputs.File:
    return outputs.File(
        id=file.id,
        filename=file.filename,
        content_type=file.content_type,
        size=file.size,
        url=f"{PREFIX}/support/attachments/{file.id}",
    )


def _person(user: User) -> outputs.Person:
    return outputs.Person(id=user.id, name=user.name, email=user.email)


def _assignee(actor: Actor, user: User | None) -> outputs.Person | outputs.Agent | None:
    if user is None:
        return None
    return _person(user) if actor.role.is_staff else outputs.Agent(id=user.id, name=user.name)


def _clocks(clocks: Sequence[SlaClock], moment: datetime) -> outputs.Clocks:
    latest = {
        clock.kind: outputs.Clock(due_at=clock.due_at, state=clock.state(moment))
        for clock in present_clocks(list(clocks))
    }
    return outputs.Clocks(
        first_response=latest.get(ClockKind.FIRST_RESPONSE),
        next_response=latest.get(ClockKind.NEXT_RESPONSE),
        resolution=latest.get(ClockKind.RESOLUTION),
    )
