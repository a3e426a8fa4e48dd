"""accounts of any venue, the venue's own order ids, and how often a lost answer was looked for

Revision: 0014, after 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

_WHERE = sa.text('venue_order_id IS NOT NULL')


def upgrade() -> None:
    # Both databases carry the foreign keys of the eight tables that refer to it along.
    op.rename_table('paper_accounts', 'trading_accounts')
    op.add_column(
        'trading_accounts',
        sa.Column('kind', sa.String(length=12), nullable=False, server_default='paper'),
    )
    op.add_column(
        'trading_accounts',
        sa.Column('broker', sa.String(length=20), nullable=False, server_default='zerodha'),
    )
    op.add_column('trading_accounts', sa.Column('product_rules', sa.JSON(), nullable=True))
    op.add_column('trading_accounts', sa.Column('rate_limits', sa.JSON(), nullable=True))
    op.execute('ALTER TABLE intents RENAME COLUMN mode TO venue')
    op.add_column('orders', sa.Column('venue_order_id', sa.String(length=60), nullable=True))
    op.create_index(
        'ix_orders_account_id_venue_order_id',
        'orders',
        ['account_id', 'venue_order_id'],
        unique=True,
        sqlite_where=_WHERE,
        postgresql_where=_WHERE,
    )
    op.add_column(
        'outbox', sa.Column('looks', sa.Integer(), nullable=False, server_default='0')
    )
    op.add_column('outbox', sa.Column('reason', sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column('outbox', 'reason')
    op.drop_column('outbox', 'looks')
    op.drop_index('ix_orders_account_id_venue_order_id', table_name='orders')
    op.drop_column('orders', 'venue_order_id')
    op.execute('ALTER TABLE intents RENAME COLUMN venue TO mode')
    for column in ('rate_limits', 'product_rules', 'broker', 'kind'):
        op.drop_column('trading_accounts', column)
    op.rename_table('trading_accounts', 'paper_accounts')
