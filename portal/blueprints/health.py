"""Is it alive, is it ready: for load balancers and people on duty."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from portal.services import health as checks
from portal.web.guards import public

health = Blueprint("health", __name__)


@health.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """The process answers. Touches nothing else."""
    return jsonify(status="alive")


@health.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """200 when migrated and mail can be handed over; Redis away is degraded, still 200; database or mail away 503."""
    found = checks.readiness()
    return jsonify(found), 200 if found["status"] != "not ready" else 503
