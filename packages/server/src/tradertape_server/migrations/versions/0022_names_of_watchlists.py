"""names of watch lists differ in more than case, accents included

Revision: 0022, after 0021
"""

from __future__ import annotations

from collections import defaultdict
from unicodedata import normalize

import sqlalchemy as sa
from alembic import op


revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

LONGEST = 40


def _key(name: str) -> str:
    return normalize('NFC', normalize('NFC', name).casefold())


def upgrade() -> None:
    with op.batch_alter_table('watchlists') as batch:
        batch.add_column(
            sa.Column('name_key', sa.String(length=160), nullable=False, server_default='')
        )
        batch.drop_constraint(op.f('uq_watchlists_user_id_name'), type_='unique')
    _fill()
    with op.batch_alter_table('watchlists') as batch:
        batch.alter_column('name_key', server_default=None)
        batch.create_unique_constraint(
            op.f('uq_watchlists_user_id_name_key'), ['user_id', 'name_key']
        )


def _fill() -> None:
    """Of names that were different so far, the later ones get a number."""
    lists = sa.table('watchlists', *map(sa.column, ('id', 'user_id', 'name', 'name_key')))
    connection = op.get_bind()
    rows = list(connection.execute(sa.select(lists).order_by(lists.c.id)))
    used: defaultdict[int, set[str]] = defaultdict(set)
    for row in rows:
        used[row.user_id].add(_key(row.name))
    seen: set[tuple[int, str]] = set()
    for row in rows:
        name, number = row.name, 2
        if (row.user_id, _key(name)) in seen:
            while _key(name) in used[row.user_id]:
                suffix = f' ({number})'
                name, number = row.name[: LONGEST - len(suffix)] + suffix, number + 1
            used[row.user_id].add(_key(name))
        seen.add((row.user_id, _key(name)))
        values = {'name': name, 'name_key': _key(name)}
        connection.execute(sa.update(lists).where(lists.c.id == row.id).values(values))


def downgrade() -> None:
    with op.batch_alter_table('watchlists') as batch:
        batch.drop_constraint(op.f('uq_watchlists_user_id_name_key'), type_='unique')
        batch.drop_column('name_key')
        batch.create_unique_constraint(op.f('uq_watchlists_user_id_name'), ['user_id', 'name'])
