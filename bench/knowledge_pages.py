"""What the help centre's pages cost at one client, and how that grows with the number of articles.

    python -m bench.knowledge_pages [--articles 500 20000] [--requests 300]

Each number of articles gets a database of its own (`portal seed load --articles`). Requests go through the whole app
without the network between; printed are milliseconds of server time. Limits are off.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select

from bench.search import fresh_portal
from portal import create_app
from portal.base.database import db
from portal.cli.seed import seed_load
from portal.models import Article
from portal.rules.vocabulary import ArticleStatus
from portal.services.load import Plan

BARS_MS = {"live search": 30.0, "suggestions": 40.0, "article": 15.0}
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--articles", type=int, nargs="+", default=[500, 20_000])
    asked.add_argument("--requests", type=int, default=300)
    wanted = asked.parse_args()
    print(f"{'articles':>9} {'page':<14} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8}   bar")
    for articles in wanted.articles:
        _measure(articles, wanted.requests)


def _measure(articles: int, requests: int) -> None:
    with fresh_portal() as settings:
        seed_load(settings, Plan(tickets=0, articles=articles))
        app = create_app(settings.filled(ratelimit_enabled=False))
        with app.app_context():
            published = Article.status == ArticleStatus.PUBLISHED
            query = select(Article.id, Article.slug, Article.title).where(published).order_by(Article.id)
            rows = [(number, slug, title) for number, slug, title in db.session.execute(query)]
        for name, ask in _pages(app.test_client(), rows).items():
            _print(articles, name, _times(ask, requests))


def _pages(client: FlaskClient, rows: list[tuple[int, str, str]]) -> dict[str, Callable[[], int]]:
    chance = random.Random(1)
    client.get("/tickets/new")
    with client.session_transaction() as cookie:
        cookie["csrf_token"] = "of-the-bench"

    def part(title: str) -> str:
        words = title.split()
        return " ".join(chance.sample(words, min(3, len(words))))

    def live() -> int:
        return client.get("/kb/search", query_string={"q": part(chance.choice(rows)[2])}, headers=PARTIAL).status_code

    def suggest() -> int:
        one, other = chance.choice(rows)[2], chance.choice(rows)[2]
        form = {"subject": part(one), "description": f"{one} {other}. " * 4, "submission_key": str(chance.random())}
        return client.post(
            "/tickets/suggestions", data=form, headers={**PARTIAL, "X-CSRFToken": _token(client)}
        ).status_code

    def article() -> int:
        number, slug, _ = chance.choice(rows)
        return client.get(f"/kb/articles/{number}-{slug}").status_code

    return {"live search": live, "suggestions": suggest, "article": article}


def _token(client: FlaskClient) -> str:
    from itsdangerous import URLSafeTimedSerializer

    key = client.application.config["SECRET_KEY"]
    return str(URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps("of-the-bench"))


def _times(ask: Callable[[], int], requests: int) -> list[float]:
    for _ in range(30):
        ask()
    times = []
    for _ in range(requests):
        began = time.perf_counter()
        status = ask()
        times.append((time.perf_counter() - began) * 1000)
        if status != 200:
            raise SystemExit(f"answered {status}")
    return times


def _print(articles: int, name: str, times: list[float]) -> None:
    p95 = statistics.quantiles(times, n=20)[-1]
    over = "over" if p95 > BARS_MS[name] else "within"
    print(
        f"{articles:>9} {name:<14} {statistics.median(times):>8.1f} {p95:>8.1f} {max(times):>8.1f}"
        f"   {over} {BARS_MS[name]:.0f} ms"
    )


if __name__ == "__main__":
    main()
