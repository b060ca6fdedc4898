"""A migration as many are written: it fills in a column for all runs, ended ones too."""
from alembic import op

revision = '0004'
down_revision = '0003'


def upgrade():
    op.execute("CREATE TABLE half_done (id int)")
    op.execute("UPDATE workflow_runs SET region = 'eu' WHERE region IS NULL")


def downgrade():
    op.execute("DROP TABLE half_done")
