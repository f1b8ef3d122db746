"""Works: plain verb functions that change the world inside the caller's transaction. They never commit."""


class Refused(Exception):
    """A change that is impossible now; the text says why, for people. Doors answer 409."""


class Invalid(Exception):
    """A value that cannot be taken; doors answer 422 beside the field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
