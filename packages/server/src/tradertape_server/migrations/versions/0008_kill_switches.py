"""kill switches

Revision: 0008, after 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradertape_server.platform.database import engine


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('trading_halts',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('by', sa.String(length=320), nullable=False),
    sa.Column('since', engine.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_trading_halts_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_trading_halts'))
    )
    with op.batch_alter_table('execution_cursor', schema=None) as batch_op:
        batch_op.add_column(sa.Column('halts', sa.Integer(), server_default='0', nullable=False))
    with op.batch_alter_table('worker_runs', schema=None) as batch_op:
        batch_op.add_column(sa.Column('halted_by', sa.String(length=12), nullable=True))
