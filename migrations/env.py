"""Alembic's entry: the connection comes from base/migrations, the schema from the models."""

from alembic import context

import portal.models  # noqa: F401 (makes the whole schema known)
from portal.base.database import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
