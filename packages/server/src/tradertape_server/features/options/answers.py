"""Answers about options.

null: not known, such as the volatility of a price below intrinsic value.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from tradertape_server.platform.http.units import (
    Date,
    Days,
    Percent,
    PercentPerYear,
    Price,
    Quantity,
    Rupees,
    Time,
)

Delta = Annotated[float, Field(description="Rupees for one rupee of the future.")]
Gamma = Annotated[float, Field(description="Delta for one rupee of the future.")]
Theta = Annotated[float, Field(description="Rupees per calendar day.")]
Vega = Annotated[float, Field(description="Rupees for one point of volatility.")]
Rho = Annotated[float, Field(description="Rupees for one point of the interest rate.")]
OptionType = Literal["CE", "PE"]
OrderSide = Literal["BUY", "SELL"]


class OptionSession(TypedDict):
    """An underlying: spot, lot, strikes, expiries, and whether its market is open."""

    underlying: str
    status: str
    exchange: str
    spot_instrument: str
    spot_instrument_token: int
    spot_ltp: Price
    atm_strike: Price
    lot_size: Quantity
    strike_step: Price
    tick_size: Price
    freeze_quantity: Quantity | None
    expiries: list[Date]
    nearest_expiry: Date
    expiry_words: dict[str, Date]
    is_open: bool
    simulated: bool
    demo: bool
    source: str
    is_stale: bool
    updated_at: Time


class Expiries(TypedDict):
    """The expiries of an underlying, the nearest first."""

    underlying: str
    expiries: list[Date]
    spot_ltp: Price
    updated_at: Time


class ChainHead(TypedDict):
    """What every answer about a chain begins with. forward: of the expiry, by `forward_source`."""

    underlying: str
    expiry: Date
    spot_ltp: Price
    forward: Price
    forward_source: str
    atm_strike: Price
    atm_iv: PercentPerYear | None
    days_to_expiry: Days
    rate_pct: PercentPerYear
    lot_size: Quantity
    is_stale: bool
    updated_at: Time


class OptionFigures(TypedDict):
    """Volatility and Greeks of one unit of an option."""

    iv: PercentPerYear | None
    delta: Delta | None
    gamma: Gamma | None
    theta: Theta | None
    vega: Vega | None
    rho: Rho | None


class ChainSide(OptionFigures):
    """The call or the put of a strike. oi, volume: units."""

    instrument_token: int
    tradingsymbol: str
    ltp: Price | None
    bid: Price | None
    ask: Price | None
    close: Price | None
    bid_quantity: Quantity
    ask_quantity: Quantity
    volume: Quantity
    oi: Quantity


class ChainRow(TypedDict):
    """A strike; null where there is no such contract."""

    strike: Price
    is_atm: bool
    CE: ChainSide | None
    PE: ChainSide | None


class Chain(ChainHead):
    """Calls and puts by strike. pcr: by open interest. window: strikes either side of the money."""

    pcr: float | None
    max_pain: Price
    rows: list[ChainRow]
    window: NotRequired[int]


class GreeksRow(TypedDict):
    """Volatility and Greeks of a strike."""

    strike: Price
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
    call_oi: Quantity
    put_oi: Quantity
    call_volume: Quantity
    put_volume: Quantity


class Payout(TypedDict):
    """What holders of all open options are paid if the underlying expires at the strike, rupees."""

    strike: Price
    payout: Rupees


class MaxPain(ChainHead):
    """The strike of the smallest payout."""

    max_pain: Price
    max_pain_strike: Price
    payouts: list[Payout]


class ChosenContract(OptionFigures):
    """A contract that a selection found; resolution_meta: how."""

    instrument_token: int
    exchange: str
    tradingsymbol: str
    underlying: str
    strike: Price
    option_type: OptionType
    expiry: Date
    expiry_key: Date
    lot_size: Quantity
    tick_size: Price
    freeze_quantity: Quantity | None
    ltp: Price | None
    bid: Price | None
    ask: Price | None
    close: Price | None
    resolver: str
    resolution_meta: dict[str, Any]


class Selection(TypedDict):
    """Contracts in the order of the requested legs."""

    underlying: str
    expiry: Date
    spot_ltp: Price
    resolved: list[ChosenContract]


class PreviewLeg(OptionFigures):
    """A leg of a previewed strategy; its Greeks are of one unit. price: that it is counted at."""

    instrument_token: int
    exchange: str
    tradingsymbol: str
    instrument_type: str
    strike: Price | None
    option_type: OptionType | None
    expiry_key: Date | None
    transaction_type: OrderSide
    quantity: Quantity
    lots: int
    lot_size: Quantity
    price: Price
    ltp: Price | None


class Payoff(TypedDict):
    """Profit in rupees by level of the underlying: at the last expiry, now, `days_ahead`."""

    levels: list[Price]
    at_expiry: list[Rupees]
    now: list[Rupees]
    is_exact: bool
    days_ahead: NotRequired[Days]
    ahead: NotRequired[list[Rupees]]


class NetGreeks(TypedDict):
    """Greeks of all legs together."""

    delta: Delta | None
    gamma: Gamma | None
    theta: Theta | None
    vega: Vega | None
    rho: Rho | None


class StrategyMargin(TypedDict):
    """Margin in rupees. required: to enter. initial: before the benefit of hedges."""

    required: Rupees
    initial: Rupees
    hedge_benefit: Rupees
    blocked: Rupees
    span: Rupees
    exposure: Rupees
    premium_paid: Rupees
    premium_received: Rupees


class StrategyCharges(TypedDict):
    """Charges of the entry in rupees, by the tariff of `broker`."""

    brokerage: Rupees
    stt: Rupees
    transaction: Rupees
    sebi: Rupees
    stamp: Rupees
    gst: Rupees
    demat: Rupees
    total: Rupees
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
    spot_ltp: Price
    expiry: Date
    legs: list[PreviewLeg]
    net_premium: Rupees
    max_profit: Rupees | None
    max_loss: Rupees | None
    is_profit_unlimited: bool
    is_loss_unlimited: bool
    breakevens: list[Price]
    probability_of_profit: Percent | None
    payoff: Payoff
    greeks: NetGreeks
    margin: StrategyMargin
    charges: StrategyCharges
    warnings: list[PreviewWarning]
    updated_at: Time


class NamedSpread(TypedDict):
    """A named strategy that a preview accepts. outlook: the market it is meant for."""

    name: str
    title: str
    outlook: str
