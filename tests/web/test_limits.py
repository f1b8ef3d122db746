"""How often one may knock: counted by person, by peer and by the address named; in Redis, or in the process while it is away."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal import create_app
from portal.base.embedded.server import free_port
from portal.base.settings import Settings
from portal.models import User
from portal.web.limits import limiter
from tests.cast import PARTIAL, Cast, Visitor
from tests.factories import mails, opened

TICKET = {"subject": "No candles", "description": "None at all.", "category": "technical"}
WRONG = {"email": "ana@example.com", "password": "wrong password"}


@contextmanager
def counting(settings: Settings, **changed: object) -> Iterator[Flask]:
    """A portal that counts; the limiter of the process is put back afterwards."""
    try:
        yield create_app(settings.filled(ratelimit_enabled=True, **changed))
    finally:
        limiter.enabled = False
        limiter._storage_dead = False
        limiter._fallback_storage.reset()


@pytest.fixture
def limited(settings: Settings, cast: Cast) -> Iterator[Flask]:
    with counting(settings) as app:
        yield app


class Peer(Visitor):
    """A browser at an address of its own."""

    def __init__(self, app: Flask, address: str) -> None:
        super().__init__(app)
        self.address = address

    def post(self, path: str, data: dict[str, object] | None = None, **kwargs: object) -> TestResponse:
        return super().post(path, data, environ_base={"REMOTE_ADDR": self.address}, **kwargs)


def codes(send: Callable[[int], TestResponse], times: int) -> list[int]:
    return [send(number).status_code for number in range(times)]


class TestSigningIn:
    def test_is_refused_after_ten_tries_a_minute_from_one_place(self, limited: Flask) -> None:
        visitor = Peer(limited, "192.0.2.1")
        tried = codes(lambda n: visitor.post("/login", {**WRONG, "email": f"p{n}@example.net"}), 11)
        assert tried == [422] * 10 + [429]

    def test_is_refused_after_ten_tries_at_one_address_from_many_places(self, limited: Flask) -> None:
        tried = codes(lambda n: Peer(limited, f"192.0.2.{n}").post("/login", WRONG), 11)
        assert tried == [422] * 10 + [429]

    def test_counts_every_spelling_of_an_address_as_one(self, limited: Flask) -> None:
        spelt = [
            "ana@example.com",
            "ANA@example.com",
            " ana@example.com ",
            "\x01ana@example.com",
            "ana@example.com\u200b",
        ]
        tried = codes(lambda n: Peer(limited, f"192.0.2.{n}").post("/login", {**WRONG, "email": spelt[n % 5]}), 11)
        assert tried == [422] * 10 + [429]

    def test_at_one_address_leaves_others_alone(self, limited: Flask) -> None:
        codes(lambda n: Peer(limited, f"192.0.2.{n}").post("/login", WRONG), 11)
        assert Peer(limited, "192.0.2.99").post("/login", {**WRONG, "email": "ben@example.org"}).status_code == 422

    def test_counts_a_network_of_ipv6_as_one_place(self, limited: Flask) -> None:
        tried = codes(
            lambda n: Peer(limited, f"2001:db8::{n + 1:x}").post("/login", {**WRONG, "email": f"p{n}@example.net"}), 11
        )
        assert tried[-1] == 429
        other = Peer(limited, "2001:db8:0:1::1").post("/login", {**WRONG, "email": "q@example.net"})
        assert other.status_code == 422

    def test_believes_no_forwarding_header(self, limited: Flask) -> None:
        visitor = Peer(limited, "192.0.2.1")
        tried = codes(
            lambda n: visitor.post(
                "/login",
                {**WRONG, "email": f"p{n}@example.net"},
                headers={"X-Forwarded-For": f"203.0.113.{n}", "X-Real-IP": f"203.0.113.{n}"},
            ),
            11,
        )
        assert tried[-1] == 429

    def test_never_hinders_reading(self, limited: Flask) -> None:
        visitor = Peer(limited, "192.0.2.1")
        codes(lambda n: visitor.post("/login", {**WRONG, "email": f"p{n}@example.net"}), 11)
        assert visitor.get("/login").status_code == 200


def test_behind_a_listed_proxy_the_last_hop_counts(settings: Settings, cast: Cast) -> None:
    with counting(settings, trusted_proxies=1) as app:
        proxy = Peer(app, "10.0.0.1")

        def tried(number: int, seen: str) -> TestResponse:
            headers = {"X-Forwarded-For": f"203.0.113.{number}, {seen}"}
            return proxy.post("/login", {**WRONG, "email": f"p{number}@example.net"}, headers=headers)

        assert codes(lambda n: tried(n, "198.51.100.7"), 11)[-1] == 429
        assert tried(20, "198.51.100.8").status_code == 422


class TestLinks:
    @pytest.mark.parametrize("path", ["/login/link", "/password/forgot"])
    def test_go_to_one_address_five_times_in_fifteen_minutes(self, limited: Flask, path: str) -> None:
        asked = codes(lambda n: Peer(limited, f"192.0.2.{n}").post(path, {"email": "ana@example.com"}), 6)
        assert asked == [200] * 5 + [429]
        assert len(mails(recipient="ana@example.com")) == 5

    def test_are_counted_for_unknown_addresses_alike(self, limited: Flask) -> None:
        asked = codes(lambda n: Peer(limited, f"192.0.2.{n}").post("/login/link", {"email": "eve@example.net"}), 6)
        assert asked == [200] * 5 + [429]

    def test_of_guests_tickets_bomb_no_address(self, limited: Flask) -> None:
        """Whoever writes tickets in somebody else's name, from however many places, sends them few mails."""
        form = {**TICKET, "email": "victim@example.net"}
        asked = codes(lambda n: Peer(limited, f"192.0.2.{n}").post("/tickets/new", form), 12)
        assert asked[-1] == 429
        assert len(mails(recipient="victim@example.net")) == 5


class TestOpeningTickets:
    def test_is_counted_by_person_not_by_session_or_place(self, limited: Flask, cast: Cast) -> None:
        def opened_from(number: int) -> TestResponse:
            return Peer(limited, f"192.0.2.{number}").signed_in_as(cast.ana).post("/tickets/new", dict(TICKET))

        assert codes(opened_from, 11) == [303] * 10 + [429]

    def test_of_one_person_leaves_others_alone(self, limited: Flask, cast: Cast) -> None:
        hers = Peer(limited, "192.0.2.1").signed_in_as(cast.ana)
        codes(lambda _: hers.post("/tickets/new", dict(TICKET)), 11)
        his = Peer(limited, "192.0.2.1").signed_in_as(cast.ben)
        assert his.post("/tickets/new", dict(TICKET)).status_code == 303

    def test_counts_what_was_taken_and_not_what_came_back_with_an_error(self, limited: Flask, cast: Cast) -> None:
        hers = Peer(limited, "192.0.2.1").signed_in_as(cast.ana)
        assert codes(lambda _: hers.post("/tickets/new", {"subject": ""}), 12) == [422] * 12
        assert hers.post("/tickets/new", dict(TICKET)).status_code == 303

    def test_gives_back_what_was_typed_when_it_is_refused(self, limited: Flask, cast: Cast) -> None:
        hers = Peer(limited, "192.0.2.1").signed_in_as(cast.ana)
        codes(lambda _: hers.post("/tickets/new", dict(TICKET)), 10)
        answer = hers.post("/tickets/new", {**TICKET, "description": "Six lines I had to think about."})
        assert answer.status_code == 429
        assert "Six lines I had to think about." in answer.text
        assert "Send it again" in answer.text

    def test_of_a_sign_in_gives_nothing_back_that_could_not_be_sent(self, limited: Flask) -> None:
        visitor = Peer(limited, "192.0.2.1")
        codes(lambda n: visitor.post("/login", {**WRONG, "email": f"p{n}@example.net"}), 10)
        answer = visitor.post("/login", WRONG)
        assert answer.status_code == 429
        assert "Send it again" not in answer.text


class TestTheAnswer:
    def refused(self, app: Flask, **kwargs: object) -> TestResponse:
        visitor = Peer(app, "192.0.2.1")
        for number in range(11):
            answer = visitor.post("/login", {**WRONG, "email": f"p{number}@example.net"}, **kwargs)
        return answer

    def test_is_a_page_that_says_when_to_come_back(self, limited: Flask) -> None:
        answer = self.refused(limited)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 61
        assert f"try again in {answer.headers['Retry-After']} seconds" in answer.text

    def test_to_a_part_is_an_alert(self, limited: Flask) -> None:
        answer = self.refused(limited, headers=PARTIAL)
        assert (answer.status_code, answer.headers["HX-Retarget"]) == (429, "#alerts")

    def test_of_a_longer_limit_names_the_longer_time(self, limited: Flask) -> None:
        for number in range(6):
            answer = Peer(limited, f"192.0.2.{number}").post("/login/link", {"email": "ana@example.com"})
        assert 60 < int(answer.headers["Retry-After"]) <= 15 * 60 + 1
        assert re.search(r"try again in 1[456] minutes", answer.text)


@contextmanager
def silent_server() -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        held: list[socket.socket] = []

        def hold() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=hold, daemon=True).start()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        server.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()


@pytest.fixture(params=["refused", "silent"])
def away(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a Redis that is not there, or does not speak."""
    if request.param == "refused":
        yield f"redis://127.0.0.1:{free_port(0)}/0"
        return
    with silent_server() as address:
        yield address


class TestWithoutRedis:
    def test_pages_answer_and_the_limit_holds_in_the_process(self, settings: Settings, cast: Cast, away: str) -> None:
        with counting(settings, redis_url=away) as app:
            visitor = Peer(app, "192.0.2.1")
            tried = codes(lambda n: visitor.post("/login", {**WRONG, "email": f"p{n}@example.net"}), 11)
        assert tried == [422] * 10 + [429]

    def test_work_goes_on(self, settings: Settings, cast: Cast, away: str) -> None:
        with counting(settings, redis_url=away) as app:
            hers = Visitor(app).signed_in_as(cast.ana)
            begun = monotonic()
            assert hers.post("/tickets/new", dict(TICKET)).status_code == 303
            assert hers.get("/tickets").status_code == 200
            assert monotonic() - begun < 30  # far from hanging, however slow the machine
            assert len(mails(kind="ticket_created")) == 1
            checks = (hers.get("/readyz").json or {})["checks"]
            assert (checks["database"], checks["redis"]) == ("ok", "away")

    def test_agents_go_on_too(self, settings: Settings, cast: Cast, away: str) -> None:
        ticket = opened(cast.ana)
        with counting(settings, redis_url=away) as app:
            hers = Visitor(app).signed_in_as(cast.cleo)
            form = {"body": "Try this.", "kind": "reply"}
            assert hers.post(f"/agent/tickets/{ticket.id}/messages", form).status_code == 303


def test_switched_off_nothing_is_counted(app: Flask, ben: User) -> None:
    visitor = Visitor(app)
    assert set(codes(lambda _: visitor.post("/login", WRONG), 15)) == {422}
