"""Futures and options as the exchanges would list them around today's prices.

Tokens are computed from the contract only, so a contract keeps its token from day to day. Their 24
bits are 3 for the underlying, 9 for the week of expiry, 11 for the strike and 1 for call or put.
Futures on shares have underlying 0, 7 bits for the month and 14 for the share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from tradertape_core.market.calendar import Calendar
from tradertape_core.market.contracts import (
    INDEX_CONTRACTS,
    Expiry,
    IndexContract,
    expiries,
    monthly_expiries,
    strikes_around,
)
from tradertape_core.market.instrument import Instrument, InstrumentType, OptionType
from tradertape_core.market.tokens import instrument_token, numbers_for

WEEKS, MONTHS = 5, 3
_STRIKE_RANGE = 0.12  # strikes within this fraction of the spot, on each side
_MAX_STRIKES = 2**11
_EPOCH = date(2024, 1, 1)  # a Monday
_WEEKS, _MONTHS = 2**9, 2**7  # numbers repeat after about ten years
_SHARE_NUMBERS = 2**14
_MONTH_LETTERS = "123456789OND"
_CONTRACT_VALUE = 750_000  # rupees per lot of a share future: exchanges keep it at 5 to 10 lakh
_TICK = Decimal("0.05")


def index_chains(levels: Mapping[str, float], today: date, calendar: Calendar) -> list[Instrument]:
    """Futures and options on the indices with a known level. levels: by the index's symbol."""
    made: list[Instrument] = []
    for contract in INDEX_CONTRACTS.values():
        spot = levels.get(contract.index)
        if spot is None or spot <= 0:
            continue
        listed = expiries(contract, today, calendar, weeks=WEEKS, months=MONTHS)
        made += [_index_future(contract, e, spot) for e in listed if e.is_monthly]
        strikes = strikes_around(
            spot, contract.strike_step, each_way=int(spot * _STRIKE_RANGE / contract.strike_step)
        )
        made += [
            _option(contract, expiry, strike, kind)
            for expiry in listed
            for strike in strikes
            if strike < _MAX_STRIKES * contract.strike_step
            for kind in ("CE", "PE")
        ]
    return made


def share_futures(
    shares: Iterable[tuple[Instrument, float]], today: date, calendar: Calendar
) -> list[Instrument]:
    """Monthly futures on shares. shares: each with its last close."""
    priced = {share.tradingsymbol: (share, close) for share, close in shares if close > 0}
    numbers = numbers_for(priced, below=_SHARE_NUMBERS, purpose="share futures")
    return [
        _share_future(share, close, expiry, numbers[symbol])
        for symbol, (share, close) in priced.items()
        for expiry in monthly_expiries(today, calendar, months=MONTHS)
    ]


def _option(
    contract: IndexContract, expiry: Expiry, strike: Decimal, kind: OptionType
) -> Instrument:
    number = _index_number(contract, expiry, int(strike) // contract.strike_step, kind == "PE")
    return Instrument(
        exchange=contract.exchange,
        tradingsymbol=f"{contract.underlying}{_when(expiry)}{strike}{kind}",
        instrument_token=instrument_token(number, contract.exchange),
        exchange_token=number,
        name=contract.underlying,
        lot_size=contract.lot_on(expiry.day),
        tick_size=_TICK,
        freeze_quantity=contract.freeze_quantity,
        segment=f"{contract.exchange}-OPT",
        instrument_type=InstrumentType(kind),
        expiry=expiry.day,
        strike=strike,
        option_type=kind,
        underlying=contract.underlying,
    )


def _index_future(contract: IndexContract, expiry: Expiry, spot: float) -> Instrument:
    number = _index_number(contract, expiry, 0, is_put=False)
    # Index futures: 0.05 to a level of 15,000, 0.10 to 30,000, 0.20 above, since 2025-04-15.
    tick = "0.05" if spot <= 15_000 else "0.10" if spot <= 30_000 else "0.20"
    return Instrument(
        exchange=contract.exchange,
        tradingsymbol=f"{contract.underlying}{_month(expiry)}FUT",
        instrument_token=instrument_token(number, contract.exchange),
        exchange_token=number,
        name=contract.underlying,
        lot_size=contract.lot_on(expiry.day),
        tick_size=Decimal(tick),
        freeze_quantity=contract.freeze_quantity,
        segment=f"{contract.exchange}-FUT",
        instrument_type=InstrumentType.FUT,
        expiry=expiry.day,
        underlying=contract.underlying,
    )


def _share_future(share: Instrument, close: float, expiry: Expiry, number: int) -> Instrument:
    months = (expiry.rule_day.year - _EPOCH.year) * 12 + expiry.rule_day.month
    token = (months % _MONTHS) * _SHARE_NUMBERS + number
    return Instrument(
        exchange="NFO",
        tradingsymbol=f"{share.tradingsymbol}{_month(expiry)}FUT",
        instrument_token=instrument_token(token, "NFO"),
        exchange_token=token,
        name=share.tradingsymbol,
        lot_size=_lot(close),
        tick_size=share.tick_size,
        segment="NFO-FUT",
        instrument_type=InstrumentType.FUT,
        expiry=expiry.day,
        underlying=share.tradingsymbol,
    )


def _lot(close: float) -> int:
    wanted = _CONTRACT_VALUE / close
    step = 25 if wanted >= 100 else 5
    return max(step, round(wanted / step) * step)


def _index_number(contract: IndexContract, expiry: Expiry, strike: int, is_put: bool) -> int:
    week = (expiry.rule_day - _EPOCH).days // 7 % _WEEKS
    return ((contract.number * _WEEKS + week) * _MAX_STRIKES + strike) * 2 + is_put


def _when(expiry: Expiry) -> str:
    """The expiry in a symbol: 26106 for the weekly one of 6 January 2026, 26JAN for the monthly."""
    if expiry.is_monthly:
        return _month(expiry)
    return f"{expiry.day:%y}{_MONTH_LETTERS[expiry.day.month - 1]}{expiry.day:%d}"


def _month(expiry: Expiry) -> str:
    # A holiday can move the monthly expiry forward, but never into another month.
    return f"{expiry.day:%y%b}".upper()
