"""A progress bar for each phase of long work, and at the end how long each took."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class PhaseWatch:
    """Bars on standard error where a person looks, one line a phase on standard output always."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<26}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._started: list[tuple[str, float]] = []
        self._task = TaskID(0)

    def __enter__(self) -> Self:
        if self._progress.console.is_terminal:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if error is None:
            self._report()

    def begin(self, phase: str, steps: int) -> None:
        self._started.append((phase, time.monotonic()))
        self._task = self._progress.add_task(phase, total=steps)

    def advance(self, steps: int) -> None:
        self._progress.advance(self._task, steps)

    def _report(self) -> None:
        moments = [*(moment for _, moment in self._started[1:]), time.monotonic()]
        out = Console()
        for (phase, began), ended in zip(self._started, moments, strict=True):
            out.print(f"{phase:<26} {ended - began:8.1f} s", highlight=False)
        out.print(f"{'together':<26} {moments[-1] - self._started[0][1]:8.1f} s", highlight=False)
