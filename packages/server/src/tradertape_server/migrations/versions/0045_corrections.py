"""corrections of reconciliation: units that a person adopted or wrote off

Revision: 0045, after 0043
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0045'
down_revision = '0043'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'reconciliation_corrections',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('scope', sa.String(length=80), nullable=False),
        sa.Column('instrument', sa.String(length=80), nullable=False),
        sa.Column('action', sa.String(length=12), nullable=False),
        sa.Column('units', sa.BigInteger(), nullable=False),
        sa.Column('cause', sa.String(length=20), nullable=False),
        sa.Column('note', sa.String(length=200), nullable=False),
        sa.Column('made_by', sa.String(length=320), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ['user_id'], ['users.id'], name=op.f('fk_reconciliation_corrections_user_id_users'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation_corrections')),
    )
    op.create_index(
        'ix_reconciliation_corrections_user_id_scope', 'reconciliation_corrections',
        ['user_id', 'scope'], unique=False,
    )


def downgrade() -> None:
    op.drop_index(
        'ix_reconciliation_corrections_user_id_scope', table_name='reconciliation_corrections'
    )
    op.drop_table('reconciliation_corrections')
