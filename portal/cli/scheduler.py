"""portal scheduler"""

import signal
import sys
import time
from threading import Event

import click
from flask import Flask

from portal.base.embedded import serving
from portal.base.queue import DELIVER_OUTBOX, PROCESS_INBOUND, ring
from portal.base.redis import install_redis
from portal.base.settings import Settings, load_settings
from portal.base.supervisor import Program

PERIODS = {
    DELIVER_OUTBOX: 10.0,
    PROCESS_INBOUND: 10.0,
    "portal.jobs.count_figures": 15.0,
    "portal.jobs.tidy": 3600.0,
}
"""Seconds between two rings. Each job finds in PostgreSQL what is due, so a ring too many or too few does no harm."""


def scheduler_program(settings: Settings) -> Program:
    command = [sys.executable, "-m", "portal.cli", "scheduler"]
    return Program("scheduler", command, stage=2, environment=settings.environment())


@click.command()
def command() -> None:
    """Ring the doorbells of periodic work. More than one at a time does no harm."""
    with serving(load_settings()) as settings:
        app = Flask("scheduler")
        install_redis(app, settings)
        with app.app_context():
            _ring_until_stopped()


def _ring_until_stopped() -> None:
    """`ring` itself survives a Redis that is away, so the loop goes on and the next ring arrives."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    due = dict.fromkeys(PERIODS, time.monotonic())
    while not stop.wait(max(0.0, min(due.values()) - time.monotonic())):
        for job in [job for job, moment in due.items() if moment <= time.monotonic()]:
            ring(job)
            due[job] = time.monotonic() + PERIODS[job]
