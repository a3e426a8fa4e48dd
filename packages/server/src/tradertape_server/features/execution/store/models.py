"""Tables of execution. The event log is the truth; orders and positions are caches of it.

Amounts are integer paise, prices live as decimal text inside the documents core writes.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base, DecimalText

PAPER: Final = "paper"  # kinds of accounts
BROKER: Final = "broker"
AGENT: Final = "agent"  # executed by the person's own machine
PORTFOLIO: Final = "model:"  # what the scopes of model portfolios' paper accounts begin with
SIMULATED: Final = "simulated"  # the market of accounts unless another is named
SENDING: Final = "sending"  # states of outbox rows
IN_DOUBT: Final = "in_doubt"
RUN_ID = String(120)
ORDER_ID = String(40)
LONGEST_TRADE_ID: Final = 60
INSTRUMENT = String(80)
# A fee's has a key, a run, an instrument and a product in it. SQLite stores text of any length.
ENTRY = String(120).with_variant(String(500), "postgresql")
# As its index has it, letter by letter: both databases compare the words.
IS_BROKEN_BASKET = text("event_type = 'basket_broken'")
HAS_VENUE_ID = text("venue_order_id IS NOT NULL")
HAS_VENUE_TRIGGER = text("venue_trigger_id IS NOT NULL")
IS_BASKET = text("kind = 'place_basket'")
HAS_NO_ANSWER = text("answer IS NULL")
# As queries say it on each database: only then are the indexes of what is open used. Their first
# column is `is_open` too: without statistics SQLite prefers the index that matches more columns.
IS_OPEN_ON_SQLITE, IS_OPEN = text("is_open = 1"), text("is_open")
IS_SERVERS = text("substr(key, 1, 7) = 'server:'")


def _account() -> Mapped[int]:
    return mapped_column(ForeignKey("trading_accounts.id", ondelete="CASCADE"))


class TradingAccount(Base):
    """Where a person's orders are executed.

    kind: `paper` (money that is not real, opened with its scope `kite:paper-a`) or `broker`.
    broker: whose table of charges applies, and at kind `broker` whose account it is.
    market: whose prices its positions have: an account of one market is not traded on another's.
    None: a broker's account whose market is not recorded.
    environment: what its orders move: `paper`, `sandbox` or `live`; it never changes. None: of an
    account that an agent trades, or one at a broker from before this was recorded.
    is_scaled: its figures are not rupees: an agent multiplies them by a factor of its own.
    product_rules, rate_limits: what differs from the broker's own (`VenueRules`); None: nothing.
    """

    __tablename__ = "trading_accounts"
    __table_args__ = (
        # The name it has had since the table was called paper_accounts.
        UniqueConstraint("user_id", "scope", name="uq_paper_accounts_user_id_scope"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(12), default=PAPER, server_default=PAPER)
    broker: Mapped[str] = mapped_column(String(20), default="zerodha", server_default="zerodha")
    market: Mapped[str | None] = mapped_column(String(12))
    environment: Mapped[str | None] = mapped_column(String(10))
    is_scaled: Mapped[bool] = mapped_column(default=False, server_default=false())
    product_rules: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    rate_limits: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    opening_paise: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class TradedInstrument(Base):
    """What an instrument was when it was first traded; `document` is the core's."""

    __tablename__ = "traded_instruments"

    id: Mapped[str] = mapped_column(INSTRUMENT, primary_key=True)
    document: Mapped[dict[str, Any]]


class ExecutionCursor(Base):
    """One row: the number of the last event. Who holds it is the only writer of execution.

    halts: counts the changes of kill switches, so that reading this row shows that there was one.
    """

    __tablename__ = "execution_cursor"

    id: Mapped[int] = mapped_column(primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    halts: Mapped[int] = mapped_column(default=0, server_default="0")


class TradingHalt(Base):
    """A kill switch that is on: `server`, or `user:7`; what it was is in the audit log."""

    __tablename__ = "trading_halts"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(320))
    since: Mapped[datetime]
    cancels: Mapped[bool] = mapped_column(default=False, server_default=false())


class ExecutionEvent(Base):
    """What happened, in order and for good. `seq` has no gaps: it is every stream's cursor.

    `payload` of an execution event is the core's event, from which orders can be rebuilt.
    """

    __tablename__ = "execution_events"
    __table_args__ = (
        Index("ix_execution_events_run_id_seq", "run_id", "seq"),
        Index("ix_execution_events_account_id_seq", "account_id", "seq"),
        Index("ix_execution_events_order_id", "order_id"),
        # Few, and asked for with every page of runs.
        Index(
            "ix_execution_events_broken_baskets",
            "run_id",
            "seq",
            sqlite_where=IS_BROKEN_BASKET,
            postgresql_where=IS_BROKEN_BASKET,
        ),
    )

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    account_id: Mapped[int] = _account()
    run_id: Mapped[str | None] = mapped_column(RUN_ID)
    order_id: Mapped[str | None] = mapped_column(ORDER_ID)
    kind: Mapped[str] = mapped_column(String(20))
    event_type: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(40))
    resource_type: Mapped[str | None] = mapped_column(String(40))
    resource_id: Mapped[str | None] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class OrderRow(Base):
    """The current state of an order: the fold of its events, with columns that lists filter by."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_run_id_order_id", "run_id", "order_id"),
        Index("ix_orders_account_id_order_id", "account_id", "order_id"),
        # Few of many: read at every start, and every second.
        Index(
            "ix_orders_open",
            "is_open",
            "account_id",
            "run_id",
            sqlite_where=IS_OPEN_ON_SQLITE,
            postgresql_where=IS_OPEN,
        ),
        Index(
            "ix_orders_account_id_venue_order_id",
            "account_id",
            "venue_order_id",
            unique=True,
            sqlite_where=HAS_VENUE_ID,
            postgresql_where=HAS_VENUE_ID,
        ),
    )

    order_id: Mapped[str] = mapped_column(ORDER_ID, primary_key=True)
    account_id: Mapped[int] = _account()
    run_id: Mapped[str | None] = mapped_column(RUN_ID)
    venue: Mapped[str] = mapped_column(String(20))
    tag: Mapped[str] = mapped_column(String(20), unique=True)
    venue_order_id: Mapped[str | None] = mapped_column(String(60))
    instrument: Mapped[str] = mapped_column(INSTRUMENT)
    status: Mapped[str] = mapped_column(String(30))
    is_open: Mapped[bool]
    document: Mapped[dict[str, Any]]
    placed_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class FillRow(Base):
    """One execution, counted once. trade_id: the venue's; of a number that another order of the
    account has, with the order's id."""

    __tablename__ = "fills"
    __table_args__ = (
        UniqueConstraint("account_id", "trade_id"),
        Index("ix_fills_run_id_id", "run_id", "id"),
        Index("ix_fills_order_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = _account()
    trade_id: Mapped[str] = mapped_column(String(LONGEST_TRADE_ID))
    order_id: Mapped[str] = mapped_column(ORDER_ID)
    run_id: Mapped[str | None] = mapped_column(RUN_ID)
    instrument: Mapped[str] = mapped_column(INSTRUMENT)
    product: Mapped[str] = mapped_column(String(8))
    side: Mapped[str] = mapped_column(String(4))
    quantity: Mapped[int] = mapped_column(BigInteger)
    price: Mapped[Decimal] = mapped_column(DecimalText())
    charges_paise: Mapped[int] = mapped_column(BigInteger)
    charges: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class PostingRow(Base):
    """One line of a double entry; the lines of an `entry` sum to zero."""

    __tablename__ = "postings"
    __table_args__ = (
        Index("ix_postings_account_id_entry", "account_id", "entry"),
        Index("ix_postings_run_id", "run_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = _account()
    entry: Mapped[str] = mapped_column(ENTRY)
    ledger: Mapped[str] = mapped_column(String(40))
    run_id: Mapped[str | None] = mapped_column(RUN_ID)
    instrument: Mapped[str | None] = mapped_column(INSTRUMENT)
    amount_paise: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


class AccountCash(Base):
    """The balance of an account's cash: the sum of its postings, which are many."""

    __tablename__ = "account_cash"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("trading_accounts.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    paise: Mapped[int] = mapped_column(BigInteger)


class PositionRow(Base):
    """The current state of a position: the fold of its fills."""

    __tablename__ = "execution_positions"
    __table_args__ = (
        Index("ix_execution_positions_run_id", "run_id"),
        Index(
            "ix_execution_positions_open",
            "is_open",
            "account_id",
            "run_id",
            sqlite_where=IS_OPEN_ON_SQLITE,
            postgresql_where=IS_OPEN,
        ),
    )

    account_id: Mapped[int] = mapped_column(
        ForeignKey("trading_accounts.id", ondelete="CASCADE"), primary_key=True
    )
    # "" for what belongs to no run (a GTT's fill): part of the key, so never null.
    run_id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    instrument: Mapped[str] = mapped_column(INSTRUMENT, primary_key=True)
    product: Mapped[str] = mapped_column(String(8), primary_key=True)
    quantity: Mapped[int] = mapped_column(BigInteger)
    is_open: Mapped[bool]
    document: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class PaperOrderRow(Base):
    """What decides the fills of an order that rests in the paper market, besides the order itself;
    `document` is the core's `RestingState`. Deleted when the order rests no longer."""

    __tablename__ = "paper_orders"

    order_id: Mapped[str] = mapped_column(ORDER_ID, primary_key=True)
    account_id: Mapped[int] = _account()
    document: Mapped[dict[str, Any]]


class PaperBookRow(Base):
    """The state of an instrument's book in the paper market, where fills depend on quantities;
    `document` is the core's `BookState`."""

    __tablename__ = "paper_books"

    instrument: Mapped[str] = mapped_column(INSTRUMENT, primary_key=True)
    document: Mapped[dict[str, Any]]


class OutboxRow(Base):
    """A request to a venue. A row is deleted when the venue's answer is recorded.

    status: `sending` (committed by `leased_by`, which sends it once) or `in_doubt` (it may have
    been sent and its answer was lost; `reason` says how). An order or a change is never sent to a
    broker again: it is looked for in the order book, `looks` times so far. A cancellation that a
    stop interrupted stays `sending`, and is sent again once the book shows its order open. See the
    decision records on the venue port and on cancellations.
    """

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("order_id", "action", "ask"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = _account()
    order_id: Mapped[str] = mapped_column(ORDER_ID)
    action: Mapped[str] = mapped_column(String(10))
    ask: Mapped[int]
    venue: Mapped[str] = mapped_column(String(20))
    payload: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    looks: Mapped[int] = mapped_column(default=0, server_default="0")
    reason: Mapped[str | None] = mapped_column(Text)
    leased_by: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]


class IntentRow(Base):
    """A key a worker chose for one command, and the reply it got: kept as long as the run.

    `details` is what its answer is made from: the orders of its legs, why one was refused.
    """

    __tablename__ = "intents"
    __table_args__ = (
        UniqueConstraint("run_id", "key"),
        # Few, and asked for every second: which exits are under way?
        Index(
            "ix_intents_unanswered",
            "id",
            sqlite_where=HAS_NO_ANSWER,
            postgresql_where=HAS_NO_ANSWER,
        ),
        # What a stop has sent of its exits, of a run that has asked for many orders itself.
        Index(
            "ix_intents_servers",
            "run_id",
            "key",
            sqlite_where=IS_SERVERS,
            postgresql_where=IS_SERVERS,
        ),
        # Asked for when an order is refused or lapses: was it a leg?
        Index(
            "ix_intents_baskets",
            "run_id",
            "created_at",
            sqlite_where=IS_BASKET,
            postgresql_where=IS_BASKET,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = _account()
    run_id: Mapped[str] = mapped_column(RUN_ID)
    key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    venue: Mapped[str] = mapped_column(String(10))
    request_hash: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]]
    status_code: Mapped[int | None]
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class SetAsideRow(Base):
    """Something that could not be done, and was put aside so that nothing else waits for it.

    kind, name: what it was, a trigger and its id for instance; see `state.command.Subject`. times:
    how often it failed. reason: of the last failure.
    """

    __tablename__ = "set_aside"
    __table_args__ = (UniqueConstraint("kind", "name"), Index("ix_set_aside_last_at", "last_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(400))
    # No foreign keys: that an account is gone may be why it failed.
    account_id: Mapped[int | None]
    run_id: Mapped[str | None] = mapped_column(RUN_ID)
    reason: Mapped[str] = mapped_column(Text)
    times: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class GttRow(Base):
    """A resting trigger of an account; `document` is the core's. venue_trigger_id: the broker's id
    of one that rests there. What a broker has not answered is in the document."""

    __tablename__ = "gtt_triggers"
    __table_args__ = (
        Index("ix_gtt_triggers_account_id_id", "account_id", "id"),
        Index("ix_gtt_triggers_status", "status"),
        Index(
            "ix_gtt_triggers_account_id_venue_trigger_id",
            "account_id",
            "venue_trigger_id",
            unique=True,
            sqlite_where=HAS_VENUE_TRIGGER,
            postgresql_where=HAS_VENUE_TRIGGER,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = _account()
    status: Mapped[str] = mapped_column(String(12))
    instrument: Mapped[str] = mapped_column(INSTRUMENT)
    document: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    venue_trigger_id: Mapped[str | None] = mapped_column(String(80))


class ExternalGttRow(Base):
    """A trigger at a broker that another terminal created: shown, never changed by us. `document`
    is the core's `VenueGtt`. Deleted when the broker's list has it no longer."""

    __tablename__ = "external_gtts"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("trading_accounts.id", ondelete="CASCADE"), primary_key=True
    )
    venue_trigger_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    status: Mapped[str] = mapped_column(String(12))
    document: Mapped[dict[str, Any]]
    first_seen_at: Mapped[datetime]
    seen_at: Mapped[datetime]
