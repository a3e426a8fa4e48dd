"""model portfolios, their signals, positions, days, scans and epochs

Revision: 0030, after 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0030'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('portfolio_scans',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('trigger', sa.String(length=12), nullable=False),
        sa.Column('as_of', sa.Date(), nullable=True),
        sa.Column('portfolios', sa.Integer(), nullable=False),
        sa.Column('created', sa.Integer(), nullable=False),
        sa.Column('exits', sa.Integer(), nullable=False),
        sa.Column('error', sa.Text(), nullable=False),
        sa.Column('took_ms', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_portfolio_scans_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_portfolio_scans'))
        )
    op.create_index('ix_portfolio_scans_user_id_id', 'portfolio_scans', ['user_id', 'id'], unique=False)
    op.create_table('portfolios',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('strategy_id', sa.Integer(), nullable=False),
        sa.Column('strategy_version', sa.Integer(), nullable=False),
        sa.Column('strategy_name', sa.String(length=120), nullable=False),
        sa.Column('document', sa.JSON(), nullable=False),
        sa.Column('settings', sa.JSON(), nullable=False),
        sa.Column('data_set', sa.String(length=80), nullable=False),
        sa.Column('status', sa.String(length=12), nullable=False),
        sa.Column('epoch', sa.Integer(), nullable=False),
        sa.Column('started_on', sa.Date(), nullable=True),
        sa.Column('traded_until', sa.Date(), nullable=True),
        sa.Column('book', sa.JSON(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_portfolios_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_portfolios'))
        )
    op.create_index('ix_portfolios_user_id_status', 'portfolios', ['user_id', 'status'], unique=False)
    op.create_table('portfolio_days',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('portfolio_id', sa.Integer(), nullable=False),
        sa.Column('epoch', sa.Integer(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('equity_paise', sa.BigInteger(), nullable=False),
        sa.Column('cash_paise', sa.BigInteger(), nullable=False),
        sa.Column('benchmark', sa.String(length=40), nullable=True),
        sa.Column('evaluated', sa.Integer(), nullable=False),
        sa.Column('insufficient', sa.Integer(), nullable=False),
        sa.Column('verdicts', sa.JSON(), nullable=False),
        sa.Column('data_version', sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(['portfolio_id'], ['portfolios.id'], name=op.f('fk_portfolio_days_portfolio_id_portfolios'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_portfolio_days')),
        sa.UniqueConstraint('portfolio_id', 'epoch', 'day', name=op.f('uq_portfolio_days_portfolio_id_epoch_day'))
        )
    op.create_table('portfolio_epochs',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('portfolio_id', sa.Integer(), nullable=False),
        sa.Column('epoch', sa.Integer(), nullable=False),
        sa.Column('started_on', sa.Date(), nullable=True),
        sa.Column('traded_until', sa.Date(), nullable=True),
        sa.Column('equity_paise', sa.BigInteger(), nullable=False),
        sa.Column('signals', sa.JSON(), nullable=False),
        sa.Column('positions', sa.JSON(), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['portfolio_id'], ['portfolios.id'], name=op.f('fk_portfolio_epochs_portfolio_id_portfolios'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_portfolio_epochs')),
        sa.UniqueConstraint('portfolio_id', 'epoch', name=op.f('uq_portfolio_epochs_portfolio_id_epoch'))
        )
    op.create_table('portfolio_positions',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('portfolio_id', sa.Integer(), nullable=False),
        sa.Column('epoch', sa.Integer(), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('signal_id', sa.Integer(), nullable=True),
        sa.Column('symbol', sa.String(length=80), nullable=False),
        sa.Column('sector', sa.String(length=120), nullable=False),
        sa.Column('isin', sa.String(length=12), nullable=False),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.Column('open_quantity', sa.BigInteger(), nullable=False),
        sa.Column('average_price', sa.String(length=40), nullable=False),
        sa.Column('entry_price', sa.String(length=40), nullable=False),
        sa.Column('entry_date', sa.Date(), nullable=False),
        sa.Column('initial_stop', sa.String(length=40), nullable=True),
        sa.Column('stop_price', sa.String(length=40), nullable=True),
        sa.Column('stop_source', sa.String(length=12), nullable=True),
        sa.Column('target_price', sa.String(length=40), nullable=True),
        sa.Column('last_close', sa.String(length=40), nullable=False),
        sa.Column('lowest', sa.String(length=40), nullable=False),
        sa.Column('peak', sa.String(length=40), nullable=False),
        sa.Column('invested_paise', sa.BigInteger(), nullable=False),
        sa.Column('charges_paise', sa.BigInteger(), nullable=False),
        sa.Column('dividends_paise', sa.BigInteger(), nullable=False),
        sa.Column('bars_held', sa.Integer(), nullable=False),
        sa.Column('addons', sa.Integer(), nullable=False),
        sa.Column('sales', sa.JSON(), nullable=False),
        sa.Column('exit_date', sa.Date(), nullable=True),
        sa.Column('exit_reason', sa.String(length=40), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['portfolio_id'], ['portfolios.id'], name=op.f('fk_portfolio_positions_portfolio_id_portfolios'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_portfolio_positions')),
        sa.UniqueConstraint('portfolio_id', 'epoch', 'sequence', name=op.f('uq_portfolio_positions_portfolio_id_epoch_sequence'))
        )
    op.create_index('ix_portfolio_positions_portfolio_id_status', 'portfolio_positions', ['portfolio_id', 'status'], unique=False)
    op.create_table('portfolio_signals',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('portfolio_id', sa.Integer(), nullable=False),
        sa.Column('epoch', sa.Integer(), nullable=False),
        sa.Column('symbol', sa.String(length=80), nullable=False),
        sa.Column('side', sa.String(length=4), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('status', sa.String(length=20), nullable=False),
        sa.Column('gtt_status', sa.String(length=20), nullable=True),
        sa.Column('signal_date', sa.Date(), nullable=False),
        sa.Column('conviction', sa.String(length=40), nullable=False),
        sa.Column('rank', sa.Integer(), nullable=False),
        sa.Column('sector', sa.String(length=120), nullable=False),
        sa.Column('company', sa.String(length=200), nullable=False),
        sa.Column('isin', sa.String(length=12), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('ref_price', sa.String(length=40), nullable=False),
        sa.Column('trigger_price', sa.String(length=40), nullable=True),
        sa.Column('limit_price', sa.String(length=40), nullable=True),
        sa.Column('stop_price', sa.String(length=40), nullable=True),
        sa.Column('target_price', sa.String(length=40), nullable=True),
        sa.Column('quantity', sa.BigInteger(), nullable=False),
        sa.Column('committed_paise', sa.BigInteger(), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('placement_key', sa.String(length=40), nullable=True),
        sa.Column('filled_quantity', sa.BigInteger(), nullable=False),
        sa.Column('average_price', sa.String(length=40), nullable=True),
        sa.Column('failure_reason', sa.Text(), nullable=True),
        sa.Column('fills_from', sa.Date(), nullable=True),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('history', sa.JSON(), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('placed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('filled_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['portfolio_id'], ['portfolios.id'], name=op.f('fk_portfolio_signals_portfolio_id_portfolios'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_portfolio_signals')),
        sa.UniqueConstraint('placement_key', name=op.f('uq_portfolio_signals_placement_key')),
        sa.UniqueConstraint('portfolio_id', 'epoch', 'symbol', 'signal_date', 'side', name='uq_portfolio_signals_candle')
        )
    op.create_index('ix_portfolio_signals_portfolio_id_status', 'portfolio_signals', ['portfolio_id', 'status'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_portfolio_signals_portfolio_id_status', table_name='portfolio_signals')
    op.drop_table('portfolio_signals')
    op.drop_index('ix_portfolio_positions_portfolio_id_status', table_name='portfolio_positions')
    op.drop_table('portfolio_positions')
    op.drop_table('portfolio_epochs')
    op.drop_table('portfolio_days')
    op.drop_index('ix_portfolios_user_id_status', table_name='portfolios')
    op.drop_table('portfolios')
    op.drop_index('ix_portfolio_scans_user_id_id', table_name='portfolio_scans')
    op.drop_table('portfolio_scans')
