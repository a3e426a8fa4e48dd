"""keys of the server's own commands, apart from those of workers; room for the names of entries

Revision: 0015, after 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

_OWN = """(kind = 'exit_run' AND (key LIKE '{0}square-off%' OR key LIKE '{0}kill-switch:%'
    OR key LIKE '{0}protection:%')) OR (kind = 'place_order' AND key LIKE '{0}protection:g%')"""


def upgrade() -> None:
    # SQLite stores text of any length, whatever its column was declared as.
    if op.get_bind().dialect.name == 'postgresql':
        op.alter_column('postings', 'entry', type_=sa.String(length=500))
    op.execute(f"UPDATE intents SET key = 'server:' || key WHERE {_OWN.format('')}")
    op.execute(
        "UPDATE worker_runs SET exit_key = 'server:' || exit_key WHERE exit_key LIKE 'protection:%'"
    )


def downgrade() -> None:
    op.execute(f"UPDATE intents SET key = substr(key, 8) WHERE {_OWN.format('server:')}")
    op.execute(
        "UPDATE worker_runs SET exit_key = substr(exit_key, 8) "
        "WHERE exit_key LIKE 'server:protection:%'"
    )
