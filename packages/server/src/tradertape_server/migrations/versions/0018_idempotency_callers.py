"""idempotency keys of a credential and its rights, not of an account

Revision: 0018, after 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_again(sa.Column('caller', sa.String(length=64), nullable=False), 'caller')


def downgrade() -> None:
    _make_again(sa.Column('user_id', sa.Integer(), nullable=False), 'user_id')


def _make_again(owner: sa.Column[object], name: str) -> None:
    # The rows last a day, and do not say which credential they belong to.
    op.drop_table('idempotency_records')
    op.create_table(
        'idempotency_records',
        sa.Column('id', sa.Integer(), nullable=False),
        owner,
        sa.Column('key', sa.String(length=200), nullable=False),
        sa.Column('route', sa.String(length=300), nullable=False),
        sa.Column('body_hash', sa.String(length=64), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('status', sa.Integer(), nullable=True),
        sa.Column('content_type', sa.String(length=100), nullable=True),
        sa.Column('answer', sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_idempotency_records')),
        sa.UniqueConstraint(
            name, 'key', 'route', name=op.f(f'uq_idempotency_records_{name}_key_route')
        ),
    )
    name = op.f('ix_idempotency_records_created_at')
    op.create_index(name, 'idempotency_records', ['created_at'])
