"""After the adoption: a new column, filled in for runs that haven't ended."""
from alembic import op
import sqlalchemy as sa

revision = '0003'
down_revision = '0002'


def upgrade():
    op.add_column('workflow_runs', sa.Column('region', sa.String(20)))
    op.execute("UPDATE workflow_runs SET region = 'eu' WHERE status IN ('queued', 'running')")


def downgrade():
    op.drop_column('workflow_runs', 'region')
