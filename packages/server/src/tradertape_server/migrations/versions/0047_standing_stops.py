"""positions: stop and target that wait at the broker

Revision: 0047, after 0046
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0047'
down_revision = '0046'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('portfolio_positions', sa.Column('standing_gtt_id', sa.Integer(), nullable=True))
    op.add_column('portfolio_positions', sa.Column('standing_key', sa.String(length=40), nullable=True))
    op.add_column('portfolio_positions', sa.Column('standing_number', sa.Integer(), server_default='0', nullable=False))
    op.add_column('portfolio_positions', sa.Column('standing_problem', sa.Text(), nullable=True))
    op.add_column('portfolio_positions', sa.Column('standing_retry_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('portfolio_positions') as table:
        for name in ('standing_retry_at', 'standing_problem', 'standing_number', 'standing_key', 'standing_gtt_id'):
            table.drop_column(name)
