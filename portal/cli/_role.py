"""How one role runs alone: in place of this process in production, as a child while the embedded servers are ours to keep."""

import os
import sys
from collections.abc import Callable

from portal.base.embedded import serving
from portal.base.labelled_log import LabelledLog
from portal.base.settings import Settings, load_settings
from portal.base.stop_request import StopRequest
from portal.base.supervisor import Program, Supervisor


def run_role(program_of: Callable[[Settings], Program]) -> None:
    """With DATABASE_URL this never returns: signals and exit code are then the role's own."""
    settings = load_settings()
    with StopRequest() as stop, serving(settings) as live:
        program = program_of(live)
        if live is settings:
            os.execvpe(program.command[0], list(program.command), {**os.environ, **program.environment})  # noqa: S606
        Supervisor([program], LabelledLog(sys.stdout)).run(stop)
