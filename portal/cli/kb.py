"""portal kb"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from portal.base.current import current_settings
from portal.base.problem import Problem
from portal.base.unit_of_work import nested, unit_of_work
from portal.cli._portal import in_portal
from portal.queries.knowledge.search import search_articles
from portal.services import Invalid
from portal.services.knowledge import files, transfer

BATCH = 50


@click.group()
def command() -> None:
    """The knowledge base: bring articles in and out, search them."""


@command.command(name="import")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Report as an object.")
def import_articles(source: Path, as_json: bool) -> None:
    """Articles of a file (one object a line) or of a folder of Markdown files. The same again changes nothing.

    What cannot be taken is named and the others are kept; the exit code is then 1.
    """
    outcomes: Counter[str] = Counter()
    wrong: list[tuple[str, str]] = []
    with in_portal():
        for batch in _batches(_shown(files.read_articles(source))):
            _import(batch, outcomes, wrong)
    report = {name: outcomes[name] for name in ("new", "changed", "same")}
    if as_json:
        click.echo(json.dumps({**report, "problems": [{"at": at, "problem": why} for at, why in wrong]}))
    else:
        click.echo(f"{report['new']} new, {report['changed']} changed, {report['same']} as they were.")
    for at, why in wrong:
        click.echo(f"{at}: {why}", err=True)
    if wrong:
        raise Problem(f"{len(wrong)} of {len(wrong) + outcomes.total()} could not be taken.")


@command.command(name="export")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--markdown", "as_folder", is_flag=True, help="A folder of Markdown files with front matter.")
def export_articles(target: Path, as_folder: bool) -> None:
    """Every article into a file, one object a line, or into a folder when TARGET is one."""
    with in_portal():
        articles = transfer.exported_articles()
        write = files.write_folder if target.is_dir() or as_folder else files.write_lines
        count = write(articles, target)
    click.echo(f"{count} articles written to {target}.")


@command.command()
@click.argument("query")
@click.option("--limit", type=click.IntRange(1, 50), default=10, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Answer as a list of objects.")
def search(query: str, limit: int, as_json: bool) -> None:
    """What a reader who is not signed in finds, best first."""
    with in_portal():
        hits = search_articles(query, limit=limit, with_snippets=False).hits
        base = current_settings().base_url
    rows = [
        {
            "id": hit.external_id or hit.id,
            "title": hit.title,
            "score": round(hit.score, 4),
            "url": f"{base}/kb/articles/{hit.id}-{hit.slug}",
        }
        for hit in hits
    ]
    click.echo(json.dumps(rows) if as_json else "\n".join(f"{row['title']}  {row['url']}" for row in rows))


def _import(batch: Iterable[files.Given], outcomes: "Counter[str]", wrong: list[tuple[str, str]]) -> None:
    """A batch in one transaction; what is refused leaves the others as they are."""
    with unit_of_work():
        for at, given in batch:
            try:
                with nested():
                    outcomes[transfer.import_article(_readable(given))] += 1
            except Invalid as invalid:
                wrong.append((at, f"{invalid.field}: {invalid.message}" if invalid.field else invalid.message))


def _readable(given: object) -> object:
    if isinstance(given, Exception):
        raise Invalid("", str(given))
    return given


def _batches(given: Iterator[files.Given]) -> Iterator[list[files.Given]]:
    while batch := list(islice(given, BATCH)):
        yield batch


def _shown(given: Iterator[files.Given]) -> Iterator[files.Given]:
    """With a bar on standard error where somebody looks."""
    articles = list(given)
    yield from track(articles, "Importing", console=Console(stderr=True), disable=not Console(stderr=True).is_terminal)
