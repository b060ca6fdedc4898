"""What a growing application adds, and jobs that it retried by itself."""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE run_status ADD VALUE 'cancelled'")
    op.add_column('workflow_runs', sa.Column('scratch', sa.Text))
    op.add_column('workflow_runs', sa.Column('priority', sa.SmallInteger, nullable=False, server_default='5'))
    op.alter_column('workflow_runs', 'priority', server_default=None)
    op.add_column('workflow_runs', sa.Column('labels', postgresql.ARRAY(sa.Text)))
    op.add_column('workflow_runs', sa.Column('cost', sa.Numeric(12, 4)))
    op.add_column('workflow_runs', sa.Column('finished_at', sa.DateTime(timezone=True)))
    op.drop_column('workflow_runs', 'scratch')
    op.create_table(
        'batch_jobs',
        sa.Column('id', sa.BigInteger, primary_key=True),
        sa.Column('name', sa.Text, nullable=False),
        sa.Column('status', sa.String(20), nullable=False),
        sa.Column('attempt_number', sa.Integer, nullable=False),
        sa.Column('retry_of', sa.BigInteger, sa.ForeignKey('batch_jobs.id')),
        sa.Column('error_message', sa.Text),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'running', 'completed', 'failed')", name='batch_jobs_status'),
    )


def downgrade():
    op.drop_table('batch_jobs')
    for column in ('finished_at', 'cost', 'labels', 'priority'):
        op.drop_column('workflow_runs', column)
