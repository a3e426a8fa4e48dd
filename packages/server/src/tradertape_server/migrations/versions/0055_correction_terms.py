"""corrections of reconciliation: the uploaded trades and the split or bonus that they are of

Revision: 0055, after 0053
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0055'
down_revision = '0053'
branch_labels = None
depends_on = None

_TABLE = 'reconciliation_corrections'


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column('price', sa.String(length=40), nullable=True))
    op.add_column(_TABLE, sa.Column('traded_on', sa.Date(), nullable=True))
    op.add_column(
        _TABLE, sa.Column('trade_keys', sa.JSON(), server_default='[]', nullable=False)
    )
    op.add_column(_TABLE, sa.Column('action_terms', sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table(_TABLE) as table:
        for name in ('action_terms', 'trade_keys', 'traded_on', 'price'):
            table.drop_column(name)
