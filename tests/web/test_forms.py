"""Bad input: told beside the field, what was typed kept, nothing stored; oversize uploads refused whole with the limit."""

import html
import re
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from portal.base.database import db
from portal.base.storage import storage
from portal.models import Attachment, Ticket, TicketMessage, User
from portal.rules.vocabulary import Status
from portal.services import surveys
from portal.services import tickets as services
from tests.cast import PARTIAL, Cast, Visitor
from tests.factories import did, events, opened

Browsers = Callable[[User], Visitor]
MEGABYTE = 1024 * 1024
TICKET = {"subject": "No candles", "description": "None at all.", "category": "technical"}
GUEST = {**TICKET, "email": "eva@example.net", "name": "Eva"}


def stored() -> int:
    return sum(1 for path in storage().folder.rglob("*") if path.is_file())


def count(model: type[object]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture(autouse=True)
def an_empty_storage(app: object) -> Iterator[None]:
    for key, _ in list(storage().stored_keys()):
        storage().delete(key)
    return


def errors_of(answer: TestResponse, field: str) -> str:
    found = re.findall(rf'id="{field}-error">(.*?)</span></span>', answer.text, re.DOTALL)
    return " ".join(found)


def kept(answer: TestResponse, field: str) -> str | None:
    """What a field of the answered form holds."""
    box = re.search(rf'<textarea[^>]* name="{field}"[^>]*>\r?\n?(.*?)</textarea>', answer.text, re.DOTALL)
    line = re.search(rf'<input[^>]* name="{field}"[^>]* value="([^"]*)"', answer.text)
    found = box or line
    return html.unescape(found[1]) if found else None


class TestANewTicket:
    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("subject", "", "Say in one line"),
            ("subject", "   ", "Say in one line"),
            ("subject", "x" * 201, "200"),
            ("subject", "nul\0byte", "not text"),
            ("description", "", "Describe what happened"),
            ("description", " \n\t ", "Describe what happened"),
            ("description", "nul\0byte", "not text"),
            ("description", "x" * 200_000, "Use at most 100,000 characters"),
            ("description", "é" * 200_000, "Use at most 100,000 characters"),
            ("description", "🐎" * 200_000, "Use at most 100,000 characters"),
            ("category", "no-such", "Not a valid choice"),
            ("category", "", "Choose a category"),
        ],
    )
    @pytest.mark.parametrize("multipart", [False, True])
    def test_with_a_bad_field_says_so_beside_it_and_keeps_the_rest(
        self, cast: Cast, browser_of: Browsers, field: str, value: str, said: str, multipart: bool
    ) -> None:
        kind = {"content_type": "multipart/form-data"} if multipart else {}
        answer = browser_of(cast.ana).post("/tickets/new", {**TICKET, field: value}, **kind)
        assert answer.status_code == 422
        assert said in errors_of(answer, field)
        for other in {"subject", "description"} - {field}:
            assert kept(answer, other) == TICKET[other]
        assert count(Ticket) == 0

    def test_keeps_even_a_text_that_is_much_too_long(self, cast: Cast, browser_of: Browsers) -> None:
        words = "words " * 33_000
        answer = browser_of(cast.ana).post("/tickets/new", {**TICKET, "description": words})
        assert (kept(answer, "description") or "").strip() == words.strip()

    def test_of_a_lone_surrogate_is_a_text_with_a_mark_in_it_and_breaks_nothing(
        self, cast: Cast, browser_of: Browsers
    ) -> None:
        hers = browser_of(cast.ana)
        body = f"csrf_token={hers.csrf_token()}&subject=a%ED%A0%80b&description=c%FFd&category=technical"
        with hers.app.app_context():
            answer = hers.client.post("/tickets/new", data=body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code in (303, 422)

    def test_subject_is_one_line_whatever_is_sent(self, cast: Cast, browser_of: Browsers) -> None:
        browser_of(cast.ana).post("/tickets/new", {**TICKET, "subject": "No\r\nBcc: eve@example.com\x07candles"})
        assert db.session.scalars(select(Ticket.subject)).all() == ["No Bcc: eve@example.com candles"]

    def test_subject_keeps_what_joins_letters_and_loses_what_hides(self, cast: Cast, browser_of: Browsers) -> None:
        family, persian = "👨\u200d👩\u200d👧", "می\u200cخواهم"  # noqa: RUF001 (Persian)
        typed = f"z\u200be\u200bro \u202e{family} {persian}"
        browser_of(cast.ana).post("/tickets/new", {**TICKET, "subject": typed})
        assert db.session.scalars(select(Ticket.subject)).all() == [f"zero {family} {persian}"]

    @pytest.mark.parametrize("field", ["subject", "description"])
    def test_of_nothing_that_can_be_seen_is_none(self, cast: Cast, browser_of: Browsers, field: str) -> None:
        answer = browser_of(cast.ana).post("/tickets/new", {**TICKET, field: "\u200b\u200d \u2060\n"})
        assert answer.status_code == 422
        assert db.session.scalars(select(Ticket)).all() == []

    def test_of_the_longest_text_allowed_is_taken(self, cast: Cast, browser_of: Browsers) -> None:
        answer = browser_of(cast.ana).post("/tickets/new", {**TICKET, "description": "🐎" * 100_000})
        assert answer.status_code == 303

    def test_takes_no_priority_or_person_from_a_customer(self, cast: Cast, browser_of: Browsers) -> None:
        more = {"priority": "urgent", "requester_id": str(cast.ben.id), "status": "closed", "account_id": "1"}
        browser_of(cast.ana).post("/tickets/new", {**TICKET, **more})
        [ticket] = db.session.scalars(select(Ticket))
        assert (ticket.priority.value, ticket.requester_id, ticket.status) == ("high", cast.ana.id, Status.OPEN)

    def test_by_a_guest_needs_an_address(self, cast: Cast, visitor: Visitor) -> None:
        answer = visitor.post("/tickets/new", {**GUEST, "email": "eva"})
        assert answer.status_code == 422
        assert "Enter a full address" in errors_of(answer, "email")
        assert (kept(answer, "subject"), kept(answer, "name")) == ("No candles", "Eva")

    def test_by_a_guest_is_answered_alike_for_known_and_unknown_addresses(self, cast: Cast, visitor: Visitor) -> None:
        known, unknown = (
            visitor.post("/tickets/new", {**GUEST, "email": email}) for email in ("ana@example.com", "eve@example.com")
        )
        assert known.status_code == 200
        assert known.text.replace("ana@", "eve@") == unknown.text

    def test_is_escaped_wherever_it_is_shown(self, cast: Cast, browser_of: Browsers) -> None:
        evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
        hers = browser_of(cast.ana)
        where = hers.post("/tickets/new", {**TICKET, "subject": evil, "description": evil}).location or ""
        staff = browser_of(cast.cleo)
        for page in (hers.get(where), hers.get("/tickets"), staff.get("/agent"), staff.get(f"/agent{where}")):
            assert page.status_code == 200
            assert "<script>alert" not in page.text
            assert "<img" not in page.text


@pytest.fixture
def ticket(cast: Cast) -> Ticket:
    return opened(cast.ana)


class TestAReply:
    @pytest.mark.parametrize(
        ("value", "said"),
        [
            ("", "Write a message first"),
            (" \n ", "Write a message first"),
            ("x\0y", "not text"),
            ("x" * 200_000, "Use at most"),
        ],
    )
    def test_that_cannot_be_is_told_beside_the_box_and_kept(
        self, ticket: Ticket, cast: Cast, browser_of: Browsers, value: str, said: str
    ) -> None:
        answer = browser_of(cast.ana).post(f"/tickets/{ticket.id}/reply", {"body": value})
        assert answer.status_code == 422
        assert said in errors_of(answer, "body")
        assert len(kept(answer, "body") or "") >= len(value.strip()) - 1
        assert count(TicketMessage) == 1

    @pytest.mark.parametrize(
        ("form", "part"),
        [
            ({"body": ""}, False),
            ({"body": ""}, True),
            ({"body": "Hello", "kind": "shout"}, False),
            ({"body": "Hello", "then": "closed"}, False),
            ({"body": "Hello", "submission_key": "x" * 65}, False),
        ],
    )
    def test_of_an_agent_that_cannot_be_is_422(
        self, ticket: Ticket, cast: Cast, browser_of: Browsers, form: dict[str, str], part: bool
    ) -> None:
        hers = browser_of(cast.cleo)
        answer = (hers.post_part if part else hers.post)(f"/agent/tickets/{ticket.id}/messages", form)
        assert answer.status_code == 422
        assert count(TicketMessage) == 1


CHANGES = {
    "status": ["", "gone", "OPEN", "x\0"],
    "priority": ["", "now", "x\0"],
    "category": ["", "no-such", "x\0", "x" * 5000],
    "assignee": ["x", "0", "-1", "9" * 30, "1\0", "\u0663"],
    "tags": ["x" * 51, "nul\0", ",".join(str(number) for number in range(21))],
}


@pytest.mark.parametrize("part", [False, True], ids=["page", "part"])
@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in CHANGES.items() for value in values])
def test_a_change_that_cannot_be_is_422_and_changes_nothing(
    ticket: Ticket, cast: Cast, browser_of: Browsers, field: str, value: str, part: bool
) -> None:
    before = len(events(ticket))
    hers = browser_of(cast.cleo)
    answer = (hers.post_part if part else hers.post)(f"/agent/tickets/{ticket.id}/{field}", {field: value})
    assert answer.status_code == 422
    assert len(events(ticket)) == before


def test_an_agent_cannot_be_assigned_who_is_a_customer(ticket: Ticket, cast: Cast, browser_of: Browsers) -> None:
    answer = browser_of(cast.cleo).post(f"/agent/tickets/{ticket.id}/assignee", {"assignee": str(cast.ben.id)})
    assert answer.status_code == 422


class TestARating:
    @pytest.mark.parametrize(
        "form", [{}, {"score": ""}, {"score": "6"}, {"score": "0"}, {"score": "x"}, {"score": "1\0"}]
    )
    def test_that_is_none_is_422_and_keeps_the_comment(
        self, ticket: Ticket, cast: Cast, visitor: Visitor, browser_of: Browsers, form: dict[str, str]
    ) -> None:
        did(cast.cleo, services.resolve, ticket)
        survey = f"/survey/{surveys.survey_token(ticket.id, cast.ana.id)}"
        for browser, path in ((visitor, survey), (browser_of(cast.ana), f"/tickets/{ticket.id}/rate")):
            answer = browser.post(path, {**form, "comment": "What I typed"})
            assert answer.status_code == 422
            assert (kept(answer, "comment") or "").strip() == "What I typed"
        assert db.session.scalar(text("select count(*) from satisfaction_ratings")) == 0

    def test_of_an_open_ticket_is_refused_with_the_reason(
        self, ticket: Ticket, cast: Cast, browser_of: Browsers
    ) -> None:
        answer = browser_of(cast.ana).post(f"/tickets/{ticket.id}/rate", {"score": "5"})
        assert answer.status_code == 409
        assert "not resolved yet" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/tickets?q=%00",
        "/tickets?q=%ED%A0%80",
        "/tickets?q=" + "x" * 5000,
        "/tickets?q='%22)(%26%7C!:*",
        "/tickets?status=nonsense&cursor=",
        "/agent?q=%00&category=%00",
        "/agent?q=%00&view=all&status=%00&priority=%00&assignee=%00&requester=%00&sort=%00",
        "/agent?category=" + "x" * 500,
        "/agent?assignee=999999999999999999&requester=999999999999999999",
        "/agent?sort=id;drop&view=nonsense",
        "/tickets/{ticket}/news?since=%00",
        "/tickets/{ticket}/news?since=" + "9" * 400,
        "/agent/tickets/{ticket}/news?since=-1",
        "/survey/{survey}?score=%00",
        "/survey/{survey}?score=6",
        "/login?next=%00",
    ],
)
def test_an_odd_address_never_breaks_a_page(ticket: Ticket, cast: Cast, browser_of: Browsers, path: str) -> None:
    survey = surveys.survey_token(ticket.id, cast.ana.id)
    answer = browser_of(cast.cleo).get(path.format(ticket=ticket.id, survey=survey))
    assert answer.status_code in (200, 204, 303)


class TestUploads:
    def post(
        self, browser: Visitor, files: list[tuple[object, str]], *, part: bool = False, **form: str
    ) -> TestResponse:
        data = {**TICKET, **form, "attachments": files}
        headers = PARTIAL if part else {}
        return browser.post("/tickets/new", data, content_type="multipart/form-data", headers=headers)

    def file(self, size: int = 5, name: str = "log.txt") -> tuple[BytesIO, str]:
        return BytesIO(b"x" * size), name

    def test_are_kept_with_the_ticket(self, cast: Cast, browser_of: Browsers) -> None:
        answer = self.post(browser_of(cast.ana), [self.file(), self.file(name="two.txt")])
        assert answer.status_code == 303
        assert db.session.scalars(select(Attachment.filename).order_by(Attachment.id)).all() == ["log.txt", "two.txt"]
        assert stored() == 2

    def test_of_an_empty_field_are_none(self, cast: Cast, browser_of: Browsers) -> None:
        assert self.post(browser_of(cast.ana), [(BytesIO(b""), "")]).status_code == 303
        assert (count(Ticket), count(Attachment), stored()) == (1, 0, 0)

    @pytest.mark.parametrize("part", [False, True])
    @pytest.mark.parametrize(
        ("sizes", "said"),
        [([5] * 11, "10 files"), ([5, 25 * MEGABYTE + 1], "25 MB"), ([21 * MEGABYTE] * 3, "60 MB")],
        ids=["eleven", "one of 25 MB and a byte", "63 MB together"],
    )
    def test_beyond_a_limit_are_413_with_its_name_and_leave_nothing(
        self, cast: Cast, browser_of: Browsers, sizes: list[int], said: str, part: bool
    ) -> None:
        answer = self.post(browser_of(cast.ana), [self.file(size) for size in sizes], part=part)
        assert answer.status_code == 413
        assert said in answer.text
        assert (count(Ticket), count(Attachment), stored()) == (0, 0, 0)

    def refused(self, answer: TestResponse) -> str:
        """The one refusal, beside the files, of a form that still holds what was typed."""
        assert answer.status_code == 413
        return errors_of(answer, "attachments")

    @pytest.mark.parametrize("sizes", [[5] * 11, [5, 25 * MEGABYTE + 1]], ids=["eleven", "one of 25 MB and a byte"])
    def test_too_many_or_too_large_cost_nobody_a_new_ticket_s_text(
        self, cast: Cast, visitor: Visitor, browser_of: Browsers, sizes: list[int]
    ) -> None:
        for browser, form in ((browser_of(cast.ana), TICKET), (visitor, GUEST)):
            answer = self.post(browser, [self.file(size) for size in sizes], **form)
            assert re.search("10 files|larger than 25 MB", self.refused(answer))
            assert {name: kept(answer, name) for name in form if name != "category"} == {
                name: value for name, value in form.items() if name != "category"
            }
            assert '<option selected value="technical">' in answer.text

    def test_too_large_cost_a_customer_no_reply(self, ticket: Ticket, cast: Cast, browser_of: Browsers) -> None:
        data = {"body": "Still none.", "attachments": [self.file(), self.file(25 * MEGABYTE + 1)]}
        answer = browser_of(cast.ana).post(f"/tickets/{ticket.id}/reply", data, content_type="multipart/form-data")
        assert "larger than 25 MB" in self.refused(answer)
        assert kept(answer, "body") == "Still none."
        assert (count(TicketMessage), stored()) == (1, 0)

    @pytest.mark.parametrize("part", [False, True])
    def test_too_large_cost_an_agent_no_message(
        self, ticket: Ticket, cast: Cast, browser_of: Browsers, part: bool
    ) -> None:
        data = {"body": "See here.", "kind": "note", "attachments": [self.file(), self.file(25 * MEGABYTE + 1)]}
        path, headers = f"/agent/tickets/{ticket.id}/messages", PARTIAL if part else {}
        answer = browser_of(cast.cleo).post(path, data, content_type="multipart/form-data", headers=headers)
        assert "larger than 25 MB" in self.refused(answer)
        if part:
            assert answer.headers["HX-Retarget"] == "#composer-errors"
            assert "<form" not in answer.text
        else:
            assert kept(answer, "body") == "See here."
            assert re.search(r'value="note" checked', answer.text)
        assert (count(TicketMessage), stored()) == (1, 0)

    def test_of_exactly_the_limit_are_taken(self, cast: Cast, browser_of: Browsers) -> None:
        assert self.post(browser_of(cast.ana), [self.file(25 * MEGABYTE)]).status_code == 303
        assert stored() == 1

    def test_with_a_bad_form_leave_nothing(self, cast: Cast, browser_of: Browsers) -> None:
        assert self.post(browser_of(cast.ana), [self.file()], subject="").status_code == 422
        assert stored() == 0

    def test_into_a_foreign_ticket_leave_nothing(self, ticket: Ticket, cast: Cast, browser_of: Browsers) -> None:
        data = {"body": "Hello", "attachments": [self.file()]}
        answer = browser_of(cast.ben).post(f"/tickets/{ticket.id}/reply", data, content_type="multipart/form-data")
        assert answer.status_code == 404
        assert stored() == 0

    def test_into_a_closed_ticket_by_an_agent_leave_nothing(
        self, ticket: Ticket, cast: Cast, browser_of: Browsers
    ) -> None:
        did(cast.cleo, services.change_status, ticket, Status.CLOSED)
        data = {"body": "Hello", "kind": "reply", "attachments": [self.file()]}
        path = f"/agent/tickets/{ticket.id}/messages"
        assert browser_of(cast.cleo).post(path, data, content_type="multipart/form-data").status_code == 409
        assert stored() == 0

    def test_of_a_form_sent_twice_are_kept_once(self, cast: Cast, browser_of: Browsers) -> None:
        hers = browser_of(cast.ana)
        for _ in range(2):
            assert self.post(hers, [self.file()], submission_key="one-form").status_code == 303
        assert (count(Attachment), stored()) == (1, 1)

    def test_of_a_guest_wait_with_the_link(self, cast: Cast, visitor: Visitor) -> None:
        answer = self.post(visitor, [self.file()], email="eva@example.net")
        assert answer.status_code == 200
        assert (count(Attachment), stored()) == (0, 1)

    def test_of_hundreds_of_parts_are_refused(self, cast: Cast, browser_of: Browsers) -> None:
        answer = self.post(browser_of(cast.ana), [self.file(1, f"{number}.txt") for number in range(300)])
        assert answer.status_code == 413
        assert stored() == 0
