"""Request and response bodies of the trade journal. Money as decimal strings, in rupees."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tradertape_server.platform.http.routing import Body, IstTime, Reply

MISTAKES = (
    "No plan", "Entered late", "Entered early", "Chased the price", "Too large", "Moved the stop",
    "No stop", "Sold too early", "Held too long", "Averaged down", "Revenge trade",
)  # fmt: skip
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Words = Annotated[list[Word], Field(max_length=20)]
Dimension = Literal[
    "setup", "tag", "mistake", "symbol", "weekday", "hour", "side", "kind", "held", "month",
    "account",
]  # fmt: skip


Origin = Literal["upload", "run", "portfolio", "hand"]


class EntryIn(Body):
    """What you write about a round trip; replaces all that was written before."""

    setup: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    tags: Words = Field(default_factory=list)
    mistakes: Words = Field(default_factory=list)
    rating: Annotated[int, Field(ge=1, le=5)] | None = None
    stop_price: Annotated[
        Decimal, Field(gt=0, max_digits=14, decimal_places=4, description="The planned stop, ₹.")
    ] | None = None  # fmt: skip
    note: Annotated[str, StringConstraints(max_length=20_000)] = ""


class EntryOut(Reply):
    """What was written about a round trip."""

    setup: str = ""
    tags: list[str] = Field(default_factory=list)
    mistakes: list[str] = Field(default_factory=list)
    rating: int | None = None
    stop_price: Decimal | None = None
    note: str = ""
    updated_at: IstTime | None = None


class TripOut(Reply):
    """A round trip: from flat to flat in one instrument of one account.

    closed_on, exit_price, gross, net, return_pct and days are null while it is open. return_pct:
    net, in percent of `value`, what it was opened for. kind: intraday, delivery or derivative.
    r_multiple: net as a multiple of what the planned stop risked.
    origin: an `upload`, or what traded here: a worker's `run`, a `portfolio`, an order by `hand`.
    setup: what you wrote, else the strategy or portfolio; planned_stop: what you wrote, else that
    of the position. written_off: units that were written off in the reconciliation: they leave for
    what they were sold for elsewhere, else at their cost. has_expired: a contract that is open
    because your files have no settlement of it: state it under Wealth. is_settled: it was held
    until it expired, and ends at what it was worth.
    """

    key: str
    broker: str
    account: str
    symbol: str
    segment: str
    kind: str
    is_short: bool
    opened_on: date
    opened_at: datetime | None
    closed_on: date | None
    closed_at: datetime | None
    quantity: str
    entry_price: str | None
    exit_price: str | None
    value: str
    gross: str | None
    charges: str
    net: str | None
    return_pct: float | None
    days: int | None
    is_estimated: bool = Field(description="Whether charges are estimated.")
    trades: int
    origin: Origin = "upload"
    setup: str = ""
    planned_stop: str | None = None
    scaled: bool = Field(default=False, description="Whether your agent scales its amounts.")
    written_off: str | None = None
    has_expired: bool = False
    is_settled: bool = False
    r_multiple: float | None = None
    entry: EntryOut = Field(default_factory=EntryOut)
    screenshots: int = 0


class JournalStatusOut(Reply):
    """What there is to see. version: changes with the trips, so that pages are read anew.

    live: trips with real money, uploads among them; 0 until those are reckoned. paper: the others.
    scaled: whether your agent scales the amounts of some of the live ones: they are not rupees.
    hidden: trips that are the same trades as one of the other source, and are not shown.
    uploads: `ready`, `reckoning` or `failed`; percent, detail: how far it is, or why it failed.
    traded_here: `reading` while thousands of new trades of this server are read, after its start
    for example: there are none to see until then.
    """

    version: str
    live: int
    paper: int
    scaled: bool
    hidden: int
    uploads: Literal["ready", "reckoning", "failed"]
    percent: int | None
    detail: str
    traded_here: Literal["ready", "reading"]


class ScreenshotOut(Reply):
    """A picture; its content is at `/api/journal/screenshots/{id}`."""

    id: int
    width: int
    height: int
    size_bytes: int
    created_at: IstTime


class TripDetailOut(Reply):
    """A round trip with its pictures."""

    trip: TripOut
    pictures: list[ScreenshotOut]


class LostEntryOut(Reply):
    """Something written about a trip that your files no longer have."""

    trip_key: str
    symbol: str
    opened_on: date
    entry: EntryOut
    screenshots: int


class WordsOut(Reply):
    """Words to choose from: those you used, and for mistakes a first list."""

    setups: list[str]
    tags: list[str]
    mistakes: list[str]


class FiguresOut(Reply):
    """Figures of closed trips. Rates from 0 to 1; money in rupees.

    win_rate_low, win_rate_high: Wilson's 95 % interval. average_low, average_high: the 95 %
    interval of the average net profit. drawdown: the largest fall of the summed profit.
    """

    count: int
    wins: int
    net: float
    win_rate: float | None
    win_rate_low: float | None
    win_rate_high: float | None
    average: float | None
    average_low: float | None
    average_high: float | None
    average_win: float | None
    average_loss: float | None
    profit_factor: float | None
    best: float | None
    worst: float | None
    losing_streak: int
    drawdown: float


class GroupOut(Reply):
    """The figures of one group."""

    name: str
    figures: FiguresOut


class StatisticsOut(Reply):
    """All closed trips that were chosen, and their groups, the largest first; at most 200."""

    total: FiguresOut
    by: Dimension
    groups: list[GroupOut]
    open_trips: int


class CellOut(Reply):
    """Trips that were opened on a weekday (0 Monday) in an hour (IST; null: no time on file)."""

    weekday: int
    hour: int | None
    count: int
    net: float
    wins: int


class DayOut(Reply):
    """What was closed on a day."""

    day: date
    count: int
    net: float


class FindingOut(Reply):
    """A group of trips beside all others. Averages: returns in percent.

    chance: of such a difference if there were none. adjusted: after the correction for all groups
    that were looked at. text: the same in words.
    """

    dimension: Dimension
    name: str
    count: int
    average_pct: float
    others_pct: float
    is_better: bool
    chance: float
    adjusted: float
    stands_out: bool
    text: str


class DiscoveryOut(Reply):
    """What stands out of your trips, and how many groups were tested or too small to test."""

    trips: int
    tested: int
    too_small: int
    most_false: float
    text: str
    findings: list[FindingOut]
