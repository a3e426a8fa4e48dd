"""A strategy as frozen values: the parsed form of the JSON language (see docs/strategies.md).

`parse` makes these from JSON, `evaluation` decides them, `english` words them. A node that
reads `position{field}` can only be decided inside a simulation or a live position; every other
node is a function of the panel alone (`walk.reads_position` tells).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CompareOp = Literal[">", ">=", "<", "<=", "==", "!="]
ArithOp = Literal["+", "-", "*", "/"]
PositionField = Literal[
    "total_bars_held",
    "bars_since_entry",
    "avg_price",
    "entry_price",
    "qty",
    "pnl_pct",
    "max_pnl_pct",
    "drawdown_from_peak_pct",
    "addon_count",
    "bars_since_addon",
    "atr_at_entry",
    "stop_price",
]


Params = Mapping[str, float]  # declared parameters by name

MARKET_INDEX = "NIFTY 50"  # what market values read unless the regime filter names another index


# --- operands: a number per (date, symbol), or null ---------------------------------------------


@dataclass(frozen=True, slots=True)
class Indicator:
    """A catalogue indicator, or one of the candle's own numbers (fn "close", "volume", …).

    A short name ("rsi14") is parsed into fn and params and kept as name.

    params are sorted (name, number-or-Param) pairs; output picks one of several outputs ("signal");
    source is the input series of one-series indicators; offset n reads the value n bars earlier.
    """

    fn: str
    params: tuple[tuple[str, float | Param], ...] = ()
    output: str = ""
    source: str = "close"
    offset: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Param:
    """A declared strategy parameter, for sweeps; its value comes from `Strategy.params`."""

    name: str


@dataclass(frozen=True, slots=True)
class PositionValue:
    """A value of the open position, such as its profit in percent."""

    field: PositionField


@dataclass(frozen=True, slots=True)
class Market:
    """A series of the strategy's market index: "close", "sma200", "rsi14", …"""

    indicator: Indicator


@dataclass(frozen=True, slots=True)
class Arith:
    """Arithmetic of two operands; division by zero and null operands give null."""

    op: ArithOp
    left: Operand
    right: Operand


Operand = Indicator | Number | Param | PositionValue | Market | Arith


# --- conditions: true, false or null per (date, symbol); a null at the root counts as false ------


@dataclass(frozen=True, slots=True)
class And:
    """Holds if every condition holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Holds if one of the conditions holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds if the condition does not; unknown stays unknown."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of two operands on the same day."""

    left: Operand
    op: CompareOp
    right: Operand


@dataclass(frozen=True, slots=True)
class Cross:
    """left crosses right on this bar: now strictly beyond, on the symbol's last bar not."""

    direction: Literal["above", "below"]
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """low <= value <= high."""

    value: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class In:
    """Holds if the value is one of the values."""

    value: Operand
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ForBars:
    """The condition held on this bar and the `bars - 1` bars of the symbol before it."""

    bars: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class Count:
    """At least `at_least` of the conditions hold."""

    at_least: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Random:
    """True with probability `prob`, drawn from (seed, date, symbol) alone: every run agrees."""

    prob: float
    seed: int = 0


Condition = And | Or | Not | Compare | Cross | Between | In | ForBars | Count | Random


# --- the parts of a strategy ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    """Universe filters, applied before the entry rules. Money in rupees, None switches one off."""

    min_price: float | None = None
    max_price: float | None = None
    min_turnover_20d: float | None = None
    min_history_bars: int = 0
    exclude_symbols: tuple[str, ...] = ()
    include_sectors: tuple[str, ...] = ()
    exclude_sectors: tuple[str, ...] = ()
    exclude_surveillance: bool = False
    exclude_result_days: int = 0


@dataclass(frozen=True, slots=True)
class RegimeFilter:
    """Entries only while the condition on the index holds; exits always run."""

    index: str
    condition: Condition
    when_false: Literal["block_entries", "halve_size"] = "block_entries"


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """How a signal becomes an order: see docs/fills.md, "gtt_touch"."""

    order: Literal["gtt", "market", "limit"] = "gtt"
    buffer_pct: float = 0.5
    buffer_side: Literal["auto", "above", "below"] = "auto"
    limit_offset_pct: float = 0.3
    valid_days: int = 5
    cooldown_days: int = 0


@dataclass(frozen=True, slots=True)
class ExitRule:
    """An exit decided at a close. Lower priority numbers are tried first."""

    name: str
    priority: int
    condition: Condition
    ignore_min_hold: bool = False
    exit_price: Operand = field(default_factory=lambda: Indicator(fn="close", name="close"))
    size_pct: float = 100.0


@dataclass(frozen=True, slots=True)
class Trailing:
    """After a gain of activate_pct the stop follows the peak, trail_pct or trail_atr_mult x ATR."""

    activate_pct: float = 0.0
    trail_pct: float | None = None
    trail_atr_mult: float | None = None


@dataclass(frozen=True, slots=True)
class Stops:
    """Protective exits; all ignore min_hold. None switches one off. Percentages of entry price."""

    stop_loss_pct: float | None = None
    atr_stop_mult: float | None = None
    target_pct: float | None = None
    target_r: float | None = None
    trailing: Trailing | None = None
    breakeven_at_pct: float | None = None
    gap_down_exit_pct: float | None = None
    time_exit_days: int | None = None


@dataclass(frozen=True, slots=True)
class AddonRules:
    """When to add to a position. Sizes and gaps in percent, distances in bars."""

    enabled: bool = False
    condition: Condition | None = None
    max_addons: int = 2
    size_pct_of_initial: float = 100.0
    min_gap_pct: float = 0.0
    min_bars_between: int = 1


@dataclass(frozen=True, slots=True)
class Band:
    """Half-open band [gte, lt); None leaves that side open."""

    points: float
    gte: float | None = None
    lt: float | None = None


@dataclass(frozen=True, slots=True)
class ScoreBands:
    """A score that gives the points of the band its input is in."""

    name: str
    input: Operand
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class ScoreCondition:
    """A score that gives its points where a condition holds."""

    name: str
    condition: Condition
    points: float


@dataclass(frozen=True, slots=True)
class ScoreLinear:
    """0 points at `start` rising in a line to `points` at `end`, flat outside."""

    name: str
    input: Operand
    start: float
    end: float
    points: float


Score = ScoreBands | ScoreCondition | ScoreLinear


@dataclass(frozen=True, slots=True)
class HoldConfig:
    """min_hold and max_hold in bars held; conviction bounds in points of 0 to 100."""

    min_hold: int = 0
    max_hold: int | None = None
    atr_stop_mult: float = 0.0
    exit_buffer_pct: float = 0.0
    min_conviction: float = 0.0
    conviction_base: float = 50.0


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """A declared parameter: its value and, for sweeps, the range and step that make sense."""

    name: str
    default: float
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Strategy:
    """A whole strategy, complete: nothing in it falls back on code later.

    exit_rules are in the order in which they are tried. params maps each declared parameter to its
    value; param_specs are the declarations it comes from.
    """

    name: str
    base_model: str
    entry_rules: Condition
    exit_rules: tuple[ExitRule, ...] = ()
    filters: Filters = field(default_factory=Filters)
    regime_filter: RegimeFilter | None = None
    entry: EntryPlan = field(default_factory=EntryPlan)
    stops: Stops = field(default_factory=Stops)
    addon_rules: AddonRules = field(default_factory=AddonRules)
    conviction_scoring: tuple[Score, ...] = ()
    config: HoldConfig = field(default_factory=HoldConfig)
    params: Params = field(default_factory=dict[str, float])
    param_specs: tuple[ParamSpec, ...] = ()
    description: str = ""
    tags: tuple[str, ...] = ()
    direction: Literal["long"] = "long"
    timeframe: Literal["day"] = "day"
