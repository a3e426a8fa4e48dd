"""what is read at every start and every second is found without reading the whole books

Revision: 0020, after 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def _partial(name: str, table: str, columns: list[str], sqlite: str, postgresql: str) -> None:
    where = {'sqlite_where': sa.text(sqlite), 'postgresql_where': sa.text(postgresql)}
    op.create_index(name, table, columns, **where)


def upgrade() -> None:
    op.create_table(
        'account_cash',
        sa.Column('account_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('paise', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ['account_id'],
            ['trading_accounts.id'],
            name=op.f('fk_account_cash_account_id_trading_accounts'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('account_id', name=op.f('pk_account_cash')),
    )
    op.execute(
        'INSERT INTO account_cash (account_id, paise) SELECT account_id, SUM(amount_paise) '
        "FROM postings WHERE ledger = 'cash' GROUP BY account_id"
    )
    answer = 'answer IS NULL'
    _partial('ix_intents_unanswered', 'intents', ['id'], answer, answer)
    servers = "substr(key, 1, 7) = 'server:'"
    _partial('ix_intents_servers', 'intents', ['run_id', 'key'], servers, servers)
    # SQLite takes the index that matches the most columns of a query: hence also `is_open`.
    owner = ['is_open', 'account_id', 'run_id']
    op.drop_index('ix_orders_is_open', table_name='orders')
    _partial('ix_orders_open', 'orders', owner, 'is_open = 1', 'is_open')
    op.drop_index(
        'ix_execution_positions_account_id_is_open', table_name='execution_positions'
    )
    _partial('ix_execution_positions_open', 'execution_positions', owner, 'is_open = 1', 'is_open')


def downgrade() -> None:
    op.drop_index('ix_execution_positions_open', table_name='execution_positions')
    op.create_index(
        'ix_execution_positions_account_id_is_open',
        'execution_positions',
        ['account_id', 'is_open'],
    )
    op.drop_index('ix_orders_open', table_name='orders')
    op.create_index('ix_orders_is_open', 'orders', ['is_open'])
    op.drop_index('ix_intents_servers', table_name='intents')
    op.drop_index('ix_intents_unanswered', table_name='intents')
    op.drop_table('account_cash')
