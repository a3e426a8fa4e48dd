"""Request and response bodies of incoming webhooks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from tradertape_server.platform.http.routing import Body, IstTime, Reply, RowId

Source = Literal["signed", "tradingview", "chartink"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class HookIn(Body):
    """A new address for alerts. portfolio_id: whose signals they become; else notifications."""

    name: Name
    source: Source
    portfolio_id: RowId | None = None


class HookPatch(Body):
    """Changes. A `portfolio_id` of null makes its alerts notifications."""

    name: Name | None = None
    is_enabled: bool | None = None
    portfolio_id: RowId | None = None


class HookOut(Reply):
    """An address for alerts, without what is secret of it."""

    id: int
    name: str
    source: Source
    portfolio_id: int | None
    is_enabled: bool
    last_at: IstTime | None
    created_at: IstTime


class NewHookOut(Reply):
    """A new address. url and secret are shown here only; Chartink has no secret beside the URL."""

    hook: HookOut
    url: str
    secret: str | None


class CallOut(Reply):
    """A call of a hook, and what became of it."""

    id: int
    outcome: Literal["accepted", "duplicate", "refused"]
    detail: str
    symbols: list[str]
    at: IstTime


class ResultOut(Reply):
    """What became of one symbol of an alert."""

    symbol: str
    outcome: Literal["signal", "notification", "refused"]
    signal_id: int | None
    detail: str


class ReceivedOut(Reply):
    """What became of an alert; one that was received before changes nothing."""

    status: Literal["accepted", "duplicate", "refused"]
    results: list[ResultOut]
