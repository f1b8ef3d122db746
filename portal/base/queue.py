"""The doorbell: tells the worker that there is work in PostgreSQL. Losing a ring delays work, it never loses any."""

import structlog
from redis import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from portal.base.redis import redis

log = structlog.get_logger(__name__)

DELIVER_OUTBOX = "portal.jobs.deliver_outbox"
PROCESS_INBOUND = "portal.jobs.process_inbound"

QUEUES = {DELIVER_OUTBOX: "portal:mail", PROCESS_INBOUND: "portal:inbound"}
DEFAULT_QUEUE = "portal:default"
JOB_LIMIT_S = 120


def ring(job: str) -> None:
    """Queue a job by its dotted name unless one is waiting there already; a Redis that is away is logged and forgotten.

    A job that waits will see whatever was committed before this ring. One that runs may have looked already, so it does
    not count, nor does one whose worker was killed: a fixed job id would keep the bell silent until that one is given up.
    """
    try:
        queue = Queue(QUEUES.get(job, DEFAULT_QUEUE), connection=redis(), serializer=JSONSerializer)
        if queue.count == 0:
            queue.enqueue(job, result_ttl=0, failure_ttl=1, job_timeout=JOB_LIMIT_S)
    except (RedisError, OSError) as away:
        log.warning("doorbell not rung", job=job, reason=str(away))
