"""Prints the lines of several processes as one log: a label in front of each, coloured where a person looks."""

import os
from contextlib import suppress
from typing import TextIO

_COLOURS = ("36", "32", "35", "33", "34", "96", "92")


class LabelledLog:
    """No colour when the stream is no terminal or NO_COLOR is set."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._coloured = stream.isatty() and not os.environ.get("NO_COLOR")
        self._labels: dict[str, str] = {}

    def __call__(self, label: str, line: str) -> None:
        with suppress(OSError, ValueError):  # the reader has gone; the children matter more than their log
            print(f"{self._shown(label)} | {line}", file=self._stream, flush=True)

    def _shown(self, label: str) -> str:
        if label not in self._labels:
            colour = _COLOURS[len(self._labels) % len(_COLOURS)]
            padded = f"{label:<9}"
            self._labels[label] = f"\033[{colour}m{padded}\033[0m" if self._coloured else padded
        return self._labels[label]
