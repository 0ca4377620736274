"""How Alembic runs a migration here: in the transaction that is given to it."""

from alembic import context

from ostiary.storage.registry.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata
)
context.run_migrations()
