"""the tokens of worker runs, and the line of what they earned

Revision: 0009, after 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradertape_server.platform.database import engine


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('worker_runs') as batch:
        batch.add_column(sa.Column('key_id', sa.Integer(), nullable=True))
    op.create_table('worker_pnl_points',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.Column('net_paise', sa.BigInteger(), nullable=False),
    sa.Column('realised_paise', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['worker_runs.id'], name=op.f('fk_worker_pnl_points_run_id_worker_runs'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_worker_pnl_points'))
    )
    op.create_index('ix_worker_pnl_points_run_id_at', 'worker_pnl_points', ['run_id', 'at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_worker_pnl_points_run_id_at', table_name='worker_pnl_points')
    op.drop_table('worker_pnl_points')
    with op.batch_alter_table('worker_runs') as batch:
        batch.drop_column('key_id')
