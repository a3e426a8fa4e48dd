"""Option runs: created from legs, entered as one basket, exited short positions first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.risk.option_protection import read_option_protection
from tradertape_core.risk.protection_snapshot import protection_snapshot
from tradertape_server.features.auth.token_scope import SCOPE
from tradertape_server.features.execution.orders import unwinding
from tradertape_server.features.execution.orders.idempotency import (
    callers_key,
    checked_key,
    request_hash,
)
from tradertape_server.features.execution.orders.replies import Reply
from tradertape_server.features.execution.orders.views import mode_of
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.account_opening import DEFAULT_SCOPE
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.options.chains import ChainReader
from tradertape_server.features.protection.arming import NO_RULES
from tradertape_server.features.workers.errors import (
    NoOptionRun,
    RunClosed,
)
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.option_runs.documents import (
    OPEN_TO_ENTRY,
    OptionRun,
    option_run_of,
    stored_option_run,
)
from tradertape_server.features.workers.option_runs.entries import (
    arming_of,
)
from tradertape_server.features.workers.option_runs.entry_command import (
    EnterOptionRun,
    EntryAuthorization,
    EntryPlace,
)
from tradertape_server.features.workers.option_runs.legs import read_option_run
from tradertape_server.features.workers.option_runs.schemas import NewOptionRun, OptionAction
from tradertape_server.features.workers.runs.account_scope import account_id_of, usual_scope
from tradertape_server.features.workers.runs.live_gate import (
    AT_A_BROKER,
    LIVE_SCOPE,
    BrokerAccounts,
    demand_live,
)
from tradertape_server.features.workers.runs.protection_columns import (
    protection_of,
    set_protection,
)
from tradertape_server.features.workers.runs.service import RunService, locked
from tradertape_server.features.workers.runs.sessions import demand_nonce
from tradertape_server.features.workers.runs.transactions import RunTransactions, note, ref
from tradertape_server.features.workers.schemas import ExitIn, NewRun
from tradertape_server.features.workers.trading.exit_runs import ExitService
from tradertape_server.features.workers.trading.run_risks import RunRisks
from tradertape_server.features.workers.trading.safety_check import SafetyTokens
from tradertape_server.platform.http.identity import Identity

Json = dict[str, Any]
TEMPLATE = "option-run"
_MODES = ("dry_run", "paper", "live")


class OptionRunService:
    """Use cases of option runs; all others are those of every run."""

    def __init__(
        self,
        execution: ExecutionService,
        runs: RunService,
        exits: ExitService,
        tokens: SafetyTokens,
        risks: RunRisks,
        reader: ChainReader,
        brokers: BrokerAccounts,
    ) -> None:
        self._brokers = brokers
        self._execution = execution
        self._runs = runs
        self._exits = exits
        self._tokens = tokens
        self._risks = risks
        self._reader = reader
        self._transactions = RunTransactions(execution)

    def create(self, caller: Identity, wanted: NewOptionRun) -> Json:
        """Create a run of legs; nothing is placed. Raises what creating a run raises."""
        mode, scope, defaulted = _defaults(caller, wanted.metadata)
        option_run = read_option_run(self._reader, wanted)
        stored = {**stored_option_run(option_run), "defaulted": list(defaulted)}

        def prepare(uow: UnitOfWork, run: WorkerRun) -> None:
            run.option_run = stored
            if option_run.protection is not None:
                reason = "armed when the run is entered"
                set_protection(run, NO_RULES.applied_to(protection_of(run), uow.now, reason=reason))

        new = NewRun(
            template_id=TEMPLATE,
            account_scope=scope,
            execution_mode=mode,
            metadata={"strategy_name": wanted.strategy_name, **wanted.metadata},
        )
        made = self._runs.create(caller, new, prepare=prepare)
        head: Json = {
            "strategy_name": option_run.strategy_name,
            "underlying": option_run.underlying,
            "expiry": option_run.expiry.isoformat(),
            "product": option_run.product.value,
            "option_status": option_run.status.value,
            "legs": [leg_head(option_run, index) for index in range(len(option_run.legs))],
            "protection": option_run.protection,
        }
        return {**made, **head}

    def get(self, caller: Identity, run_id: str) -> tuple[WorkerRun, OptionRun]:
        """An option run of the caller. Raises UnknownRun, NoOptionRun."""
        run = self._runs.get(caller, run_id)
        if not run.option_run:
            raise NoOptionRun(run_id)
        return run, option_run_of(run)

    # --- entering -----------------------------------------------------------------------------

    def enter(
        self, caller: Identity, run_id: str, action: OptionAction, nonce: str | None
    ) -> Reply:
        """Place all legs as one basket, once: a repetition gets the first reply.

        Without a key the run's only entry is meant. What filled is reversed when the venue refuses
        a leg. Raises AlreadyEntered, RunClosed, SessionConflict, TokenRefused,
        OrderDenied, RunMismatch.
        """
        run, option_run = self.get(caller, run_id)
        _demand_no_results(action)
        key = checked_key(callers_key(action.idempotency_key or "") or f"option-enter:{run_id}")
        where = self._where(caller, run, action)
        authorization = EntryAuthorization(
            self._tokens,
            self._risks,
            caller,
            run.strategy_run_id,
            action,
            nonce,
            key=key,
            where=where,
        )
        command = self._execution.basket_command(
            authorization,
            option_run.orders,
            key=key,
            all_or_none=True,
            unwind=unwinding.REVERSE,
            metadata=action.metadata,
            content_hash=_hash_of("option_enter", option_run, action),
            labels=option_run.leg_ids,
            command=EnterOptionRun,
        )
        return self._execution.reply(command)

    def _where(self, caller: Identity, run: WorkerRun, action: OptionAction) -> EntryPlace:
        """Venue and account of the entry: the run's, unless it left them to the action."""
        scope = action.account_scope or run.account_scope
        venue = action.wanted_mode or run.venue
        if venue in (LIVE_SCOPE, AT_A_BROKER):
            venue = AT_A_BROKER
            if option_run_of(run).status in OPEN_TO_ENTRY:  # a repetition gets its first reply
                demand_live(self._brokers, caller, scope)
        if scope == run.account_scope:
            return EntryPlace(venue, scope, run.account_id)
        return EntryPlace(venue, scope, account_id_of(self._execution, caller, scope))

    # --- exiting ------------------------------------------------------------------------------

    def exit(self, caller: Identity, run_id: str, action: OptionAction, nonce: str | None) -> Reply:
        """Cancel open orders, buy short legs back, sell long ones, and close the run, once."""
        run, _ = self.get(caller, run_id)
        _demand_no_results(action)
        key = (action.idempotency_key or "").strip() or f"option-exit:{run_id}"
        reason = action.reason or _text(action.metadata.get("reason"))

        def guard(uow: UnitOfWork, current: WorkerRun) -> None:
            taken = uow.intent(run.strategy_run_id, key) is not None
            known = taken or current.status in ("exiting", "closed")
            if action.safety_token is not None and not known:
                token_id = self._tokens.check(uow, current, action.safety_token)
                self._tokens.spend(uow, token_id)

        wanted = ExitIn(reason=reason, idempotency_key=key)
        return self._exits.exit(caller, run, wanted, nonce, guard=guard)

    # --- protection ---------------------------------------------------------------------------

    def protect(self, caller: Identity, run_id: str, document: Json, nonce: str | None) -> Json:
        """Replace the run's protection; its generation increases.

        Before the entry it is armed when the run is entered. Raises InvalidDocument,
        SessionConflict, RunClosed, InvalidInput for percentages of nothing, Conflict while a
        triggered exit is not done.
        """
        _, known = self.get(caller, run_id)
        read_option_protection(document, known.leg_ids)
        reason = f"changed {'by hand' if caller.via == 'session' else 'by the worker'}"

        def decide(uow: UnitOfWork) -> Json:
            run = locked(uow, caller, run_id)
            demand_nonce(run, caller, nonce)
            if run.status in ("closed", "exiting"):
                raise RunClosed(run_id, run.status)
            option_run = replace(option_run_of(run), protection=document)
            wanted = arming_of(option_run)
            set_protection(run, wanted.replacing(protection_of(run), uow.now, reason=reason))
            run.option_run = dict(stored_option_run(option_run))
            run.updated_at = uow.now
            uow.session.flush()
            snapshot = protection_snapshot(protection_of(run))
            cursor = note(
                uow, run, "protection", "protection_updated",
                f"Protection changed to generation {snapshot['generation']}", state=snapshot,
            )  # fmt: skip
            return {
                "strategy_run_id": run_id,
                "protection": document,
                "protection_state": snapshot,
                "timeline_cursor": cursor,
            }

        return self._transactions.execute(decide)

    # --- previews -----------------------------------------------------------------------------

    def preview_entry(self, caller: Identity, run_id: str, orders: list[Json]) -> Json:
        """The margin and charges of the entry; nothing is placed."""
        run, option_run = self.get(caller, run_id)
        found = self._execution.preview_basket(
            ref(run), orders or option_run.orders, all_or_none=True
        )
        return {
            "strategy_run_id": run_id,
            "mode": mode_of(run.venue),
            "option_status": option_run.status.value,
            "can_enter": run.status == "open" and option_run.status in OPEN_TO_ENTRY,
            "preview": found,
        }

    def preview_exit(self, caller: Identity, run_id: str) -> Json:
        """The exact orders that an exit would send now, with their charges."""
        run, option_run = self.get(caller, run_id)
        plan = self._execution.exit_run(ref(run), dry_run=True).document
        cost: Json | None = None
        if plan["close"]:
            found = self._execution.preview_basket(ref(run), plan["close"])
            cost = found["cost_contract"]
        return {**plan, "option_status": option_run.status.value, "cost_contract": cost}


def leg_head(option_run: OptionRun, index: int) -> Json:
    """A leg's contract and order, as replies have it."""
    leg = option_run.legs[index]
    exchange, _, symbol = leg.instrument.partition(":")
    return {
        "leg_id": leg.leg_id,
        "exchange": exchange,
        "tradingsymbol": symbol,
        "instrument_token": leg.instrument_token,
        "underlying": leg.underlying,
        "strike": None if leg.strike is None else float(leg.strike),
        "option_type": leg.option_type,
        "expiry_key": leg.expiry.isoformat(),
        "transaction_type": leg.side.value,
        "quantity": leg.quantity,
        "lots": leg.quantity // leg.lot_size,
        "lot_size": leg.lot_size,
        "product": leg.product.value,
        "order_type": leg.order_type,
        "price": None if leg.price is None else float(leg.price),
        "metadata": leg.metadata,
    }


def _defaults(caller: Identity, metadata: Mapping[str, Any]) -> tuple[Any, str, tuple[str, ...]]:
    """Execution mode and account scope of a new run, and which of them are defaults."""
    problems: list[Problem] = []
    mode = metadata.get("execution_mode") or metadata.get("mode")
    scope = metadata.get("account_scope")
    if mode is not None and mode not in _MODES:
        problems.append(Problem("/metadata/execution_mode", f"must be {', '.join(_MODES)}"))
    if scope is not None and (not isinstance(scope, str) or not SCOPE.fullmatch(scope)):
        problems.append(Problem("/metadata/account_scope", f"must look like {DEFAULT_SCOPE}"))
    if problems:
        raise InvalidDocument(problems)
    named = {"execution_mode": mode, "account_scope": scope}
    defaulted = tuple(name for name, value in named.items() if value is None)
    return mode or "paper", scope or usual_scope(caller), defaulted


def _demand_no_results(action: OptionAction) -> None:
    for name in ("order_results", "trade_results"):
        if getattr(action, name):
            message = "the server places the orders: results from elsewhere are not accepted"
            raise InvalidDocument([Problem(f"/{name}", message)])


def _hash_of(kind: str, option_run: OptionRun, action: OptionAction) -> str:
    given = action.model_dump(exclude={"idempotency_key", "safety_token"}, exclude_none=True)
    return request_hash(kind, {"orders": option_run.orders, "action": given})


def _text(value: Any) -> str | None:
    return value[:500] if isinstance(value, str) and value else None
