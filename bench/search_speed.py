"""How long a search takes, and how that grows with the number of articles.

    python -m bench.search_speed [--articles 500 2000 8000 20000] [--searches 400] [--best-of 1]

Each number of articles gets a database of its own (`portal seed load --articles`), one client, and six ways of asking.
What is timed is the whole search as pages call it, excerpts included, in a read-only transaction of its own. On a machine
that others use, --best-of 3 asks each three times and keeps the quickest.
"""

import argparse
import random
import statistics
import time
from collections.abc import Iterator
from functools import cache

from sqlalchemy import select, text

from bench.search import fresh_portal
from portal.base.database import db
from portal.cli.seed import seed_load
from portal.models import Article, Word
from portal.queries.knowledge.search import search_articles
from portal.services.load import Plan

BAR_MS = 30.0
KEYS = {"q": "wa", "e": "wr", "a": "qs", "o": "ip", "n": "bm", "t": "ry", "i": "uo", "r": "et", "s": "ad", "l": "k"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, nargs="+", default=[500, 2_000, 8_000, 20_000])
    parser.add_argument("--searches", type=int, default=400, help="of each way of asking")
    parser.add_argument("--best-of", type=int, default=1)
    options = parser.parse_args()
    lines = []
    for articles in options.articles:
        with fresh_portal() as settings:
            seed_load(settings, Plan(0, articles=articles))
            lines += list(measured(articles, options.searches, options.best_of))
    print(f"{'articles':>8}  {'asking':14} {'median':>7} {'p95':>7} {'worst':>7}  ms")
    print("\n".join(lines))


def measured(articles: int, searches: int, best_of: int = 1) -> Iterator[str]:
    chance = random.Random(articles)
    _common_words.cache_clear()
    ways = {name: [way(chance) for _ in range(searches)] for name, way in WAYS.items()}
    everything = [(name, query) for name, queries in ways.items() for query in queries]
    chance.shuffle(everything)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _, query in everything[:100]:
        timed(query)
    for name, query in everything:
        times[name].append(min(timed(query) for _ in range(best_of)))
    times["all"] = [taken for every in times.values() for taken in every]
    for name, taken in times.items():
        p95 = statistics.quantiles(taken, n=20)[-1]
        bar = f"  over {BAR_MS:.0f} ms" if p95 > BAR_MS else ""
        yield f"{articles:8}  {name:14} {statistics.median(taken):7.1f} {p95:7.1f} {max(taken):7.1f}{bar}"


def timed(query: str) -> float:
    db.session.rollback()
    db.session.execute(text("set transaction isolation level repeatable read, read only"))
    begin = time.perf_counter()
    search_articles(query)
    return (time.perf_counter() - begin) * 1000


def _article(chance: random.Random) -> Article:
    number = chance.randint(1, db.session.scalar(select(Article.id).order_by(Article.id.desc()).limit(1)) or 1)
    return db.session.scalars(select(Article).where(Article.id >= number).order_by(Article.id).limit(1)).one()


def title(chance: random.Random) -> str:
    return _article(chance).title


def typing(chance: random.Random) -> str:
    """As live search sees it: the title broken off within a word."""
    whole = title(chance)
    return whole[: chance.randint(3, len(whole))]


def one_slip(chance: random.Random) -> str:
    return _slipped(chance, title(chance), 1)


def two_slips(chance: random.Random) -> str:
    return _slipped(chance, title(chance), 2)


def long_question(chance: random.Random) -> str:
    """Thirty words of a body."""
    said = db.session.scalar(select(Article.body).where(Article.id == _article(chance).id)) or ""
    words = said.split()
    start = chance.randrange(max(1, len(words) - 30))
    return " ".join(words[start : start + 30])


def common_words(chance: random.Random) -> str:
    """Three of the words that most articles say."""
    return " ".join(chance.sample(_common_words(), 3))


@cache
def _common_words() -> list[str]:
    query = select(Word.word).where(Word.lexeme.is_not(None)).order_by(Word.articles.desc()).limit(40)
    return list(db.session.scalars(query))


def _slipped(chance: random.Random, said: str, slips: int) -> str:
    """The slips go into the longest words, which are the ones that matter."""
    words = said.split()
    for place in sorted(range(len(words)), key=lambda place: -len(words[place]))[:slips]:
        word = words[place]
        at = chance.randrange(1, max(2, len(word) - 1))
        swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
        missed = word[:at] + chance.choice(KEYS.get(word[at : at + 1], "xz")) + word[at + 1 :]
        words[place] = chance.choice(
            (swapped, missed, word[:at] + word[at + 1 :], word[:at] + word[at : at + 1] + word[at:])
        )
    return " ".join(words)


WAYS = {
    "title": title,
    "typing": typing,
    "one slip": one_slip,
    "two slips": two_slips,
    "long question": long_question,
    "common words": common_words,
}

if __name__ == "__main__":
    main()
