"""What is counted of reading: views of articles, searches of a day, hits that were opened; taken down into the database."""

from collections import Counter
from datetime import date

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from portal.base import tally
from portal.base.database import db
from portal.base.tally import Note
from portal.base.unit_of_work import unit_of_work
from portal.models import Article, SearchDay
from portal.rules.search_figures import kept_query
from portal.rules.vocabulary import SearchDoor
from portal.services.knowledge import suggesting

Searched = tuple[str, str]
"""A query as it is kept, and the door it came by."""


def note_search(query: str, door: SearchDoor, *, found: bool) -> None:
    """Somebody has read what a query found; of its words only those are kept that say nothing of a person."""
    if kept := kept_query(query):
        tally.note("search", query=kept, door=door.value, found=found)


def take_down(today: date) -> int:
    """Take every waiting note, a batch a transaction; how many. Figures of a batch whose transaction fails are lost."""
    taken = 0
    for batch in tally.take_notes():
        with unit_of_work():
            _add_views(batch)
            _add_searches(batch, today)
            for note in batch:
                if note["kind"] == "opened_beside":
                    suggesting.note_opened(str(note["form"]), int(str(note["article"])))
        taken += len(batch)
    return taken


def _add_views(notes: list[Note]) -> None:
    """In the order of their ids, so that two takers wait for each other and never for ever."""
    views = Counter(note["article"] for note in notes if note["kind"] == "view")
    for article_id, number in sorted(views.items(), key=lambda each: str(each[0])):
        db.session.execute(update(Article).where(Article.id == article_id).values(views=Article.views + number))


def _add_searches(notes: list[Note], today: date) -> None:
    searches: Counter[Searched] = Counter()
    found: Counter[Searched] = Counter()
    opened: Counter[Searched] = Counter()
    for note in notes:
        key = (str(note.get("query", "")), str(note.get("door", SearchDoor.PAGE.value)))
        searches[key] += note["kind"] == "search"
        found[key] += note["kind"] == "search" and bool(note.get("found"))
        opened[key] += note["kind"] == "open"
    for query, door in sorted(key for key in searches if searches[key] or opened[key]):
        key = (query, door)
        _add_to_day(today, query, SearchDoor(door), searches[key], found[key], opened[key])


def _add_to_day(day: date, query: str, door: SearchDoor, searches: int, found: int, opened: int) -> None:
    row = insert(SearchDay).values(day=day, query=query, door=door, searches=searches, found=found, opened=opened)
    more = {name: getattr(SearchDay, name) + getattr(row.excluded, name) for name in ("searches", "found", "opened")}
    db.session.execute(row.on_conflict_do_update(index_elements=["day", "query", "door"], set_=more))
