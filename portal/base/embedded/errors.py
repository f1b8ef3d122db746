"""What can go wrong with the embedded servers, each in one sentence for the person at the terminal."""

from portal.base.problem import Problem


class EmbeddedError(Problem):
    """The servers cannot be had; the message says why and what to do."""
