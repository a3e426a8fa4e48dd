"""channels, notifications and their deliveries; incoming webhooks

Revision: 0038, after 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0038'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('notification_sources',
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('state', sa.JSON(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_notification_sources'))
        )
    op.create_table('notification_channels',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=12), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('is_enabled', sa.Boolean(), nullable=False),
        sa.Column('address', sa.String(length=300), nullable=False),
        sa.Column('secret', sa.LargeBinary(), nullable=True),
        sa.Column('fingerprint', sa.String(length=64), nullable=True),
        sa.Column('chat_id', sa.BigInteger(), nullable=True),
        sa.Column('chat_name', sa.String(length=120), nullable=False),
        sa.Column('link_hash', sa.String(length=64), nullable=True),
        sa.Column('link_expires_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('update_offset', sa.BigInteger(), nullable=False),
        sa.Column('last_sent_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('last_error', sa.String(length=300), nullable=False),
        sa.Column('last_error_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_notification_channels_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_channels')),
        sa.UniqueConstraint('fingerprint', name=op.f('uq_notification_channels_fingerprint'))
        )
    op.create_index('ix_notification_channels_user_id', 'notification_channels', ['user_id'], unique=False)
    op.create_table('notification_preferences',
        sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('modes', sa.JSON(), nullable=False),
        sa.Column('quiet_from', sa.Integer(), nullable=True),
        sa.Column('quiet_to', sa.Integer(), nullable=True),
        sa.Column('digest_at', sa.Integer(), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_notification_preferences_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_notification_preferences'))
        )
    op.create_table('notifications',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('event', sa.String(length=40), nullable=False),
        sa.Column('severity', sa.String(length=10), nullable=False),
        sa.Column('key', sa.String(length=200), nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('path', sa.String(length=300), nullable=False),
        sa.Column('subject', sa.JSON(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('is_shown', sa.Boolean(), nullable=False),
        sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_notifications_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications')),
        sa.UniqueConstraint('user_id', 'key', name=op.f('uq_notifications_user_id_key'))
        )
    op.create_index('ix_notifications_user_id_is_shown_read_at', 'notifications', ['user_id', 'is_shown', 'read_at'], unique=False)
    op.create_table('incoming_hooks',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('source', sa.String(length=12), nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('secret', sa.LargeBinary(), nullable=True),
        sa.Column('portfolio_id', sa.Integer(), nullable=True),
        sa.Column('is_enabled', sa.Boolean(), nullable=False),
        sa.Column('last_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['portfolio_id'], ['portfolios.id'], name=op.f('fk_incoming_hooks_portfolio_id_portfolios'), ondelete='SET NULL'),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_incoming_hooks_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_incoming_hooks')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_incoming_hooks_token_hash'))
        )
    op.create_index('ix_incoming_hooks_user_id', 'incoming_hooks', ['user_id'], unique=False)
    op.create_table('notification_deliveries',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('notification_id', sa.Integer(), nullable=False),
        sa.Column('channel_id', sa.Integer(), nullable=False),
        sa.Column('status', sa.String(length=10), nullable=False),
        sa.Column('batch', sa.String(length=40), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('is_repeat', sa.Boolean(), nullable=False),
        sa.Column('attempts', sa.JSON(), nullable=False),
        sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['channel_id'], ['notification_channels.id'], name=op.f('fk_notification_deliveries_channel_id_notification_channels'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['notification_id'], ['notifications.id'], name=op.f('fk_notification_deliveries_notification_id_notifications'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_notification_deliveries_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_deliveries')),
        sa.UniqueConstraint('notification_id', 'channel_id', name=op.f('uq_notification_deliveries_notification_id_channel_id'))
        )
    op.create_index('ix_notification_deliveries_channel_id_sent_at', 'notification_deliveries', ['channel_id', 'sent_at'], unique=False)
    op.create_index('ix_notification_deliveries_status_due_at', 'notification_deliveries', ['status', 'due_at'], unique=False)
    op.create_index('ix_notification_deliveries_user_id_id', 'notification_deliveries', ['user_id', 'id'], unique=False)
    op.create_table('incoming_hook_calls',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('hook_id', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(length=80), nullable=True),
        sa.Column('outcome', sa.String(length=12), nullable=False),
        sa.Column('detail', sa.String(length=300), nullable=False),
        sa.Column('symbols', sa.JSON(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['hook_id'], ['incoming_hooks.id'], name=op.f('fk_incoming_hook_calls_hook_id_incoming_hooks'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_incoming_hook_calls')),
        sa.UniqueConstraint('hook_id', 'key', name=op.f('uq_incoming_hook_calls_hook_id_key'))
        )
    op.create_index('ix_incoming_hook_calls_hook_id_at', 'incoming_hook_calls', ['hook_id', 'at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_incoming_hook_calls_hook_id_at', table_name='incoming_hook_calls')
    op.drop_table('incoming_hook_calls')
    op.drop_index('ix_notification_deliveries_user_id_id', table_name='notification_deliveries')
    op.drop_index('ix_notification_deliveries_status_due_at', table_name='notification_deliveries')
    op.drop_index('ix_notification_deliveries_channel_id_sent_at', table_name='notification_deliveries')
    op.drop_table('notification_deliveries')
    op.drop_index('ix_incoming_hooks_user_id', table_name='incoming_hooks')
    op.drop_table('incoming_hooks')
    op.drop_index('ix_notifications_user_id_is_shown_read_at', table_name='notifications')
    op.drop_table('notifications')
    op.drop_table('notification_preferences')
    op.drop_index('ix_notification_channels_user_id', table_name='notification_channels')
    op.drop_table('notification_channels')
    op.drop_table('notification_sources')
