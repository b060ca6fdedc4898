"""Runs of workflows, and their steps."""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None


def upgrade():
    op.create_table(
        'workflow_runs',
        sa.Column('id', postgresql.UUID(as_uuid=True), primary_key=True),
        sa.Column('tenant_id', sa.String(64), nullable=False),
        sa.Column('workflow', sa.String(100), nullable=False),
        sa.Column('status', sa.Enum('queued', 'running', 'completed', 'failed', name='run_status'), nullable=False),
        sa.Column('payload', postgresql.JSONB, nullable=False),
        sa.Column('error', sa.Text),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index('workflow_runs_by_tenant', 'workflow_runs', ['tenant_id', 'status'])
    op.create_table(
        'workflow_steps',
        sa.Column('run_id', postgresql.UUID(as_uuid=True), sa.ForeignKey('workflow_runs.id'), primary_key=True),
        sa.Column('number', sa.Integer, primary_key=True),
        sa.Column('name', sa.Text, nullable=False),
    )


def downgrade():
    op.drop_table('workflow_steps')
    op.drop_table('workflow_runs')
    op.execute('DROP TYPE run_status')
