"""Followers: added, listed and removed on both pages, by those who may."""

from collections.abc import Callable

import pytest

from portal.models import User
from portal.services import tickets as services
from tests.cast import Cast, Visitor
from tests.factories import colleague_of, did, opened

Browsers = Callable[[User], Visitor]


class TestToAgents:
    def test_are_added_listed_and_removed_by_an_agent(self, cast: Cast, browser_of: Browsers) -> None:
        ticket, cleo = opened(cast.ana), browser_of(cast.cleo)
        path = f"/agent/tickets/{ticket.id}"
        assert cleo.post(f"{path}/followers", {"email": " Ben@example.org"}).status_code == 303
        page = cleo.get(path).text
        assert f'action="{path}/followers/{cast.ben.id}/remove"' in page
        assert "Cleo Martin added Ben Carter as a follower" in page
        part = cleo.post_part(f"{path}/followers/{cast.ben.id}/remove")
        assert f"/followers/{cast.ben.id}/remove" not in part.text
        assert "Cleo Martin removed Ben Carter from the followers" in part.text
        assert browser_of(cast.ben).get(f"/tickets/{ticket.id}").status_code == 404

    @pytest.mark.parametrize("address", ["nobody@example.net", "dora@portal.test", "", "\0"])
    def test_are_customers_and_nobody_else(self, cast: Cast, browser_of: Browsers, address: str) -> None:
        ticket, cleo = opened(cast.ana), browser_of(cast.cleo)
        answer = cleo.post_part(f"/agent/tickets/{ticket.id}/followers", {"email": address})
        assert answer.status_code == 422
        assert "No customer has this address." in answer.text


class TestToCustomers:
    def test_are_listed_and_removed_by_the_requester(self, cast: Cast, browser_of: Browsers) -> None:
        ticket, hers = opened(cast.ana), browser_of(cast.ana)
        did(cast.cleo, services.add_follower, ticket, cast.ben)
        removal = f"/tickets/{ticket.id}/followers/{cast.ben.id}/remove"
        page = hers.get(f"/tickets/{ticket.id}").text
        assert f'action="{removal}"' in page
        assert "ben@example.org" not in page
        for _ in range(2):
            assert hers.post(removal).status_code == 303
        page = hers.get(f"/tickets/{ticket.id}").text
        assert page.count("Ben Carter no longer follows this ticket") == 1
        assert removal not in page
        assert browser_of(cast.ben).get(f"/tickets/{ticket.id}").status_code == 404

    def test_see_each_other_and_remove_nobody(self, cast: Cast, browser_of: Browsers) -> None:
        ticket, his = opened(cast.ana), browser_of(cast.ben)
        did(cast.cleo, services.add_follower, ticket, cast.ben)
        removal = f"/tickets/{ticket.id}/followers/{cast.ben.id}/remove"
        page = his.get(f"/tickets/{ticket.id}").text
        assert 'id="followers-h"' in page
        assert removal not in page
        assert his.post(removal).status_code == 403

    def test_of_a_foreign_ticket_are_not_there(self, cast: Cast, browser_of: Browsers) -> None:
        ticket = opened(cast.ana)
        did(cast.cleo, services.add_follower, ticket, colleague_of(cast.ana))
        assert browser_of(cast.ben).post(f"/tickets/{ticket.id}/followers/{cast.ana.id}/remove").status_code == 404
