"""The doorbell: tells the worker that there is work in PostgreSQL. Losing a ring delays work, it never loses any."""

import structlog
from redis import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from portal.base.redis import redis

log = structlog.get_logger(__name__)

DELIVER_OUTBOX = "portal.jobs.deliver_outbox"
PROCESS_INBOUND = "portal.jobs.process_inbound"

QUEUES = {DELIVER_OUTBOX: "portal:mail", PROCESS_INBOUND: "portal:inbound"}
DEFAULT_QUEUE = "portal:default"
JOB_LIMIT_S = 120


def ring(job: str) -> None:
    """Queue a job by its dotted name, once however often it is rung; a Redis that is away is logged and forgotten.

    The job id is fixed and neither results nor failures are kept, so the next ring is never taken for a repeat.
    """
    try:
        queue = Queue(QUEUES.get(job, DEFAULT_QUEUE), connection=redis(), serializer=JSONSerializer)
        queue.enqueue(
            job, job_id=job.replace(".", "-"), unique=True, result_ttl=0, failure_ttl=1, job_timeout=JOB_LIMIT_S
        )
    except DuplicateJobError:
        return
    except (RedisError, OSError) as away:
        log.warning("doorbell not rung", job=job, reason=str(away))
