"""uploads: files of brokers, the trades, ledger lines and fund transactions they bring, mappings

Revision: 0049, after 0048
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0049'
down_revision = '0048'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('upload_mappings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('columns', sa.JSON(), nullable=False),
    sa.Column('defaults', sa.JSON(), nullable=False),
    sa.Column('month_first', sa.Boolean(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_upload_mappings_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_upload_mappings')),
    sa.UniqueConstraint('user_id', 'name', name=op.f('uq_upload_mappings_user_id_name'))
    )
    op.create_table('upload_versions',
    sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_upload_versions_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_upload_versions'))
    )
    op.create_table('uploads',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=160), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size_bytes', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('layout', sa.String(length=60), nullable=False),
    sa.Column('broker', sa.String(length=60), nullable=False),
    sa.Column('account', sa.String(length=40), nullable=False),
    sa.Column('segment', sa.String(length=20), nullable=False),
    sa.Column('first_on', sa.Date(), nullable=True),
    sa.Column('last_on', sa.Date(), nullable=True),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('imported', sa.Integer(), nullable=False),
    sa.Column('duplicates', sa.Integer(), nullable=False),
    sa.Column('rejected', sa.Integer(), nullable=False),
    sa.Column('to_store', sa.Integer(), nullable=False),
    sa.Column('stored', sa.Integer(), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('report', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_uploads_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uploads'))
    )
    op.create_index('ix_uploads_user_id_id', 'uploads', ['user_id', 'id'], unique=False)
    op.create_table('imported_fund_transactions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('upload_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('folio', sa.String(length=60), nullable=False),
    sa.Column('isin', sa.String(length=12), nullable=False),
    sa.Column('scheme', sa.String(length=200), nullable=False),
    sa.Column('happened_on', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('units', sa.String(length=40), nullable=False),
    sa.Column('nav', sa.String(length=40), nullable=False),
    sa.Column('amount', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_imported_fund_transactions_upload_id_uploads'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_imported_fund_transactions_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_imported_fund_transactions'))
    )
    op.create_index('ix_imported_fund_transactions_upload_id', 'imported_fund_transactions', ['upload_id'], unique=False)
    op.create_index('ix_imported_fund_transactions_user_id_key', 'imported_fund_transactions', ['user_id', 'key'], unique=False)
    op.create_table('imported_ledger_lines',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('upload_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('broker', sa.String(length=60), nullable=False),
    sa.Column('account', sa.String(length=40), nullable=False),
    sa.Column('posted_on', sa.Date(), nullable=True),
    sa.Column('particulars', sa.String(length=400), nullable=False),
    sa.Column('voucher_type', sa.String(length=60), nullable=False),
    sa.Column('debit', sa.String(length=40), nullable=False),
    sa.Column('credit', sa.String(length=40), nullable=False),
    sa.Column('balance', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_imported_ledger_lines_upload_id_uploads'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_imported_ledger_lines_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_imported_ledger_lines'))
    )
    op.create_index('ix_imported_ledger_lines_upload_id', 'imported_ledger_lines', ['upload_id'], unique=False)
    op.create_index('ix_imported_ledger_lines_user_id_key', 'imported_ledger_lines', ['user_id', 'key'], unique=False)
    op.create_table('imported_trades',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('upload_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('content', sa.String(length=16), nullable=False),
    sa.Column('broker', sa.String(length=60), nullable=False),
    sa.Column('account', sa.String(length=40), nullable=False),
    sa.Column('exchange', sa.String(length=10), nullable=False),
    sa.Column('segment', sa.String(length=4), nullable=False),
    sa.Column('symbol', sa.String(length=120), nullable=False),
    sa.Column('isin', sa.String(length=12), nullable=False),
    sa.Column('side', sa.String(length=4), nullable=False),
    sa.Column('quantity', sa.String(length=40), nullable=False),
    sa.Column('price', sa.String(length=40), nullable=False),
    sa.Column('traded_on', sa.Date(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('trade_id', sa.String(length=60), nullable=False),
    sa.Column('order_id', sa.String(length=60), nullable=False),
    sa.Column('series', sa.String(length=10), nullable=False),
    sa.Column('expiry', sa.Date(), nullable=True),
    sa.Column('is_auction', sa.Boolean(), nullable=False),
    sa.Column('charges', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_imported_trades_upload_id_uploads'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_imported_trades_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_imported_trades'))
    )
    op.create_index('ix_imported_trades_upload_id', 'imported_trades', ['upload_id'], unique=False)
    op.create_index('ix_imported_trades_user_id_key', 'imported_trades', ['user_id', 'key'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_imported_trades_user_id_key', table_name='imported_trades')
    op.drop_index('ix_imported_trades_upload_id', table_name='imported_trades')
    op.drop_table('imported_trades')
    op.drop_index('ix_imported_ledger_lines_user_id_key', table_name='imported_ledger_lines')
    op.drop_index('ix_imported_ledger_lines_upload_id', table_name='imported_ledger_lines')
    op.drop_table('imported_ledger_lines')
    op.drop_index('ix_imported_fund_transactions_user_id_key', table_name='imported_fund_transactions')
    op.drop_index('ix_imported_fund_transactions_upload_id', table_name='imported_fund_transactions')
    op.drop_table('imported_fund_transactions')
    op.drop_index('ix_uploads_user_id_id', table_name='uploads')
    op.drop_table('uploads')
    op.drop_table('upload_versions')
    op.drop_table('upload_mappings')
