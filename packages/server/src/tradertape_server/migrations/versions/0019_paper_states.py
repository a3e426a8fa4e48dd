"""what decides the fills of orders that rest in the paper market

Revision: 0019, after 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'paper_orders',
        sa.Column('order_id', sa.String(length=40), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('document', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ['account_id'],
            ['trading_accounts.id'],
            name=op.f('fk_paper_orders_account_id_trading_accounts'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('order_id', name=op.f('pk_paper_orders')),
    )
    op.create_table(
        'paper_books',
        sa.Column('instrument', sa.String(length=80), nullable=False),
        sa.Column('document', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('instrument', name=op.f('pk_paper_books')),
    )


def downgrade() -> None:
    op.drop_table('paper_books')
    op.drop_table('paper_orders')
