"""Use cases of trading by hand: the same engine, keys and accounts as those of runs and GTTs."""

from __future__ import annotations

from typing import Any

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidDocument, InvalidInput, Problem
from tradertape_core.kernel.format import grouped
from tradertape_core.orders.order import Product
from tradertape_server.features.execution.live_accounts import Blocked, LiveAccounts
from tradertape_server.features.execution.orders.idempotency import LONGEST_KEY, header_key
from tradertape_server.features.execution.orders.run_ref import BY_HAND, RunRef
from tradertape_server.features.execution.orders.views import public_run_id
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.trading_accounts import PAPER, TradingAccount
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.trading import preferred, views
from tradertape_server.features.trading.converting import Conversions
from tradertape_server.features.trading.errors import AccountBlocked, OfARun
from tradertape_server.features.trading.schemas import (
    BlockedOut,
    ChangeIn,
    ConvertIn,
    ExitPositionsIn,
    ExitPositionsOut,
    FundsOut,
    HandOrderOut,
    HandPositionOut,
    PreferredIn,
    PreferredOut,
    PreviewOut,
    TicketAccountOut,
    TicketIn,
)

Json = dict[str, Any]


class TradingService:
    """Orders, positions and funds over all trading accounts of a person."""

    def __init__(
        self,
        execution: ExecutionService,
        live: LiveAccounts,
        instruments: InstrumentService,
        clock: Clock,
    ) -> None:
        self._execution = execution
        self._live = live
        self._instruments = instruments
        self._clock = clock

    # --- what there is ------------------------------------------------------------------------

    def accounts(self, user_id: int) -> list[TicketAccountOut]:
        """A person's accounts, paper accounts first, each with its funds.

        Accounts at connected brokers are among them before their first order.
        """
        known = {one.scope: one for one in self._execution.accounts(user_id)}
        scopes = sorted(known, key=lambda scope: (known[scope].kind != PAPER, known[scope].id))
        connected = [one.account.scope for one in self._live.connections.of_user(user_id)]
        scopes += [scope for scope in connected if scope not in known]
        return [self._account_out(user_id, scope, known.get(scope)) for scope in scopes]

    def preferred(self, user_id: int) -> PreferredOut:
        """The accounts that a new order begins with; of those that are no more, none."""
        with self._execution.database.read() as session:
            found = preferred.preferred(session, user_id)
        known = {one.scope for one in self.accounts(user_id)}
        scopes = {segment: scope if scope in known else None for segment, scope in found.items()}
        return PreferredOut(equity=scopes.get("equity"), derivatives=scopes.get("derivatives"))

    def prefer(self, user_id: int, wanted: PreferredIn) -> PreferredOut:
        """Choose them. Raises InvalidDocument for an account that the person does not have."""
        known, given = {one.scope for one in self.accounts(user_id)}, wanted.model_dump()
        unknown = [name for name, scope in given.items() if scope and scope not in known]
        if unknown:
            words = f"is no account of yours; you have {', '.join(sorted(known))}"
            raise InvalidDocument([Problem(f"/{name}", words) for name in unknown])
        with self._execution.database.write() as session:
            preferred.prefer(session, user_id, given)
        return self.preferred(user_id)

    def orders(
        self, user_id: int, *, open_only: bool, before: str | None, limit: int
    ) -> list[HandOrderOut]:
        """Orders over all accounts, newest first, whoever placed them."""
        found = self._execution.orders_of_user(
            user_id, open_only=open_only, before=before, limit=limit
        )
        return [views.order_out(order, account) for order, account in found]

    def positions(self, user_id: int) -> list[HandPositionOut]:
        """Open positions over all accounts, by instrument."""
        now, market = self._clock.now(), self._execution.market
        traded = self._execution.traded_market
        return [
            views.position_out(
                position,
                account,
                market.tick(position.key.instrument) if account.market in (None, traded) else None,
                now,
            )
            for position, account in self._execution.positions_of_user(user_id)
        ]

    # --- orders -------------------------------------------------------------------------------

    def preview(self, user_id: int, ticket: TicketIn) -> PreviewOut:
        """The margin and charges of an order, and what would refuse it. Nothing is placed.

        Raises InvalidDocument at the fields that break a rule, UnknownAccount.
        """
        instrument = self._instrument(ticket)
        account = self._tradable(user_id, ticket.account_scope)
        found = self._execution.preview(_ref(account), _document(ticket, instrument))
        blocked = [
            {"code": one.code, "message": one.words, "severity": "error"}
            for one in self._why_not(user_id, account)
        ]
        funds = self._funds(account)
        tick = self._execution.market.tick(instrument)
        return views.preview_out(found, tick, ticket.quantity, funds, blocked)

    def place(self, user_id: int, ticket: TicketIn, key: str) -> HandOrderOut:
        """Place an order, once for its key.

        Raises InvalidDocument, OrderDenied, AccountBlocked, UnknownAccount, KeyReused, InProgress.
        """
        document = _document(ticket, self._instrument(ticket))
        account = self._tradable(user_id, ticket.account_scope)
        self._demand(user_id, account)
        reply = self._execution.place(_ref(account), document, key=_key_of(user_id, key))
        return self._shown(user_id, reply.document["order_id"])

    def change(self, user_id: int, order_id: str, change: ChangeIn, key: str) -> HandOrderOut:
        """Change an open order that was placed by hand or by a GTT, once for its key.

        Raises NotFound, OfARun, InvalidDocument, OrderDenied, Conflict, KeyReused.
        """
        order, account = self._execution.order_of_user(user_id, order_id)
        if order.run_id is not None:
            raise OfARun(public_run_id(order.run_id))
        self._demand(user_id, account)
        patch = change.model_dump(exclude_none=True)
        if not patch:
            raise InvalidInput("nothing to change: give a quantity, a price or a type")
        name = _key_of(user_id, key)
        self._execution.modify_once(BY_HAND, order_id, patch, key=name)
        return self._shown(user_id, order_id)

    def cancel(self, user_id: int, order_id: str, key: str) -> HandOrderOut:
        """Cancel an open order, a run's too. Raises NotFound, Conflict when it is over."""
        order, _ = self._execution.order_of_user(user_id, order_id)
        name = _key_of(user_id, key)
        self._execution.cancel_once(order.run_id or BY_HAND, order_id, key=name)
        return self._shown(user_id, order_id)

    def settle(self, user_id: int, order_id: str) -> HandOrderOut:
        """Record a person's word that an order in doubt was never placed, a run's too.

        Raises NotFound, Conflict when it is not in doubt.
        """
        order, _ = self._execution.order_of_user(user_id, order_id)
        self._execution.settle_by_hand(order.run_id or BY_HAND, order_id)
        return self._shown(user_id, order_id)

    # --- positions ----------------------------------------------------------------------------

    def exit(self, user_id: int, wanted: ExitPositionsIn, key: str) -> ExitPositionsOut:
        """Close positions that belong to no run, after cancelling the open orders on them.

        Raises UnknownAccount, InvalidInput when there is nothing to close.
        """
        account = self._execution.account(user_id, wanted.account_scope)
        product = None if wanted.product is None else Product(wanted.product)
        plan = self._execution.exit_run(
            _ref(account), dry_run=True, product=product, instrument=wanted.instrument
        ).document
        out = ExitPositionsOut(
            account_scope=account.scope,
            status="dry_run",
            orders=[],
            cancel=list(plan["cancel"]),
            close=[_in_words(one) for one in plan["close"]],
            not_at_broker=[_missing_words(one) for one in plan.get("not_at_broker", ())],
        )
        if wanted.dry_run:
            return out
        done = self._execution.exit_run(
            _ref(account), key=_key_of(user_id, key), reason="exited by hand",
            product=product, instrument=wanted.instrument,
        ).document  # fmt: skip
        orders = [one["order_id"] for one in done.get("orders", ())]
        return out.model_copy(update={"status": done["status"], "orders": orders})

    def convert(self, user_id: int, wanted: ConvertIn, key: str) -> list[HandPositionOut]:
        """Convert units of a position that belongs to no run, once for a key; the positions after.

        Raises UnknownAccount, AccountBlocked, InvalidInput, Conflict, Unavailable.
        """
        account = self._execution.account(user_id, wanted.account_scope)
        self._demand(user_id, account)
        conversions = Conversions(self._execution, self._live, self._clock)
        conversions.convert(user_id, account, wanted, _key_of(user_id, key))
        return self.positions(user_id)

    # --- inside -------------------------------------------------------------------------------

    def _tradable(self, user_id: int, scope: str) -> TradingAccount:
        """The account of a scope; that of a connected broker is made on first use."""
        connected = self._live.connected(user_id, scope)
        if connected is None:
            return self._execution.account(user_id, scope)
        opened = self._live.open(connected.account)
        return self._execution.account(user_id, scope) if opened is None else opened

    def _demand(self, user_id: int, account: TradingAccount) -> None:
        reasons = () if account.kind == PAPER else self._live.demand(user_id, account.scope)
        if reasons:
            raise AccountBlocked(reasons)

    def _why_not(self, user_id: int, account: TradingAccount) -> list[Blocked]:
        return [] if account.kind == PAPER else list(self._live.why_not(user_id, account.scope))

    def _instrument(self, ticket: TicketIn) -> str:
        return self._instruments.get(ticket.instrument).id

    def _shown(self, user_id: int, order_id: str) -> HandOrderOut:
        return views.order_out(*self._execution.order_of_user(user_id, order_id))

    def _funds(self, account: TradingAccount) -> FundsOut | None:
        if account.kind == PAPER:
            return views.paper_funds(self._execution.funds(account.id))
        figures = self._live.figures(account.id)
        return None if figures is None else views.broker_funds(figures, self._clock.now())

    def _account_out(
        self, user_id: int, scope: str, account: TradingAccount | None
    ) -> TicketAccountOut:
        is_paper = account is not None and account.kind == PAPER
        blocked = () if is_paper else self._live.why_not(user_id, scope)
        if account is not None and is_paper and not self._is_traded(account):
            words = f"{scope} is a paper account of another market: its orders rest"
            out = [BlockedOut(code="other_market", message=words)]
        else:
            out = [BlockedOut(code=one.code, message=one.words) for one in blocked]
        connected = self._live.connected(user_id, scope)
        return TicketAccountOut(
            scope=scope,
            kind="paper" if is_paper else "broker",
            title="Paper account" if is_paper else _title(scope, connected),
            is_sandbox=not is_paper and self._live.is_sandbox(user_id, scope),
            blocked=out,
            funds=None if account is None else self._funds(account),
        )

    def _is_traded(self, account: TradingAccount) -> bool:
        return account.market in (None, self._execution.traded_market)


def _title(scope: str, connected: Any) -> str:
    return scope.partition(":")[0].capitalize() if connected is None else connected.broker.title


def _ref(account: TradingAccount) -> RunRef:
    return RunRef(account_id=account.id, run_id=BY_HAND, venue=account.kind)


def _key_of(user_id: int, key: str) -> str:
    """The caller's key in the space of a person's keys. Raises InvalidDocument."""
    text = f"user-{user_id}:{header_key(key)}"
    if len(text) > LONGEST_KEY:
        raise InvalidDocument([Problem("/Idempotency-Key", "is too long: use 100 characters")])
    return text


def _document(ticket: TicketIn, instrument: str) -> Json:
    exchange, _, symbol = instrument.partition(":")
    document = ticket.model_dump(exclude={"account_scope", "instrument"}, exclude_none=True)
    return {**document, "exchange": exchange, "tradingsymbol": symbol}


def _missing_words(one: Json) -> str:
    """Units that the broker does not have."""
    return f"{grouped(one['quantity'])} of {one['instrument']} ({one['product']})"


def _in_words(request: Json) -> str:
    where = f"{request['exchange']}:{request['tradingsymbol']}"
    return f"{request['transaction_type']} {request['quantity']} {where} ({request['product']})"
