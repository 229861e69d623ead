"""What alembic runs: the migrations, in the transaction it is handed."""

from alembic import context

from commonwatt.platform.database.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
