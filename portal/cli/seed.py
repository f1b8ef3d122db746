"""portal seed"""

import click

from portal.base.clock import now
from portal.base.embedded import serving
from portal.base.job_app import create_job_app
from portal.base.migrations import upgrade
from portal.base.problem import Problem
from portal.base.settings import Settings, load_settings
from portal.base.unit_of_work import unit_of_work


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


def seed_demo(settings: Settings) -> bool:
    """Load the demo data into a migrated database, all of it or nothing; False when it is there already."""
    from portal.services import demo

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
