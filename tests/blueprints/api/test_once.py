"""Idempotency keys: told once, done once."""

import io
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.base.clock import now
from portal.base.database import db
from portal.base.settings import Settings
from portal.base.unit_of_work import unit_of_work
from portal.models import ApiToken, User
from portal.services import api_tokens
from tests.blueprints.api.conftest import A_TICKET, TICKETS, Program

KEY = {"Idempotency-Key": "order-66"}


def test_the_same_again_gets_the_first_answer_to_the_letter(anas: Program) -> None:
    first, again = (anas.post(TICKETS, A_TICKET, headers=KEY) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.data == again.data
    assert dict(first.headers) == dict(again.headers)
    assert len(anas.get(TICKETS).get_json()["items"]) == 1


def test_another_body_under_the_same_key_is_refused(anas: Program) -> None:
    anas.post(TICKETS, A_TICKET, headers=KEY)
    other = anas.post(TICKETS, {**A_TICKET, "subject": "Another"}, headers=KEY)
    assert other.status_code == 422
    assert other.get_json()["errors"][0]["field"] == "Idempotency-Key"


def test_the_same_key_at_another_address_is_another_request(anas: Program) -> None:
    number = anas.post(TICKETS, A_TICKET, headers=KEY).get_json()["id"]
    assert anas.post(f"{TICKETS}/{number}/messages", {"body": "x"}, headers=KEY).status_code == 422


def test_keys_count_for_one_token_only(
    anas: Program, bens: Program, program_of: Callable[..., Program], ana: User
) -> None:
    numbers = {
        program.post(TICKETS, A_TICKET, headers=KEY).get_json()["id"] for program in (anas, bens, program_of(ana))
    }
    assert len(numbers) == 3


def test_after_a_day_a_key_is_new_again(anas: Program) -> None:
    first = anas.post(TICKETS, A_TICKET, headers=KEY).get_json()["id"]
    with time_machine.travel(now() + timedelta(hours=24, seconds=1), tick=False):
        assert anas.post(TICKETS, A_TICKET, headers=KEY).get_json()["id"] != first


def test_a_request_that_failed_may_be_mended_under_its_key(anas: Program) -> None:
    assert anas.post(TICKETS, {**A_TICKET, "category": "astrology"}, headers=KEY).status_code == 422
    assert anas.post(TICKETS, A_TICKET, headers=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_1_to_255_characters(anas: Program, key: str) -> None:
    assert anas.post(TICKETS, A_TICKET, headers={"Idempotency-Key": key}).status_code == 422


def test_a_repeated_upload_is_known_by_its_content_and_stored_once(anas: Program, settings: Settings) -> None:
    number = anas.opens()["id"]
    before = set((settings.data_dir / "files").glob("??/*"))

    def send(content: bytes) -> TestResponse:
        data = {"body": "See file", "attachments": (io.BytesIO(content), "a.txt")}
        return anas.post(f"{TICKETS}/{number}/messages", data=data, headers=KEY)

    assert send(b"one").data == send(b"one").data
    assert send(b"two").status_code == 422
    assert len(set((settings.data_dir / "files").glob("??/*")) - before) == 1


def test_while_the_first_still_runs_the_second_is_told_so_at_once(app: Flask, anas: Program) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def first() -> None:
        with app.app_context(), unit_of_work():
            row = api_tokens.begin_once(db.session.scalars(select(ApiToken)).one(), KEY["Idempotency-Key"], "its hash")
            begun.set()
            may_end.wait(30)
            api_tokens.remember_answer(row, 201, {"body": json.dumps({}), "headers": {}})

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(first)
        assert begun.wait(30)
        meanwhile = anas.post(TICKETS, A_TICKET, headers=KEY)
        elsewhere = anas.post(TICKETS, A_TICKET, headers={"Idempotency-Key": "another"})
        may_end.set()
        running.result(30)
    assert meanwhile.status_code == 409
    assert "still running" in meanwhile.get_json()["detail"]
    assert elsewhere.status_code == 201
    assert anas.post(TICKETS, A_TICKET, headers=KEY).status_code == 422


def test_of_many_at_once_one_opens_the_ticket(anas: Program) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: anas.post(TICKETS, A_TICKET, headers=KEY), range(12)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.data for answer in answers if answer.status_code == 201}) == 1
    assert len(anas.get(TICKETS).get_json()["items"]) == 1
