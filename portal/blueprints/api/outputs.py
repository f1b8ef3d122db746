"""What callers get: every field is listed here, nothing else ever leaves. Moments are RFC 3339 in UTC."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from portal.rules.vocabulary import ArticleStatus, Channel, ClockState, Priority, Role, Status


class _Out(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(_Out):
    """Somebody with their address."""

    id: int
    name: str
    email: str


class Agent(_Out):
    """An agent as customers see one."""

    id: int
    name: str


class Author(_Out):
    """Who wrote a message."""

    id: int
    name: str
    role: Role


class File(_Out):
    """A file of a message; size in bytes."""

    id: int
    filename: str
    content_type: str
    size: int
    url: str = Field(description="Where to fetch it with the same token; a path on this site.")


class Message(_Out):
    """A message of a ticket; is_internal is never true for a customer's token."""

    id: int
    ticket_id: int = Field(description="A reply to a closed ticket opens a follow-up: then not the ticket asked for.")
    author: Author | None
    body: str = Field(description="As it was written.")
    body_html: str = Field(description="Safe HTML.")
    is_internal: bool
    channel: Channel
    created_at: datetime
    attachments: list[File]


class Clock(_Out):
    """One promise."""

    due_at: datetime
    state: ClockState


class Clocks(_Out):
    """The latest clock of each kind; null when none was started."""

    first_response: Clock | None
    next_response: Clock | None
    resolution: Clock | None


class TicketSummary(_Out):
    """A ticket without its messages."""

    id: int
    number: int
    subject: str
    description: str = Field(description="The first message as it was written.")
    status: Status
    priority: Priority
    priority_reason: str
    category: str
    tags: list[str]
    channel: Channel
    requester: Person
    assignee: Person | Agent | None
    created_at: datetime
    updated_at: datetime
    first_response_at: datetime | None
    resolved_at: datetime | None
    sla: Clocks
    url: str = Field(description="The ticket's page for people.")


class Ticket(TicketSummary):
    """A ticket with its messages, oldest first."""

    messages: list[Message]


class TicketPage(_Out):
    """A page of a list; next_cursor is null at its end."""

    items: list[TicketSummary]
    next_cursor: str | None


class FoundArticle(_Out):
    """An article that was found; score tells nearer from farther, within one search."""

    id: int
    external_id: str | None = Field(description="The id it was imported under.")
    title: str
    summary: str
    snippet: str = Field(description="Plain text around the words that were asked for.")
    score: float
    url: str = Field(description="The article's page for people.")


class QuickAnswer(_Out):
    """A ready answer to a common question."""

    id: int
    title: str
    answer: str = Field(description="Markdown.")
    answer_html: str = Field(description="Safe HTML.")


class SearchResult(_Out):
    """What was found, best first."""

    items: list[FoundArticle]
    quick_answer: QuickAnswer | None
    did_you_mean: str | None = Field(description="The query again, when words of it were corrected.")


class Shelf(_Out):
    """A category with the number of articles this reader finds there."""

    id: int
    slug: str
    name: str
    description: str
    articles: int


class ShelfList(_Out):
    """The categories in their order, without empty ones."""

    items: list[Shelf]


class ArticleCategory(_Out):
    """The category of an article."""

    slug: str
    name: str


class Article(_Out):
    """An article. Customers read published ones, staff all."""

    id: int
    external_id: str | None = Field(description="The id it was imported under.")
    title: str
    summary: str
    body: str = Field(description="Markdown.")
    body_html: str = Field(description="Safe HTML.")
    category: ArticleCategory
    tags: list[str]
    status: ArticleStatus
    version: int = Field(description="Counts its changes.")
    updated_at: datetime
    published_at: datetime | None
    helpful: int = Field(description="How many readers it helped.")
    unhelpful: int = Field(description="How many readers it did not help.")
    url: str = Field(description="The article's page for people.")


class Rating(_Out):
    """What the token's owner now thinks of an article."""

    article_id: int
    helpful: bool
    comment: str


class FieldError(_Out):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(_Out):
    """Problem details as RFC 9457 has them; errors is empty unless fields are wrong."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError]
