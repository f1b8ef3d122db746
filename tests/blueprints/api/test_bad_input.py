"""What is refused, and what is said about it."""

import pytest

from portal.models import User
from tests.blueprints.api.conftest import A_TICKET, TICKETS, Program


def of(**fields: object) -> dict[str, object]:
    return {**A_TICKET, **fields}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (of(subject=""), "subject"),
        (of(subject=" \t\u2003"), "subject"),
        (of(subject="a\nBcc: x@example.com"), "subject"),
        (of(subject="a\0b"), "subject"),
        (of(subject="x" * 201), "subject"),
        (of(subject=5), "subject"),
        (of(subject=None), "subject"),
        (of(subject=["a"]), "subject"),
        (of(description=" \n "), "description"),
        (of(description="a\0b"), "description"),
        (of(description="x" * 100_001), "description"),
        (of(description={"text": "a"}), "description"),
        (of(category="astrology"), "category"),
        (of(category="billing\0"), "category"),
        (of(category=1), "category"),
        (of(tags="a"), "tags"),
        (of(tags=[1]), "tags.0"),
        (of(tags=["a,b"]), "tags.0"),
        (of(tags=["x" * 51]), "tags.0"),
        (of(tags=[str(number) for number in range(21)]), "tags"),
        (of(tags=None), "tags"),
        (of(status="closed"), "status"),
        (of(requester={"id": 1}), "requester"),
        ({"subject": "a", "category": "billing"}, "description"),
        ([], ""),
        ("text", ""),
        (5, ""),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(anas: Program, body: object, field: str) -> None:
    answer = anas.call("POST", TICKETS, json=body)
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.get_json()["errors"]]
    assert all(error["message"] for error in answer.get_json()["errors"])


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b'{"subject": "a", "subject": "b", "description": "c", "category": "billing"}', 422),
        (b'{"subject": "\\ud800", "description": "c", "category": "billing"}', 422),
        (b'{"subject": "a", "description": "c", "category": "billing", "\\udc00": 1}', 422),
        (b'{"subject": "a", "description": "c", "category": "billing", "x": {"y": 1, "y": 2}}', 422),
        (b"null", 422),
        (b'{"subject": NaN}', 400),
        (b'{"subject": "a"', 400),
        (b"", 400),
        (b"\xff\xfe{}", 400),
        (b"[" * 100_000, 400),
        (b"1" * 5000, 400),
        (b'{"subject": "' + b"x" * 3_000_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_no_plain_json_is_a_problem(anas: Program, raw: bytes, status: int) -> None:
    answer = anas.call("POST", TICKETS, data=raw, content_type="application/json")
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/json-patch+json"])
def test_only_json_and_forms_are_read(anas: Program, kind: str) -> None:
    assert anas.call("POST", TICKETS, data=b"{}", content_type=kind).status_code == 415


def test_changes_are_json_only(cleos: Program, anas: Program) -> None:
    number = anas.opens()["id"]
    assert cleos.call("PUT", f"{TICKETS}/{number}", data={"status": "resolved"}).status_code == 415


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "sleeping"}, "status"),
        ({"status": None}, "status"),
        ({"priority": 1}, "priority"),
        ({"assignee": "me"}, "assignee"),
        ({"assignee": True}, "assignee"),
        ({"assignee": 1.0}, "assignee"),
        ({"assignee": 10**30}, "assignee"),
        ({"assignee": 999}, "assignee"),
        ({"category": "astrology"}, "category"),
        ({"tags": [""]}, "tags.0"),
        ({"subject": "new"}, "subject"),
    ],
)
def test_a_wrong_change_is_named(cleos: Program, anas: Program, body: object, field: str) -> None:
    number = anas.opens()["id"]
    answer = cleos.put(f"{TICKETS}/{number}", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]


def test_a_customer_is_never_somebodys_assignee(cleos: Program, anas: Program, ben: User) -> None:
    number = anas.opens()["id"]
    assert cleos.put(f"{TICKETS}/{number}", {"assignee": ben.id}).status_code == 422


@pytest.mark.parametrize("address", ["", "x", "x@localhost", "a b@example.com", "é@example.com", "x@example.com\n", 5])
def test_a_requester_needs_a_full_address(cleos: Program, address: object) -> None:
    answer = cleos.post(TICKETS, of(requester_email=address))
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "requester_email"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"body": "x", "is_internal": "yes"}, "is_internal"),
        ({"body": ["x", "y"]}, "body"),
        ({"body": "x", "attachments": "text"}, "attachments"),
        ({"body": "x", "files[]": "text"}, "files[]"),
        ({"is_internal": "true"}, "body"),
    ],
)
def test_a_wrong_form_field_is_named(cleos: Program, anas: Program, data: dict[str, object], field: str) -> None:
    number = anas.opens()["id"]
    answer = cleos.post(f"{TICKETS}/{number}/messages", data=data)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.get_json()["errors"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=sleeping", "status.0"),
        ("status=", "status.0"),
        ("status=open,", "status.1"),
        ("priority=1", "priority.0"),
        ("category=A%20b", "category"),
        ("assignee=somebody", "assignee"),
        ("requester=%00", "requester"),
        ("q=%00", "q"),
        ("q=" + "x" * 201, "q"),
        ("created_after=yesterday", "created_after"),
        ("created_after=2026-01-01", "created_after"),
        ("created_after=2026-01-01T00:00:00", "created_after"),
        ("created_after=2026-02-30T00:00:00Z", "created_after"),
        ("created_after=1767225600", "created_after"),
        ("sort=subject", "sort"),
        ("sort=-created", "sort"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=1_0", "limit"),
        ("limit=10&limit=20", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=WzFd", "cursor"),
        ("page=2", "page"),
    ],
)
def test_a_wrong_filter_is_named(cleos: Program, query: str, field: str) -> None:
    answer = cleos.get(f"{TICKETS}?{query}")
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]


def test_a_cursor_of_another_order_is_refused(cleos: Program, anas: Program) -> None:
    anas.opens()
    anas.opens()
    cursor = cleos.get(f"{TICKETS}?limit=1&sort=due").get_json()["next_cursor"]
    assert cleos.get(f"{TICKETS}?limit=1&sort=created&cursor={cursor}").status_code == 422


def test_customers_cannot_sort_by_what_notes_would_move(anas: Program) -> None:
    assert anas.get(f"{TICKETS}?sort=updated").status_code == 422


@pytest.mark.parametrize(("method", "path", "status"), [("DELETE", TICKETS, 405), ("GET", "/api/v1/nothing", 404)])
def test_every_error_below_api_is_a_problem(anas: Program, method: str, path: str, status: int) -> None:
    answer = anas.call(method, path)
    problem = answer.get_json()
    assert answer.status_code == problem["status"] == status
    assert answer.content_type == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert ("Allow" in answer.headers) == (status == 405)
