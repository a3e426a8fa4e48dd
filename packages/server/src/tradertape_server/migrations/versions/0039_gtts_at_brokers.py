"""triggers that rest at brokers

Revision: 0039, after 0038
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None

_HAS_ID = sa.text('venue_trigger_id IS NOT NULL')


def upgrade() -> None:
    op.add_column('gtt_triggers', sa.Column('venue_trigger_id', sa.String(length=80)))
    op.create_index(
        'ix_gtt_triggers_account_id_venue_trigger_id', 'gtt_triggers',
        ['account_id', 'venue_trigger_id'], unique=True, sqlite_where=_HAS_ID,
        postgresql_where=_HAS_ID,
    )
    op.create_table(
        'external_gtts',
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('venue_trigger_id', sa.String(length=80), nullable=False),
        sa.Column('status', sa.String(length=12), nullable=False),
        sa.Column('document', sa.JSON(), nullable=False),
        sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['account_id'], ['trading_accounts.id'],
            name=op.f('fk_external_gtts_account_id_trading_accounts'), ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('account_id', 'venue_trigger_id', name=op.f('pk_external_gtts')),
    )


def downgrade() -> None:
    op.drop_table('external_gtts')
    op.drop_index('ix_gtt_triggers_account_id_venue_trigger_id', table_name='gtt_triggers')
    op.drop_column('gtt_triggers', 'venue_trigger_id')
