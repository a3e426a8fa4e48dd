"""Orders of workers: guarded by session, token and the run's state, then placed by execution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.orders.fields import order_document, read_order
from tradertape_server.features.execution.orders import unwinding
from tradertape_server.features.execution.orders.idempotency import callers_key, request_hash
from tradertape_server.features.execution.orders.place import PlaceCommand
from tradertape_server.features.execution.orders.replies import Reply
from tradertape_server.features.execution.orders.views import mode_of
from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.state.unit_of_work import Read, UnitOfWork
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.errors import RunClosed, UnknownRun
from tradertape_server.features.workers.models import TradingRun, WorkerRun
from tradertape_server.features.workers.runs.account_scope import demand_own
from tradertape_server.features.workers.runs.live_gate import (
    demand_live_scope,
    is_live,
)
from tradertape_server.features.workers.runs.run_ids import RunIds
from tradertape_server.features.workers.runs.sessions import demand_nonce
from tradertape_server.features.workers.runs.transactions import ref
from tradertape_server.features.workers.schemas import Intent
from tradertape_server.features.workers.trading.run_risks import RunRisks
from tradertape_server.features.workers.trading.safety_check import SafetyTokens
from tradertape_server.platform.http.identity import Identity

Json = dict[str, Any]
BASKET_FIELDS = ("orders", "all_or_none", "dry_run", "unwind")
_AT = {"place_order": "/payload/order", "place_basket": "/payload/basket"}
_OF_THE_BODY = ("/payload", "/idempotency_key")
TRADING = frozenset({"open", "halted"})  # a halted run is refused by the gate, but for its exits


class WorkerAuthorization:
    """Whether a worker's run may place an order: a `RunAuthorization`.

    Account, session and safety token are checked in the transaction that places the order. A key
    stays valid after session and token have ended; a token is spent only by a command that is new.
    """

    def __init__(
        self,
        tokens: SafetyTokens,
        risks: RunRisks,
        caller: Identity,
        run_id: str,
        safety_token: str | None,
        nonce: str | None,
    ) -> None:
        self.run_id = run_id
        self.read = Read(repository.trading_runs, run_id)
        self._tokens = tokens
        self._risks = risks
        self._caller = caller
        self._safety_token = safety_token
        self._nonce = nonce
        self._token_id: str | None = None

    def authorize(self, uow: UnitOfWork, *, is_known_key: bool) -> RunRef:
        """Return the run with its limits.

        Raises UnknownRun, AccountNotAllowed, SessionConflict, RunClosed, TokenRefused, and
        Forbidden where the token may not trade live.
        """
        run: TradingRun | None = uow.prefetched(self.read)
        if run is None or run.user_id != self._caller.id:
            raise UnknownRun
        demand_own(self._caller, run.account_scope)
        demand_nonce(run, self._caller, self._nonce)
        if not is_known_key:
            if run.status not in TRADING:
                raise RunClosed(run.public_id, run.status)
            if is_live(run):
                demand_live_scope(self._caller)
            if self._safety_token is not None:
                self._token_id = self._tokens.check(uow, run, self._safety_token)
        return RunRef(
            account_id=run.account_id,
            run_id=run.strategy_run_id,
            venue=run.venue,
            risk=self._risks.of(run),
        )

    def accepted(self, uow: UnitOfWork) -> None:
        """Spend the safety token."""
        if self._token_id is not None:
            self._tokens.spend(uow, self._token_id)


class IntentService:
    """Places the orders that workers ask for."""

    def __init__(self, execution: ExecutionService, tokens: SafetyTokens, risks: RunRisks) -> None:
        self._execution = execution
        self._tokens = tokens
        self._risks = risks
        self._run_ids = RunIds(execution.database)

    async def place(
        self, caller: Identity, run_id: str, wanted: Intent, nonce: str | None
    ) -> Reply:
        """Place an intent's order or basket, once for its key: a repetition gets the first reply.

        Raises UnknownRun, AccountNotAllowed, SessionConflict, RunClosed, TokenRefused, and what
        execution raises.
        """
        try:
            return await self._place(caller, run_id, wanted, nonce)
        except InvalidDocument as error:
            raise _within(error, _AT[wanted.intent_type]) from error

    async def _place(
        self, caller: Identity, run_id: str, wanted: Intent, nonce: str | None
    ) -> Reply:
        stored_id = await self._run_ids.stored_id(caller.id, run_id)
        run = WorkerAuthorization(
            self._tokens, self._risks, caller, stored_id, wanted.safety_token, nonce
        )
        return await self._execution.reply_async(self._command(run, wanted))

    def _command(self, run: WorkerAuthorization, wanted: Intent) -> PlaceCommand:
        key, metadata = callers_key(wanted.idempotency_key), wanted.metadata
        former_hash = request_hash(wanted.intent_type, wanted.payload)
        if wanted.intent_type == "place_order":
            request = read_order(_only_member(wanted.payload, "order"))
            return self._execution.place_command(
                run,
                request,
                key=key,
                metadata=metadata,
                content_hash=request_hash("place_order", {"order": order_document(request)}),
                former_hash=former_hash,
            )
        basket = _only_member(wanted.payload, "basket")
        _no_others(basket, BASKET_FIELDS, "/payload/basket")
        orders = _orders(basket, "/payload/basket")
        flags = {name: _flag(basket, name) for name in ("all_or_none", "dry_run")}
        content = {"orders": list(map(_as_read, orders)), "unwind": _unwind(basket), **flags}
        return self._execution.basket_command(
            run,
            orders,
            key=key,
            all_or_none=flags["all_or_none"],
            dry_run=flags["dry_run"],
            unwind=_unwind(basket),
            metadata=metadata,
            content_hash=request_hash("place_basket", content),
            former_hash=former_hash,
        )

    def preview_order(self, run: WorkerRun, order: Mapping[str, Any]) -> Json:
        """An order's margin, charges and warnings; nothing is placed."""
        try:
            return _preview(run, self._execution.preview(self._limited(run), order))
        except InvalidDocument as error:
            raise _within(error, "/order") from error

    def preview_basket(
        self, run: WorkerRun, orders: Sequence[Mapping[str, Any]], *, all_or_none: bool
    ) -> Json:
        """A basket's margin, charges and warnings; nothing is placed."""
        found = self._execution.preview_basket(self._limited(run), orders, all_or_none=all_or_none)
        return _preview(run, found)

    def _limited(self, run: WorkerRun) -> RunRef:
        return replace(ref(run), risk=self._risks.of(run))


def _as_read(order: Mapping[str, Any]) -> Mapping[str, Any]:
    """An order with its defaults filled in, so that another spelling is the same; as it is where it
    cannot be read."""
    try:
        return order_document(read_order(order))
    except InvalidDocument:
        return order


def _preview(run: WorkerRun, preview: Json) -> Json:
    return {
        "strategy_run_id": run.public_id,
        "mode": mode_of(run.venue),
        "preview": preview,
    }


def _within(error: InvalidDocument, at: str) -> InvalidDocument:
    """Problems of an order or a basket as problems of the request body."""
    return InvalidDocument(
        [
            one
            if one.pointer.startswith(_OF_THE_BODY)
            else Problem(f"{at}{one.pointer}", one.message)
            for one in error.problems
        ]
    )


def _only_member(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = payload.get(name)
    if not isinstance(value, Mapping):
        raise InvalidDocument([Problem(f"/payload/{name}", "must be an object")])
    _no_others(payload, (name,), "/payload")
    return value


def _no_others(document: Mapping[str, Any], known: Sequence[str], at: str) -> None:
    """Raise InvalidDocument for an unknown member: it would have no effect unnoticed."""
    problems = [
        Problem(f"{at}/{name}", f"is unknown; there {_are(known)}")
        for name in document
        if name not in known
    ]
    if problems:
        raise InvalidDocument(problems)


def _are(names: Sequence[str]) -> str:
    return f"is {names[0]}" if len(names) == 1 else f"are {', '.join(names)}"


def _orders(basket: Mapping[str, Any], at: str) -> list[Mapping[str, Any]]:
    orders = basket.get("orders")
    if not isinstance(orders, list) or not all(isinstance(one, Mapping) for one in orders):
        raise InvalidDocument([Problem(f"{at}/orders", "must be a list of orders")])
    return orders


def _flag(source: Mapping[str, Any], name: str) -> bool:
    value = source.get(name, False)
    if not isinstance(value, bool):
        raise InvalidDocument([Problem(f"/payload/basket/{name}", "must be true or false")])
    return value


def _unwind(basket: Mapping[str, Any]) -> str:
    value = basket.get("unwind", unwinding.NONE)
    problem = ""
    if value not in unwinding.MODES:
        problem = f"must be {' or '.join(unwinding.MODES)}"
    elif value == unwinding.REVERSE and basket.get("all_or_none") is not True:
        problem = "reverse undoes a broken basket: it requires all_or_none"
    if problem:
        raise InvalidDocument([Problem("/payload/basket/unwind", problem)])
    return str(value)
