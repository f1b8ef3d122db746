"""portal worker"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from portal.base.settings import Settings
from portal.base.supervisor import Program
from portal.cli._role import run_role

SCRIPT = Path(__file__).resolve().parents[2] / "worker.py"
GRACE = 15.0  # a mail on its way may be finished; one that is not goes out again after its lease


def worker_program(settings: Settings, queues: Sequence[str] = (), label: str = "worker") -> Program:
    command = [sys.executable, str(SCRIPT), *queues]
    return Program(label, command, stage=1, environment=settings.environment(), grace=GRACE)


@click.command()
@click.argument("queues", nargs=-1)
def command(queues: tuple[str, ...]) -> None:
    """Run background jobs: send mail, process inbound mail. QUEUES in order of precedence; all by default."""
    run_role(lambda settings: worker_program(settings, queues))
