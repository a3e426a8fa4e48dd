"""robustness studies

Revision: 0004, after 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradertape_server.platform.database import engine


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('backtest_studies',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=40), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('run_id', sa.String(length=40), nullable=True),
    sa.Column('strategy_id', sa.Integer(), nullable=True),
    sa.Column('strategy_name', sa.String(length=120), nullable=False),
    sa.Column('strategy_version', sa.Integer(), nullable=True),
    sa.Column('universe', sa.Text(), nullable=False),
    sa.Column('data_set', sa.String(length=60), nullable=False),
    sa.Column('data_version', sa.String(length=80), nullable=False),
    sa.Column('is_simulated', sa.Boolean(), nullable=False),
    sa.Column('start_date', sa.Date(), nullable=False),
    sa.Column('end_date', sa.Date(), nullable=False),
    sa.Column('metric', sa.String(length=40), nullable=False),
    sa.Column('request', sa.JSON(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('eta_s', sa.Float(), nullable=True),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('result', sa.LargeBinary(), nullable=True),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('created_at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.Column('started_at', engine.UtcDateTime(timezone=True), nullable=True),
    sa.Column('finished_at', engine.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_backtest_studies_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_backtest_studies')),
    sa.UniqueConstraint('public_id', name=op.f('uq_backtest_studies_public_id'))
    )
    with op.batch_alter_table('backtest_studies', schema=None) as batch_op:
        batch_op.create_index('ix_backtest_studies_user_id_id', ['user_id', 'id'], unique=False)
        batch_op.create_index('ix_backtest_studies_status', ['status'], unique=False)
        batch_op.create_index(batch_op.f('ix_backtest_studies_strategy_id'), ['strategy_id'], unique=False)

    op.create_table('backtest_study_rows',
    sa.Column('study_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['study_id'], ['backtest_studies.id'], name=op.f('fk_backtest_study_rows_study_id_backtest_studies'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'number', name=op.f('pk_backtest_study_rows'))
    )
    with op.batch_alter_table('backtest_runs', schema=None) as batch_op:
        batch_op.create_index('ix_backtest_runs_status', ['status'], unique=False)
