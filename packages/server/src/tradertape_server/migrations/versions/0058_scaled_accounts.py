"""agents: which accounts, portfolios and handed orders are counted in scaled units

Revision: 0058, after 0057
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0058'
down_revision = '0057'
branch_labels = None
depends_on = None

_TABLES = ('trading_accounts', 'portfolios', 'agent_leases')


def upgrade() -> None:
    for name in _TABLES:
        op.add_column(
            name, sa.Column('is_scaled', sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    _mark_those_of_obfuscated_accounts()


def _mark_those_of_obfuscated_accounts() -> None:
    """What agents of these accounts were handed until now were scaled units."""
    settings = sa.table('agent_settings', sa.column('user_id', sa.Integer), sa.column('obfuscation', sa.Boolean))
    hidden = sa.select(settings.c.user_id).where(settings.c.obfuscation.is_(sa.true()))
    accounts = _table('trading_accounts', sa.column('kind', sa.String))
    portfolios = _table('portfolios', sa.column('account_id', sa.Integer))
    leases = _table('agent_leases')
    agents = accounts.c.kind == 'agent'
    yes = {'is_scaled': sa.true()}
    op.execute(accounts.update().where(accounts.c.user_id.in_(hidden), agents).values(**yes))
    of_agents = sa.select(accounts.c.id).where(agents)
    op.execute(
        portfolios.update()
        .where(portfolios.c.user_id.in_(hidden), portfolios.c.account_id.in_(of_agents))
        .values(**yes)
    )
    op.execute(leases.update().where(leases.c.user_id.in_(hidden)).values(**yes))


def _table(name: str, *more: sa.ColumnClause) -> sa.TableClause:
    columns = (sa.column('id', sa.Integer), sa.column('user_id', sa.Integer), sa.column('is_scaled', sa.Boolean))
    return sa.table(name, *columns, *more)


def downgrade() -> None:
    for name in reversed(_TABLES):
        op.drop_column(name, 'is_scaled')
