"""kill switches that take entries back, and the trading accounts that people prefer

Revision: 0043, after 0042
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0043'
down_revision = '0042'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        'trading_halts',
        sa.Column('cancels', sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        'preferred_accounts',
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('segment', sa.String(length=12), nullable=False),
        sa.Column('scope', sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ['user_id'], ['users.id'], name=op.f('fk_preferred_accounts_user_id_users'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('user_id', 'segment', name=op.f('pk_preferred_accounts')),
    )


def downgrade() -> None:
    op.drop_table('preferred_accounts')
    op.drop_column('trading_halts', 'cancels')
