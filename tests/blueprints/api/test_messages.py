"""Writing into tickets, notes, and files in both directions."""

import io
from pathlib import Path
from typing import Any

import pytest

from portal.base.settings import Settings
from portal.models import User
from tests.blueprints.api.conftest import TICKETS, Program

MESSAGE_FIELDS = {
    "id", "ticket_id", "author", "body", "body_html", "is_internal", "channel", "created_at", "attachments",
}  # fmt: skip


def test_an_agents_reply_reaches_the_customer_and_waits_for_them(cleos: Program, anas: Program, cleo: User) -> None:
    number = anas.opens()["id"]
    answer = cleos.post(f"{TICKETS}/{number}/messages", {"body": "Try **again**."})
    message = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{TICKETS}/{number}"
    assert set(message) == MESSAGE_FIELDS
    assert message["author"] == {"id": cleo.id, "name": cleo.name, "role": "agent"}
    assert message["body"] == "Try **again**."
    assert message["body_html"] == "<p>Try <strong>again</strong>.</p>\n"
    assert message["channel"] == "api"
    ticket = anas.get(f"{TICKETS}/{number}").get_json()
    assert ticket["messages"][-1] == message
    assert ticket["status"] == "waiting_customer"
    assert ticket["first_response_at"] == message["created_at"]
    assert ticket["sla"]["first_response"]["state"] == "met"
    assert ticket["sla"]["resolution"]["state"] == "paused"


def test_a_customers_answer_sets_the_ticket_to_work_again(cleos: Program, anas: Program) -> None:
    number = anas.opens()["id"]
    cleos.post(f"{TICKETS}/{number}/messages", {"body": "Which browser?"})
    assert anas.post(f"{TICKETS}/{number}/messages", {"body": "Firefox"}).status_code == 201
    ticket = cleos.get(f"{TICKETS}/{number}").get_json()
    assert ticket["status"] == "in_progress"
    assert ticket["sla"]["next_response"]["state"] == "running"


def test_a_note_leaves_no_trace_a_customer_could_find(cleos: Program, anas: Program) -> None:
    number = anas.opens()["id"]
    before, version = read(anas, number)
    note = cleos.post(
        f"{TICKETS}/{number}/messages",
        data={"body": "Suspicious kumquat", "is_internal": "true", "attachments": (io.BytesIO(b"secret"), "n.txt")},
    ).get_json()
    assert note["is_internal"] is True
    assert [message["is_internal"] for message in read(cleos, number)[0]["messages"]] == [False, True]
    assert read(anas, number) == (before, version)
    assert anas.get(f"{TICKETS}?q=kumquat").get_json()["items"] == []
    assert anas.get(f"{TICKETS}").get_json()["items"][0]["updated_at"] == before["updated_at"]
    assert anas.get(note["attachments"][0]["url"]).status_code == 404
    assert cleos.get(f"{TICKETS}?q=kumquat").get_json()["items"] != []
    assert cleos.get(note["attachments"][0]["url"]).data == b"secret"


@pytest.mark.parametrize("value", [True, False])
def test_a_customer_cannot_even_name_is_internal(anas: Program, value: bool) -> None:
    number = anas.opens()["id"]
    answer = anas.post(f"{TICKETS}/{number}/messages", {"body": "Hello", "is_internal": value})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "is_internal"


def test_an_answer_to_a_closed_ticket_opens_a_follow_up(cleos: Program, anas: Program) -> None:
    number = anas.opens()["id"]
    cleos.put(f"{TICKETS}/{number}", {"status": "closed"})
    answer = anas.post(f"{TICKETS}/{number}/messages", {"body": "It is back"})
    follow_up = answer.get_json()["ticket_id"]
    assert answer.status_code == 201
    assert follow_up != number
    assert answer.headers["Location"] == f"{TICKETS}/{follow_up}"
    assert anas.get(answer.headers["Location"]).get_json()["description"] == "It is back"
    assert cleos.post(f"{TICKETS}/{number}/messages", {"body": "No"}).status_code == 409


def test_files_go_in_beside_form_fields_and_come_back_as_attachments(anas: Program, bens: Program) -> None:
    answer = anas.post(
        TICKETS,
        data={
            "subject": "Two files",
            "description": "Here they are.",
            "category": "general",
            "tags": ["one", "two"],
            "attachments": [(io.BytesIO(b"<script>"), "../übel.html"), (io.BytesIO(b"%PDF-1.7 x"), "b.pdf")],
        },
    )
    ticket = answer.get_json()
    assert answer.status_code == 201
    assert ticket["tags"] == ["one", "two"]
    first, second = ticket["messages"][0]["attachments"]
    assert (first["filename"], first["size"], first["content_type"]) == ("übel.html", 8, "text/plain")
    assert second["content_type"] == "application/pdf"
    download = anas.get(first["url"])
    assert download.data == b"<script>"
    assert download.headers["Content-Disposition"].startswith("attachment;")
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in download.headers["Content-Security-Policy"]
    assert bens.get(first["url"]).data == bens.get("/api/v1/support/attachments/999").data
    assert bens.get(first["url"]).status_code == 404


@pytest.mark.parametrize(
    ("files", "limit"),
    [([b"x"] * 11, "10 files"), ([b"x" * (25 * 1024 * 1024 + 1)], "25 MB")],
    ids=["too many", "too large"],
)
def test_too_much_is_refused_with_the_limit_and_nothing_stays(
    anas: Program, settings: Settings, files: list[bytes], limit: str
) -> None:
    number = anas.opens()["id"]
    uploads = [(io.BytesIO(content), f"{index}.txt") for index, content in enumerate(files)]
    answer = anas.post(f"{TICKETS}/{number}/messages", data={"body": "Look", "attachments": uploads})
    assert answer.status_code == 413
    assert limit in answer.get_json()["detail"]
    assert len(read(anas, number)[0]["messages"]) == 1
    assert stored(settings.data_dir) == []


def test_files_of_a_message_that_is_refused_do_not_stay(cleos: Program, anas: Program, settings: Settings) -> None:
    number = anas.opens()["id"]
    cleos.put(f"{TICKETS}/{number}", {"status": "closed"})
    answer = cleos.post(
        f"{TICKETS}/{number}/messages", data={"body": "Late", "attachments": (io.BytesIO(b"x"), "x.txt")}
    )
    assert answer.status_code == 409
    assert stored(settings.data_dir) == []


def read(program: Program, number: int) -> tuple[dict[str, Any], str]:
    """The ticket and its version."""
    answer = program.get(f"{TICKETS}/{number}")
    return answer.get_json(), answer.headers["ETag"]


def stored(data_dir: Path) -> list[Path]:
    return list((data_dir / "files").glob("??/*"))


@pytest.fixture(autouse=True)
def _no_files_of_other_tests(settings: Settings) -> None:
    for path in (settings.data_dir / "files").glob("??/*"):
        path.unlink()
