"""What Alembic runs to migrate: on the connection that `lms_adapters.postgres.migrate` hands over."""

from alembic import context

from lms_adapters.postgres.migrate import all_tables

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=all_tables(), compare_type=True)
with context.begin_transaction():
    context.run_migrations()
