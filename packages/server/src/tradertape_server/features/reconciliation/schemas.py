"""Bodies of reconciliation. D11."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from tradertape_server.features.gtts.schemas import Scope
from tradertape_server.platform.http.routing import Body, IstTime, Reply

Causes = Literal[
    "manual_buy", "manual_sell", "external_trade", "missed_fill", "phantom_fill", "partial_fill",
    "duplicate_fill", "corporate_action", "unsettled_t1", "pledged_or_mtf", "symbol_change",
    "pre_existing", "broker_lag", "unknown",
]  # fmt: skip
Suggestions = Literal["wait", "ignore", "apply_corporate_action", "read_orders", "review"]
CorrectionAction = Literal["adopt", "write_off"]
DoneAction = Literal["adopt", "write_off", "apply_corporate_action"]
RatioPart = Annotated[int, Field(ge=1, le=1000)]
InstrumentId = Annotated[str, Field(min_length=3, max_length=80, examples=["NSE:INFY"])]


class BrokerDetailOut(Reply):
    """Where the broker keeps the units. positions: bought or sold today, and derivatives."""

    holdings: int
    t1: int
    positions: int
    pledged: int
    mtf: int


class OwnerOut(Reply):
    """Units of one owner: a run's name, or by hand."""

    owner: str
    quantity: int


class SuggestionOut(Reply):
    """What to do about it. ratio: shares after for one before, of a corporate action."""

    action: Suggestions
    ratio: float | None = None


class ExternalTradeOut(Reply):
    """A trade of an uploaded tradebook that TraderTape did not make, in terms of today's shares.

    key: the same for the same trade of another file.
    """

    key: str
    traded_on: date
    side: Literal["BUY", "SELL"]
    quantity: int
    price: float


class DifferenceOut(Reply):
    """An instrument whose quantities differ. Units below 0 are short.

    status: `new` until a second reading of the broker shows the same difference. age_cycles: how
    many readings have. can_correct: what may be done about it once it has lasted. value_at_risk: of
    the difference, at the broker's last price, rupees.
    """

    account_scope: str
    instrument: str
    isin: str
    our_quantity: int
    broker_quantity: int
    difference: int
    broker_detail: BrokerDetailOut
    owners: list[OwnerOut]
    from_before: int = Field(
        default=0,
        description="Units from before the first trade through TraderTape, as far as known.",
    )
    can_correct: CorrectionAction | None = None
    can_apply_action: bool = Field(
        default=False, description="Whether it looks like a split or bonus that can be applied."
    )
    can_import_tradebook: bool = Field(
        default=False,
        description="Whether an uploaded tradebook of these days may show what was traded.",
    )
    can_buy_back: bool = Field(
        default=False,
        description="Whether an order ticket for the missing shares makes sense: BUY, CNC.",
    )
    trades: list[ExternalTradeOut] = Field(
        default_factory=list[ExternalTradeOut],
        description="Of uploaded tradebooks: the trades that make up the difference.",
    )
    traded_price: float | None = Field(
        default=None, description="Their average price in the direction of the difference."
    )
    traded_on: date | None = Field(default=None, description="The day of the last of them.")
    classification: Causes
    confidence: Annotated[float, Field(ge=0, le=1)]
    evidence: list[str]
    suggested: SuggestionOut
    severity: Literal["low", "medium", "high"]
    status: Literal["new", "drift"]
    first_seen: IstTime
    age_cycles: int
    value_at_risk: float
    ignored: bool
    ignored_until: IstTime | None


class AccountReportOut(Reply):
    """The state of one account. reason: why it could not be read."""

    account_scope: str
    status: Literal["ok", "drift", "stale", "broker_unavailable"]
    instruments: int
    reason: str | None
    read_at: IstTime | None


class ReconciliationSummaryOut(Reply):
    """Counts over all accounts. new: differences that a second reading has yet to show."""

    instruments: int
    ok: int
    drift: int
    new: int
    ignored: int
    value_at_risk: float


class ReconciliationOut(Reply):
    """Our books beside the brokers'. status: the worst of the accounts'."""

    checked_at: IstTime | None
    status: Literal["ok", "drift", "stale", "broker_unavailable", "not_checked"]
    summary: ReconciliationSummaryOut
    accounts: list[AccountReportOut]
    items: list[DifferenceOut]


class IgnoreIn(Body):
    """A difference not to report. difference: only while it is this many units; None: any.

    days: how long; None: until it is undone.
    """

    account_scope: Scope
    instrument: InstrumentId
    difference: Annotated[int, Field(ge=-10_000_000, le=10_000_000)] | None = None
    days: Annotated[int, Field(ge=1, le=3650)] | None = None
    note: Annotated[str, Field(max_length=200)] = ""


class CorrectionIn(Body):
    """A difference to adopt (the broker holds more) or to write off (it holds less).

    difference: as it is shown; it is refused when it has changed since.
    """

    account_scope: Scope
    instrument: InstrumentId
    action: CorrectionAction
    difference: Annotated[int, Field(ge=-10_000_000, le=10_000_000)]
    note: Annotated[str, Field(max_length=200)] = ""


class CorporateActionIn(Body):
    """A split, bonus or consolidation to apply: `new` units for every `old` one before `ex_date`.

    A split 1:10 is new 10, old 1; a bonus 1:1 is new 2, old 1. difference: as it is shown; it is
    refused when it has changed since.
    """

    account_scope: Scope
    instrument: InstrumentId
    difference: Annotated[int, Field(ge=-10_000_000, le=10_000_000)]
    new: RatioPart
    old: RatioPart
    ex_date: date
    note: Annotated[str, Field(max_length=200)] = ""


class PositionChangeOut(Reply):
    """A position before and after. Prices in rupees."""

    owner: str
    quantity: int
    quantity_after: int
    average_price: float
    average_price_after: float


class CorporateActionPreviewOut(Reply):
    """What would become of the positions. refused: why it cannot be applied so; null: it can."""

    account_scope: str
    instrument: str
    broker_quantity: int
    quantity_after: int
    adopted: int = Field(default=0, description="Units that were adopted, less those written off.")
    adopted_after: int = 0
    refused: str | None
    positions: list[PositionChangeOut]


class CorrectionOut(Reply):
    """Units that count as ours in the comparison, or no longer do, until it is undone.

    `apply_corporate_action` has changed the positions themselves by these units.
    """

    id: int
    scope: str
    instrument: str
    action: DoneAction
    units: int
    cause: str
    price: float | None = Field(
        description="Of the uploaded trades that the units come from, when it was made; or null."
    )
    traded_on: date | None
    note: str
    made_by: str
    created_at: IstTime
    undone_at: IstTime | None
