"""A member's book from what other features know: brokers that are connected, agents, and uploads.

Shares and cash of an account come from one source alone, so nothing is counted twice: its broker
where it answers, else what an agent sent last, else the files. An agent whose figures are more than
a day old gives way to files that changed later. Figures of two scales are never put together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from tradertape_core.kernel.clock import Clock
from tradertape_core.wealth.family import (
    From,
    HeldFund,
    HeldShare,
    MemberBook,
    OpenPosition,
    Sharing,
    Source,
    share_key,
)
from tradertape_server.features.brokerage.errors import NotConnected
from tradertape_server.features.family.from_agents import AgentFigures, FromAgents, from_agents
from tradertape_server.features.family.ports import Agents, Brokers, Files, Uploaded
from tradertape_server.features.holdings.schemas import AtBroker, HoldingOut, MarginOut, PositionOut
from tradertape_server.features.holdings.service import Listing
from tradertape_server.features.wealth.schemas import WealthHoldingOut
from tradertape_server.platform.errors import ApiError

NIL = Decimal(0)
FRESH = timedelta(days=1)  # an agent's figures, beside files that changed later
MIXED = "figures that are scaled otherwise are left out: send all with one factor"


@dataclass(slots=True)
class AtBrokers:
    """What a member's connected brokers answered. accounts: (broker, account) that did."""

    holdings: Sequence[HoldingOut] = ()
    positions: Sequence[PositionOut] = ()
    margins: Sequence[MarginOut] = ()
    accounts: set[tuple[str, str]] = field(default_factory=set)
    is_sandbox: bool = False
    oldest: datetime | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FromFiles:
    """What a member's uploads amount to. accounts: counted; left_out: another source knows of them.

    flows: of all that was uploaded, whichever source its shares are counted from.
    """

    shares: list[HeldShare] = field(default_factory=list)
    funds: list[HeldFund] = field(default_factory=list)
    cash: list[tuple[str, Decimal]] = field(default_factory=list)
    accounts: set[tuple[str, str]] = field(default_factory=set)
    left_out: set[tuple[str, str]] = field(default_factory=set)
    flows: Sequence[tuple[date, Decimal]] = ()
    changed_at: datetime | None = None
    factor: str | None = None
    xirr: float | None = None
    is_empty: bool = True
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """A member's book, and whether it is of real accounts and of a sandbox's."""

    book: MemberBook
    has_real: bool
    has_sandbox: bool


@dataclass(frozen=True, slots=True)
class MemberBooks:
    """Reads a member's book. No transaction is open while a broker is asked.

    is_scaled: whether an account is obfuscated.
    """

    brokers: Brokers
    uploaded: Uploaded
    is_scaled: Callable[[int], bool]
    files: Files
    agents: Agents
    clock: Clock

    def read(self, user_id: int, name: str, sharing: Sharing, *, sandbox: bool) -> Found:
        """A member's book. sandbox: with the accounts of a sandbox, whose money is not real."""
        live = self._at_brokers(user_id)
        has_sandbox = live.is_sandbox
        if has_sandbox and not sandbox:
            live = AtBrokers(notes=live.notes)
        sent = from_agents(self.agents.latest(user_id))
        agents = self._chosen(user_id, sent, live)
        files = self._from_files(user_id, live.accounts, set(agents))
        if files.is_empty:  # an upload that was undone is no newer source
            agents = _unanswered(sent, live)
        live, agents, files, notes = _of_one_scale(live, agents, files)
        sources = _sources(live, sent, agents, files)
        ages = [one.as_of for one in sources if one.as_of is not None]
        is_known = files.flows and _covers(files, live, agents)
        book = MemberBook(
            user_id=user_id,
            name=name,
            sharing=sharing,
            shares=[
                *map(_live_share, live.holdings),
                *(share for one in agents.values() for share in one.shares), *files.shares,
            ],
            funds=files.funds,
            positions=[
                *map(_position, live.positions),
                *(one for at in agents.values() for one in at.positions),
            ],
            cash=[
                *((one.broker, one.available_cash) for one in live.margins),
                *((at.broker, at.cash) for at in agents.values() if at.cash is not None),
                *files.cash,
            ],
            # What was paid for shares that are in no file is not known to the server.
            xirr=files.xirr if is_known else None,
            flows=files.flows if is_known else (),
            is_scaled=self.is_scaled(user_id) or _is_scaled(agents, files),
            last_sync=min(ages, default=None),
            sources=sources,
            notes=[*live.notes, *sent.notes, *files.notes, *notes],
        )  # fmt: skip
        has_real = bool(live.accounts and not has_sandbox) or bool(agents) or not files.is_empty
        return Found(book, has_real, has_sandbox)

    def _chosen(self, user_id: int, sent: FromAgents, live: AtBrokers) -> dict[str, AgentFigures]:
        """The agents' figures that count: of brokers that did not answer themselves."""
        changed_at, now = self.files.last_change(user_id), self.clock.now()
        return {
            broker: one
            for broker, one in _unanswered(sent, live).items()
            if now - one.as_of <= FRESH or changed_at is None or one.as_of >= changed_at
        }

    def _at_brokers(self, user_id: int) -> AtBrokers:
        try:
            held = self.brokers.holdings(user_id, None)
            positions = self.brokers.positions(user_id, None)
            margins = self.brokers.margins(user_id, None)
        except NotConnected:
            return AtBrokers()
        except ApiError:
            return AtBrokers(notes=["broker did not answer: what is there is missing"])
        answers: Sequence[Listing[HoldingOut] | Listing[PositionOut] | Listing[MarginOut]] = (
            held, positions, margins,
        )  # fmt: skip
        rows: list[AtBroker] = [row for one in answers for row in one.rows]
        failed = {_broker_of(scope) for one in answers for scope in one.failures}
        return AtBrokers(
            holdings=[row for row in held.rows if row.quantity + row.t1_quantity],
            positions=[row for row in positions.rows if row.kind == "net" and row.quantity],
            margins=margins.rows,
            accounts={_account_of(row.account) for row in rows},
            is_sandbox=any(row.environment == "sandbox" for row in rows),
            oldest=min((row.as_of for row in rows), default=None),
            notes=[f"account at {one} did not answer: old figures" for one in sorted(failed)],
        )

    def _from_files(
        self, user_id: int, live: Collection[tuple[str, str]], agents: Collection[str]
    ) -> FromFiles:
        try:
            summary = self.uploaded.summary(user_id)
            if summary.is_empty:
                return FromFiles()
            held = self.uploaded.holdings(user_id).holdings
            funds = self.uploaded.funds(user_id)
            ledgers = self.uploaded.reconciliation(user_id).accounts
            flows = self.uploaded.flows(user_id)
        except ApiError:
            return FromFiles(notes=["uploads are being reckoned: repeat this in a few seconds"])
        known = {(part.broker, part.account) for row in held for part in row.by_account}
        known |= {(one.broker, one.account) for one in ledgers}
        taken = {one for one in known if one[0] in agents or _is_live(*one, live)}
        return FromFiles(
            shares=[part for row in held for part in _file_shares(row, taken)],
            funds=[
                HeldFund(
                    isin=one.isin, scheme=one.scheme, units=one.units, cost=one.cost, nav=one.nav,
                    value=one.value, xirr=one.xirr,
                )
                for one in funds if one.units > 0
            ],
            cash=[
                (one.broker, one.closing)
                for one in ledgers if (one.broker, one.account) not in taken
            ],
            accounts=known - taken, left_out=taken, flows=flows, xirr=summary.xirr,
            changed_at=self.files.last_change(user_id), factor=self.files.factor(user_id),
            is_empty=False,
        )  # fmt: skip


def _of_one_scale(
    live: AtBrokers, agents: dict[str, AgentFigures], files: FromFiles
) -> tuple[AtBrokers, dict[str, AgentFigures], FromFiles, list[str]]:
    """The figures that can be put together, and a note where others are left out.

    Real ones where a broker answered, else those of what was sent last.
    """
    sent: list[tuple[datetime, str | None]] = [(one.as_of, one.label) for one in agents.values()]
    if not files.is_empty and files.changed_at is not None:
        sent.append((files.changed_at, files.factor))
    if len({label for _, label in sent} | ({None} if live.accounts else set())) < 2:
        return live, agents, files, []
    label = None if live.accounts else max(sent, key=lambda one: one[0])[1]
    kept = {broker: one for broker, one in agents.items() if one.label == label}
    is_kept = files.is_empty or files.factor == label
    return live, kept, files if is_kept else FromFiles(notes=files.notes), [MIXED]


def _unanswered(sent: FromAgents, live: AtBrokers) -> dict[str, AgentFigures]:
    answered = {broker for broker, _ in live.accounts}
    return {broker: one for broker, one in sent.brokers.items() if broker not in answered}


def _is_scaled(agents: Mapping[str, AgentFigures], files: FromFiles) -> bool:
    return files.factor is not None or any(one.label is not None for one in agents.values())


def _covers(files: FromFiles, live: AtBrokers, agents: Mapping[str, AgentFigures]) -> bool:
    """Whether the files know of every account with shares: their rate is the book's then."""
    in_files = files.accounts | files.left_out
    held = {_account_of(row.account) for row in live.holdings}
    brokers = {broker for broker, _ in in_files}
    return all(_is_live(*one, in_files) for one in held) and all(
        one.broker in brokers for one in agents.values() if one.shares
    )


def _sources(
    live: AtBrokers, sent: FromAgents, agents: Mapping[str, AgentFigures], files: FromFiles
) -> list[Source]:
    """Which source each account's figures come from, and which it took the place of."""
    found: list[Source] = []
    for broker, account in sorted(live.accounts):
        others = [From.AGENT] if broker in sent.brokers else []
        others += [From.UPLOAD] if _has(files.left_out, broker, account) else []
        found.append(
            Source(
                broker=broker, account=account, source=From.BROKER, as_of=live.oldest,
                instead_of=others,
            )
        )  # fmt: skip
    for broker, one in sorted(agents.items()):
        others = [From.UPLOAD] if any(name == broker for name, _ in files.left_out) else []
        found.append(
            Source(broker=broker, account="", source=From.AGENT, as_of=one.as_of, instead_of=others)
        )
    answered = {broker for broker, _ in live.accounts}
    for broker, account in sorted(files.accounts):
        is_old = broker in sent.brokers and broker not in agents and broker not in answered
        found.append(
            Source(
                broker=broker, account=account, source=From.UPLOAD, as_of=files.changed_at,
                instead_of=[From.AGENT] if is_old else [],
            )
        )  # fmt: skip
    if not files.is_empty and not files.accounts and files.funds:
        found.append(Source(broker="", account="", source=From.UPLOAD, as_of=files.changed_at))
    return found


def _has(accounts: Collection[tuple[str, str]], broker: str, account: str) -> bool:
    return any(name == broker and own in ("", account) for name, own in accounts)


def _live_share(row: HoldingOut) -> HeldShare:
    # A broker counts shares bought a day ago apart until they are settled.
    quantity = Decimal(row.quantity + row.t1_quantity)
    return HeldShare(
        instrument=share_key(row.symbol, row.isin),
        symbol=row.symbol,
        isin=row.isin,
        broker=row.broker,
        quantity=quantity,
        cost=row.average_price * quantity,
        price=row.last_price,
        day_profit=(row.last_price - row.close_price) * quantity if row.close_price else None,
    )


def _file_shares(row: WealthHoldingOut, taken: Collection[tuple[str, str]]) -> list[HeldShare]:
    """A share of the uploads by broker, without the accounts of which another source knows."""
    quantity: dict[str, Decimal] = {}
    cost: dict[str, Decimal] = {}
    for part in row.by_account:
        if (part.broker, part.account) not in taken:
            quantity[part.broker] = quantity.get(part.broker, NIL) + part.quantity
            cost[part.broker] = cost.get(part.broker, NIL) + part.cost
    day = None if row.day_profit is None else row.day_profit / row.quantity
    return [
        HeldShare(
            instrument=row.instrument,
            symbol=row.symbol,
            name=row.name,
            sector=row.sector,
            isin=row.instrument if len(row.instrument) == 12 else "",
            broker=broker,
            quantity=units,
            cost=cost[broker],
            price=row.price,
            day_profit=None if day is None else day * units,
        )
        for broker, units in quantity.items()
    ]


def _position(row: PositionOut) -> OpenPosition:
    return OpenPosition(
        symbol=row.symbol,
        broker=row.broker,
        product=row.product,
        quantity=row.quantity,
        average_price=row.average_price,
        last_price=row.last_price,
        profit=row.pnl,
    )


def _is_live(broker: str, account: str, live: Collection[tuple[str, str]]) -> bool:
    """Whether an account of a file is one whose broker answered; a file may name no account."""
    return any(broker == name and account in ("", own) for name, own in live)


def _account_of(scope: str) -> tuple[str, str]:
    broker, _, account = scope.partition(":")
    return broker, account


def _broker_of(scope: str) -> str:
    return _account_of(scope)[0]
