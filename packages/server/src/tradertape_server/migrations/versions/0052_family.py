"""family: groups, their members with what each shares, and invitations

Revision: 0052, after 0051
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0052'
down_revision = '0051'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('family_groups',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_family_groups_owner_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_family_groups'))
    )
    op.create_index(op.f('ix_family_groups_owner_id'), 'family_groups', ['owner_id'], unique=False)
    op.create_table('family_members',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=10), nullable=False),
    sa.Column('shares_holdings', sa.Boolean(), nullable=False),
    sa.Column('shares_positions', sa.Boolean(), nullable=False),
    sa.Column('shares_mutual_funds', sa.Boolean(), nullable=False),
    sa.Column('amounts', sa.String(length=10), nullable=False),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['family_groups.id'], name=op.f('fk_family_members_group_id_family_groups'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_family_members_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_family_members')),
    sa.UniqueConstraint('group_id', 'user_id', name=op.f('uq_family_members_group_id_user_id'))
    )
    op.create_index(op.f('ix_family_members_user_id'), 'family_members', ['user_id'], unique=False)
    op.create_table('family_invitations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('role', sa.String(length=10), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('invited_by', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['family_groups.id'], name=op.f('fk_family_invitations_group_id_family_groups'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['invited_by'], ['users.id'], name=op.f('fk_family_invitations_invited_by_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_family_invitations')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_family_invitations_token_hash'))
    )
    op.create_index(op.f('ix_family_invitations_email'), 'family_invitations', ['email'], unique=False)
    op.create_index('ix_family_invitations_group_id_email', 'family_invitations', ['group_id', 'email'], unique=False)
    op.create_index('ix_family_invitations_invited_by_created_at', 'family_invitations', ['invited_by', 'created_at'], unique=False)


def downgrade() -> None:
    op.drop_table('family_invitations')
    op.drop_table('family_members')
    op.drop_table('family_groups')
