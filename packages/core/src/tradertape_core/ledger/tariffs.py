"""Brokers' tariffs by date, and the depository charge on a delivery sale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradertape_core.ledger.statutory import Segment

_NIL = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tariff:
    """One broker's brokerage for one segment from a date on. Rupees and fractions.

    Brokerage of an order = fixed, or the lower of rate x value and `cap`, at least `minimum`;
    never above `ceiling` x value. `demat` is the depository charge a scrip and day, GST inside;
    `demat_small` replaces it where the debit's value is below `demat_small_below`.
    """

    since: date
    source: str
    fixed: Decimal = _NIL
    rate: Decimal = _NIL
    cap: Decimal = _NIL
    minimum: Decimal = _NIL
    ceiling: Decimal = _NIL
    demat: Decimal = _NIL
    demat_small: Decimal = _NIL
    demat_small_below: Decimal = _NIL
    gst_on_sebi_fee: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChargeSchedule:
    """All that a trade costs with one broker in one segment, at any date."""

    name: str
    title: str
    segment: Segment
    tariffs: tuple[Tariff, ...]


_START = date(2010, 1, 1)
_D = Decimal
_ZERODHA = "zerodha.com/charges, read 2026"
_UPSTOX = "upstox.com/brokerage-charges, basic plan, read 2026"
_GROWW = "groww.in/pricing and help page, read 2026"
# SEBI (Stock Brokers) regulations and exchange bye-laws: brokerage at most 2.5% of the value.
_CEILING = _D("0.025")
_TODAY_BACK = "today's tariff taken for all earlier dates"


def _zerodha_demat() -> tuple[Tariff, ...]:
    """Zerodha's delivery: no brokerage, only the depository charge changed."""
    return (
        Tariff(_START, _ZERODHA, demat=_D("15.53"), note="13.50 + 15% service tax; best known"),
        Tariff(date(2017, 7, 1), _ZERODHA, demat=_D("15.93"), note="13.50 + 18%; best known"),
        Tariff(
            date(2024, 10, 1),
            _ZERODHA,
            demat=_D("15.34"),
            note="CDSL 3.50 + broker 9.50 + GST 2.34; women 15.04",
        ),
    )


def _one(source: str, **terms: Decimal | bool | str) -> tuple[Tariff, ...]:
    return (Tariff(since=_START, source=source, note=_TODAY_BACK, **terms),)  # pyright: ignore[reportArgumentType] - names are checked by the tests


_TWENTY = _D(20)
_GROWW_EQUITY = {
    "rate": _D("0.001"),
    "cap": _TWENTY,
    "minimum": _D(5),
    "ceiling": _CEILING,
}

SCHEDULES: dict[str, ChargeSchedule] = {
    schedule.name: schedule
    for schedule in (
        ChargeSchedule(
            "zerodha_equity_delivery", "Zerodha, equity delivery", "delivery", _zerodha_demat()
        ),
        ChargeSchedule(
            "zerodha_equity_intraday",
            "Zerodha, equity intraday",
            "intraday",
            _one(_ZERODHA, rate=_D("0.0003"), cap=_TWENTY),
        ),
        ChargeSchedule(
            "zerodha_equity_mtf",
            "Zerodha, margin trading facility",
            "delivery",
            _one(_ZERODHA, rate=_D("0.003"), cap=_TWENTY, demat=_D("15.34")),
        ),
        ChargeSchedule(
            "zerodha_futures",
            "Zerodha, futures",
            "futures",
            _one(_ZERODHA, rate=_D("0.0003"), cap=_TWENTY),
        ),
        ChargeSchedule(
            "zerodha_options", "Zerodha, options", "options", _one(_ZERODHA, fixed=_TWENTY)
        ),
        ChargeSchedule(
            "upstox_equity_delivery",
            "Upstox, equity delivery",
            "delivery",
            _one(
                _UPSTOX,
                fixed=_TWENTY,
                ceiling=_CEILING,
                demat=_D("23.60"),
                gst_on_sebi_fee=False,
            ),
        ),
        ChargeSchedule(
            "upstox_equity_intraday",
            "Upstox, equity intraday",
            "intraday",
            _one(_UPSTOX, rate=_D("0.001"), cap=_TWENTY, gst_on_sebi_fee=False),
        ),
        ChargeSchedule(
            "upstox_futures",
            "Upstox, futures",
            "futures",
            _one(_UPSTOX, rate=_D("0.0005"), cap=_TWENTY, gst_on_sebi_fee=False),
        ),
        ChargeSchedule(
            "upstox_options",
            "Upstox, options",
            "options",
            _one(_UPSTOX, fixed=_TWENTY, gst_on_sebi_fee=False),
        ),
        ChargeSchedule(
            "groww_equity_delivery",
            "Groww, equity delivery",
            "delivery",
            _one(
                _GROWW,
                **_GROWW_EQUITY,
                demat=_D("23.60"),
                demat_small=_D("4.13"),
                demat_small_below=_D(100),
            ),
        ),
        ChargeSchedule(
            "groww_equity_intraday",
            "Groww, equity intraday",
            "intraday",
            _one(_GROWW, **_GROWW_EQUITY),
        ),
        ChargeSchedule("groww_futures", "Groww, futures", "futures", _one(_GROWW, fixed=_TWENTY)),
        ChargeSchedule("groww_options", "Groww, options", "options", _one(_GROWW, fixed=_TWENTY)),
        ChargeSchedule("none", "No charges", "delivery", ()),
    )
}


def tariff_on(tariffs: Sequence[Tariff], day: date) -> Tariff:
    """Return the tariff in force on `day`; the first where `day` is older than all."""
    found = tariffs[0]
    for tariff in tariffs:
        if tariff.since <= day:
            found = tariff
    return found
