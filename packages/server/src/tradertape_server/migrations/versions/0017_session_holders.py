"""who holds the session of a run: its token and worker, so that a killed worker comes back at once

Revision: 0017, after 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('worker_runs', sa.Column('session_key_id', sa.Integer(), nullable=True))
    op.add_column('worker_runs', sa.Column('session_worker_id', sa.String(length=120), nullable=True))


def downgrade() -> None:
    op.drop_column('worker_runs', 'session_worker_id')
    op.drop_column('worker_runs', 'session_key_id')
