"""Whole pages and their parts come from the same templates; times are in the reader's zone; the tags fit together."""

from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from portal.base import clock
from portal.base.unit_of_work import unit_of_work
from portal.models import User
from portal.web.filters import file_size, moment
from tests.cast import Cast, Visitor
from tests.factories import noted, opened, replied
from tests.services.test_accounts import signed_up

Browsers = Callable[[User], Visitor]
VOID = {"meta", "link", "input", "br", "hr", "img", "use", "path", "base", "col", "source", "wbr"}


class Tags(HTMLParser):
    """Counts ids, and complains of tags that do not fit together."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.wrong.append(f"</{tag}> at {self.getpos()}")


def read(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    return tags


@pytest.fixture
def places(cast: Cast) -> dict[str, list[str]]:
    """Every page of each reader that has something to show."""
    ticket = opened(cast.ana, files=[("log.txt", b"hello")])
    replied(ticket, cast.cleo)
    noted(ticket, cast.dora)
    here, verification = f"/tickets/{ticket.id}", f"/verify/{signed_up()}"
    return {
        "ana": ["/", "/tickets", "/tickets?q=none", "/tickets?status=resolved", "/tickets/new", here, f"{here}?new=1"],
        "cleo": ["/agent", "/agent?view=resolved", "/agent?view=all&q=none", f"/agent{here}"],
        "": ["/", "/tickets/new", "/login", "/signup", "/login/link", "/password/forgot", verification, "/nothing"],
    }


@pytest.mark.parametrize("who", ["ana", "cleo", ""])
def test_the_tags_of_every_page_fit_and_no_id_comes_twice(
    places: dict[str, list[str]], cast: Cast, browser_of: Browsers, visitor: Visitor, who: str
) -> None:
    browser = browser_of(getattr(cast, who)) if who else visitor
    for path in places[who]:
        tags = read(browser.get(path).text)
        assert (tags.wrong, tags.open) == ([], []), path
        assert len(tags.ids) == len(set(tags.ids)), path
        assert "main" in tags.ids, path


@pytest.mark.parametrize(("who", "path", "part"), [("ana", "/tickets", "rows"), ("cleo", "/agent", "rows")])
def test_a_part_is_that_element_of_the_whole_page_and_nothing_else(
    places: dict[str, list[str]], cast: Cast, browser_of: Browsers, who: str, path: str, part: str
) -> None:
    browser = browser_of(getattr(cast, who))
    piece, whole = browser.get_part(path).text.strip(), browser.get(path).text
    assert piece.startswith("<div")
    assert read(piece).ids[0] == part
    assert "<html" not in piece
    assert piece.split("hx-get")[0] in whole


def test_the_open_agents_page_is_given_each_changed_region(
    places: dict[str, list[str]], cast: Cast, browser_of: Browsers
) -> None:
    ticket = places["cleo"][-1]
    answer = browser_of(cast.cleo).post_part(f"{ticket}/tags", {"tags": "vip"})
    assert answer.status_code == 200
    for region in ("#thread", "#case_head", "#props"):
        assert f'hx-target="{region}"' in answer.text
    assert read(answer.text).wrong == []


NOW = datetime(2026, 3, 3, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "zone", "words"),
    [
        (datetime(2026, 3, 3, 16, 5, tzinfo=UTC), "UTC", "today, 16:05 UTC"),
        (datetime(2026, 3, 4, 9, 0, tzinfo=UTC), "UTC", "tomorrow, 09:00 UTC"),
        (datetime(2026, 3, 2, 9, 0, tzinfo=UTC), "UTC", "yesterday, 09:00 UTC"),
        (datetime(2026, 3, 10, 9, 0, tzinfo=UTC), "UTC", "Tue 10 Mar, 09:00 UTC"),
        (datetime(2025, 12, 31, 9, 0, tzinfo=UTC), "UTC", "31 Dec 2025, 09:00 UTC"),
        (datetime(2026, 3, 3, 16, 5, tzinfo=UTC), "Asia/Tokyo", "today, 01:05"),
        (datetime(2026, 3, 3, 22, 0, tzinfo=UTC), "America/New_York", "today, 17:00"),
    ],
)
def test_a_moment_is_told_in_the_readers_zone(
    app: Flask, monkeypatch: pytest.MonkeyPatch, value: datetime, zone: str, words: str
) -> None:
    monkeypatch.setattr("portal.web.filters.reader_zone", lambda: ZoneInfo(zone))
    with clock.at(NOW):
        assert moment(value) == words


def test_the_readers_zone_is_that_of_the_person(cast: Cast, browser_of: Browsers) -> None:
    with unit_of_work():
        cast.ana.time_zone = "Asia/Tokyo"
    with clock.at(NOW):
        ticket = opened(cast.ana)
        page = browser_of(cast.ana).get(f"/tickets/{ticket.id}").text
    assert "today, 07:30" in page


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1 KB"), (184_300, "184 KB"), (1_234_567, "1.2 MB")]
)
def test_a_size_is_told_as_people_read_it(size: int, words: str) -> None:
    assert file_size(size) == words
