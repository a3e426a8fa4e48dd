"""what could not be done and was put aside, with its reason

Revision: 0016, after 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import tradertape_server.platform.database.engine

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = tradertape_server.platform.database.engine.UtcDateTime(timezone=True)
    op.create_table(
        'set_aside',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('name', sa.String(length=400), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=True),
        sa.Column('run_id', sa.String(length=120), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('times', sa.Integer(), nullable=False),
        sa.Column('first_at', moment, nullable=False),
        sa.Column('last_at', moment, nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_set_aside')),
        sa.UniqueConstraint('kind', 'name', name=op.f('uq_set_aside_kind_name')),
    )
    op.create_index('ix_set_aside_last_at', 'set_aside', ['last_at'])


def downgrade() -> None:
    op.drop_table('set_aside')
