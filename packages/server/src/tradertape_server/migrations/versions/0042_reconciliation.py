"""reports of reconciliation, and the differences that are ignored

Revision: 0042, after 0041
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0042'
down_revision = '0041'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'reconciliation_reports',
        sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('checked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('document', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ['user_id'], ['users.id'], name=op.f('fk_reconciliation_reports_user_id_users'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_reconciliation_reports')),
    )
    op.create_table(
        'ignored_differences',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('scope', sa.String(length=80), nullable=False),
        sa.Column('instrument', sa.String(length=80), nullable=False),
        sa.Column('difference', sa.BigInteger(), nullable=True),
        sa.Column('until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('note', sa.String(length=200), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['user_id'], ['users.id'], name=op.f('fk_ignored_differences_user_id_users'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_ignored_differences')),
        sa.UniqueConstraint(
            'user_id', 'scope', 'instrument',
            name=op.f('uq_ignored_differences_user_id_scope_instrument'),
        ),
    )


def downgrade() -> None:
    op.drop_table('ignored_differences')
    op.drop_table('reconciliation_reports')
