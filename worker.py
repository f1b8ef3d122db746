"""The worker: waits at the doorbell in Redis and runs the jobs that PostgreSQL holds ready.

python worker.py [QUEUE ...]      the order of the queues is their order of precedence
"""

import signal
import sys
from threading import Event

import structlog
from flask import Flask
from redis import Redis, RedisError
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

import portal.jobs  # noqa: F401 (once for all forked jobs; what cannot be imported ends the start, not each job)
from portal.base.database import db
from portal.base.job_app import create_job_app
from portal.base.logging import configure_logging
from portal.base.process import die_with_parent
from portal.base.redis import connect
from portal.base.settings import load_settings

QUEUES = ("portal:mail", "portal:inbound", "portal:default")
LEASE_S = 60  # a killed worker's job is given up after about 90 s; rq's own default makes that 811 s
MAINTENANCE_S = 10
LONGEST_WAIT_S = 5.0

log = structlog.get_logger("portal.worker")


class PortalWorker(Worker):
    """Forks one process a job, which gets an app context of its own and dies with the worker."""

    max_connection_wait_time = LONGEST_WAIT_S

    def __init__(self, app: Flask, queues: list[str], connection: Redis) -> None:
        super().__init__(
            queues,
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=LEASE_S,
            maintenance_interval=MAINTENANCE_S,
            log_job_description=False,
        )
        self._app = app
        self._die_with_worker = die_with_parent(signal.SIGKILL)

    @property
    def is_asked_to_stop(self) -> bool:
        return self._shutdown_requested_date is not None

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        self._die_with_worker()
        with self._app.app_context():
            db.engine.dispose(close=False)  # a connection of the parent's is not ours to use
            super().main_work_horse(job, queue)


def main(queues: list[str]) -> None:
    """Work until SIGTERM or SIGINT; a Redis that is away is waited for."""
    settings = load_settings()
    configure_logging(settings)
    app = create_job_app(settings)
    pause, wait = Event(), 0.5
    while not _work(app, queues or list(QUEUES), settings.redis_url):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: sys.exit(0))
        pause.wait(wait)
        wait = min(wait * 2, LONGEST_WAIT_S)


def _work(app: Flask, queues: list[str], redis_url: str) -> bool:
    """True once it was asked to stop; False when Redis went away."""
    worker: PortalWorker | None = None
    try:
        worker = PortalWorker(app, queues, connect(redis_url, wait_s=None))
        worker.work(logging_level="WARNING")
    except (RedisError, OSError) as away:
        log.warning("waiting for Redis", reason=str(away))
    return worker is not None and worker.is_asked_to_stop


if __name__ == "__main__":
    main(sys.argv[1:])
