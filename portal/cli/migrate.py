"""portal migrate"""

import click

from portal.base.embedded import serving
from portal.base.migrations import upgrade
from portal.base.settings import load_settings


@click.command()
def command() -> None:
    """Bring the database's schema to this version's. Safe to repeat; refuses a database that is newer."""
    with serving(load_settings()) as settings:
        before, after = upgrade(settings)
    click.echo(
        f"Already at {after}." if before == after else f"Migrated from {before or 'an empty database'} to {after}."
    )
