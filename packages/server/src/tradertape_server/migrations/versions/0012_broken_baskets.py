"""runs whose baskets lost a leg are found without reading their timelines

Revision: 0012, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

_WHERE = sa.text("event_type = 'basket_broken'")


def upgrade() -> None:
    op.create_index(
        'ix_execution_events_broken_baskets',
        'execution_events',
        ['run_id', 'seq'],
        sqlite_where=_WHERE,
        postgresql_where=_WHERE,
    )


def downgrade() -> None:
    op.drop_index('ix_execution_events_broken_baskets', table_name='execution_events')
