"""privacy: sealed documents of agents, scaled uploads, and no session of an obfuscated account

Revision: 0053, after 0052
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0053'
down_revision = '0052'
branch_labels = None
depends_on = None

_REASON = 'Obfuscation was turned on: the agent alone is connected to the broker.'


def upgrade() -> None:
    op.add_column('agent_snapshots', sa.Column('sealed', sa.Text(), nullable=True))
    op.add_column(
        'uploads', sa.Column('is_scaled', sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column('uploads', sa.Column('factor_id', sa.String(length=64), nullable=True))
    _end_sessions_that_a_stop_left_behind()


def _end_sessions_that_a_stop_left_behind() -> None:
    """Sessions were ended after the setting was stored: a server that stopped between the two kept
    tokens that can read real holdings."""
    settings = sa.table('agent_settings', sa.column('user_id', sa.Integer), sa.column('obfuscation', sa.Boolean))
    hidden = sa.select(settings.c.user_id).where(settings.c.obfuscation.is_(sa.true()))
    sessions = sa.table(
        'broker_sessions', sa.column('user_id', sa.Integer), sa.column('token', sa.LargeBinary),
        sa.column('ended_at', sa.DateTime), sa.column('end', sa.String), sa.column('reason', sa.String),
    )  # fmt: skip
    ended = {'token': b'', 'ended_at': sa.func.current_timestamp(), 'end': 'disconnected', 'reason': _REASON}
    op.execute(
        sessions.update()
        .where(sessions.c.user_id.in_(hidden), sessions.c.ended_at.is_(None))
        .values(**ended)
    )
    tokens = sa.table('agent_tokens', sa.column('user_id', sa.Integer), sa.column('kind', sa.String))
    op.execute(tokens.delete().where(tokens.c.user_id.in_(hidden), tokens.c.kind == 'access'))


def downgrade() -> None:
    op.drop_column('uploads', 'factor_id')
    op.drop_column('uploads', 'is_scaled')
    op.drop_column('agent_snapshots', 'sealed')
