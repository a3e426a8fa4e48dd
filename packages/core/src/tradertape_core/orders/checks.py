"""Checks of an order against its instrument and the market: refusals and warnings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.format import price_text
from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.market.hours import last_trade
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.session_times import PhaseKind
from tradertape_core.market.tick import Tick
from tradertape_core.orders.auctions import against_phase
from tradertape_core.orders.denials import Denial, DenialReason, denial
from tradertape_core.orders.order import OrderRequest, OrderType, Product, Side, Variety

MOST_SLICES = 10  # of an autosliced order; the brokers' own cap
_WIDE_SPREAD = Decimal("0.05")  # of the middle: beyond it a market order pays dearly
_NOTHING = Decimal(0)
_LEAST_DISCLOSED = 10  # one in so many units has to be shown
# Icebergs below these are refused by brokers; of shares in rupees, of contracts in lots.
_LEAST_ICEBERG = Decimal(100_000)
_LEAST_ICEBERG_LOTS = 5
_R = DenialReason


@quickly_made
@dataclass(frozen=True, slots=True)
class Checked:
    """Reasons to refuse the order, and warnings that do not."""

    denials: tuple[Denial, ...]
    warnings: tuple[Denial, ...]


def check_against(
    request: OrderRequest,
    instrument: Instrument,
    *,
    now: datetime,
    tick: Tick | None = None,
    phase: PhaseKind | None = PhaseKind.CONTINUOUS,
    at: str = "",
    held: int = 0,
    is_change: bool = False,
) -> Checked:
    """Check what depends on the instrument: tick, lot, freeze, circuit, expiry, hours.

    tick: the latest of the instrument; None when there is none, and limits are not known.
    phase: what the exchange does with orders now; None while it is closed. at: pointer of the order
    in the caller's document. held: units of an open position, without a sign, where the order only
    takes from them, else 0: a rule made after the purchase does not prevent the exit.
    is_change: of an order that is at the exchange already.
    """
    denials = (
        *_tradable(request, instrument, now, at, held=held),
        *prices_on_tick(request, instrument, at),
        *_quantity(request, instrument, at, held=held),
        *_disclosed(request, at),
        *_circuit(request, tick, at),
        *(() if is_change else _cover(request, tick, at)),
        *against_phase(request, phase, at),
    )
    warnings = (
        *_protection(request, at),
        *_stop_of_option(request, instrument, at),
        *_small_iceberg(request, instrument, tick, at),
        *_expiry_today(instrument, now),
        *_liquidity(instrument, tick),
    )
    return Checked(denials, warnings)


def prices_on_tick(request: OrderRequest, instrument: Instrument, at: str) -> list[Denial]:
    """Every price of the order that the exchange would not take for its tick."""
    found: list[Denial] = []
    for field, value in _prices(request):
        if value % instrument.tick_size:
            facts = {"field": field, "tick": instrument.tick_size, "value": value}
            near = nearest_tick(value, instrument.tick_size)
            found.append(denial(_R.NOT_A_TICK, pointer=f"{at}/{field}", near=near, **facts))
    return found


def nearest_tick(price: Decimal, tick: Decimal) -> Decimal:
    """The price on the tick that is nearest, half up."""
    return (price / tick).quantize(Decimal(1), ROUND_HALF_UP) * tick


def slices_of(quantity: int, freeze: int, lot: int) -> tuple[int, ...]:
    """Cut a quantity into orders below the freeze quantity, each whole lots, largest first."""
    most = max(freeze // lot * lot, lot)
    whole, rest = divmod(quantity, most)
    return (most,) * whole + ((rest,) if rest else ())


def needs_slices(request: OrderRequest, instrument: Instrument) -> bool:
    """Whether the quantity of one order exceeds the exchange's freeze quantity."""
    freeze = instrument.freeze_quantity
    # Each leg of an iceberg is an order of its own at the exchange.
    return freeze is not None and leg_quantity(request) > freeze


def leg_quantity(request: OrderRequest) -> int:
    """The quantity that goes to the exchange at once: a leg of an iceberg, else all."""
    if request.variety is not Variety.ICEBERG or request.iceberg_legs is None:
        return request.quantity
    return request.iceberg_quantity or -(-request.quantity // request.iceberg_legs)


def _tradable(
    request: OrderRequest, instrument: Instrument, now: datetime, at: str, *, held: int
) -> list[Denial]:
    if instrument.instrument_type is InstrumentType.INDEX:
        return [denial(_R.NOT_TRADABLE, instrument=instrument.id)]
    if instrument.expiry is not None and now >= last_trade(instrument.expiry):
        return [denial(_R.EXPIRED, instrument=instrument.id, expiry=instrument.expiry)]
    if instrument.is_trade_to_trade and request.product is Product.MIS and not held:
        return [denial(_R.T2T_INTRADAY, pointer=f"{at}/product", instrument=instrument.id)]
    return []


def _quantity(request: OrderRequest, instrument: Instrument, at: str, *, held: int) -> list[Denial]:
    pointer, lot, freeze = f"{at}/quantity", instrument.lot_size, instrument.freeze_quantity
    # What an older lot size left over goes with the order that leaves whole lots, or nothing.
    closes_the_rest = held > 0 and (held - request.quantity) % lot == 0
    if lot > 1 and request.quantity % lot and not closes_the_rest:
        return [denial(_R.NOT_A_LOT, pointer=pointer, lot=lot, quantity=request.quantity)]
    if freeze is None or not needs_slices(request, instrument):
        return []
    if not request.autoslice:
        quantity = leg_quantity(request)
        return [denial(_R.OVER_FREEZE_QUANTITY, pointer=pointer, freeze=freeze, quantity=quantity)]
    slices = slices_of(request.quantity, freeze, lot)
    if len(slices) <= MOST_SLICES:
        return []
    facts = {"slices": len(slices), "freeze": slices[0], "quantity": slices[0] * MOST_SLICES}
    return [denial(_R.TOO_MANY_SLICES, pointer=pointer, most=MOST_SLICES, **facts)]


def _disclosed(request: OrderRequest, at: str) -> list[Denial]:
    """A tenth of the quantity, rounded up, is the least that an exchange shows; 0 is all of it."""
    value, least = request.disclosed_quantity, -(-request.quantity // _LEAST_DISCLOSED)
    if not value or value >= least:
        return []
    facts = {"least": least, "quantity": request.quantity, "value": value}
    return [denial(_R.DISCLOSED_TOO_SMALL, pointer=f"{at}/disclosed_quantity", **facts)]


def _stop_of_option(request: OrderRequest, instrument: Instrument, at: str) -> list[Denial]:
    if not instrument.is_option or request.order_type is not OrderType.SL_M:
        return []
    return [denial(_R.SL_M_ON_OPTION, pointer=f"{at}/order_type")]


def _small_iceberg(
    request: OrderRequest, instrument: Instrument, tick: Tick | None, at: str
) -> list[Denial]:
    if request.variety is not Variety.ICEBERG:
        return []
    if instrument.is_derivative:
        lots, least = request.quantity // instrument.lot_size, _LEAST_ICEBERG_LOTS
        facts = {"least": f"{least} lots", "value": f"{lots} lots"}
        is_small = lots < least
    else:
        price = request.price or (tick.last_price if tick is not None else _NOTHING)
        value = price * request.quantity
        facts = {"least": f"₹{price_text(_LEAST_ICEBERG)}", "value": f"₹{price_text(value)}"}
        is_small = _NOTHING < value < _LEAST_ICEBERG
    return [denial(_R.ICEBERG_TOO_SMALL, pointer=f"{at}/quantity", **facts)] if is_small else []


def _circuit(request: OrderRequest, tick: Tick | None, at: str) -> list[Denial]:
    if tick is None or tick.lower_circuit is None or tick.upper_circuit is None:
        return []
    low, high = tick.lower_circuit, tick.upper_circuit
    return [
        denial(
            _R.PRICE_OUTSIDE_CIRCUIT,
            pointer=f"{at}/{field}",
            field=field,
            low=low,
            high=high,
            value=value,
        )
        for field, value in _prices(request)
        if field in ("price", "trigger_price") and not low <= value <= high
    ]


def _cover(request: OrderRequest, tick: Tick | None, at: str) -> list[Denial]:
    """The exits of a cover order that the exchange would not take, were it entered now."""
    if request.variety is not Variety.CO or tick is None:
        return []
    is_buy = request.side is Side.BUY
    entry = request.price or (tick.ask if is_buy else tick.bid) or tick.last_price
    low, high = tick.lower_circuit or _NOTHING, tick.upper_circuit
    exits = (
        ("stoploss", request.stoploss or _NOTHING, not is_buy),
        ("squareoff", request.squareoff or _NOTHING, is_buy),
    )
    found: list[Denial] = []
    for field, away, is_above in exits:
        price = entry + away if is_above else entry - away
        if away and (price <= 0 or price < low or (high is not None and price > high)):
            facts = {"field": field, "value": away, "entry": entry, "price": price}
            limits = {"low": low, "high": "any" if high is None else high}
            code = _R.COVER_OUTSIDE_CIRCUIT
            found.append(denial(code, pointer=f"{at}/{field}", **facts, **limits))
    return found


def _protection(request: OrderRequest, at: str) -> list[Denial]:
    if request.order_type.has_limit or request.market_protection:
        return []
    return [denial(_R.NO_MARKET_PROTECTION, pointer=f"{at}/market_protection")]


def _expiry_today(instrument: Instrument, now: datetime) -> list[Denial]:
    if instrument.expiry != now.astimezone(IST).date():
        return []
    return [denial(_R.EXPIRY_TODAY, instrument=instrument.id)]


def _liquidity(instrument: Instrument, tick: Tick | None) -> list[Denial]:
    if tick is None:
        return [denial(_R.NO_PRICE, instrument=instrument.id)]
    bid, ask = tick.bid, tick.ask
    if bid is not None and ask is not None and (ask - bid) * 2 <= _WIDE_SPREAD * (ask + bid):
        return []
    if bid is None and ask is None and tick.depth is None:
        return []  # a feed without quotes says nothing about the market's width
    return [denial(_R.ILLIQUID, instrument=instrument.id, bid=bid or "none", ask=ask or "none")]


def _prices(request: OrderRequest) -> list[tuple[str, Decimal]]:
    named = (
        ("price", request.price),
        ("trigger_price", request.trigger_price),
        ("squareoff", request.squareoff),
        ("stoploss", request.stoploss),
        ("trailing_stoploss", request.trailing_stoploss),
    )
    return [(field, value) for field, value in named if value]
