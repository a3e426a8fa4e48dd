"""wealth: the class that a person set for a fund

Revision: 0057, after 0055
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0057'
down_revision = '0055'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('fund_class_choices',
    sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('instrument', sa.String(length=200), nullable=False),
    sa.Column('fund_class', sa.String(length=10), nullable=False),
    sa.Column('changes', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_fund_class_choices_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'instrument', name=op.f('pk_fund_class_choices'))
    )


def downgrade() -> None:
    op.drop_table('fund_class_choices')
