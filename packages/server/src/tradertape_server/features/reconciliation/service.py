"""Use cases of reconciliation: read the brokers, compare, keep the report. Nothing is corrected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.ledger.position import Position
from tradertape_core.orders.order import Order
from tradertape_core.portfolio.reconciliation import Cause, Finding, UploadedTrade, find_cause
from tradertape_server.features.brokerage.accounts import Connected
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.trading_accounts import BROKER
from tradertape_server.features.holdings.service import HoldingsService
from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.notifications.publishing import Notice
from tradertape_server.features.reconciliation import repository
from tradertape_server.features.reconciliation.adopted import Adopted
from tradertape_server.features.reconciliation.models import IgnoredDifference
from tradertape_server.features.reconciliation.notices import notices_of
from tradertape_server.features.reconciliation.reading import (
    Place,
    Ratio,
    Rows,
    by_account,
    places,
)
from tradertape_server.features.reconciliation.schemas import (
    AccountReportOut,
    BrokerDetailOut,
    CorrectionAction,
    DifferenceOut,
    ExternalTradeOut,
    IgnoreIn,
    OwnerOut,
    ReconciliationOut,
    ReconciliationSummaryOut,
    SuggestionOut,
)
from tradertape_server.features.reconciliation.uploaded import UploadedTrades, Uploads
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError, NotFound

CYCLES = 2  # readings that must show a difference before it is reported as drift
APART = timedelta(seconds=30)  # of two readings that count: an impatient click is none
_HIGH, _MEDIUM = Decimal(100_000), Decimal(10_000)  # rupees
_HARMLESS = frozenset({Cause.BROKER_LAG, Cause.UNSETTLED_T1, Cause.PRE_EXISTING})
State = Literal["ok", "drift", "stale", "broker_unavailable"]
_SOLD_ELSEWHERE = frozenset({Cause.MANUAL_SELL, Cause.EXTERNAL_TRADE, Cause.UNKNOWN})
_WORST: Final[tuple[State, ...]] = ("broker_unavailable", "stale", "drift", "ok")
_ACTIONS_OF_DAYS = timedelta(days=60)


Tell = Callable[[Notice], None]


def _nobody(_notice: Notice) -> None:
    """Where differences are told to nobody."""


class ReconciliationService:
    """Compares a person's books with what their brokers hold."""

    def __init__(
        self, database: Database, clock: Clock, execution: ExecutionService,
        connections: Connections, holdings: HoldingsService, facts: CorporateFacts,
        uploads: Uploads, tell: Tell = _nobody,
    ) -> None:  # fmt: skip
        self._database = database
        self._clock = clock
        self._execution = execution
        self._connections = connections
        self._holdings = holdings
        self._facts = facts
        self._tell = tell
        self.adopted = Adopted(database, clock, facts)
        self._uploaded = UploadedTrades(uploads, execution, self.adopted)

    def last(self, user_id: int) -> ReconciliationOut:
        """The last report, with what is ignored now."""
        with self._database.read() as session:
            row = repository.report(session, user_id)
            ignored = repository.ignored(session, user_id)
            document = None if row is None else row.document
        if document is None:
            return _report(None, [], [])
        kept = ReconciliationOut.model_validate(document)
        return _report(kept.checked_at, kept.accounts, self._marked(kept.items, ignored))

    def check(self, user_id: int) -> ReconciliationOut:
        """Read the brokers anew, compare, and keep the report.

        Raises NotConnected where no broker is connected.
        """
        now, before = self._clock.now(), self.last(user_id)
        accounts: list[AccountReportOut] = []
        items: list[DifferenceOut] = []
        for one in self._connected(user_id):
            account, found = self._account(user_id, one, before, now)
            accounts.append(account)
            items += found
        with self._database.write() as session:
            ignored = repository.ignored(session, user_id)
            report = _report(now, accounts, self._marked(items, ignored))
            repository.keep(session, user_id, now, report.model_dump(mode="json"))
        for notice in notices_of(user_id, report):
            self._tell(notice)
        return report

    def ignore(self, user_id: int, wanted: IgnoreIn) -> ReconciliationOut:
        """Leave a difference out of the counts, and say until when."""
        now = self._clock.now()
        until = None if wanted.days is None else now + timedelta(days=wanted.days)
        row = IgnoredDifference(
            user_id=user_id, scope=wanted.account_scope, instrument=wanted.instrument,
            difference=wanted.difference, until=until, note=wanted.note, created_at=now,
        )  # fmt: skip
        with self._database.write() as session:
            repository.ignore(session, row)
        return self.last(user_id)

    def report_again(self, user_id: int, scope: str, instrument: str) -> ReconciliationOut:
        """Undo `ignore`. Raises NotFound where it is not ignored."""
        with self._database.write() as session:
            if not repository.stop(session, user_id, scope, instrument):
                raise NotFound("Ignored difference")
        return self.last(user_id)

    def connected_users(self) -> set[int]:
        """Ids of people with a broker connected."""
        return {one.account.user_id for one in self._connections.all()}

    def is_still_uploaded(self, user_id: int, item: DifferenceOut) -> bool:
        """Whether the trades that a difference was shown with are uploaded, and not taken yet."""
        scope, names = item.account_scope, {item.instrument: item.isin}
        found = self._uploaded.of(user_id, scope, self._account_id(user_id, scope), names)
        known = {one.key for one in found.get(item.instrument, ())}
        return all(one.key in known for one in item.trades)

    # --- inside -------------------------------------------------------------------------------

    def _connected(self, user_id: int) -> Sequence[Connected]:
        found = self._connections.of_user(user_id)
        if not found:
            self._holdings.holdings(user_id, None)  # raises, with where to sign in
        return sorted(found, key=lambda one: one.account.scope)

    def _account(
        self, user_id: int, one: Connected, before: ReconciliationOut, now: datetime
    ) -> tuple[AccountReportOut, list[DifferenceOut]]:
        scope, broker = one.account.scope, one.account.broker
        counts = before.checked_at is None or now - before.checked_at >= APART
        try:
            rows = self._rows(user_id, broker, scope)
        except ApiError as error:
            return _unread(scope, "broker_unavailable", before, error.detail, None)
        if rows.is_stale:  # an old reading shows nothing new
            return _unread(scope, "stale", before, None, rows.read_at)
        account_id = self._account_id(user_id, scope)
        positions, orders = self._own(account_id, rows)
        found = places(
            rows, positions, orders, self._isin_of,
            lambda name, held: self._ratios(name, held, now), now,
            self.adopted.of(user_id, scope),
            {o.instrument: o.from_before for o in before.items if o.account_scope == scope},
        )  # fmt: skip
        items = [
            _difference(scope, place, finding, _seen(before, scope, place, finding), now, counts)
            for place in map(self._priced, self._with_uploads(user_id, scope, account_id, found))
            if (finding := find_cause(place.ours, place.broker, place.known, now)).cause
        ]
        is_drift = any(item.status == "drift" for item in items)
        account = AccountReportOut(
            account_scope=scope, status="drift" if is_drift else "ok", instruments=len(found),
            reason=None,
            read_at=rows.read_at,
        )  # fmt: skip
        return account, items

    def _priced(self, place: Place) -> Place:
        """With a price of ours where the broker has no row of it: what is missing is worth that."""
        if place.price:
            return place
        tick = self._execution.market.tick(place.instrument)
        return replace(place, price=place.ours.average_price if tick is None else tick.last_price)

    def _rows(self, user_id: int, broker: str, scope: str) -> Rows:
        holdings = self._holdings.holdings(user_id, broker, refresh=True)
        positions = self._holdings.positions(user_id, broker, refresh=True)
        orders = self._holdings.orders(user_id, broker, refresh=True)
        found = by_account(holdings.rows, positions.rows, orders.rows)
        return found.get(scope, Rows())

    def _account_id(self, user_id: int, scope: str) -> int | None:
        known = {one.scope: one for one in self._execution.accounts(user_id) if one.kind == BROKER}
        account = known.get(scope)
        return None if account is None else account.id

    def _own(
        self, account_id: int | None, rows: Rows
    ) -> tuple[list[Position], dict[str, Order]]:  # fmt: skip
        if account_id is None:
            return [], {}
        names = {row.our_order_id for row in rows.orders if row.our_order_id}
        orders = self._execution.orders_by_id(names)
        return self._execution.positions(account_id=account_id), orders

    def _with_uploads(
        self, user_id: int, scope: str, account_id: int | None, found: Sequence[Place]
    ) -> list[Place]:
        """What differs, with the uploaded trades of it."""
        differ = [one for one in found if one.ours.quantity != one.broker.quantity]
        names = {one.instrument: one.isin for one in differ}
        trades = self._uploaded.of(user_id, scope, account_id, names)
        return [
            replace(one, known=replace(one.known, uploaded=trades.get(one.instrument, ())))
            for one in differ
        ]

    def _isin_of(self, name: str) -> str:
        instrument = self._execution.market.instrument(name)
        return "" if instrument is None else instrument.isin

    def _ratios(self, name: str, held: Sequence[Position], now: datetime) -> tuple[Ratio, ...]:
        """Splits and bonuses of the last weeks that our position has not been through."""
        symbol, today = name.partition(":")[2], now.astimezone(IST).date()
        been_through = {action for one in held for action in one.actions}
        return tuple(
            (
                Decimal(one.new) / Decimal(one.old),
                f"{one.kind} {one.new}:{one.old}, ex-date {one.ex_date}",
            )
            for one in self._facts.rescalings({symbol}, today)
            if one.action_id not in been_through and today - one.ex_date <= _ACTIONS_OF_DAYS
        )

    def _marked(
        self, items: Sequence[DifferenceOut], ignored: Sequence[IgnoredDifference]
    ) -> list[DifferenceOut]:
        now = self._clock.now()
        rules = {
            (row.scope, row.instrument): row
            for row in ignored
            if row.until is None or row.until > now
        }
        found: list[DifferenceOut] = []
        for item in items:
            rule = rules.get((item.account_scope, item.instrument))
            # Another difference than the one that was looked at is reported.
            applies = rule is not None and rule.difference in (None, item.difference)
            until = rule.until if rule is not None and applies else None
            found.append(item.model_copy(update={"ignored": applies, "ignored_until": until}))
        return found


def _seen(
    before: ReconciliationOut, scope: str, place: Place, finding: Finding
) -> DifferenceOut | None:
    """The same difference in the report before."""
    key = scope, place.instrument, finding.difference
    same = (o for o in before.items if (o.account_scope, o.instrument, o.difference) == key)
    return next(same, None)


def _difference(
    scope: str, place: Place, finding: Finding, seen: DifferenceOut | None, now: datetime,
    counts: bool,
) -> DifferenceOut:  # fmt: skip
    broker, cycles = place.broker, 1 if seen is None else seen.age_cycles + counts
    traded = finding.traded_at
    risk = abs(finding.difference) * place.price
    return DifferenceOut(
        account_scope=scope,
        instrument=place.instrument,
        isin=place.isin,
        our_quantity=place.ours.quantity,
        broker_quantity=broker.quantity,
        difference=finding.difference,
        broker_detail=BrokerDetailOut(
            holdings=broker.holding, t1=broker.t1, positions=broker.position,
            pledged=broker.pledged, mtf=broker.funded,
        ),
        owners=[OwnerOut(owner=owner, quantity=units) for owner, units in place.ours.by_owner],
        from_before=_from_before(place, finding),
        can_correct=_correction(finding, cycles),
        can_apply_action=cycles >= CYCLES and finding.cause is Cause.CORPORATE_ACTION,
        can_import_tradebook=finding.lacks_trades,
        can_buy_back=cycles >= CYCLES and _is_sold_elsewhere(place, finding),
        trades=[_trade(one) for one in finding.trades],
        traded_price=None if traded is None else float(traded[0]),
        traded_on=None if traded is None else traded[1],
        classification=(finding.cause or Cause.UNKNOWN).value,
        confidence=finding.confidence,
        evidence=list(finding.evidence),
        suggested=SuggestionOut(
            action=finding.suggested.value,
            ratio=None if finding.ratio is None else float(finding.ratio),
        ),
        severity=_severity(finding, risk),
        status="drift" if cycles >= CYCLES else "new",
        first_seen=now if seen is None else seen.first_seen,
        age_cycles=cycles,
        value_at_risk=round(float(risk), 2),
        ignored=False,
        ignored_until=None,
    )  # fmt: skip


def _correction(finding: Finding, cycles: int) -> CorrectionAction | None:
    """What may be done once a difference has lasted; nothing while the broker may follow."""
    if cycles < CYCLES or finding.cause is Cause.BROKER_LAG:
        return None
    return "adopt" if finding.difference > 0 else "write_off"


def _from_before(place: Place, finding: Finding) -> int:
    """What the next comparison may take as from before us: no more than what is there now."""
    if finding.cause is Cause.PRE_EXISTING:
        return finding.difference
    return max(min(place.known.from_before, place.broker.quantity), 0)


def _trade(one: UploadedTrade) -> ExternalTradeOut:
    return ExternalTradeOut(
        key=one.key, traded_on=one.on, side="BUY" if one.units > 0 else "SELL",
        quantity=abs(one.units), price=round(float(one.price), 4),
    )  # fmt: skip


def _is_sold_elsewhere(place: Place, finding: Finding) -> bool:
    """Whether shares are missing that no order of ours, and nothing that lags, explains."""
    is_shares = place.instrument.startswith(("NSE:", "BSE:"))
    return is_shares and finding.difference < 0 and finding.cause in _SOLD_ELSEWHERE


def _severity(finding: Finding, risk: Decimal) -> Literal["low", "medium", "high"]:
    if finding.cause in _HARMLESS:
        return "low"
    return "high" if risk >= _HIGH else "medium" if risk >= _MEDIUM else "low"


def _unread(
    scope: str, status: State, before: ReconciliationOut, reason: str | None, at: datetime | None
) -> tuple[AccountReportOut, list[DifferenceOut]]:
    """An account that was not read now keeps what was found of it."""
    known = next((one for one in before.accounts if one.account_scope == scope), None)
    account = AccountReportOut(
        account_scope=scope, status=status, reason=reason, read_at=at,
        instruments=0 if known is None else known.instruments,
    )  # fmt: skip
    return account, [item for item in before.items if item.account_scope == scope]


def _report(
    at: datetime | None, accounts: Sequence[AccountReportOut], items: Sequence[DifferenceOut]
) -> ReconciliationOut:
    shown = [item for item in items if not item.ignored]
    drift = [item for item in shown if item.status == "drift"]
    states = [_state(one, drift) for one in accounts]
    ranks = [_WORST.index(one.status) for one in states]
    worst = _WORST[min(ranks, default=len(_WORST) - 1)]
    instruments = sum(one.instruments for one in states)
    return ReconciliationOut(
        checked_at=at,
        status="not_checked" if at is None else worst,
        summary=ReconciliationSummaryOut(
            instruments=instruments,
            ok=max(instruments - len(items), 0),
            drift=len(drift),
            new=len(shown) - len(drift),
            ignored=len(items) - len(shown),
            value_at_risk=round(sum(item.value_at_risk for item in drift), 2),
        ),
        accounts=states,
        items=sorted(items, key=lambda one: (one.ignored, -one.value_at_risk)),
    )


def _state(account: AccountReportOut, drift: Sequence[DifferenceOut]) -> AccountReportOut:
    """The account's state without what is ignored."""
    if account.status not in ("ok", "drift"):
        return account
    has_drift = any(item.account_scope == account.account_scope for item in drift)
    return account.model_copy(update={"status": "drift" if has_drift else "ok"})
