"""The words of `words.toml`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _written() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@cache
def words(name: str) -> tuple[str, ...]:
    """One list of single words."""
    return tuple(_written()[name].split())


def sentence_parts() -> list[list[str]]:
    """A sentence is one of each list, in order."""
    parts: list[list[str]] = _written()["sentence"]
    return parts
