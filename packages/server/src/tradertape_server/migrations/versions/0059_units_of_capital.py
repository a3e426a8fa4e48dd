"""portfolios: whether the capital of a portfolio is in scaled units

Revision: 0059, after 0058
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0059'
down_revision = '0058'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        'portfolios',
        sa.Column('capital_is_scaled', sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    _mark_those_opened_since()


def _mark_those_opened_since() -> None:
    """Whoever opened a portfolio after obfuscation was turned on was told to scale its capital."""
    settings = sa.table(
        'agent_settings', sa.column('user_id', sa.Integer), sa.column('obfuscation', sa.Boolean),
        sa.column('changed_at', sa.DateTime),
    )
    portfolios = sa.table(
        'portfolios', sa.column('user_id', sa.Integer), sa.column('is_scaled', sa.Boolean),
        sa.column('capital_is_scaled', sa.Boolean), sa.column('created_at', sa.DateTime),
    )
    is_since = sa.exists().where(
        settings.c.user_id == portfolios.c.user_id, settings.c.obfuscation.is_(sa.true()),
        settings.c.changed_at <= portfolios.c.created_at,
    )
    op.execute(
        portfolios.update()
        .where(portfolios.c.is_scaled.is_(sa.true()), is_since)
        .values(capital_is_scaled=sa.true())
    )


def downgrade() -> None:
    op.drop_column('portfolios', 'capital_is_scaled')
