"""Who gets what at every door: own, foreign, shared, followed, not signed in; and that notes leave no trace."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.base.database import db
from portal.base.unit_of_work import unit_of_work
from portal.models import Attachment, Ticket, User
from portal.rules.vocabulary import Role
from portal.services import accounts
from portal.services import tickets as services
from tests.cast import PARTIAL, Cast, Visitor
from tests.factories import claimed, colleague_of, customer, did, events, noted, opened, replied, sharing

NOBODYS = 999_999
FULL_WIDTH = "\uff11\uff10\uff10\uff11"
Browsers = Callable[[User], Visitor]

CUSTOMER_READS = ["/tickets/{ticket}", "/tickets/{ticket}/news", "/attachments/{file}"]
CUSTOMER_WRITES: dict[str, dict[str, str]] = {
    "/tickets/{ticket}/reply": {"body": "Is it mended?"},
    "/tickets/{ticket}/resolve": {},
    "/tickets/{ticket}/reopen": {},
    "/tickets/{ticket}/rate": {"score": "5"},
    "/tickets/{ticket}/followers": {"email": "eva@example.net"},
}
AGENT_READS = ["/agent/tickets/{ticket}", "/agent/tickets/{ticket}/news"]
AGENT_WRITES: dict[str, dict[str, str]] = {
    "/agent/tickets/{ticket}/messages": {"body": "Try this.", "kind": "reply"},
    "/agent/tickets/{ticket}/status": {"status": "resolved"},
    "/agent/tickets/{ticket}/priority": {"priority": "urgent"},
    "/agent/tickets/{ticket}/category": {"category": "billing"},
    "/agent/tickets/{ticket}/assignee": {"assignee": ""},
    "/agent/tickets/{ticket}/claim": {},
    "/agent/tickets/{ticket}/tags": {"tags": "vip"},
    "/agent/tickets/{ticket}/followers": {"email": "ana@example.com"},
    "/agent/tickets/{ticket}/followers/1/remove": {},
    "/agent/tickets/{ticket}/resolve": {},
    "/agent/tickets/{ticket}/reopen": {},
}
AGENT_PAGES = ["/agent", "/agent/search?q=x", "/agent/stream"]
WRITES = CUSTOMER_WRITES | AGENT_WRITES


@pytest.fixture
def ticket(cast: Cast) -> Ticket:
    return opened(cast.ana, files=[("log.txt", b"hello")])


def filled(path: str, ticket: Ticket) -> str:
    file = db.session.scalars(select(Attachment.id).where(Attachment.ticket_id == ticket.id)).first()
    return path.format(ticket=ticket.id, file=file)


def absent(path: str) -> str:
    return path.format(ticket=NOBODYS, file=NOBODYS)


def sent(browser: Visitor, path: str, form: dict[str, str] | None, *, part: bool = False) -> TestResponse:
    if form is None:
        return browser.get_part(path) if part else browser.get(path)
    return browser.post_part(path, form) if part else browser.post(path, form)


def plain(answer: TestResponse) -> str:
    """The text of a page without what is new each time."""
    return re.sub(r"name=\"(submission_key|csrf_token)\"[^>]*|X-CSRFToken[^>]*", "", answer.text)


def essence(answer: TestResponse) -> tuple[object, ...]:
    """All that could tell two answers apart, without the reader's own CSRF token."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("Date", "Set-Cookie")}
    return answer.status_code, plain(answer), headers


ALL = [*[(path, None) for path in CUSTOMER_READS + AGENT_READS], *WRITES.items()]


@pytest.mark.parametrize("part", [False, True], ids=["page", "part"])
@pytest.mark.parametrize(("path", "form"), ALL)
def test_a_foreign_ticket_is_answered_exactly_as_one_that_does_not_exist(
    ticket: Ticket, cast: Cast, browser_of: Browsers, path: str, form: dict[str, str] | None, part: bool
) -> None:
    before = len(events(ticket))
    his = browser_of(cast.ben)
    foreign, none = (sent(his, where, form, part=part) for where in (filled(path, ticket), absent(path)))
    assert foreign.status_code == 404
    assert essence(foreign) == essence(none)
    assert len(events(ticket)) == before


@pytest.mark.parametrize(("path", "form"), [(path, form) for path, form in ALL if path.startswith("/tickets")])
def test_a_colleague_without_sharing_is_a_stranger(
    ticket: Ticket, cast: Cast, browser_of: Browsers, path: str, form: dict[str, str] | None
) -> None:
    theirs = browser_of(colleague_of(cast.ana))
    assert essence(sent(theirs, filled(path, ticket), form)) == essence(sent(theirs, absent(path), form))


MAY = {
    "ana": {"read": 200, "/reply": 303, "/resolve": 303, "/rate": 409, "/followers": 303, "/reopen": 409},
    "follower": {"read": 200, "/reply": 303, "/resolve": 403, "/rate": 403, "/followers": 403, "/reopen": 403},
    "colleague": {"read": 200, "/reply": 403, "/resolve": 403, "/rate": 403, "/followers": 403, "/reopen": 403},
    "cleo": {
        "read": 200,
        "/tickets/{ticket}": 303,
        "/reply": 303,
        "/resolve": 303,
        "/rate": 403,
        "/followers": 303,
        "/reopen": 409,
    },
    "dora": {
        "read": 200,
        "/tickets/{ticket}": 303,
        "/reply": 303,
        "/resolve": 303,
        "/rate": 403,
        "/followers": 303,
        "/reopen": 409,
    },
}


@pytest.mark.parametrize("who", MAY)
@pytest.mark.parametrize("path", [*CUSTOMER_READS, *CUSTOMER_WRITES])
def test_each_relation_may_do_its_own_and_no_more(
    ticket: Ticket, cast: Cast, browser_of: Browsers, who: str, path: str
) -> None:
    eva, carl = customer("eva@example.net"), colleague_of(cast.ana)
    sharing(cast.ana)
    did(cast.ana, services.add_follower, ticket, eva)
    person = {"follower": eva, "colleague": carl}.get(who) or getattr(cast, who)
    kind = "read" if path in CUSTOMER_READS else f"/{path.rpartition('/')[2]}"
    expected = MAY[who].get(path, MAY[who][kind])
    assert sent(browser_of(person), filled(path, ticket), CUSTOMER_WRITES.get(path)).status_code == expected


@pytest.mark.parametrize("who", ["ana", "ben", "follower"])
@pytest.mark.parametrize("path", [*AGENT_PAGES, *AGENT_READS, *AGENT_WRITES])
def test_the_agents_pages_do_not_exist_for_customers(
    ticket: Ticket, cast: Cast, browser_of: Browsers, who: str, path: str
) -> None:
    eva = customer("eva@example.net")
    did(cast.ana, services.add_follower, ticket, eva)
    theirs = browser_of(eva if who == "follower" else getattr(cast, who))
    assert sent(theirs, filled(path, ticket), AGENT_WRITES.get(path)).status_code == 404


@pytest.mark.parametrize("who", ["cleo", "dora"])
@pytest.mark.parametrize(("path", "form"), [*[(path, None) for path in AGENT_READS], *AGENT_WRITES.items()])
def test_staff_work_on_every_ticket(
    ticket: Ticket, cast: Cast, browser_of: Browsers, who: str, path: str, form: dict[str, str] | None
) -> None:
    if path.endswith("/reopen"):
        did(cast.cleo, services.resolve, ticket)
    assert sent(browser_of(getattr(cast, who)), filled(path, ticket), form).status_code in (200, 303)


class TestNotSignedIn:
    @pytest.mark.parametrize("path", [*CUSTOMER_READS, *AGENT_READS, *AGENT_PAGES, "/tickets"])
    def test_a_page_asks_to_sign_in_and_comes_back(self, ticket: Ticket, visitor: Visitor, path: str) -> None:
        there, none = filled(path, ticket), absent(path)
        answer = visitor.get(there)
        assert (answer.status_code, answer.location) == (
            303,
            f"/login?next={there.replace('?', '%3F').replace('=', '%3D')}",
        )
        assert visitor.get(none).status_code == 303

    @pytest.mark.parametrize(("path", "form"), WRITES.items())
    def test_a_change_asks_to_sign_in_and_changes_nothing(
        self, ticket: Ticket, visitor: Visitor, path: str, form: dict[str, str]
    ) -> None:
        before = len(events(ticket))
        answer = visitor.post(filled(path, ticket), form)
        assert (answer.status_code, answer.location) == (303, "/login?next=/")
        assert len(events(ticket)) == before

    def test_a_part_is_told_the_way_for_the_whole_page(self, ticket: Ticket, visitor: Visitor) -> None:
        headers = {**PARTIAL, "HX-Current-URL": f"http://localhost:8000/tickets/{ticket.id}"}
        answer = visitor.get(f"/tickets/{ticket.id}/news", headers=headers)
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, f"/login?next=/tickets/{ticket.id}")

    def test_every_route_that_is_not_public_says_so(self, whole: Flask, visitor: Visitor) -> None:
        """A walk over all routes, those of later parts included."""
        for rule in whole.url_map.iter_rules():
            if whole.view_functions[rule.endpoint].guard not in ("signed_in", "staff"):  # type: ignore[attr-defined]
                continue
            path = re.sub(r"<[^>]+>", "1", rule.rule)
            send = visitor.get if "GET" in (rule.methods or ()) else visitor.post
            assert send(path).status_code == 303, rule.rule


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> Flask:
    app: Flask = request.getfixturevalue("_app")
    return app


class TestSomebodyDisabled:
    def test_is_out_at_once_on_every_page(self, ticket: Ticket, cast: Cast, browser_of: Browsers) -> None:
        hers = browser_of(cast.ana)
        assert hers.get(f"/tickets/{ticket.id}").status_code == 200
        with unit_of_work():
            accounts.disable(cast.ana)
        for path in ("/tickets", f"/tickets/{ticket.id}"):
            assert hers.get(path).status_code == 303
        assert hers.post(f"/tickets/{ticket.id}/reply", {"body": "Still there?"}).status_code == 303

    def test_of_the_staff_too(self, ticket: Ticket, cast: Cast, browser_of: Browsers) -> None:
        hers = browser_of(cast.cleo)
        with unit_of_work():
            accounts.disable(cast.cleo)
        assert hers.get(f"/agent/tickets/{ticket.id}").status_code == 303

    def test_whose_role_changed_is_out_and_comes_back_as_what_they_are(
        self, ticket: Ticket, cast: Cast, browser_of: Browsers
    ) -> None:
        hers = browser_of(cast.ana)
        with unit_of_work():
            accounts.change_role(cast.ana, Role.AGENT)
        assert hers.get("/tickets").status_code == 303
        assert browser_of(cast.ana).get("/agent").status_code == 200


class TestNotes:
    """SENTINEL stands in everything internal; it must never reach a customer."""

    @pytest.fixture
    def annotated(self, ticket: Ticket, cast: Cast) -> Ticket:
        claimed(ticket, cast.cleo)
        replied(ticket, cast.cleo, "Please try again.")
        noted(ticket, cast.cleo, "SENTINEL in a note", files=[("SENTINEL.txt", b"SENTINEL in a file")])
        return ticket

    @pytest.mark.parametrize("who", ["ana", "follower", "colleague"])
    @pytest.mark.parametrize("part", [False, True])
    def test_are_on_no_page_of_a_customer(
        self, annotated: Ticket, cast: Cast, browser_of: Browsers, who: str, part: bool
    ) -> None:
        eva, carl = customer("eva@example.net"), colleague_of(cast.ana)
        sharing(cast.ana)
        did(cast.ana, services.add_follower, annotated, eva)
        theirs = browser_of({"ana": cast.ana, "follower": eva, "colleague": carl}[who])
        for path in (f"/tickets/{annotated.id}", f"/tickets/{annotated.id}/news", "/tickets", "/tickets?q=please"):
            page = sent(theirs, path, None, part=part)
            assert page.status_code == 200, path
            assert "sentinel" not in page.text.lower(), path

    def test_are_found_by_no_search_of_a_customer(self, annotated: Ticket, cast: Cast, browser_of: Browsers) -> None:
        hers = browser_of(cast.ana)
        found, none = (plain(hers.get(f"/tickets?q={word}")) for word in ("sentinel", "nothing"))
        assert annotated.subject not in found
        assert found.replace("sentinel", "nothing") == none
        assert annotated.subject in browser_of(cast.cleo).get("/agent?view=all&q=sentinel").text

    def test_change_nothing_a_customer_is_shown(self, ticket: Ticket, cast: Cast, browser_of: Browsers) -> None:
        hers, paths = browser_of(cast.ana), ("/tickets", f"/tickets/{ticket.id}")
        before = [plain(hers.get(path)) for path in paths]
        noted(ticket, cast.cleo, "SENTINEL", files=[("SENTINEL.txt", b"SENTINEL")])
        assert [plain(hers.get(path)) for path in paths] == before

    def test_bring_no_news(self, ticket: Ticket, cast: Cast, browser_of: Browsers) -> None:
        hers = browser_of(cast.ana)
        [since] = re.findall(r"news\?since=(\d+)", hers.get(f"/tickets/{ticket.id}").text)
        noted(ticket, cast.cleo)
        assert hers.get_part(f"/tickets/{ticket.id}/news?since={since}").status_code == 204

    def test_keep_their_files_to_the_staff(self, annotated: Ticket, cast: Cast, browser_of: Browsers) -> None:
        file = db.session.scalars(select(Attachment).where(Attachment.filename == "SENTINEL.txt")).one()
        hers = browser_of(cast.ana)
        assert essence(hers.get(f"/attachments/{file.id}")) == essence(hers.get(f"/attachments/{NOBODYS}"))
        assert browser_of(cast.cleo).get(f"/attachments/{file.id}").data == b"SENTINEL in a file"

    def test_are_not_written_by_a_customer_who_asks_for_one(
        self, ticket: Ticket, cast: Cast, browser_of: Browsers
    ) -> None:
        form = {"body": "Hello?", "kind": "note", "is_internal": "true", "then": "resolved", "status": "closed"}
        browser_of(cast.ana).post(f"/tickets/{ticket.id}/reply", form)
        message = events(ticket)[-1]
        assert (message.kind.value, message.is_internal) == ("replied", False)


def test_sharing_switched_off_counts_at_the_next_request(ticket: Ticket, cast: Cast, browser_of: Browsers) -> None:
    theirs = browser_of(colleague_of(cast.ana))
    sharing(cast.ana)
    assert ticket.subject in theirs.get("/tickets").text
    with unit_of_work():
        db.session.merge(cast.ana.account).shares_tickets = False
    assert ticket.subject not in theirs.get("/tickets").text
    assert theirs.get(f"/tickets/{ticket.id}").status_code == 404
    assert theirs.get(filled("/attachments/{file}", ticket)).status_code == 404


def test_a_colleague_who_may_only_read_is_offered_no_form(ticket: Ticket, cast: Cast, browser_of: Browsers) -> None:
    theirs = browser_of(colleague_of(cast.ana))
    sharing(cast.ana)
    page = theirs.get(f"/tickets/{ticket.id}").text
    assert f'action="/tickets/{ticket.id}/' not in page


@pytest.mark.parametrize("number", ["0", "-1", "1e3", "9223372036854775808", "9" * 60, "%00", "1001%00", FULL_WIDTH])
def test_a_number_that_is_none_is_not_there(cast: Cast, browser_of: Browsers, number: str) -> None:
    for path in (f"/tickets/{number}", f"/attachments/{number}"):
        assert browser_of(cast.ana).get(path).status_code == 404
    assert browser_of(cast.cleo).get(f"/agent/tickets/{number}").status_code == 404
