"""A strategy before it is traded: what it pays, what it needs and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidDocument, InvalidInput, Problem
from tradertape_core.kernel.money import Price, rupees
from tradertape_core.ledger.billing import schedule_for
from tradertape_core.ledger.charges import NO_CHARGES, Charges, Leg, charges_for
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.tick import Tick
from tradertape_core.options.expiry import years_left
from tradertape_core.options.greeks import DAYS_A_YEAR, Greeks
from tradertape_core.options.payoff import Payoff, PayoffLeg, payoff, profit_at
from tradertape_core.options.spreads import build_spread
from tradertape_core.orders.order import Product
from tradertape_core.risk.margins import Exposure, basket_margin
from tradertape_server.features.options.chains import ChainReader, LiveChain, Underlying
from tradertape_server.features.options.schemas import LegIn, PreviewIn, SelectionIn
from tradertape_server.features.options.service import OptionService
from tradertape_server.features.options.views import figures

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyLeg:
    """A leg with its contract and price. quantity: units, below 0 when sold."""

    instrument: Instrument
    quantity: int
    price: Decimal
    tick: Tick | None
    live: LiveChain | None  # None for a future
    place: tuple[int, int] | None

    @property
    def side(self) -> str:
        """BUY or SELL."""
        return "BUY" if self.quantity > 0 else "SELL"

    @property
    def greeks(self) -> dict[str, float | None]:
        """Of one unit; a future has delta alone."""
        if self.live is not None and self.place is not None:
            return figures(self.live, *self.place)
        return {"iv": None, "delta": 1.0, "gamma": 0.0, "theta": 0.0, "vega": 0.0, "rho": 0.0}

    @property
    def volatility(self) -> float | None:
        """The yearly volatility that its Greeks were computed with."""
        if self.live is None or self.place is None:
            return None
        own = self.live.chain.volatility[self.place]
        twin = self.live.chain.volatility[self.place[0], 1 - self.place[1]]
        return next((float(v) for v in (own, twin) if v == v), None)


class StrategyPreview:
    """Computes a strategy on the latest quotes; places no order."""

    def __init__(self, options: OptionService) -> None:
        self._options = options
        self._reader: ChainReader = options.reader

    def preview(self, request: PreviewIn) -> Json:
        """Payoff, Greeks, margin and charges of a strategy."""
        underlying = self._underlying(request)
        legs = self._legs(request, underlying)
        nearest = min((leg.instrument.expiry or date.max) for leg in legs)
        chain = next((leg.live for leg in legs if leg.live and leg.live.expiry == nearest), None)
        live = chain or self._reader.chain(underlying, underlying.expiries[0])
        spot, now, rate = float(live.spot.last_price), self._reader.now, live.chain.rate
        bets = [_payoff_leg(leg, years_left(leg.instrument.expiry or nearest, now)) for leg in legs]
        shape = payoff(bets, spot=spot, volatility=live.chain.volatility_at_money, rate=rate)
        body = _payoff_body(shape)
        if request.days_ahead is not None:
            body["payoff"] |= _ahead(bets, shape, request.days_ahead, rate)
        return {
            "underlying": underlying.name,
            "strategy_name": request.strategy_name or request.spread,
            "spot_ltp": spot,
            "expiry": nearest.isoformat(),
            "legs": [_leg_body(leg) for leg in legs],
            **body,
            "greeks": _total_greeks(legs),
            "margin": self._margin(legs, request.product, live),
            "charges": self._charges(legs, request),
            "warnings": _warnings(legs, shape, live),
            "updated_at": now.astimezone(IST).isoformat(),
        }

    def _underlying(self, request: PreviewIn) -> Underlying:
        if request.underlying:
            return self._reader.underlying(request.underlying)
        for leg in request.legs:
            if leg.tradingsymbol or leg.instrument_token is not None:
                return self._reader.underlying(self._found(leg).underlying)
        raise InvalidInput("name an underlying, or legs by tradingsymbol", pointer="/underlying")

    def _legs(self, request: PreviewIn, underlying: Underlying) -> list[StrategyLeg]:
        if bool(request.spread) == bool(request.legs):
            raise InvalidInput("give either legs or a spread", pointer="/legs")
        wanted = request.legs or _spread_legs(request)
        chains: dict[date, LiveChain] = {}
        made: list[StrategyLeg] = []
        problems: list[Problem] = []
        for number, leg in enumerate(wanted):
            pointer = f"/legs/{number}"
            try:
                made.append(self._leg(leg, request, underlying, pointer, chains))
            except InvalidDocument as refused:
                problems += refused.problems
            except InvalidInput as refused:
                problems.append(Problem(refused.pointer or pointer, refused.message))
        if problems:
            raise InvalidDocument(problems)
        return made

    def _leg(
        self, leg: LegIn, request: PreviewIn, underlying: Underlying, pointer: str,
        chains: dict[date, LiveChain],
    ) -> StrategyLeg:  # fmt: skip
        live, place = None, None
        if leg.tradingsymbol or leg.instrument_token is not None:
            instrument = self._found(leg)
            _check_contract(instrument, underlying, pointer)
            if instrument.is_option and instrument.expiry is not None:
                live = chains.get(instrument.expiry)
                if live is None:
                    live = self._reader.chain(underlying, instrument.expiry)
                    chains[instrument.expiry] = live
                place = live.place(instrument)
        else:
            document = _selection_of(leg, pointer)
            live, instrument, choice = self._options.locate(
                underlying, request.expiry, document, pointer, chains
            )
            place = (choice.row, choice.column)
        tick = (
            live.ticks.get(instrument.instrument_token) if live else self._reader.tick(instrument)
        )
        units = _units(leg, instrument, pointer)
        sign = 1 if leg.transaction_type == "BUY" else -1
        return StrategyLeg(
            instrument=instrument, quantity=sign * units, price=_price(leg, tick, pointer),
            tick=tick, live=live, place=place,
        )  # fmt: skip

    def _found(self, leg: LegIn) -> Instrument:
        return self._reader.find(
            exchange=leg.exchange,
            tradingsymbol=(leg.tradingsymbol or "").upper(),
            token=None if leg.tradingsymbol else leg.instrument_token,
        )

    def _margin(self, legs: Sequence[StrategyLeg], product: str, live: LiveChain) -> Json:
        """The margin of the legs placed one after another, and of all together."""
        orders = [
            Exposure(
                instrument=leg.instrument,
                product=Product(product),
                quantity=leg.quantity,
                price=leg.price,
                underlying_price=Decimal(str(round(live.chain.forward, 2))),
            )
            for leg in legs
        ]
        found = basket_margin(orders, [], self._reader.now)
        held = found.together.after
        return {
            "required": rupees(found.final_paise),
            "initial": rupees(found.initial_paise),
            "hedge_benefit": rupees(found.initial_paise - found.final_paise),
            "blocked": rupees(held.total_paise),
            "span": rupees(held.span_paise),
            "exposure": rupees(held.exposure_paise),
            "premium_paid": rupees(found.together.premium_paid_paise),
            "premium_received": rupees(found.together.premium_received_paise),
        }

    def _charges(self, legs: Sequence[StrategyLeg], request: PreviewIn) -> Json:
        """The charges of entering, with one order per leg."""
        day = self._reader.now.astimezone(IST).date()
        total = NO_CHARGES
        for leg in legs:
            terms = schedule_for(
                request.broker, Product(request.product), leg.instrument.instrument_type
            )
            executed = Leg(
                "BUY" if leg.quantity > 0 else "SELL", Price(leg.price), abs(leg.quantity)
            )
            exchange = "BSE" if leg.instrument.exchange == "BFO" else "NSE"
            total = total + charges_for(terms, day, [executed], exchange=exchange)
        parts = {part.name: rupees(getattr(total, part.name)) for part in fields(Charges)}
        return {**parts, "total": rupees(total.total), "broker": request.broker}


def _spread_legs(request: PreviewIn) -> list[LegIn]:
    built = build_spread(
        request.spread or "", distance=request.distance, width=request.width, lots=request.lots
    )
    return [
        LegIn(
            transaction_type=leg.transaction_type,
            lots=leg.lots,
            selection=SelectionIn(option_type=leg.option_type, offset=leg.offset),
        )
        for leg in built
    ]


def _selection_of(leg: LegIn, pointer: str) -> Json:
    if leg.selection is not None:
        return leg.selection.model_dump(exclude_none=True)
    if leg.strike is not None and leg.option_type:
        named: Json = {"option_type": leg.option_type, "strike": leg.strike}
        return {**named, "expiry": leg.expiry_key} if leg.expiry_key else named
    raise InvalidInput("a leg needs a tradingsymbol, a token or a selection", pointer=pointer)


def _check_contract(instrument: Instrument, underlying: Underlying, pointer: str) -> None:
    if not instrument.is_derivative or instrument.underlying != underlying.name:
        raise InvalidInput(
            f"{instrument.id} is not an option or future on {underlying.name}", pointer=pointer
        )


def _units(leg: LegIn, instrument: Instrument, pointer: str) -> int:
    if leg.quantity is None:
        return (leg.lots or 1) * instrument.lot_size
    if leg.quantity % instrument.lot_size:
        raise InvalidInput(
            f"quantity must be a multiple of {instrument.lot_size}, was {leg.quantity}",
            pointer=f"{pointer}/quantity",
        )
    return leg.quantity


def _price(leg: LegIn, tick: Tick | None, pointer: str) -> Decimal:
    if leg.price:
        return Decimal(str(leg.price))
    if tick is None:
        raise InvalidInput("no price is known; give one", pointer=f"{pointer}/price")
    best = tick.ask if leg.transaction_type == "BUY" else tick.bid
    return tick.last_price if best is None else best


def _payoff_leg(leg: StrategyLeg, years: float) -> PayoffLeg:
    kind = leg.instrument.instrument_type
    return PayoffLeg(
        kind="FUT" if kind is InstrumentType.FUT else "CE" if kind is InstrumentType.CE else "PE",
        quantity=leg.quantity,
        price=float(leg.price),
        years=years,
        strike=float(leg.instrument.strike or 0),
        volatility=leg.volatility,
    )


def _leg_body(leg: StrategyLeg) -> Json:
    one = leg.instrument
    return {
        "instrument_token": one.instrument_token,
        "exchange": one.exchange,
        "tradingsymbol": one.tradingsymbol,
        "instrument_type": one.instrument_type.value,
        "strike": None if one.strike is None else float(one.strike),
        "option_type": one.option_type,
        "expiry_key": one.expiry.isoformat() if one.expiry else None,
        "transaction_type": leg.side,
        "quantity": abs(leg.quantity),
        "lots": abs(leg.quantity) // one.lot_size,
        "lot_size": one.lot_size,
        "price": float(leg.price),
        "ltp": None if leg.tick is None else float(leg.tick.last_price),
        **leg.greeks,
    }


def _rounded(values: Any) -> list[float]:
    return [round(float(value), 2) for value in values]


def _ahead(bets: Sequence[PayoffLeg], shape: Payoff, days: int, rate: float) -> Json:
    """The payoff after some days, at the present volatility."""
    passed = min(days / DAYS_A_YEAR, shape.horizon_years)
    values = profit_at(bets, shape.levels, years_passed=passed, rate=rate)
    return {"days_ahead": round(passed * DAYS_A_YEAR, 4), "ahead": _rounded(values)}


def _payoff_body(shape: Payoff) -> Json:
    return {
        "net_premium": round(shape.net_premium, 2),
        "max_profit": None if shape.max_profit is None else round(shape.max_profit, 2),
        "max_loss": None if shape.max_loss is None else round(shape.max_loss, 2),
        "is_profit_unlimited": shape.max_profit is None,
        "is_loss_unlimited": shape.max_loss is None,
        "breakevens": _rounded(shape.breakevens),
        "probability_of_profit": None
        if shape.probability_of_profit is None
        else round(shape.probability_of_profit, 4),
        "payoff": {
            "levels": _rounded(shape.levels),
            "at_expiry": _rounded(shape.at_expiry),
            "now": _rounded(shape.now),
            "is_exact": shape.is_exact,
        },
    }


def _total_greeks(legs: Sequence[StrategyLeg]) -> dict[str, float | None]:
    """Of the whole strategy, in rupees; null where a leg's is not known."""
    totals: dict[str, float | None] = {}
    for part in fields(Greeks):
        if part.name == "price":
            continue
        values = [(leg.quantity, leg.greeks[part.name]) for leg in legs]
        known = [quantity * value for quantity, value in values if value is not None]
        totals[part.name] = round(sum(known), 4) if len(known) == len(values) else None
    return totals


def _warnings(legs: Sequence[StrategyLeg], shape: Payoff, live: LiveChain) -> list[Json]:
    found: list[tuple[str, str, str]] = []
    if shape.max_loss is None:
        found.append(("unlimited_loss", "The loss has no limit.", "high"))
    if any(leg.instrument.expiry == live.at.astimezone(IST).date() for leg in legs):
        found.append(("expiry_today", "A leg expires today.", "medium"))
    for leg in legs:
        tick = leg.tick
        if tick is None or tick.bid is None or tick.ask is None:
            text = f"{leg.instrument.tradingsymbol} has no two-sided market."
            found.append(("illiquid", text, "medium"))
        limit = leg.instrument.freeze_quantity
        if limit is not None and abs(leg.quantity) > limit:
            text = f"{leg.instrument.tradingsymbol}: one order may have {limit} units at most."
            found.append(("over_freeze_quantity", text, "medium"))
    if live.is_stale:
        found.append(("market_data_stale", "Prices are not fresh.", "high"))
    if not shape.is_exact:
        text = "Legs expire on different days; the later ones are valued by a model."
        found.append(("several_expiries", text, "low"))
    return [{"code": code, "message": text, "severity": level} for code, text, level in found]
