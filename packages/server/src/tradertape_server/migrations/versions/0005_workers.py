"""worker runs

Revision: 0005, after 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradertape_server.platform.database import engine


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('worker_runs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('strategy_run_id', sa.String(length=120), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('template_id', sa.String(length=200), nullable=False),
    sa.Column('account_scope', sa.String(length=80), nullable=False),
    sa.Column('execution_mode', sa.String(length=10), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('status_reason', sa.Text(), nullable=False),
    sa.Column('summary_fields', sa.JSON(), nullable=False),
    sa.Column('risk_schema', sa.JSON(), nullable=False),
    sa.Column('allowed_actions', sa.JSON(), nullable=False),
    sa.Column('runtime_state', sa.JSON(), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.Column('recovery_status', sa.String(length=12), nullable=False),
    sa.Column('protection', sa.JSON(), nullable=True),
    sa.Column('protection_version', sa.Integer(), nullable=False),
    sa.Column('protection_status', sa.String(length=12), nullable=False),
    sa.Column('option_run', sa.JSON(), nullable=True),
    sa.Column('exit_key', sa.String(length=200), nullable=True),
    sa.Column('session_nonce', sa.String(length=64), nullable=True),
    sa.Column('session_claimed_at', engine.UtcDateTime(timezone=True), nullable=True),
    sa.Column('session_seen_at', engine.UtcDateTime(timezone=True), nullable=True),
    sa.Column('session_released_at', engine.UtcDateTime(timezone=True), nullable=True),
    sa.Column('last_heartbeat_at', engine.UtcDateTime(timezone=True), nullable=True),
    sa.Column('heartbeat', sa.JSON(), nullable=True),
    sa.Column('created_at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.Column('closed_at', engine.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_worker_runs_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_worker_runs')),
    sa.UniqueConstraint('strategy_run_id', name=op.f('uq_worker_runs_strategy_run_id'))
    )
    with op.batch_alter_table('worker_runs', schema=None) as batch_op:
        batch_op.create_index('ix_worker_runs_status', ['status'], unique=False)
        batch_op.create_index('ix_worker_runs_user_id_id', ['user_id', 'id'], unique=False)

    op.create_table('worker_heartbeats',
    sa.Column('key_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('worker_id', sa.String(length=120), nullable=True),
    sa.Column('status', sa.String(length=40), nullable=False),
    sa.Column('metrics', sa.JSON(), nullable=False),
    sa.Column('at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_worker_heartbeats_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('key_id', name=op.f('pk_worker_heartbeats'))
    )
    op.create_table('spent_safety_tokens',
    sa.Column('token_id', sa.String(length=40), nullable=False),
    sa.Column('spent_at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('token_id', name=op.f('pk_spent_safety_tokens'))
    )
    with op.batch_alter_table('spent_safety_tokens', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_spent_safety_tokens_spent_at'), ['spent_at'], unique=False)
