"""People: one spelling of an address; the staff a ticket may be given to."""

import pytest

from portal.base.unit_of_work import unit_of_work
from portal.queries import NotFound, people
from portal.services import accounts
from tests.cast import Cast


@pytest.mark.parametrize("email", ["ana@example.com", "ANA@Example.COM", "  ana@example.com\n"])
def test_an_address_in_any_spelling_is_the_same_person(cast: Cast, email: str) -> None:
    assert people.find_user(email) is cast.ana


def test_an_unknown_address_is_nobody(cast: Cast) -> None:
    assert people.find_user("nobody@example.net") is None


def test_the_staff_are_those_who_can_work_today_by_name(cast: Cast) -> None:
    assert [person.name for person in people.staff()] == ["Cleo Martin", "Dora Lind"]
    with unit_of_work():
        accounts.disable(cast.cleo)
    assert [person.name for person in people.staff()] == ["Dora Lind"]
    assert people.find_staff(cast.cleo.id) is None


def test_a_customer_is_no_staff(cast: Cast) -> None:
    assert people.find_staff(cast.ana.id) is None


def test_a_person_who_is_none_is_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound):
        people.get_user(4711)
