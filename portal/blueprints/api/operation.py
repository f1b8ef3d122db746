"""What the document says of an operation, written beside its view."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """answer None is a file's bytes. bodies: the models of the body, by role; with takes_files as a form too.

    headers: of the good answer. problems: beyond those every operation can have.
    """

    summary: str
    answer: type[Any] | None
    status: int = 200
    bodies: tuple[type[Any], ...] = ()
    query: type[Any] | None = None
    takes_files: bool = False
    may_repeat: bool = False
    takes_version: bool = False
    headers: tuple[str, ...] = ()
    problems: tuple[int, ...] = ()


def described(operation: Operation) -> Callable[[View], View]:
    """Put the description beside the view; the document is made of these."""

    def mark(view: View) -> View:
        view.operation = operation  # type: ignore[attr-defined]
        return view

    return mark
