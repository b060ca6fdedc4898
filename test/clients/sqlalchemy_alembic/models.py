"""The application's own models. It keeps its defaults where ORMs keep them: on the client's side."""
import datetime
import os
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import declarative_base, relationship

ROLE = 'workflow_app'

Base = declarative_base()

# The same tables once they are governed, for the part of the application that retries.
GovernedBase = declarative_base()


def engine(**options):
    return sa.create_engine(f'postgresql+psycopg2://{ROLE}@/{os.environ["PGDATABASE"]}', **options)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


class RunColumns:
    id = sa.Column(UUID(as_uuid=True), primary_key=True, default=uuid.uuid4)
    tenant_id = sa.Column(sa.String(64), nullable=False)
    workflow = sa.Column(sa.String(100), nullable=False)
    status = sa.Column(sa.Enum('queued', 'running', 'completed', 'failed', 'cancelled', name='run_status'),
                       nullable=False, default='queued')
    priority = sa.Column(sa.SmallInteger, nullable=False, default=5)
    payload = sa.Column(JSONB, nullable=False, default=dict)
    labels = sa.Column(ARRAY(sa.Text))
    cost = sa.Column(sa.Numeric(12, 4))
    error = sa.Column(sa.Text)
    created_at = sa.Column(sa.DateTime(timezone=True), nullable=False, default=now)
    updated_at = sa.Column(sa.DateTime(timezone=True), nullable=False, default=now, onupdate=now)
    finished_at = sa.Column(sa.DateTime(timezone=True))


class Run(RunColumns, Base):
    __tablename__ = 'workflow_runs'
    __table_args__ = (sa.Index('workflow_runs_by_tenant', 'tenant_id', 'status'),)
    steps = relationship('Step', back_populates='run', order_by='Step.number')


class Step(Base):
    __tablename__ = 'workflow_steps'
    run_id = sa.Column(UUID(as_uuid=True), sa.ForeignKey('workflow_runs.id'), primary_key=True)
    number = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.Text, nullable=False)
    run = relationship('Run', back_populates='steps')


class BatchJob(Base):
    """Retried by the application itself before: it has columns for it, of its own names."""
    __tablename__ = 'batch_jobs'
    id = sa.Column(sa.BigInteger, primary_key=True)
    name = sa.Column(sa.Text, nullable=False)
    status = sa.Column(sa.String(20), nullable=False, default='pending')
    attempt_number = sa.Column(sa.Integer, nullable=False, default=1)
    retry_of = sa.Column(sa.BigInteger, sa.ForeignKey('batch_jobs.id'))
    error_message = sa.Column(sa.Text)
    created_at = sa.Column(sa.DateTime(timezone=True), nullable=False, default=now)


class GovernedRun(RunColumns, GovernedBase):
    __tablename__ = 'workflow_runs'
    __table_args__ = (sa.Index('workflow_runs_by_tenant', 'tenant_id', 'status'),)
    parent_run_id = sa.Column(UUID(as_uuid=True))
    attempt = sa.Column(sa.Integer, nullable=False, server_default=sa.FetchedValue())
    is_retry = sa.Column(sa.Boolean, nullable=False, server_default=sa.FetchedValue())
    region = sa.Column(sa.String(20))
