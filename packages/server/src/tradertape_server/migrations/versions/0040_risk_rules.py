"""risk rules, their evaluations, halts and days

Revision: 0040, after 0039
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradertape_server.platform.database import engine

revision = '0040'
down_revision = '0039'
branch_labels = None
depends_on = None


def _user() -> sa.Column:
    return sa.Column('user_id', sa.Integer(), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, engine.UtcDateTime(timezone=True), nullable=nullable)


def _keys(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(
            ['user_id'], ['users.id'], name=op.f(f'fk_{table}_user_id_users'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{table}')),
    )


def upgrade() -> None:
    op.create_table(
        'risk_rules',
        sa.Column('id', sa.Integer(), nullable=False),
        _user(),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('type', sa.String(length=40), nullable=False),
        sa.Column('scope_level', sa.String(length=12), nullable=False),
        sa.Column('scope_id', sa.String(length=120), nullable=True),
        sa.Column('params', sa.JSON(), nullable=False),
        sa.Column('action', sa.String(length=20), nullable=False),
        sa.Column('applies_to', sa.String(length=12), nullable=False),
        sa.Column('severity', sa.String(length=12), nullable=False),
        sa.Column('is_active', sa.Boolean(), nullable=False),
        sa.Column('trigger_count', sa.Integer(), nullable=False),
        _time('last_triggered_at', nullable=True),
        _time('created_at'),
        _time('updated_at'),
        *_keys('risk_rules'),
    )
    op.create_index('ix_risk_rules_user_id', 'risk_rules', ['user_id'])
    op.create_table(
        'risk_evaluations',
        sa.Column('id', sa.Integer(), nullable=False),
        _user(),
        sa.Column('subject', sa.String(length=12), nullable=False),
        sa.Column('money', sa.String(length=8), nullable=False),
        sa.Column('order_id', sa.String(length=40), nullable=True),
        sa.Column('run_id', sa.String(length=120), nullable=True),
        sa.Column('instrument', sa.String(length=80), nullable=True),
        sa.Column('side', sa.String(length=4), nullable=True),
        sa.Column('quantity', sa.BigInteger(), nullable=True),
        sa.Column('passed', sa.Boolean(), nullable=False),
        sa.Column('action', sa.String(length=20), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('outcomes', sa.JSON(), nullable=False),
        _time('at'),
        *_keys('risk_evaluations'),
    )
    op.create_index('ix_risk_evaluations_user_id_id', 'risk_evaluations', ['user_id', 'id'])
    op.create_index('ix_risk_evaluations_order_id', 'risk_evaluations', ['order_id'])
    op.create_index('ix_risk_evaluations_at', 'risk_evaluations', ['at'])
    op.create_table(
        'risk_halts',
        sa.Column('id', sa.Integer(), nullable=False),
        _user(),
        sa.Column('money', sa.String(length=8), nullable=False),
        sa.Column('rule_id', sa.Integer(), nullable=False),
        sa.Column('rule_name', sa.String(length=120), nullable=False),
        sa.Column('rule_type', sa.String(length=40), nullable=False),
        sa.Column('scope_level', sa.String(length=12), nullable=False),
        sa.Column('scope_id', sa.String(length=120), nullable=True),
        sa.Column('action', sa.String(length=20), nullable=False),
        sa.Column('message', sa.Text(), nullable=False),
        _time('since'),
        _time('until', nullable=True),
        _time('executed_at', nullable=True),
        _time('released_at', nullable=True),
        sa.Column('released_by', sa.String(length=320), nullable=True),
        *_keys('risk_halts'),
    )
    op.create_index(
        'ix_risk_halts_user_id_released_at', 'risk_halts', ['user_id', 'released_at']
    )
    op.create_table(
        'risk_days',
        sa.Column('id', sa.Integer(), nullable=False),
        _user(),
        sa.Column('money', sa.String(length=8), nullable=False),
        sa.Column('scope_level', sa.String(length=12), nullable=False),
        sa.Column('scope_id', sa.String(length=120), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('start_paise', sa.BigInteger(), nullable=False),
        sa.Column('best_paise', sa.BigInteger(), nullable=False),
        sa.Column('last_paise', sa.BigInteger(), nullable=False),
        sa.Column('peak_paise', sa.BigInteger(), nullable=False),
        _time('at'),
        *_keys('risk_days'),
        sa.UniqueConstraint(
            'user_id', 'money', 'scope_level', 'scope_id', 'day',
            name=op.f('uq_risk_days_user_id_money_scope_level_scope_id_day'),
        ),
    )
    op.create_table(
        'risk_closed_trades',
        sa.Column('id', sa.Integer(), nullable=False),
        _user(),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('run_id', sa.String(length=120), nullable=True),
        sa.Column('instrument', sa.String(length=80), nullable=False),
        sa.Column('net_paise', sa.BigInteger(), nullable=False),
        _time('closed_at'),
        sa.ForeignKeyConstraint(
            ['account_id'], ['trading_accounts.id'],
            name=op.f('fk_risk_closed_trades_account_id_trading_accounts'), ondelete='CASCADE',
        ),
        *_keys('risk_closed_trades'),
    )
    op.create_index('ix_risk_closed_trades_user_id_id', 'risk_closed_trades', ['user_id', 'id'])


def downgrade() -> None:
    for table in (
        'risk_closed_trades', 'risk_days', 'risk_halts', 'risk_evaluations', 'risk_rules'
    ):
        op.drop_table(table)
