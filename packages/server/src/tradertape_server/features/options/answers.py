"""Answers about options. Prices in rupees, quantities in units, volatility in percent a year.

Greeks: delta in rupees for one rupee of the future, gamma in delta for one rupee, theta in rupees a
calendar day, vega in rupees for one point of volatility, rho for one point of the interest rate.
Times and dates are ISO 8601 (IST). null: not known, such as the volatility of a price below
intrinsic value.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

OptionType = Literal["CE", "PE"]
OrderSide = Literal["BUY", "SELL"]


class OptionSession(TypedDict):
    """An underlying: spot, lot, strikes, expiries, and whether its market is open."""

    underlying: str
    status: str
    exchange: str
    spot_instrument: str
    spot_instrument_token: int
    spot_ltp: float
    atm_strike: float
    lot_size: int
    strike_step: float
    tick_size: float
    freeze_quantity: int | None
    expiries: list[str]
    nearest_expiry: str
    expiry_words: dict[str, str]
    is_open: bool
    simulated: bool
    demo: bool
    source: str
    is_stale: bool
    updated_at: str


class Expiries(TypedDict):
    """The expiries of an underlying, the nearest first."""

    underlying: str
    expiries: list[str]
    spot_ltp: float
    updated_at: str


class ChainHead(TypedDict):
    """What every answer about a chain begins with. forward: of the expiry, by `forward_source`."""

    underlying: str
    expiry: str
    spot_ltp: float
    forward: float
    forward_source: str
    atm_strike: float
    atm_iv: float | None
    days_to_expiry: float
    rate_pct: float
    lot_size: int
    is_stale: bool
    updated_at: str


class OptionFigures(TypedDict):
    """Volatility and Greeks of one unit of an option."""

    iv: float | None
    delta: float | None
    gamma: float | None
    theta: float | None
    vega: float | None
    rho: float | None


class ChainSide(OptionFigures):
    """The call or the put of a strike. oi, volume: units."""

    instrument_token: int
    tradingsymbol: str
    ltp: float | None
    bid: float | None
    ask: float | None
    close: float | None
    bid_quantity: int
    ask_quantity: int
    volume: int
    oi: int


class ChainRow(TypedDict):
    """A strike; null where there is no such contract."""

    strike: float
    is_atm: bool
    CE: ChainSide | None
    PE: ChainSide | None


class Chain(ChainHead):
    """Calls and puts by strike. pcr: by open interest. window: strikes either side of the money."""

    pcr: float | None
    max_pain: float
    rows: list[ChainRow]
    window: NotRequired[int]


class GreeksRow(TypedDict):
    """Volatility and Greeks of a strike."""

    strike: float
    CE: OptionFigures
    PE: OptionFigures


class ChainGreeks(ChainHead):
    """Volatility and Greeks by strike, with their units."""

    units: dict[str, str]
    greeks: list[GreeksRow]


class PutCallRatios(ChainHead):
    """Puts over calls; null where there are no calls."""

    pcr: float | None
    pcr_oi: float | None
    pcr_volume: float | None
    call_oi: int
    put_oi: int
    call_volume: int
    put_volume: int


class Payout(TypedDict):
    """What holders of all open options are paid if the underlying expires at the strike, rupees."""

    strike: float
    payout: float


class MaxPain(ChainHead):
    """The strike of the smallest payout."""

    max_pain: float
    max_pain_strike: float
    payouts: list[Payout]


class ChosenContract(OptionFigures):
    """A contract that a selection found; resolution_meta: how."""

    instrument_token: int
    exchange: str
    tradingsymbol: str
    underlying: str
    strike: float
    option_type: OptionType
    expiry: str
    expiry_key: str
    lot_size: int
    tick_size: float
    freeze_quantity: int | None
    ltp: float | None
    bid: float | None
    ask: float | None
    close: float | None
    resolver: str
    resolution_meta: dict[str, Any]


class Selection(TypedDict):
    """Contracts in the order of the requested legs."""

    underlying: str
    expiry: str
    spot_ltp: float
    resolved: list[ChosenContract]


class PreviewLeg(OptionFigures):
    """A leg of a previewed strategy; its Greeks are of one unit. price: that it is counted at."""

    instrument_token: int
    exchange: str
    tradingsymbol: str
    instrument_type: str
    strike: float | None
    option_type: OptionType | None
    expiry_key: str | None
    transaction_type: OrderSide
    quantity: int
    lots: int
    lot_size: int
    price: float
    ltp: float | None


class Payoff(TypedDict):
    """Profit in rupees by level of the underlying: at the last expiry, now, `days_ahead`."""

    levels: list[float]
    at_expiry: list[float]
    now: list[float]
    is_exact: bool
    days_ahead: NotRequired[float]
    ahead: NotRequired[list[float]]


class NetGreeks(TypedDict):
    """Greeks of all legs together."""

    delta: float | None
    gamma: float | None
    theta: float | None
    vega: float | None
    rho: float | None


class StrategyMargin(TypedDict):
    """Margin in rupees. required: to enter. initial: before the benefit of hedges."""

    required: float
    initial: float
    hedge_benefit: float
    blocked: float
    span: float
    exposure: float
    premium_paid: float
    premium_received: float


class StrategyCharges(TypedDict):
    """Charges of the entry in rupees, by the tariff of `broker`."""

    brokerage: float
    stt: float
    transaction: float
    sebi: float
    stamp: float
    gst: float
    demat: float
    total: float
    broker: str


class PreviewWarning(TypedDict):
    """Something to know before entering the strategy."""

    code: str
    message: str
    severity: Literal["low", "medium", "high"]


class PreviewedStrategy(TypedDict):
    """A strategy at the present prices. net_premium: paid, or negative if received.

    max_profit, max_loss: null if unlimited or not known. probability_of_profit: percent.
    """

    underlying: str
    strategy_name: str | None
    spot_ltp: float
    expiry: str
    legs: list[PreviewLeg]
    net_premium: float
    max_profit: float | None
    max_loss: float | None
    is_profit_unlimited: bool
    is_loss_unlimited: bool
    breakevens: list[float]
    probability_of_profit: float | None
    payoff: Payoff
    greeks: NetGreeks
    margin: StrategyMargin
    charges: StrategyCharges
    warnings: list[PreviewWarning]
    updated_at: str
