"""execution

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradertape_server.platform.database import engine


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('execution_cursor',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('last_seq', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_execution_cursor'))
    )
    op.execute("INSERT INTO execution_cursor (id, last_seq) VALUES (1, 0)")
    op.create_table('traded_instruments',
    sa.Column('id', sa.String(length=80), nullable=False),
    sa.Column('document', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_traded_instruments'))
    )
    op.create_table('paper_accounts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('scope', sa.String(length=80), nullable=False),
    sa.Column('opening_paise', sa.BigInteger(), nullable=False),
    sa.Column('created_at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_paper_accounts_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper_accounts')),
    sa.UniqueConstraint('user_id', 'scope', name=op.f('uq_paper_accounts_user_id_scope'))
    )
    op.create_table('execution_events',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.String(length=120), nullable=True),
    sa.Column('order_id', sa.String(length=40), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('event_type', sa.String(length=60), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('resource_type', sa.String(length=40), nullable=True),
    sa.Column('resource_id', sa.String(length=120), nullable=True),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['paper_accounts.id'], name=op.f('fk_execution_events_account_id_paper_accounts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_execution_events'))
    )
    with op.batch_alter_table('execution_events', schema=None) as batch_op:
        batch_op.create_index('ix_execution_events_account_id_seq', ['account_id', 'seq'], unique=False)
        batch_op.create_index('ix_execution_events_order_id', ['order_id'], unique=False)
        batch_op.create_index('ix_execution_events_run_id_seq', ['run_id', 'seq'], unique=False)

    op.create_table('execution_positions',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.String(length=120), nullable=False),
    sa.Column('instrument', sa.String(length=80), nullable=False),
    sa.Column('product', sa.String(length=8), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.Column('document', sa.JSON(), nullable=False),
    sa.Column('updated_at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['paper_accounts.id'], name=op.f('fk_execution_positions_account_id_paper_accounts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', 'run_id', 'instrument', 'product', name=op.f('pk_execution_positions'))
    )
    with op.batch_alter_table('execution_positions', schema=None) as batch_op:
        batch_op.create_index('ix_execution_positions_account_id_is_open', ['account_id', 'is_open'], unique=False)
        batch_op.create_index('ix_execution_positions_run_id', ['run_id'], unique=False)

    op.create_table('fills',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('trade_id', sa.String(length=60), nullable=False),
    sa.Column('order_id', sa.String(length=40), nullable=False),
    sa.Column('run_id', sa.String(length=120), nullable=True),
    sa.Column('instrument', sa.String(length=80), nullable=False),
    sa.Column('product', sa.String(length=8), nullable=False),
    sa.Column('side', sa.String(length=4), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('price', engine.DecimalText(length=40), nullable=False),
    sa.Column('charges_paise', sa.BigInteger(), nullable=False),
    sa.Column('charges', sa.JSON(), nullable=False),
    sa.Column('at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['paper_accounts.id'], name=op.f('fk_fills_account_id_paper_accounts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fills')),
    sa.UniqueConstraint('account_id', 'trade_id', name=op.f('uq_fills_account_id_trade_id'))
    )
    with op.batch_alter_table('fills', schema=None) as batch_op:
        batch_op.create_index('ix_fills_order_id', ['order_id'], unique=False)
        batch_op.create_index('ix_fills_run_id_id', ['run_id', 'id'], unique=False)

    op.create_table('gtt_triggers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('instrument', sa.String(length=80), nullable=False),
    sa.Column('document', sa.JSON(), nullable=False),
    sa.Column('created_at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['paper_accounts.id'], name=op.f('fk_gtt_triggers_account_id_paper_accounts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gtt_triggers'))
    )
    with op.batch_alter_table('gtt_triggers', schema=None) as batch_op:
        batch_op.create_index('ix_gtt_triggers_account_id_id', ['account_id', 'id'], unique=False)
        batch_op.create_index('ix_gtt_triggers_status', ['status'], unique=False)

    op.create_table('intents',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.String(length=120), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('mode', sa.String(length=10), nullable=False),
    sa.Column('request_hash', sa.String(length=64), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.Column('status_code', sa.Integer(), nullable=True),
    sa.Column('answer', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['paper_accounts.id'], name=op.f('fk_intents_account_id_paper_accounts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_intents')),
    sa.UniqueConstraint('run_id', 'key', name=op.f('uq_intents_run_id_key'))
    )
    op.create_table('orders',
    sa.Column('order_id', sa.String(length=40), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.String(length=120), nullable=True),
    sa.Column('venue', sa.String(length=20), nullable=False),
    sa.Column('tag', sa.String(length=20), nullable=False),
    sa.Column('instrument', sa.String(length=80), nullable=False),
    sa.Column('status', sa.String(length=30), nullable=False),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.Column('document', sa.JSON(), nullable=False),
    sa.Column('placed_at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['paper_accounts.id'], name=op.f('fk_orders_account_id_paper_accounts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_orders')),
    sa.UniqueConstraint('tag', name=op.f('uq_orders_tag'))
    )
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.create_index('ix_orders_account_id_order_id', ['account_id', 'order_id'], unique=False)
        batch_op.create_index('ix_orders_is_open', ['is_open'], unique=False)
        batch_op.create_index('ix_orders_run_id_order_id', ['run_id', 'order_id'], unique=False)

    op.create_table('outbox',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.String(length=40), nullable=False),
    sa.Column('action', sa.String(length=10), nullable=False),
    sa.Column('ask', sa.Integer(), nullable=False),
    sa.Column('venue', sa.String(length=20), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('leased_by', sa.String(length=40), nullable=True),
    sa.Column('created_at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['paper_accounts.id'], name=op.f('fk_outbox_account_id_paper_accounts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('order_id', 'action', 'ask', name=op.f('uq_outbox_order_id_action_ask'))
    )
    op.create_table('postings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('entry', sa.String(length=120), nullable=False),
    sa.Column('ledger', sa.String(length=40), nullable=False),
    sa.Column('run_id', sa.String(length=120), nullable=True),
    sa.Column('instrument', sa.String(length=80), nullable=True),
    sa.Column('amount_paise', sa.BigInteger(), nullable=False),
    sa.Column('at', engine.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['paper_accounts.id'], name=op.f('fk_postings_account_id_paper_accounts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_postings'))
    )
    with op.batch_alter_table('postings', schema=None) as batch_op:
        batch_op.create_index('ix_postings_account_id_entry', ['account_id', 'entry'], unique=False)
        batch_op.create_index('ix_postings_run_id', ['run_id'], unique=False)

