"""Column shapes that several tables share."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from sqlalchemy import Enum, Identity, func
from sqlalchemy.orm import mapped_column

Key = Annotated[int, mapped_column(Identity(), primary_key=True)]
"""A number the database gives."""

Created = Annotated[datetime, mapped_column(server_default=func.now())]
"""When the row was made, UTC."""


def word(kind: type[StrEnum], name: str) -> Enum:
    """A column that holds one value of an enum as text, held to it by a CHECK of the given name."""
    return Enum(
        kind,
        native_enum=False,
        length=32,
        create_constraint=True,
        validate_strings=True,
        name=name,
        values_callable=lambda members: [member.value for member in members],
    )
