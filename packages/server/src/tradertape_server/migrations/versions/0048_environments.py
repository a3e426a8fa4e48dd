"""environments of trading accounts and worker runs: paper, sandbox, live

Revision: 0048, after 0047
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0048'
down_revision = '0047'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('trading_accounts', sa.Column('environment', sa.String(length=10), nullable=True))
    op.execute("UPDATE trading_accounts SET environment = 'paper' WHERE kind = 'paper'")
    # The last login of an account says what it is.
    op.execute("""
        UPDATE trading_accounts SET environment = (
            SELECT s.environment FROM broker_sessions s
            WHERE s.user_id = trading_accounts.user_id
            AND s.broker || ':' || s.broker_user_id = trading_accounts.scope)
        WHERE kind = 'broker'
    """)
    _name_those_of_the_built_in_sandbox()
    op.add_column(
        'worker_runs',
        sa.Column('environment', sa.String(length=10), server_default='live', nullable=False),
    )
    op.execute("""
        UPDATE worker_runs SET environment = COALESCE(
            (SELECT a.environment FROM trading_accounts a WHERE a.id = worker_runs.account_id),
            'live')
    """)


def _name_those_of_the_built_in_sandbox() -> None:
    """Of accounts that another has taken the place of at their broker: the sandbox that comes with
    the server names a person's account after the number of the person."""
    accounts = sa.table(
        'trading_accounts',
        sa.column('id', sa.Integer), sa.column('user_id', sa.Integer), sa.column('scope', sa.String),
        sa.column('kind', sa.String), sa.column('environment', sa.String),
    )  # fmt: skip
    connection = op.get_bind()
    unnamed = accounts.c.kind == 'broker', accounts.c.environment.is_(None)
    rows = connection.execute(sa.select(accounts.c.id, accounts.c.user_id, accounts.c.scope).where(*unnamed))
    for account_id, user_id, scope in rows.all():
        if scope.partition(':')[2] == f'SB{user_id:04d}':
            change = accounts.update().where(accounts.c.id == account_id)
            connection.execute(change.values(environment='sandbox'))


def downgrade() -> None:
    op.drop_column('worker_runs', 'environment')
    op.drop_column('trading_accounts', 'environment')
