"""price bands of worker tokens

Revision: 0033, after 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0033'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ('price_band_pct', 'option_price_band_pct'):
        op.add_column('api_keys', sa.Column(name, sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column('api_keys', 'option_price_band_pct')
    op.drop_column('api_keys', 'price_band_pct')
