"""which process trades, and who works on which job

Revision: 0010, after 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('trader_lease',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('fence', sa.BigInteger(), nullable=False),
    sa.Column('owner', sa.String(length=80), nullable=False),
    sa.Column('address', sa.String(length=300), nullable=False),
    sa.Column('expires_s', sa.Float(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trader_lease'))
    )
    op.execute("INSERT INTO trader_lease (id, fence, owner, address, expires_s) VALUES (1, 0, '', '', 0)")
    op.create_table('job_leases',
    sa.Column('queue', sa.String(length=40), nullable=False),
    sa.Column('job', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('owner', sa.String(length=80), nullable=False),
    sa.Column('expires_s', sa.Float(), nullable=False),
    sa.PrimaryKeyConstraint('queue', 'job', name=op.f('pk_job_leases'))
    )


def downgrade() -> None:
    op.drop_table('job_leases')
    op.drop_table('trader_lease')
