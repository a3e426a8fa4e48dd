"""trade journal: what people write about round trips, and their screenshots

Revision: 0051, after 0049
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0051'
down_revision = '0049'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('journal_entries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('trip_key', sa.String(length=32), nullable=False),
    sa.Column('symbol', sa.String(length=80), nullable=False),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('setup', sa.String(length=60), nullable=False),
    sa.Column('tags', sa.JSON(), nullable=False),
    sa.Column('mistakes', sa.JSON(), nullable=False),
    sa.Column('rating', sa.Integer(), nullable=True),
    sa.Column('stop_price', sa.String(length=40), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_journal_entries_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal_entries')),
    sa.UniqueConstraint('user_id', 'trip_key', name=op.f('uq_journal_entries_user_id_trip_key'))
    )
    op.create_table('journal_screenshots',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('trip_key', sa.String(length=32), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('size_bytes', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_journal_screenshots_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal_screenshots'))
    )
    op.create_index('ix_journal_screenshots_user_id_trip_key', 'journal_screenshots', ['user_id', 'trip_key'])


def downgrade() -> None:
    op.drop_index('ix_journal_screenshots_user_id_trip_key', table_name='journal_screenshots')
    op.drop_table('journal_screenshots')
    op.drop_table('journal_entries')
