"""The README's tour for programs, run as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

from tests.running import ROOT, Portal, environment


def test_the_tour_for_programs_works_as_written(running_portal: Portal, tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", tour()],
        cwd=ROOT,
        env=environment(running_portal.place, PORTAL_ADDRESS=running_portal.address, PORTAL=str(command_in(tmp_path))),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    reason, stored, status, notes_seen = done.stdout.splitlines()
    assert reason == "Premium plan"
    assert (stored, status, notes_seen) == ("stored", "resolved", "0")


def tour() -> str:
    """The one block of bash under its heading."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## A tour for programs")[1].split("\n## ")[0]
    (block,) = re.findall(r"```bash\n(.*?)```", section, re.DOTALL)
    return str(block)


def command_in(folder: Path) -> Path:
    """`portal` of the Python that runs the tests, under a path with a space."""
    script = folder / "a folder" / "portal"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m portal.cli "$@"\n')
    script.chmod(0o700)
    return script
