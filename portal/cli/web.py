"""portal web"""

import sys

import click

from portal.base.settings import Settings
from portal.base.supervisor import Program
from portal.cli._role import run_role
from portal.web.server import GRACE_S, arguments


def web_program(settings: Settings) -> Program:
    command = [sys.executable, "-m", "gunicorn", *arguments(settings)]
    return Program("web", command, environment=settings.environment(), grace=GRACE_S + 5)


@click.command()
def command() -> None:
    """Serve pages, API and live streams on HOST:PORT."""
    run_role(web_program)
