"""What callers may send: closed models, strict types. Fields that only some roles may send have models of their own."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from portal.models.ticket import BODY_LENGTH, SUBJECT_LENGTH
from portal.queries.knowledge.search import MOST_HITS
from portal.queries.paging import BIGGEST_ID, MAX_LIMIT
from portal.rules.addresses import is_address
from portal.rules.one_line import is_blank, one_line
from portal.rules.vocabulary import Priority, Status
from portal.services.knowledge.rating import COMMENT_LENGTH
from portal.services.tickets.changing import TAG_COUNT, TAG_LENGTH
from portal.web.forms import ADDRESS_LENGTH

_CLOSED = ConfigDict(extra="forbid", frozen=True)
_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_UNSEEN = r"\s\u0000\u00ad\u115f\u1160\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0"
_ONE_SEEN_LINE = rf"^[^{_CONTROL}]*[^{_CONTROL}{_UNSEEN}][^{_CONTROL}]*$"
_NOT_BLANK = rf"^[^\u0000]*[^{_UNSEEN}][^\u0000]*$"
_ONE_LINE = rf"^[^{_CONTROL}]*$"
_ANY_TEXT = r"^[^\u0000]*$"
QUERY_LENGTH = 10_000
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _seen(text: str) -> str:
    """The schema's pattern knows the usual letters that show nothing, the rule knows all of them."""
    if is_blank(text):
        raise PydanticCustomError("blank", "This shows nothing.")
    return text


def _full_address(text: str) -> str:
    if not is_address(text):
        raise PydanticCustomError("address", "Enter a full address, like name@example.com.")
    return text


def _whole(text: Any) -> Any:
    if isinstance(text, str) and not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise PydanticCustomError("whole", "Enter a whole number.")
    return text


def _moment(text: Any) -> datetime:
    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        hint = "Enter a moment as RFC 3339 has it, like 2026-01-31T08:00:00Z; a + is written %2B in an address."
        raise PydanticCustomError("moment", hint)
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        raise PydanticCustomError("moment", "There is no such moment.") from None


Subject = Annotated[
    str,
    StringConstraints(
        strict=True, strip_whitespace=True, min_length=1, max_length=SUBJECT_LENGTH, pattern=_ONE_SEEN_LINE
    ),
    AfterValidator(_seen),
    AfterValidator(one_line),
]
Text = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=BODY_LENGTH, pattern=_NOT_BLANK),
    AfterValidator(_seen),
]
Slug = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9_-]{1,64}$")]
TagName = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=TAG_LENGTH, pattern=r"^[^\u0000-\u001f\u007f,]*$")
]
Tags = Annotated[list[TagName], Field(max_length=TAG_COUNT)]
Address = Annotated[
    str,
    StringConstraints(strict=True, max_length=ADDRESS_LENGTH),
    AfterValidator(_full_address),
    Field(json_schema_extra={"format": "email"}),
]
Comment = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True, max_length=COMMENT_LENGTH, pattern=_ANY_TEXT)
]
Id = Annotated[int, Field(strict=True, ge=1, le=BIGGEST_ID)]
Flag = Annotated[bool, Field(strict=True)]


class NewTicket(BaseModel):
    """A ticket of the token's owner."""

    model_config = _CLOSED

    subject: Subject
    description: Text = Field(description="Markdown.")
    category: Slug = Field(description="The slug of a category.")
    tags: Tags = []


class NewTicketByStaff(NewTicket):
    """Agents may open a ticket for somebody else, and say how pressing it is."""

    requester_email: Address | None = None
    priority: Priority | None = None


class NewMessage(BaseModel):
    """A public message."""

    model_config = _CLOSED

    body: Text = Field(description="Markdown.")


class NewMessageByStaff(NewMessage):
    """Agents may write internal notes, which no customer ever sees."""

    is_internal: Flag = False


class TicketChanges(TypedDict, total=False):
    """The fields to change; what is left out stays. Agents only."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]  # how pydantic takes the settings of a TypedDict

    status: Status
    priority: Priority
    category: Slug
    assignee: Id | None
    tags: Tags


class Opinion(BaseModel):
    """Whether an article helped. The same person's next one takes its place."""

    model_config = _CLOSED

    helpful: Flag
    comment: Comment = Field("", description="For whoever keeps the article.")


class ArticleQuery(BaseModel):
    """What to search for: any text, of which the first words count."""

    model_config = _CLOSED

    q: Annotated[str, StringConstraints(max_length=QUERY_LENGTH)] = Field(
        "", description="“Quoted words” stand together, -word is left out."
    )
    limit: Annotated[int, Field(ge=1, le=MOST_HITS), BeforeValidator(_whole)] = 10


class TicketQuery(BaseModel):
    """Filters, order and page of a list. status and priority may repeat, or hold several words with commas."""

    model_config = _CLOSED

    status: list[Status] = []
    priority: list[Priority] = []
    category: Slug | None = None
    assignee: Annotated[str, StringConstraints(pattern=r"^(none|me|[1-9][0-9]{0,17})$")] | None = Field(
        None, description="The id of an agent, none, or me."
    )
    requester: Annotated[str, StringConstraints(min_length=1, max_length=ADDRESS_LENGTH, pattern=_ONE_LINE)] | None = (
        Field(None, description="The id or the mail address of a customer.")
    )
    q: Annotated[str, StringConstraints(max_length=200, pattern=_ONE_LINE)] = Field(
        "", description="Words in subject or messages, or a ticket's number."
    )
    created_after: Annotated[AwareDatetime, BeforeValidator(_moment)] | None = None
    sort: Literal["created", "updated", "due"] = Field(
        "created",
        description="created: newest first; updated: latest change first (agents only); due: next deadline first.",
    )
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT), BeforeValidator(_whole)] = 25
    cursor: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = Field(
        None, description="next_cursor of the page before."
    )
