"""What the loop reads and writes: arrays with named columns, gathered in named tuples.

Integers are paise, quantities, rows and flags; floats are rupees, percentages and NaN for "none".
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, TypeVar

from tradertape_core.ledger.charge_table import ChargeTable

Item = TypeVar("Item")


class Cells(Protocol[Item]):
    """An array or a buffer, of which the loop reads and writes single cells."""

    @property
    def shape(self) -> Any:
        """Sizes of the axes."""

    def __getitem__(self, at: int | tuple[int, ...], /) -> Item: ...

    def __setitem__(self, at: int | tuple[int, ...], value: Item, /) -> None: ...


Floats = Cells[float]
Ints = Cells[int]

NEVER = 1 << 40  # a row or a number of bars that is never reached
DELISTED_AFTER = 10  # rows without a candle, none to come, until a held symbol is written off

# Rules.fill_model
NEXT_OPEN, CLOSE, GTT_TOUCH = range(3)
# Rules.sizing
EQUAL_PCT, RISK_PCT, ATR_RISK, CONVICTION = range(4)

# Rules.order_kind
GTT, LIMIT_ORDER, MARKET_ORDER = range(3)

# Book.num: one row a slot
(
    AVG, ENTRY, LAST_BUY, STOP, INITIAL_STOP, TARGET, PEAK, LOWEST, TRAIL, ATR, LAST_CLOSE, LIMIT,
    SCORE,
) = range(13)  # fmt: skip
NUMS = 13
# Book.whole: one row a slot
(
    SYMBOL, SEQUENCE, SIGNAL_ROW, ENTRY_ROW, QUANTITY, INITIAL_QUANTITY, INVESTED, CHARGES,
    SLIPPAGE, BARS, BARS_AT_BUY, ADDONS, STOP_KIND, BREAKEVEN_ON, FIRED, EXIT_RULE, ADDON, INSIDE,
    DEMAT_ROW, HALVED, WANTED, DIVIDENDS, LEFT, LEFT_REASON, LEFT_RULE, LEFT_TRADE,
) = range(26)  # fmt: skip
WHOLES = 26
# Book.order_num, Book.order_whole: one row a resting order, oldest first
TRIGGER, ORDER_LIMIT, ORDER_SCORE = range(3)
ORDER_SYMBOL, ORDER_SIGNAL_ROW, ORDER_LAST_ROW, ORDER_HALVED, ORDER_SIGNAL = range(5)
ORDER_NUMS, ORDER_WHOLES = 3, 5
# Out.counts
(
    CASH, TRADED, OPEN, RESTING, SEQUENCES, TRADES, AMBIGUOUS, SIGNALS, CUT, DELAYED,
) = range(10)  # fmt: skip
COUNTS = 10
# Out.trade_whole
(
    T_SEQUENCE, T_SYMBOL, T_SIGNAL_ROW, T_ENTRY_ROW, T_EXIT_ROW, T_QUANTITY, T_INVESTED, T_GROSS,
    T_CHARGES, T_SLIPPAGE, T_BARS, T_REASON, T_RULE, T_ADDONS, T_WANTED, T_DIVIDENDS,
) = range(16)  # fmt: skip
T_WHOLES = 16
# Out.trade_num
T_ENTRY_PRICE, T_EXIT_PRICE, T_INITIAL_STOP, T_SCORE, T_MAE, T_MFE = range(6)
T_NUMS = 6

# Program.code: (operation, argument, argument); truth is 1.0, 0.0 or NaN for null
(
    OP_MASK, OP_VALUE, OP_CONST, OP_FIELD, OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_GT, OP_GE, OP_LT,
    OP_LE, OP_EQ, OP_NE, OP_NOT, OP_AND, OP_OR, OP_COUNT, OP_BETWEEN,
) = range(19)  # fmt: skip
STACK = 256
# OP_FIELD's argument
(
    F_BARS, F_AVG, F_ENTRY, F_QUANTITY, F_PNL, F_MAX_PNL, F_DRAWDOWN, F_ADDONS, F_BARS_SINCE_ADDON,
    F_ATR, F_STOP,
) = range(11)  # fmt: skip


class Market(NamedTuple):
    """(T, N) prices with NaN where there is no candle, and facts by symbol or by row."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    band: Floats  # price bands, percent; one cell without any
    has_bands: bool
    atr: Floats
    first_volume: Ints  # (N,) row of the first known volume, NEVER without any
    last_bar: Ints  # (N,) row of the last candle, -1 without any
    sector: Ints  # (N,) number of the sector, -1 unknown
    tick_table: Ints  # (T,) which tick table is in force
    paid_from: Ints  # (T + 1,) dividends of row t are paid_from[t] to paid_from[t + 1]
    paid_symbol: Ints
    paid: Floats  # rupees a share


class Signals(NamedTuple):
    """Entry signals by row, best first: those of row t are start[t] to start[t + 1]."""

    start: Ints  # (T + 1,)
    symbol: Ints
    score: Floats
    regime_ok: Cells[bool]  # (T,)


class Rules(NamedTuple):
    """Scalars of strategy and configuration; 0 switches a level off."""

    fill_model: int
    target_first: bool
    first: int
    capital: int
    max_positions: int
    max_per_sector: int
    slippage: float
    participation_pct: float
    circuit_limits: bool
    size_pct: float
    sizing: int
    risk_pct: float
    min_score: float
    regime_blocks: bool
    stop_loss_pct: float
    atr_stop_mult: float
    target_pct: float
    target_r: float
    trails: bool
    trail_from_pct: float
    trail_pct: float
    trail_atr_mult: float
    breakeven_pct: float
    gap_down_pct: float
    time_exit: int
    min_hold: int
    exit_buffer_pct: float
    cooldown: int
    order_kind: int
    trigger_above: bool
    trigger_pct: float
    limit_pct: float
    valid_days: int
    max_addons: int
    addon_pct: float
    addon_gap_pct: float
    addon_bars: int


class Program(NamedTuple):
    """Conditions on a position, compiled to postfix code; segment i is start[i] to start[i + 1].

    Segments 2r and 2r + 1 are the condition and the price of exit rule r, the last is the add-on's.
    """

    code: Ints  # (P, 3)
    start: Ints
    consts: Floats
    masks: Ints  # (M, T, N) 1 true, 0 false, -1 null
    values: Floats  # (V, T, N)
    rules: int
    size_pct: Floats  # by rule
    ignores_min_hold: Cells[bool]  # by rule


class Book(NamedTuple):
    """Open positions and resting orders."""

    num: Floats  # (slots, NUMS)
    whole: Ints  # (slots, WHOLES)
    order: Ints  # (slots,) slots in the order of entry; free ones behind them
    order_num: Floats
    order_whole: Ints
    slot_of: Ints  # (N,) slot of a held symbol, -1 otherwise
    resting_of: Ints  # (N,) 1 with a resting order
    exit_row: Ints  # (N,) row of the symbol's last exit
    in_sector: Ints  # positions and resting orders by sector
    traded: Ints  # (N,) shares bought and sold on the row of traded_on
    traded_on: Ints  # (N,)
    bought: Ints  # (N,) shares bought on the row of bought_on and not sold on it
    bought_paise: Ints  # (N,) their value
    bought_on: Ints  # (N,)
    most: Ints  # (N,) the most shares that an entry may buy; NEVER: no such limit
    stack: Floats


class Out(NamedTuple):
    """The result, growing; `counts` also holds the running cash and turnover."""

    counts: Ints
    trade_whole: Ints
    trade_num: Floats
    equity: Ints
    cash: Ints
    positions: Ints
    turnover: Ints
    verdict: Ints  # by signal: why it was not bought (SkipReason), 0 otherwise


class Sim(NamedTuple):
    """All arrays of a simulation; axes are sessions (rows) by symbols (columns)."""

    market: Market
    signals: Signals
    rules: Rules
    program: Program
    charges: ChargeTable
    book: Book
    out: Out
