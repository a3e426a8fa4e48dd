"""wealth: what a contract was worth at its expiry, as a person states it

Revision: 0061, after 0059
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "settlement_prices",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("symbol", sa.String(length=120), nullable=False),
        sa.Column("price", sa.String(length=40), nullable=True),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_settlement_prices_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "symbol", name=op.f("pk_settlement_prices")),
    )


def downgrade() -> None:
    op.drop_table("settlement_prices")
