"""The port by which rules above execution judge every order that opens or enlarges a position.

It is asked in one place, where the facts of an order are gathered, on every path: runs, baskets,
triggers, orders by hand, changes of open orders. What it keeps in memory it is told of here, within
the transaction, and forgets whenever the trader forgets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy.orm import Session

from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.ledger.position import Position
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.denials import Denial
from tradertape_core.orders.order import Fill, Order, OrderRequest
from tradertape_core.risk.rulebook.evaluation import Verdict
from tradertape_core.risk.rulebook.figures import Entry, Figures
from tradertape_core.risk.rulebook.rule import Owner, Rule
from tradertape_core.risk.rules import RiskFacts
from tradertape_server.features.execution.state.account_state import AccountState


class TradingState(Protocol):
    """What rules may read of the trader's state, within its transaction."""

    @property
    def now(self) -> datetime: ...
    @property
    def session(self) -> Session: ...
    @property
    def has_session(self) -> bool: ...
    def account(self, account_id: int) -> AccountState: ...
    def known(self, instrument_id: str) -> Instrument: ...
    def find(self, instrument_id: str) -> Instrument | None: ...
    def tick(self, instrument_id: str) -> Tick | None: ...
    def is_traded(self, account_id: int) -> bool: ...
    def later(self, write: Callable[[Session], None]) -> None: ...
    def staged_orders(self, account_id: int) -> Sequence[Order]: ...
    def staged_positions(self, account_id: int) -> Sequence[Position]: ...


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An order to be judged. facts: of the gate. before: legs of its basket that stand so far.

    is_preview: nothing is kept of the verdict. is_change: of an order that is open already, which
    was worth `former_paise`. stop: where its caller would give the trade up.
    """

    account_id: int
    run_id: str | None
    request: OrderRequest
    facts: RiskFacts
    order_id: str = ""
    before: Sequence[OrderRequest] = ()
    is_preview: bool = False
    is_change: bool = False
    is_reducing: bool = False
    former_paise: int = 0
    stop: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedApart:
    """An entry that candles fill: it is sent to nobody, and belongs to no trading account.

    figures_of: of a rule's scope; with when the rule last began a halt, where that matters.
    """

    user_id: int
    owner: Owner
    entry: Entry
    figures_of: Callable[[Rule, datetime | None], Figures]


@dataclass(frozen=True, slots=True)
class Apart:
    """What rules say of such an entry. refusals: why it is not made; none where it is."""

    asked: AskedApart
    verdict: Verdict
    refusals: tuple[str, ...]


class EntryRules(Protocol):
    """Judges entries, and is told what changes the figures it judges by."""

    def judge(self, state: TradingState, asked: Asked, /) -> tuple[Denial, ...]:
        """Every reason to refuse the order; of one that reduces a position, none."""
        ...

    def judge_apart(self, state: TradingState, asked: AskedApart, /) -> Apart:
        """Judge an entry that candles fill; nothing is kept."""
        ...

    def keep_apart(self, state: TradingState, judged: Sequence[Apart], /) -> None:
        """Keep verdicts on such entries, once what they were for is stored, and begin halts."""
        ...

    def halted(self, state: TradingState, account_id: int, run_id: str | None, /) -> str | None:
        """Why the account, or what the run belongs to, may open nothing new now."""
        ...

    def ordered(self, state: TradingState, order: Order, /) -> None:
        """A new order was staged."""
        ...

    def filled(self, state: TradingState, order: Order, fill: Fill, /) -> None:
        """An execution was staged."""
        ...

    def moved(self, state: TradingState, before: Position, after: Position, /) -> None:
        """A position was changed."""
        ...

    def forget(self) -> None:
        """Memory may differ from what is stored: read again."""
        ...


class NoRules:
    """No rules: for what trades without the feature of risk rules."""

    def judge(self, _state: TradingState, _asked: Asked) -> tuple[Denial, ...]:
        """No reasons."""
        return ()

    def judge_apart(self, _state: TradingState, asked: AskedApart) -> Apart:
        """No reasons."""
        return Apart(asked, Verdict(), ())

    def keep_apart(self, _state: TradingState, _judged: Sequence[Apart]) -> None:
        """Nothing is kept."""

    def halted(self, _state: TradingState, _account_id: int, _run_id: str | None) -> str | None:
        """Nothing is halted."""
        return None

    def ordered(self, _state: TradingState, _order: Order) -> None:
        """Nothing is kept."""

    def filled(self, _state: TradingState, _order: Order, _fill: Fill) -> None:
        """Nothing is kept."""

    def moved(self, _state: TradingState, _before: Position, _after: Position) -> None:
        """Nothing is kept."""

    def forget(self) -> None:
        """Nothing is kept."""
