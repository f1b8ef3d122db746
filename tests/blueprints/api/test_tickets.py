"""Opening, reading, listing and changing tickets as a program."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from portal.models import User
from tests.blueprints.api.conftest import A_TICKET, TICKETS, Program

A_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
TICKET_FIELDS = {
    "id", "number", "subject", "description", "status", "priority", "priority_reason", "category", "tags", "channel",
    "requester", "assignee", "created_at", "updated_at", "first_response_at", "resolved_at", "sla", "messages", "url",
}  # fmt: skip


def test_a_customer_opens_a_ticket_and_reads_it_where_location_says(anas: Program, ana: User) -> None:
    answer = anas.post(TICKETS, {**A_TICKET, "tags": ["Export"]})
    made = answer.get_json()
    assert answer.status_code == 201
    assert set(made) == TICKET_FIELDS
    assert (made["status"], made["channel"], made["category"], made["tags"]) == ("open", "api", "technical", ["export"])
    assert made["description"] == A_TICKET["description"]
    assert (made["priority"], made["priority_reason"]) == ("high", "Premium plan")
    assert made["requester"] == {"id": ana.id, "name": ana.name, "email": ana.email}
    assert made["url"] == f"http://localhost:8000/tickets/{made['id']}"
    again = anas.get(answer.headers["Location"])
    assert again.status_code == 200
    assert again.get_json() == made


def test_moments_are_rfc_3339_in_utc_and_promises_come_with_the_ticket(anas: Program) -> None:
    made = anas.opens()
    assert A_MOMENT.fullmatch(made["created_at"])
    assert A_MOMENT.fullmatch(made["sla"]["first_response"]["due_at"])
    assert made["sla"]["first_response"]["state"] == made["sla"]["resolution"]["state"] == "running"
    assert made["sla"]["next_response"] is None
    assert made["first_response_at"] is made["resolved_at"] is made["assignee"] is None


def test_an_agent_opens_for_somebody_nobody_knew_and_says_how_pressing_it_is(cleos: Program) -> None:
    made = cleos.opens(requester_email="New.Person@example.com", priority="urgent")
    assert made["requester"]["email"] == "new.person@example.com"
    assert (made["priority"], made["priority_reason"]) == ("urgent", "Set by an agent")
    assert made["url"].endswith(f"/agent/tickets/{made['id']}")
    assert made["messages"][0]["author"]["name"] == "Cleo Martin"


@pytest.mark.parametrize("field", ["requester_email", "priority"])
def test_what_only_agents_may_say_does_not_exist_for_customers(anas: Program, field: str) -> None:
    answer = anas.post(TICKETS, {**A_TICKET, field: "urgent"})
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == [{"field": field, "message": "There is no such field."}]


def test_a_foreign_ticket_answers_as_an_absent_one_does(anas: Program, bens: Program) -> None:
    number = anas.opens()["id"]
    absent = number + 1000
    for method, path, body in [
        ("GET", "", None),
        ("PUT", "", {"status": "resolved"}),
        ("POST", "/messages", {"body": "Let me in"}),
    ]:
        sent: dict[str, Any] = {"json": body} if body else {}
        foreign = bens.call(method, f"{TICKETS}/{number}{path}", **sent)
        unknown = bens.call(method, f"{TICKETS}/{absent}{path}", **sent)
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.data == unknown.data
        assert dict(foreign.headers) == dict(unknown.headers)


def test_the_list_holds_what_its_reader_may_see(anas: Program, bens: Program, cleos: Program) -> None:
    mine, other = anas.opens()["id"], bens.opens()["id"]
    assert ids_of(anas) == [mine]
    assert ids_of(bens) == [other]
    assert ids_of(cleos) == [other, mine]


@pytest.mark.parametrize("text", ["0", "007", "-1", "1.0", "1e3", "٣", "abc", "9" * 40, "9223372036854775808", "1%00"])
def test_a_ticket_is_addressed_by_its_plain_number_and_nothing_else(cleos: Program, text: str) -> None:
    assert cleos.get(f"{TICKETS}/{text}").status_code == 404


def test_an_agent_changes_what_is_given_and_nothing_else(cleos: Program, anas: Program, cleo: User) -> None:
    number = anas.opens()["id"]
    answer = cleos.put(
        f"{TICKETS}/{number}", {"priority": "low", "category": "billing", "tags": ["b", "a"], "assignee": cleo.id}
    )
    changed = answer.get_json()
    assert answer.status_code == 200
    assert (changed["priority"], changed["category"], changed["tags"]) == ("low", "billing", ["a", "b"])
    assert changed["assignee"] == {"id": cleo.id, "name": cleo.name, "email": cleo.email}
    assert changed["status"] == "in_progress"
    assert cleos.put(f"{TICKETS}/{number}", {}).get_json() == changed
    assert cleos.put(f"{TICKETS}/{number}", {"assignee": None}).get_json()["assignee"] is None


def test_customers_see_who_works_on_it_but_not_at_which_address(cleos: Program, anas: Program, cleo: User) -> None:
    number = anas.opens()["id"]
    cleos.put(f"{TICKETS}/{number}", {"assignee": cleo.id})
    assert anas.get(f"{TICKETS}/{number}").get_json()["assignee"] == {"id": cleo.id, "name": cleo.name}


def test_a_customer_may_not_change_not_even_nothing(anas: Program) -> None:
    number = anas.opens()["id"]
    for body in ({"status": "resolved"}, {}, {"nonsense": 1}):
        assert anas.put(f"{TICKETS}/{number}", body).status_code == 403


def test_an_impossible_status_is_refused_with_the_reason(cleos: Program, anas: Program) -> None:
    number = anas.opens()["id"]
    assert cleos.put(f"{TICKETS}/{number}", {"status": "closed"}).status_code == 200
    answer = cleos.put(f"{TICKETS}/{number}", {"status": "open"})
    assert answer.status_code == 409
    assert "closed" in answer.get_json()["detail"].lower()


def test_all_fields_change_or_none(cleos: Program, anas: Program, ben: User) -> None:
    number = anas.opens()["id"]
    answer = cleos.put(f"{TICKETS}/{number}", {"priority": "low", "assignee": ben.id})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "assignee"
    assert cleos.get(f"{TICKETS}/{number}").get_json()["priority"] == "high"


def test_a_stale_version_is_refused_and_the_present_one_taken(cleos: Program, anas: Program) -> None:
    number = anas.opens()["id"]
    version = cleos.get(f"{TICKETS}/{number}").headers["ETag"]
    first = cleos.put(f"{TICKETS}/{number}", {"priority": "low"}, headers={"If-Match": version})
    assert first.status_code == 200
    assert first.headers["ETag"] == cleos.get(f"{TICKETS}/{number}").headers["ETag"] != version
    late = cleos.put(f"{TICKETS}/{number}", {"priority": "urgent"}, headers={"If-Match": version})
    assert late.status_code == 412
    assert cleos.get(f"{TICKETS}/{number}").get_json()["priority"] == "low"


@pytest.mark.parametrize(
    ("spelling", "status"), [("{}", 200), ("W/{}", 200), ("*", 200), ('"old", {}', 200), ("x", 412)]
)
def test_a_version_is_known_however_it_is_spelt(cleos: Program, anas: Program, spelling: str, status: int) -> None:
    number = anas.opens()["id"]
    version = cleos.get(f"{TICKETS}/{number}").headers["ETag"]
    headers = {"If-Match": spelling.replace("{}", version)}
    assert cleos.put(f"{TICKETS}/{number}", {"priority": "low"}, headers=headers).status_code == status


def test_a_version_survives_what_compression_adds_to_it(cleos: Program, anas: Program) -> None:
    number = anas.opens(description="long " * 1000)["id"]
    packed = cleos.get(f"{TICKETS}/{number}", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    headers = {"If-Match": packed.headers["ETag"]}
    assert cleos.put(f"{TICKETS}/{number}", {"priority": "low"}, headers=headers).status_code == 200


def test_pages_follow_one_another_without_gap_or_repeat(anas: Program) -> None:
    numbers = [anas.opens()["id"] for _ in range(5)]
    seen, cursor = [], ""
    while True:
        page = anas.get(f"{TICKETS}?limit=2{cursor}").get_json()
        seen += [ticket["id"] for ticket in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == numbers[::-1]


def test_filters_narrow_the_list(cleos: Program, anas: Program, bens: Program, cleo: User, ana: User) -> None:
    premium, free = anas.opens(), bens.opens(subject="Dark mode", category="feature_request")
    cleos.put(f"{TICKETS}/{premium['id']}", {"assignee": cleo.id})
    for query, expected in [
        ("status=in_progress", [premium]),
        ("status=open,in_progress", [free, premium]),
        ("status=open&status=in_progress", [free, premium]),
        ("priority=high", [premium]),
        ("category=feature_request", [free]),
        ("category=nothing-like-it", []),
        ("assignee=none", [free]),
        ("assignee=me", [premium]),
        (f"assignee={cleo.id}", [premium]),
        (f"requester={ana.id}", [premium]),
        ("requester=ana@example.com", [premium]),
        ("requester=nobody@example.com", []),
        ("q=dark+mode", [free]),
        (f"q=%23{free['id']}", [free]),
        (f"created_after={premium['created_at']}", [free]),
        ("created_after=2999-01-01T00:00:00%2B02:00", []),
        ("sort=updated", [premium, free]),
        ("sort=due", [premium, free]),
    ]:
        assert ids_of(cleos, query) == [ticket["id"] for ticket in expected], query


def test_a_customer_filters_no_further_than_their_own(anas: Program, bens: Program, ana: User) -> None:
    anas.opens()
    assert ids_of(bens, f"requester={ana.id}") == ids_of(bens, "requester=ana@example.com") == []


def test_a_list_and_a_ticket_cost_few_statements_however_long_they_are(
    cleos: Program, anas: Program, count_statements: Callable[[], list[str]]
) -> None:
    for _ in range(3):
        number = anas.opens(tags=["one", "two"])["id"]
        cleos.post(
            f"{TICKETS}/{number}/messages", data={"body": "See file", "attachments": (io.BytesIO(b"text"), "a.txt")}
        )
    for program in (anas, cleos):
        count_statements()
        assert program.get(TICKETS).status_code == 200
        assert len(count_statements()) <= 8
        assert program.get(f"{TICKETS}/{number}").status_code == 200
        assert len(count_statements()) <= 8


def ids_of(program: Program, query: str = "") -> list[int]:
    answer = program.get(f"{TICKETS}?{query}")
    assert answer.status_code == 200, answer.text
    return [ticket["id"] for ticket in answer.get_json()["items"]]
