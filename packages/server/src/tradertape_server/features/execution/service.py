"""What can be done with orders. One method is one use case.

Every change goes through the trader's thread and is on disk when a method returns; reading opens a
transaction of its own. `run_id` is the run's text id, unique in the whole server.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.denials import Denial
from tradertape_core.orders.fields import order_document, read_order
from tradertape_core.orders.order import Order, OrderRequest
from tradertape_core.risk import gate
from tradertape_server.features.execution.account_gateways import Gateways
from tradertape_server.features.execution.errors import GttRefused, InProgress
from tradertape_server.features.execution.gtt.asked import GttReply
from tradertape_server.features.execution.gtt.gtt_commands import GttCommands
from tradertape_server.features.execution.loop.trader import Trader
from tradertape_server.features.execution.orders import change, preview, replies
from tradertape_server.features.execution.orders.authorization import KnownRun, RunAuthorization
from tradertape_server.features.execution.orders.basket import basket_decision, read_legs
from tradertape_server.features.execution.orders.change import ChangeOnce
from tradertape_server.features.execution.orders.idempotency import (
    CallersKey,
    checked_key,
    header_key,
    request_hash,
)
from tradertape_server.features.execution.orders.intent import Payload, require_venue
from tradertape_server.features.execution.orders.place import PlaceCommand, order_decision
from tradertape_server.features.execution.orders.replies import (
    CANCEL_ORDER,
    MODIFY_ORDER,
    PLACE_BASKET,
    PLACE_ORDER,
    Reply,
)
from tradertape_server.features.execution.orders.risk_facts import NO_RISK, Risk, standing_facts
from tradertape_server.features.execution.orders.run_ref import RunRef, Settings
from tradertape_server.features.execution.orders.voiding import void_key
from tradertape_server.features.execution.ports import Listener, Market, TimelineEvent
from tradertape_server.features.execution.run_exits import RunExits
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.entry_rules import EntryRules
from tradertape_server.features.execution.state.funds import Funds, funds_of
from tradertape_server.features.execution.state.order_ids import OrderIds
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import repository
from tradertape_server.features.execution.venues.gateway import GatewayOf, GttRules, RateLimits
from tradertape_server.features.execution.venues.lanes import Lanes
from tradertape_server.features.execution.venues.paper import PaperBook
from tradertape_server.features.execution.venues.venues import Venues
from tradertape_server.platform.crash_points import crash_point
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import NotFound
from tradertape_server.platform.processes.trader_election import Fence

Json = dict[str, Any]
__all__ = ["ExecutionService", "RunRef", "Settings"]
_LOOKS, _LOOK_AGAIN_S = 40, 0.05


def no_demand(_account_id: int) -> None:
    """Nothing is in the way of trading at brokers."""


def no_cancels(_user_id: int | None) -> int:
    """No account is connected to a venue outside this process."""
    return 0


def no_gateway(_account_id: int) -> None:
    """No account is connected to a venue outside this process."""


@dataclass(slots=True)
class ExecutionService(RunExits):
    """Use cases of execution; see also `RunExits`, `TradingAccounts` and `ExecutionQueries`."""

    lanes: Lanes
    gtt: GttCommands
    # Raises LiveBlocked where an account at a broker may not trade; may ask the broker.
    demand_live: Callable[[int], None] = no_demand
    # How many cancellations wait for a login at a broker: a person's, or everybody's (None).
    cancels_waiting: Callable[[int | None], int] = no_cancels

    @classmethod
    def build(
        cls,
        database: Database,
        clock: Clock,
        market: Market,
        settings: Settings | None = None,
        listeners: Sequence[Listener] = (),
        *,
        trading: Database | None = None,
        fence: Fence | None = None,
        gateway_of: GatewayOf = no_gateway,
    ) -> ExecutionService:
        """Join the parts; nothing trades before `trader.start()`.

        trading: the trader's own connections. fence: checked before each of its writes.
        gateway_of: connects accounts at venues outside this process.
        """
        settings = settings or Settings()
        ids = OrderIds()
        gtt = GttCommands(ids)
        owner = f"trader-{secrets.token_hex(6)}"
        trading = trading or database
        uow = UnitOfWork(
            market, clock, ids, owner=owner, fence=fence, reserve=trading.reserve,
            traded_market=settings.market,
        )  # fmt: skip
        book = PaperBook(market, uow.known, uow.tick, clock, settings.rules)
        lanes = Lanes(
            Gateways(database, gateway_of), partial(_limits_of, database), uow.demand_lease
        )
        trader = Trader(trading, uow, Venues.of(book, lanes), gtt.triggers, listeners)
        return cls(database, clock, market, settings.market, settings, trader, ids, lanes, gtt)

    # --- orders -------------------------------------------------------------------------------

    def place(
        self,
        run: RunRef | RunAuthorization,
        order: Mapping[str, Any],
        *,
        key: str,
        metadata: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Place an order: the same key and order give the same bytes, whatever happens between.

        Where a venue outside does not answer in time, the reply has what is known (pending, in
        doubt) and the same key gives the rest later. Raises InvalidDocument (fields), OrderDenied
        (checks, risk), KeyReused, InProgress, TradingPaused, and what the authorization raises. A
        refusal leaves the key free.
        """
        return self.reply(self.place_command(run, order, key=key, metadata=metadata))

    def place_command(
        self,
        run: RunRef | RunAuthorization,
        order: Mapping[str, Any] | OrderRequest,
        *,
        key: str,
        metadata: Mapping[str, Any] | None = None,
        content_hash: str | None = None,
        former_hash: str = "",
    ) -> PlaceCommand:
        """What `place` executes, for `reply_async` or to be decided on with something else.

        order: a document, or as `read_order` reads it. content_hash: of what makes two requests the
        same; by default of order and metadata. former_hash: the same as earlier versions made it.
        Raises InvalidDocument when a field breaks a rule.
        """
        key = checked_key(key)
        crash_point("before_validate")
        is_read = isinstance(order, OrderRequest)
        request = order if is_read else read_order(order)
        content: Json = {"order": order_document(order) if is_read else order}
        payload = self._payload(PLACE_ORDER, content, metadata, content_hash, former_hash)
        decide = order_decision(request, self.ids)
        return PlaceCommand(_authorization(run), key, payload, decide)

    def place_basket(
        self,
        run: RunRef | RunAuthorization,
        orders: Sequence[Mapping[str, Any]],
        *,
        key: str,
        all_or_none: bool = False,
        dry_run: bool = False,
        unwind: str = "none",
        metadata: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Place several orders under one key, purchases first; see `place`.

        unwind: `reverse` undoes what filled when the venue refuses a leg after others were taken.
        """
        command = self.basket_command(
            run, orders, key=key, all_or_none=all_or_none, dry_run=dry_run, unwind=unwind,
            metadata=metadata,
        )  # fmt: skip
        return self.reply(command)

    def basket_command(
        self,
        run: RunRef | RunAuthorization,
        orders: Sequence[Mapping[str, Any]],
        *,
        key: str,
        all_or_none: bool = False,
        dry_run: bool = False,
        unwind: str = "none",
        metadata: Mapping[str, Any] | None = None,
        content_hash: str | None = None,
        former_hash: str = "",
        labels: Sequence[str] = (),
        command: type[PlaceCommand] = PlaceCommand,
    ) -> PlaceCommand:
        """What `place_basket` executes; see `place_command`.

        labels: names of the legs, returned with each. command: that also changes its run.
        """
        key = checked_key(key)
        content: Json = {"orders": orders, "all_or_none": all_or_none, "dry_run": dry_run}
        if unwind != "none":
            content["unwind"] = unwind
        payload = self._payload(PLACE_BASKET, content, metadata, content_hash, former_hash)
        decide = basket_decision(
            orders, self.ids, all_or_none=all_or_none, dry_run=dry_run, unwind=unwind,
            labels=labels,
        )  # fmt: skip
        return command(_authorization(run), key, payload, decide)

    def reply(self, command: PlaceCommand | ChangeOnce) -> Reply:
        """Execute a command with a key, wait for another process that has it, return its reply."""
        outcome = self.trader.execute(command)
        for _ in range(_LOOKS):
            if not isinstance(outcome, InProgress):
                break
            time.sleep(_LOOK_AGAIN_S)  # another process has the key: its reply is a moment away
            outcome = self.trader.execute(command.again())
        return _replied(outcome)

    async def reply_async(self, command: PlaceCommand) -> Reply:
        """The same, for a caller on the event loop."""
        outcome = await self.trader.execute_async(command)
        for _ in range(_LOOKS):
            if not isinstance(outcome, InProgress):
                break
            await asyncio.sleep(_LOOK_AGAIN_S)
            outcome = await self.trader.execute_async(command.again())
        return _replied(outcome)

    def preview(self, run: RunRef, order: Mapping[str, Any]) -> Json:
        """The normalised order with its margin, charges and warnings; nothing is recorded."""
        require_venue(run.venue)
        request = read_order(order)
        return self.trader.execute(
            Command(lambda uow: preview.preview_order(uow, _asker(run), request))
        )

    def preview_basket(
        self, run: RunRef, orders: Sequence[Mapping[str, Any]], *, all_or_none: bool = False
    ) -> Json:
        """The same of a basket, its margin as a whole."""
        require_venue(run.venue)
        read = read_legs(orders, all_or_none=True)
        found = self.trader.execute(
            Command(
                lambda uow: preview.preview_basket(uow, _asker(run), list(read.requests.values()))
            )
        )
        found["basket"]["all_or_none"] = all_or_none
        return found

    def cancel(self, run_id: str, order_id: str) -> Order:
        """Cancel an order. Raises NotFound, Conflict when it is over."""
        return self._done(change.Cancel(run_id, order_id))

    def modify(
        self, run_id: str, order_id: str, patch: Mapping[str, Any], *, risk: Risk = NO_RISK
    ) -> Order:
        """Change an open order. Raises NotFound, InvalidDocument, OrderDenied, Conflict."""
        return self._done(change.Modify(run_id, order_id, patch, risk))

    def void_order(self, run: RunRef, *, key: str) -> str | None:
        """The order that a key placed, "" where it did something else, such as an exit; None: it
        placed nothing, and cannot any more. Settles what an interrupted `place` did."""
        command = Command(lambda uow: void_key(uow, run, key), key=(run.run_id, key))
        return self.trader.execute(command)

    def cancel_once(self, run_id: str, order_id: str, *, key: str) -> Reply:
        """The same under a key: a repetition gets the first reply, byte for byte."""
        content = request_hash(CANCEL_ORDER, {"order_id": order_id})
        cancel = change.Cancel(run_id, order_id)
        return self.reply(ChangeOnce(cancel, run_id, header_key(key), content))

    def modify_once(
        self,
        run_id: str,
        order_id: str,
        patch: Mapping[str, Any],
        *,
        key: str,
        risk: Risk = NO_RISK,
    ) -> Reply:
        """The same under a key; see `cancel_once`."""
        content = request_hash(MODIFY_ORDER, {"order_id": order_id, "patch": patch})
        modify = change.Modify(run_id, order_id, patch, risk)
        return self.reply(ChangeOnce(modify, run_id, header_key(key), content))

    def void(self, order_id: str, trade_id: str) -> Order:
        """Reverse a trade its exchange took back, once. Raises NotFound."""
        return self._done(change.VoidTrade(order_id, trade_id))

    def settle_by_hand(self, run_id: str, order_id: str) -> Order:
        """Record a person's word that an order in doubt was never placed: its venue's book could
        not tell. Raises NotFound, Conflict when it is not in doubt."""
        return self._done(change.SettleByHand(run_id, order_id))

    def read_order_books(self) -> None:
        """Have the order books of all accounts outside read as soon as possible."""
        self.lanes.read_books(self.accounts_outside())

    def funds(self, account_id: int) -> Funds:
        """What an account has, and what of it is used."""
        return self.trader.execute(Command(lambda uow: funds_of(uow, account_id)))

    def judge_by(self, rules: EntryRules) -> None:
        """Have rules judge every order that opens or enlarges a position; before trading begins."""
        self.trader.judge_by(rules)

    def protect_by(self, needs_protection: Callable[[int], bool]) -> None:
        """Have it say which accounts take no market order without a band; before trading begins."""
        self.trader.protect_by(needs_protection)

    def denials(self, run: RunRef) -> tuple[Denial, ...]:
        """Why the risk gate would refuse any new position of a run now; empty when it would not."""

        def decide(uow: UnitOfWork) -> tuple[Denial, ...]:
            return gate.check_run(standing_facts(uow, run.account_id, run.run_id, run.risk))

        return self.trader.execute(Command(decide))

    # --- timeline -----------------------------------------------------------------------------

    def note(self, run: RunRef, **event: Any) -> TimelineEvent:
        """Write something into a run's timeline: see `UnitOfWork.note` (kind, event_type, source,
        summary, payload, resource). Raises TradingPaused when the disk is full."""

        def decide(uow: UnitOfWork) -> TimelineEvent:
            uow.demand_room()
            return uow.note(account_id=run.account_id, run_id=run.run_id, **event)

        return self.trader.execute(Command(decide))

    # --- triggers -----------------------------------------------------------------------------

    def create_gtt(
        self,
        account_id: int,
        document: Mapping[str, Any],
        *,
        key: CallersKey | None = None,
        run_id: str | None = None,
        only_closes: bool = False,
    ) -> int:
        """Make a trigger, once for its key; of an account at a broker it rests there.

        run_id: whose position its order is for; None: a person's own. only_closes: raise Conflict
        where it would do more than close what is held and nothing else is closing. Where the
        broker does not answer in time the trigger is `placing` or in doubt, and its state says what
        became of it. Raises InvalidDocument, OrderDenied, KeyReused; of a broker's LiveBlocked,
        Conflict for what it does not take, GttRefused.
        """
        once = key and key.once({"document": document})
        rules = self._gtt_rules(account_id)
        command = self.gtt.create_command(
            account_id, document, once, run_id=run_id, rules=rules, only_closes=only_closes
        )
        return _gtt_done(self.trader.execute(command))

    def void_gtt(self, account_id: int, *, key: CallersKey) -> int | None:
        """The trigger that a key made; None: there is none, and the key cannot make one any more.

        key: with the `content` it was used with. Settles what an interrupted `create_gtt` did.
        """
        return self.trader.execute(self.gtt.void_command(account_id, key.once({})))

    def modify_gtt(
        self,
        account_id: int,
        trigger_id: int,
        patch: Mapping[str, Any],
        *,
        key: CallersKey | None = None,
    ) -> int:
        """Change an active trigger. Raises NotFound, Conflict, InvalidDocument, OrderDenied,
        KeyReused; see `create_gtt`."""
        once = key and key.once({"trigger_id": trigger_id, "patch": patch})
        rules = self._gtt_rules(account_id)
        command = self.gtt.modify_command(account_id, trigger_id, patch, once, rules=rules)
        return _gtt_done(self.trader.execute(command))

    def delete_gtt(self, account_id: int, trigger_id: int, *, key: CallersKey | None = None) -> int:
        """End an active trigger. At a broker it is over when its state says so: until then its
        order may still be placed. Raises NotFound, Conflict, KeyReused, GttRefused."""
        once = key and key.once({"trigger_id": trigger_id})
        command = self.gtt.delete_command(account_id, trigger_id, once)
        return _gtt_done(self.trader.execute(command))

    def settle_gtt(self, account_id: int, trigger_id: int, venue_trigger_id: str | None) -> int:
        """Record a person's word on a trigger in doubt: which of the broker's triggers that are
        nobody's it is, or None: it was never placed. Raises NotFound, Conflict."""
        command = self.gtt.settle_command(account_id, trigger_id, venue_trigger_id)
        return self.trader.execute(command)

    def read_gtts(self, account_id: int) -> None:
        """Have the triggers at an account's broker read as soon as possible."""
        self.lanes.read_gtts([account_id])

    # --- inside -------------------------------------------------------------------------------

    def _gtt_rules(self, account_id: int) -> GttRules | None:
        """What the account's broker takes of triggers; None of a paper account. Raises LiveBlocked:
        a trigger at a broker trades with real money when it is reached."""
        rules = self.lanes.gtt_rules(account_id)
        if rules is not None:
            self.demand_live(account_id)
        return rules

    def _payload(
        self,
        kind: str,
        content: Json,
        metadata: Mapping[str, Any] | None,
        content_hash: str | None,
        former_hash: str,
    ) -> Payload:
        hashed = {"payload": content, "metadata": metadata or {}}
        return Payload(
            kind=kind,
            request_hash=content_hash or request_hash(kind, hashed),
            former_hash=former_hash,
            metadata=metadata or {},
            strict=self.settings.strict_answers,
        )

    def _done(self, command: Command[Order | None]) -> Order:
        order = self.trader.execute(command)
        if order is None:
            raise NotFound("Order")
        return order


def _replied(outcome: replies.Outcome) -> Reply:
    answer = replies.given(outcome)
    crash_point("before_reply")
    return answer


def _gtt_done(reply: GttReply) -> int:
    if reply.refused is not None:
        raise GttRefused(reply.trigger_id, reply.refused)
    return reply.trigger_id


def _asker(run: RunRef) -> preview.Asker:
    return preview.Asker(run.account_id, run.run_id or None, run.risk)


def _authorization(run: RunRef | RunAuthorization) -> RunAuthorization:
    return KnownRun(run) if isinstance(run, RunRef) else run


def _limits_of(database: Database, account_id: int) -> RateLimits:
    with database.read() as session:
        return RateLimits.of(repository.account_by_id(session, account_id).rate_limits)
