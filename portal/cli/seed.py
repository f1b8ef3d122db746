"""portal seed"""

import csv
from itertools import islice
from pathlib import Path

import click

from portal.base.clock import now
from portal.base.embedded import serving
from portal.base.job_app import create_job_app
from portal.base.migrations import upgrade
from portal.base.problem import Problem
from portal.base.settings import Settings, load_settings
from portal.base.unit_of_work import unit_of_work
from portal.cli._phases import PhaseWatch
from portal.services import Refused, demo
from portal.services.load import Plan, load, settle

MOST_TEXTS = 20_000


@click.group()
def command() -> None:
    """Fill the database: demo data for people, bulk data for measurements."""


@command.command("demo")
@click.option("--yes", is_flag=True, help="Also into a database that is not the portal's own embedded one.")
def load_demo(yes: bool) -> None:
    """Load a small realistic data set with demo sign-ins, once."""
    settings = load_settings()
    if settings.database_url and not yes:
        raise Problem(
            "DATABASE_URL is set: demo people with a public password do not belong there. --yes does it anyway."
        )
    with serving(settings) as live:
        upgrade(live)
        done = seed_demo(live)
    click.echo("The demo data is loaded." if done else "The demo data is there already; nothing was changed.")


@command.command("load")
@click.option("--tickets", type=click.IntRange(1, 10_000_000), default=None, help="How many tickets.")
@click.option("--messages-per-ticket", type=click.IntRange(1, 200), default=4, show_default=True)
@click.option("--articles", type=click.IntRange(1, 1_000_000), default=None, help="How many articles.")
@click.option(
    "--texts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file whose column “text” holds what people write, one sentence a row; else sentences are made up.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same data.")
def load_many(
    tickets: int | None, messages_per_ticket: int, articles: int | None, texts: Path | None, seed: int
) -> None:
    """Load bulk data for measurements. The portal should not be serving meanwhile: its tables are locked."""
    if not tickets and not articles:
        raise click.UsageError("Say how many --tickets or --articles.")
    sentences = read_sentences(texts) if texts else ()
    with serving(load_settings()) as live:
        upgrade(live)
        seed_load(live, Plan(tickets or 0, messages_per_ticket, seed, sentences, articles or 0))


def seed_load(settings: Settings, plan: Plan) -> None:
    """Load into a migrated database, all of it or nothing, and tell how long each phase took."""
    with create_job_app(settings).app_context(), PhaseWatch() as watch:
        try:
            with unit_of_work():
                load(plan, watch)
        except Refused as why:
            raise Problem(str(why)) from None
        settle(watch)


def read_sentences(path: Path) -> list[str]:
    """The column “text” of a CSV file, at most MOST_TEXTS rows of it. Raises Problem."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = csv.DictReader(file)
        if "text" not in (rows.fieldnames or ()):
            raise Problem(f"{path} has no column “text”.")
        sentences = [row["text"] for row in islice(rows, MOST_TEXTS) if row["text"]]
    if not sentences:
        raise Problem(f"{path} holds no texts.")
    return sentences


def seed_demo(settings: Settings) -> bool:
    """Load the demo data into a migrated database, all of it or nothing; False when it is there already."""
    stories = demo.read_stories()
    with create_job_app(settings).app_context():
        if demo.is_there():
            return False
        try:
            with demo.staged_files(stories) as files, unit_of_work():
                demo.load(stories, files, now())
        except demo.AlreadyThere:
            return False
    return True
