"""agents: installations, leases, snapshots, settings, tokens on their way

Revision: 0046, after 0045
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0046'
down_revision = '0045'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('agent_instances',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('instance', sa.String(length=64), nullable=False),
    sa.Column('version', sa.String(length=40), nullable=True),
    sa.Column('brokers', sa.JSON(), nullable=False),
    sa.Column('auto_execute', sa.Boolean(), nullable=False),
    sa.Column('obfuscation', sa.Boolean(), nullable=False),
    sa.Column('is_watched', sa.Boolean(), nullable=False),
    sa.Column('last_poll_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_agent_instances_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agent_instances')),
    sa.UniqueConstraint('user_id', 'instance', name=op.f('uq_agent_instances_user_id_instance'))
    )
    op.create_table('agent_leases',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('signal_id', sa.Integer(), nullable=False),
    sa.Column('symbol', sa.String(length=80), nullable=False),
    sa.Column('side', sa.String(length=4), nullable=False),
    sa.Column('run_id', sa.String(length=120), nullable=False),
    sa.Column('gtt_id', sa.Integer(), nullable=True),
    sa.Column('order_id', sa.String(length=40), nullable=True),
    sa.Column('instance', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('leased_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('broker', sa.String(length=20), nullable=True),
    sa.Column('broker_gtt_id', sa.String(length=80), nullable=True),
    sa.Column('broker_order_id', sa.String(length=80), nullable=True),
    sa.Column('message', sa.Text(), nullable=True),
    sa.Column('fees', sa.JSON(), nullable=True),
    sa.Column('cancel_wanted', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_agent_leases_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agent_leases')),
    sa.UniqueConstraint('user_id', 'key', name=op.f('uq_agent_leases_user_id_key'))
    )
    op.create_index('ix_agent_leases_user_id_state', 'agent_leases', ['user_id', 'state'], unique=False)
    op.create_table('agent_settings',
    sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('obfuscation', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_agent_settings_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_agent_settings'))
    )
    op.create_table('agent_snapshots',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('broker', sa.String(length=20), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('as_of', sa.DateTime(timezone=True), nullable=False),
    sa.Column('instance', sa.String(length=64), nullable=False),
    sa.Column('is_scaled', sa.Boolean(), nullable=False),
    sa.Column('factor_id', sa.String(length=64), nullable=True),
    sa.Column('rows', sa.JSON(), nullable=False),
    sa.Column('margins', sa.JSON(), nullable=True),
    sa.Column('drift', sa.JSON(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_agent_snapshots_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agent_snapshots')),
    sa.UniqueConstraint('user_id', 'kind', 'broker', 'day', name=op.f('uq_agent_snapshots_user_id_kind_broker_day'))
    )
    op.create_table('agent_tokens',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('broker', sa.String(length=20), nullable=False),
    sa.Column('token', sa.LargeBinary(), nullable=False),
    sa.Column('broker_user', sa.String(length=80), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_agent_tokens_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agent_tokens')),
    sa.UniqueConstraint('user_id', 'kind', 'broker', name=op.f('uq_agent_tokens_user_id_kind_broker'))
    )


def downgrade() -> None:
    op.drop_table('agent_tokens')
    op.drop_table('agent_snapshots')
    op.drop_table('agent_settings')
    op.drop_index('ix_agent_leases_user_id_state', table_name='agent_leases')
    op.drop_table('agent_leases')
    op.drop_table('agent_instances')
