"""sessions at brokers

Revision: 0024, after 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('broker_credentials') as table:
        table.add_column(
            sa.Column('environment', sa.String(length=10), nullable=False, server_default='live')
        )
        table.add_column(sa.Column('totp_secret', sa.LargeBinary(), nullable=True))
        table.alter_column(
            'api_key', existing_type=sa.String(length=100), type_=sa.Text(),
            existing_nullable=False,
        )
    with op.batch_alter_table('broker_credentials') as table:
        table.alter_column(
            'environment', existing_type=sa.String(length=10), existing_nullable=False,
            server_default=None,
        )
    _sessions()
    _logins()
    op.create_table(
        'broker_preferences',
        sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('mails_expiry', sa.Boolean(), nullable=False),
        sa.Column('mails_reminder', sa.Boolean(), nullable=False),
        sa.Column('reminded_on', sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(
            ['user_id'], ['users.id'], name=op.f('fk_broker_preferences_user_id_users'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_broker_preferences')),
    )


def _sessions() -> None:
    op.create_table(
        'broker_sessions',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('broker', sa.String(length=20), nullable=False),
        sa.Column('environment', sa.String(length=10), nullable=False),
        sa.Column('broker_user_id', sa.String(length=50), nullable=False),
        sa.Column('generation', sa.Integer(), nullable=False),
        sa.Column('token', sa.LargeBinary(), nullable=False),
        sa.Column('logged_in_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('end', sa.String(length=20), nullable=True),
        sa.Column('reason', sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ['user_id'], ['users.id'], name=op.f('fk_broker_sessions_user_id_users'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_broker_sessions')),
        sa.UniqueConstraint('user_id', 'broker', name=op.f('uq_broker_sessions_user_id_broker')),
    )
    op.create_index(
        op.f('ix_broker_sessions_broker_user_id'), 'broker_sessions', ['broker_user_id']
    )


def _logins() -> None:
    op.create_table(
        'broker_logins',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('session_id', sa.Integer(), nullable=False),
        sa.Column('broker', sa.String(length=20), nullable=False),
        sa.Column('state_hash', sa.String(length=64), nullable=False),
        sa.Column('redirect_uri', sa.String(length=500), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['user_id'], ['users.id'], name=op.f('fk_broker_logins_user_id_users'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_broker_logins')),
        sa.UniqueConstraint('state_hash', name=op.f('uq_broker_logins_state_hash')),
    )
    op.create_index(op.f('ix_broker_logins_user_id'), 'broker_logins', ['user_id'])
    op.create_index(op.f('ix_broker_logins_expires_at'), 'broker_logins', ['expires_at'])


def downgrade() -> None:
    op.drop_table('broker_preferences')
    op.drop_table('broker_logins')
    op.drop_table('broker_sessions')
    # An encrypted key does not fit, and older versions could not read it.
    op.execute('DELETE FROM broker_credentials WHERE length(api_key) > 100')
    with op.batch_alter_table('broker_credentials') as table:
        table.drop_column('totp_secret')
        table.drop_column('environment')
        table.alter_column(
            'api_key', existing_type=sa.Text(), type_=sa.String(length=100),
            existing_nullable=False,
        )
