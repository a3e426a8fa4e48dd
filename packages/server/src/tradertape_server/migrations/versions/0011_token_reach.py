"""which accounts a worker token may act on, and from where

Revision: 0011, after 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('api_keys') as batch:
        batch.add_column(sa.Column('account_scopes', sa.JSON(), nullable=True))
        batch.add_column(sa.Column('allowed_ips', sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('api_keys') as batch:
        batch.drop_column('allowed_ips')
        batch.drop_column('account_scopes')
