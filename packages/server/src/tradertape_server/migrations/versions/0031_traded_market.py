"""the market of a server, and of a trading account

Revision: 0031, after 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'market_choice',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('market', sa.String(length=12), nullable=False),
        sa.Column('chosen_by', sa.Integer(), nullable=True),
        sa.Column('chosen_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['chosen_by'], ['users.id'], name=op.f('fk_market_choice_chosen_by_users'),
            ondelete='SET NULL',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_market_choice')),
    )
    # Every paper account so far was opened on simulated prices.
    op.add_column('trading_accounts', sa.Column('market', sa.String(length=12), nullable=True))
    op.execute("UPDATE trading_accounts SET market = 'simulated' WHERE kind = 'paper'")


def downgrade() -> None:
    # Not in a batch, which on SQLite makes the table anew and empties those that refer to it.
    op.drop_column('trading_accounts', 'market')
    op.drop_table('market_choice')
