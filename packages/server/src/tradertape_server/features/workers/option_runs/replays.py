"""Replays an option run's protection on a path of prices, given or recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.market.candle import Interval
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.reading import Fields
from tradertape_core.risk.option_protection import (
    EnteredLeg,
    OptionProtection,
    backend_protection,
    base_of,
    net_premium,
    protection_before_entry,
    read_option_protection,
    units,
)
from tradertape_core.risk.protection_decision import Trigger
from tradertape_core.risk.protection_document import (
    BackendProtection,
    Basis,
    protection_document,
)
from tradertape_core.risk.protection_replay import Moment, Replay, Step, replay
from tradertape_core.risk.protection_state import ProtectionState, arm
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.option_runs.documents import OptionRun, entered
from tradertape_server.features.workers.option_runs.schemas import ReplayIn
from tradertape_server.platform.errors import Conflict
from tradertape_server.platform.http.routing import in_ist

Json = dict[str, Any]
MOST_CANDLES = 600
_TIMES = ("at", "ts", "timestamp")
_METRICS = ("pnl_pct", "pnl", "combined_premium")
_UNREAD = Decimal(1)  # the entry price of a leg where only percentages are replayed
_A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Path:
    """The entered legs of a replay, and where its prices come from."""

    legs: list[EnteredLeg]
    is_assumed: bool  # not entered: the first prices of the path are taken as the entry's
    source: str  # given, recorded
    is_priced: bool = True  # otherwise every snapshot gives its profit in percent

    def backend_protection(self, rules: OptionProtection) -> BackendProtection:
        """The rules at the entry prices, or those that need none. Raises InvalidDocument."""
        if self.is_priced:
            return backend_protection(rules, self.legs)
        return protection_before_entry(rules)

    def armed(self, rules: OptionProtection, now: datetime) -> ProtectionState:
        """The state at the start of the path. Raises InvalidDocument, InvalidInput."""
        protection = self.backend_protection(rules)
        if not self.is_priced:  # the legs are those that an exit covers; no price of theirs is read
            positions = backend_protection(rules, self.legs).positions
            protection = replace(protection, positions=positions)
        names = [one.symbol or "" for one in protection.positions]
        return arm(ProtectionState(), protection, instruments=names, now=now)


class OptionReplays:
    """Says what a protection would have done; changes nothing."""

    def __init__(self, execution: ExecutionService, feed: Feed) -> None:
        self._execution = execution
        self._feed = feed

    def replay(self, run: WorkerRun, option_run: OptionRun, asked: ReplayIn) -> Json:
        """Replay the protection on a path. Raises InvalidDocument, Conflict without a path."""
        document = asked.protection or option_run.protection
        if document is None:
            raise Conflict(
                "The run has no protection: give one in the request.", code="no_protection"
            )
        rules = read_option_protection(document, option_run.leg_ids)
        start = self._start(option_run)
        if asked.metric_snapshots:
            given = _Given(option_run, asked.metric_snapshots, start)
            path = _given_path(option_run, given)
            moments = given.moments(path, rules.basis)
        else:
            path = Path(option_run.entered_legs, is_assumed=False, source="recorded")
            moments = self._recorded(run, option_run, start)
        found = replay(path.armed(rules, start), moments)
        return {
            "strategy_run_id": run.public_id,
            "source": path.source,
            "entry_is_assumed": path.is_assumed,
            "protection": document,
            "backend_protection": protection_document(path.backend_protection(rules)),
            **_answer(found, path, rules.basis, len(moments)),
        }

    def _start(self, option_run: OptionRun) -> datetime:
        return self._execution.clock.now() if option_run.entry is None else option_run.entry.at

    def _recorded(self, run: WorkerRun, option_run: OptionRun, start: datetime) -> list[Moment]:
        """Minute closes since the entry, of the legs that were entered."""
        if not option_run.entered_legs:
            message = "The run was not entered, so no path is recorded: give metric_snapshots."
            raise Conflict(message, code="no_recorded_path")
        end = run.closed_at or self._execution.clock.now()
        prices: dict[datetime, dict[str, Decimal]] = {}
        for leg in option_run.entered_legs:
            instrument = self._execution.market.instrument(leg.instrument)
            for at, price in self._closes(instrument):
                if start < at <= end:
                    prices.setdefault(at, {})[leg.instrument] = price
        first = {leg.instrument: leg.entry_price for leg in option_run.entered_legs}
        return [
            Moment(at=start, prices=first),
            *(Moment(at=at, prices=prices[at]) for at in sorted(prices)),
        ]

    def _closes(self, instrument: Instrument | None) -> list[tuple[datetime, Decimal]]:
        if instrument is None:
            return []
        candles = self._feed.candles(instrument, Interval.MINUTE, count=MOST_CANDLES)
        return [
            (one.start + timedelta(minutes=1), Decimal(str(one.close)))
            for one in candles
            if one.is_complete
        ]


def _given_path(option_run: OptionRun, given: _Given) -> Path:
    """The legs as they were entered, as the path enters them, or without prices."""
    if option_run.entered_legs:
        return Path(option_run.entered_legs, is_assumed=False, source="given")
    legs = given.entry()
    if legs is not None:
        return Path(legs, is_assumed=True, source="given")
    legs = [entered(leg, leg.quantity, _UNREAD) for leg in option_run.legs]
    return Path(legs, is_assumed=True, source="given", is_priced=False)


class _Given:
    """Snapshots of the request: prices of legs, or a profit of the whole."""

    def __init__(
        self, option_run: OptionRun, snapshots: Sequence[Mapping[str, Any]], start: datetime
    ) -> None:
        self._legs = option_run.legs
        self._names = {
            name: leg.instrument
            for leg in option_run.legs
            for name in (
                leg.leg_id,
                leg.instrument,
                leg.instrument.partition(":")[2],
                str(leg.instrument_token),
            )
        }
        self._problems: list[Problem] = []
        self._fields = [
            Fields(snapshot, f"/metric_snapshots/{index}", self._problems)
            for index, snapshot in enumerate(snapshots)
        ]
        self._start = start

    def entry(self) -> list[EnteredLeg] | None:
        """The legs as if entered at the first prices; None where all give a `pnl_pct` alone.

        Snapshots before these prices may have a `pnl_pct`. Raises InvalidDocument.
        """
        for fields in self._fields:
            first = self._prices(fields)
            missing = [leg.leg_id for leg in self._legs if leg.instrument not in first]
            if not missing:
                return [entered(leg, leg.quantity, first[leg.instrument]) for leg in self._legs]
            if first or fields.number("pnl_pct") is None:
                names = ", ".join(missing)
                message = f"the run is not entered: give prices of {names} first, or pnl_pct"
                fields.fail("prices", message)
                raise InvalidDocument(self._problems)
        return None

    def moments(self, path: Path, basis: Basis) -> list[Moment]:
        """All snapshots, in order. Raises InvalidDocument that names every invalid one."""
        found: list[Moment] = []
        for fields in self._fields:
            after = found[-1].at + _A_SECOND if found else self._start
            at = self._at(fields) or after
            if found and at < found[-1].at:
                fields.fail("at", "is earlier than the snapshot before it")
            found.append(self._moment(fields, at, path.legs, basis))
        if self._problems:
            raise InvalidDocument(self._problems)
        return found

    def _moment(
        self, fields: Fields, at: datetime, legs: Sequence[EnteredLeg], basis: Basis
    ) -> Moment:
        prices = self._prices(fields)
        profit = None if prices else _profit_pct(fields, legs, basis)
        age = fields.number("worker_age_sec")
        if not prices and profit is None and age is None and not fields.problems:
            fields.fail("prices", f"needs prices of legs, or one of {', '.join(_METRICS)}")
        return Moment(
            at=at,
            prices=prices,
            profit_pct=profit,
            worker_age_s=None if age is None else float(age),
        )

    def _at(self, fields: Fields) -> datetime | None:
        name = next((one for one in _TIMES if fields.has(one)), None)
        if name is None:
            return None
        try:
            at = datetime.fromisoformat(fields.text(name))
        except ValueError:
            fields.fail(name, "must be an ISO 8601 time such as 2026-01-05T10:15:00+05:30")
            return None
        return at if at.tzinfo is not None else at.replace(tzinfo=IST)

    def _prices(self, fields: Fields) -> dict[str, Decimal]:
        given = fields.source.get("prices")
        if given is None:
            return {}
        if not isinstance(given, Mapping):
            fields.fail("prices", "must be an object of prices by leg_id, symbol or token")
            return {}
        inner = Fields(given, f"{fields.at}/prices", fields.problems)
        found: dict[str, Decimal] = {}
        for name in given:
            instrument, price = self._names.get(str(name)), inner.price(name)
            if instrument is None:
                inner.fail(
                    name, f"is not a leg of this run: {', '.join(o.leg_id for o in self._legs)}"
                )
            elif price:
                found[instrument] = price
        return found


def _profit_pct(fields: Fields, legs: Sequence[EnteredLeg], basis: Basis) -> Decimal | None:
    """The profit of a snapshot, in percent of the basis; None where it has none."""
    pct, rupees = fields.number("pnl_pct"), fields.number("pnl")
    premium = fields.number("combined_premium")
    base = base_of(legs, basis)
    if pct is not None:
        return pct
    if rupees is None and premium is not None:
        net = net_premium(legs)
        rise = (premium - abs(net) / units(legs)) * units(legs)
        rupees = rise if net > 0 else -rise
    return rupees * 100 / base if rupees is not None and base else None


def _answer(found: Replay, path: Path, basis: Basis, given: int) -> Json:
    base = base_of(path.legs, basis) if path.is_priced else None
    fired = [_fired(step, trigger, base) for step in found.fired for trigger in step.triggers]
    return {
        "would_have_fired": bool(fired),
        "first": fired[0] if fired else None,
        "triggers": fired,
        "snapshots": given,
        "evaluated": len(found.steps),
        "basis": basis.value,
        "base": _float(base),
        "steps": [_step(step, base) for step in found.steps],
    }


def _fired(step: Step, trigger: Trigger, base: Decimal | None) -> Json:
    return {
        "index": step.index,
        "at": in_ist(step.at),
        "rule": trigger.rule.value,
        "scope": trigger.claim.scope,
        "reason": trigger.message,
        **_profit(step, base),
        "exits": [
            {
                "instrument": one.instrument,
                "transaction_type": one.side.value,
                "quantity": one.quantity,
                "price": _float(step.exit_prices.get(one.instrument)),
            }
            for one in trigger.exits
        ],
    }


def _step(step: Step, base: Decimal | None) -> Json:
    return {
        "index": step.index,
        "at": in_ist(step.at),
        **_profit(step, base),
        "peak_pct": _float(step.peak_pct),
        "fired": [trigger.rule.value for trigger in step.triggers],
    }


def _profit(step: Step, base: Decimal | None) -> Json:
    pct = step.profit_pct
    return {
        "pnl_pct": None if pct is None else round(float(pct), 4),
        "pnl": None if pct is None or base is None else round(float(pct * base / 100), 2),
    }


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
