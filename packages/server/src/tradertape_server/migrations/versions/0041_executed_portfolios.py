"""portfolios whose orders are executed: accounts, orders, protections, cursor and alerts

Revision: 0041, after 0040
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0041'
down_revision = '0040'
branch_labels = None
depends_on = None

_SIGNAL = ['portfolio_id', 'epoch', 'symbol', 'signal_date', 'side']


def upgrade() -> None:
    for column in (
        sa.Column('account_id', sa.Integer(), nullable=True),
        sa.Column('shadow', sa.JSON(), nullable=True),
        sa.Column('promoted_from', sa.Integer(), nullable=True),
    ):
        op.add_column('portfolios', column)
    op.add_column(
        'portfolio_days', sa.Column('shadow_equity_paise', sa.BigInteger(), nullable=True)
    )
    # Nothing refers to signals with a foreign key: on SQLite the table may be made anew.
    with op.batch_alter_table('portfolio_signals') as table:
        table.add_column(sa.Column('number', sa.Integer(), nullable=False, server_default='0'))
        table.add_column(sa.Column('run_id', sa.String(length=120), nullable=True))
        table.add_column(sa.Column('order_type', sa.String(length=8), nullable=True))
        table.add_column(sa.Column('gtt_id', sa.Integer(), nullable=True))
        table.add_column(sa.Column('order_id', sa.String(length=40), nullable=True))
        table.add_column(sa.Column('position_id', sa.Integer(), nullable=True))
        table.add_column(sa.Column('valid_until', sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column('withdraw_reason', sa.String(length=80), nullable=True))
        table.drop_constraint('uq_portfolio_signals_candle', type_='unique')
        table.create_unique_constraint('uq_portfolio_signals_candle', [*_SIGNAL, 'number'])
    op.create_index('ix_portfolio_signals_run_id', 'portfolio_signals', ['run_id'], unique=False)
    for column in (
        sa.Column('run_id', sa.String(length=120), nullable=True),
        sa.Column('account_id', sa.Integer(), nullable=True),
        sa.Column('entry_order_id', sa.String(length=40), nullable=True),
        sa.Column('entry_gtt_id', sa.Integer(), nullable=True),
        sa.Column('exit_order_id', sa.String(length=40), nullable=True),
        sa.Column('exit_gtt_id', sa.Integer(), nullable=True),
        sa.Column('entries', sa.JSON(), nullable=True),
        sa.Column('protection', sa.JSON(), nullable=True),
        sa.Column('protection_version', sa.Integer(), nullable=False, server_default='0'),
        sa.Column(
            'protection_status', sa.String(length=12), nullable=False, server_default='unarmed'
        ),
    ):
        op.add_column('portfolio_positions', column)
    op.create_index(
        'ix_portfolio_positions_run_id', 'portfolio_positions', ['run_id'], unique=True
    )
    op.create_index(
        'ix_portfolio_positions_protection_status', 'portfolio_positions', ['protection_status'],
        unique=False,
    )
    op.create_table(
        'portfolio_cursor',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('last_seq', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_portfolio_cursor')),
    )
    op.create_table(
        'portfolio_alerts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('portfolio_id', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=40), nullable=False),
        sa.Column('subject', sa.String(length=60), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('level', sa.String(length=10), nullable=False),
        sa.Column('since', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ['portfolio_id'], ['portfolios.id'],
            name=op.f('fk_portfolio_alerts_portfolio_id_portfolios'), ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_portfolio_alerts')),
        sa.UniqueConstraint(
            'portfolio_id', 'code', 'subject',
            name=op.f('uq_portfolio_alerts_portfolio_id_code_subject'),
        ),
    )
    op.create_index(
        'ix_portfolio_alerts_portfolio_id_ended_at', 'portfolio_alerts',
        ['portfolio_id', 'ended_at'], unique=False,
    )


def downgrade() -> None:
    op.drop_table('portfolio_alerts')
    op.drop_table('portfolio_cursor')
    op.drop_index('ix_portfolio_positions_protection_status', table_name='portfolio_positions')
    op.drop_index('ix_portfolio_positions_run_id', table_name='portfolio_positions')
    for name in (
        'run_id', 'account_id', 'entry_order_id', 'entry_gtt_id', 'exit_order_id', 'exit_gtt_id',
        'entries', 'protection', 'protection_version', 'protection_status',
    ):
        op.drop_column('portfolio_positions', name)
    op.drop_index('ix_portfolio_signals_run_id', table_name='portfolio_signals')
    op.execute('DELETE FROM portfolio_signals WHERE number > 0')
    with op.batch_alter_table('portfolio_signals') as table:
        table.drop_constraint('uq_portfolio_signals_candle', type_='unique')
        table.create_unique_constraint('uq_portfolio_signals_candle', _SIGNAL)
        for name in (
            'number', 'run_id', 'order_type', 'gtt_id', 'order_id', 'position_id', 'valid_until',
            'withdraw_reason',
        ):
            table.drop_column(name)
    op.drop_column('portfolio_days', 'shadow_equity_paise')
    for name in ('account_id', 'shadow', 'promoted_from'):
        op.drop_column('portfolios', name)
