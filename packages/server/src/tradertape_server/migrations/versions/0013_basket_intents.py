"""the baskets of a run are found by their moment, without reading all that it asked for

Revision: 0013, after 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

_WHERE = sa.text("kind = 'place_basket'")


def upgrade() -> None:
    op.create_index(
        'ix_intents_baskets',
        'intents',
        ['run_id', 'created_at'],
        sqlite_where=_WHERE,
        postgresql_where=_WHERE,
    )


def downgrade() -> None:
    op.drop_index('ix_intents_baskets', table_name='intents')
