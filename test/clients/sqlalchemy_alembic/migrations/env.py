"""Alembic's environment: online, one transaction for each migration."""
from logging.config import fileConfig
import os
import sys

from alembic import context

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import models  # noqa: E402

fileConfig(context.config.config_file_name)

with models.engine().connect() as connection:
    context.configure(connection=connection, target_metadata=models.Base.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
