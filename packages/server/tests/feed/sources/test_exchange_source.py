"""A real market through connected brokers, at the sandbox's door: routes, fail-over, renewals."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from packages.brokers.tests.sandboxed import Running, served_sandbox

from tradertape_brokers import registry
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginGrant, Session
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.candle import Interval
from tradertape_core.market.instrument import Instrument
from tradertape_sandbox.cli import SystemClock
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan
from tradertape_sandbox.wire.sessions import SANDBOX_SECRET
from tradertape_server.features.auth.models import User
from tradertape_server.features.brokerage.accounts import Addresses, Environment
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.sources.exchange_source import NOT_CONNECTED, ExchangeSource
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription
from tradertape_server.features.instruments.broker_history import connection_of, download_daily
from tradertape_server.features.instruments.broker_masters import BrokerMasters
from tradertape_server.features.instruments.traded_market import TradedMarket
from tradertape_server.features.market.fetching.request import FetchReport
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.platform.streaming.bus import Bus

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
SANDBOX = Environment.SANDBOX
BACK = "http://127.0.0.1:18777/brokers/callback"
CLOCK = SystemClock()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with served_sandbox() as served:
        yield served


@pytest.fixture
def hosts(running: Running) -> Hosts:
    return Hosts.sandbox(f"http://127.0.0.1:{running.port}")


@pytest.fixture
def connections(database_url: str, hosts: Hosts, tmp_path: Path) -> Iterator[Connections]:
    database = Database(database_url)
    with database.write() as session:
        for email in ("a@example.com", "b@example.com"):
            session.add(User(email=email, created_at=CLOCK.now()))
    box = SecretBox.open(tmp_path / "secrets")
    addresses = Addresses({SANDBOX: hosts})
    yield Connections(database, CLOCK, box, registry.broker, addresses)
    database.close()


@pytest.fixture
def masters(connections: Connections, tmp_path: Path) -> BrokerMasters:
    made = BrokerMasters(connections, SANDBOX, tmp_path / "instruments", CLOCK)
    connections.find_with(made.find)
    return made


@pytest.fixture
def source(
    connections: Connections, masters: BrokerMasters, tmp_path: Path
) -> Iterator[ExchangeSource]:
    made = ExchangeSource(
        TradedMarket.SANDBOX, connections, masters, nse_calendar(), CLOCK, tmp_path / "candles"
    )
    yield made
    made.close()


@pytest.fixture
def feed(source: ExchangeSource) -> Feed:
    return Feed(source, CLOCK, Bus(), rate_hz=10, details=source)


def signed_in(name: str, hosts: Hosts) -> Session:
    """Sign in on the broker's page, or with the secret where it has none."""
    broker = registry.broker(name)
    door, grant = broker.session(hosts), LoginGrant(api_key="sandbox", redirect_uri=BACK)
    secret, code = Secret(SANDBOX_SECRET), Secret("")
    if broker.login.has_page:
        page = door.login_url("sandbox", redirect_uri=BACK, state="s") + "&auto=1"
        query = parse_qs(urlsplit(httpx.get(page).headers["location"]).query)
        code = Secret(query[broker.login.callback_parameter][0])
    grant = LoginGrant(api_key="sandbox", api_secret=secret, code=code, redirect_uri=BACK)
    return door.exchange(grant, CLOCK.now())


def until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60  # a busy machine
    while not what():
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)


def told(source: ExchangeSource) -> str:
    """What a poll for nothing complains of."""
    try:
        source.poll([], CLOCK.now())
    except OSError as error:
        return str(error)
    return ""


def listed(masters: BrokerMasters, instrument_id: str) -> Instrument:
    listing = masters.listing()
    assert listing is not None
    return next(one for one in listing.instruments if one.id == instrument_id)


@pytest.mark.parametrize("name", registry.names())
def test_ticks_quotes_and_candles_come_from_the_connected_broker(
    name: str, connections: Connections, masters: BrokerMasters, source: ExchangeSource,
    feed: Feed, hosts: Hosts,
) -> None:  # fmt: skip
    connections.connect(1, SANDBOX, signed_in(name, hosts))
    masters.refresh()
    infy, tcs = listed(masters, "NSE:INFY"), listed(masters, "NSE:TCS")
    feed.subscribe("page", [infy], Mode.QUOTE)

    until(lambda: feed.step() and feed.latest(infy.instrument_token))

    status = feed.status()
    assert (status.source, status.is_simulated, status.connected) == ("sandbox", False, True)
    title = registry.broker(name).title
    assert status.label == f"sandbox, not the exchange through {title}"
    assert [(one.broker, one.condition) for one in status.feeds] == [(name, "live")]
    assert source.broker_of(infy.instrument_token) == name
    assert feed.quotes([tcs])[tcs.instrument_token].last_price > 0
    until(lambda: feed.step() and source.is_streamed(tcs.instrument_token))
    assert feed.refused.total() == 0  # what was only quoted is streamed, and not delivered

    today = CLOCK.now().date()
    days = source.past_candles(infy, Interval.DAY, today - timedelta(days=20), today)
    assert len(days) > 5
    minutes = source.session_candles(infy, Interval.MINUTE, CLOCK.now())
    assert all(one.high >= one.low > 0 for one in [*days, *minutes])


def test_without_a_broker_there_is_no_price_and_the_reason_says_what_to_do(
    source: ExchangeSource, feed: Feed
) -> None:
    stranger = Instrument(
        exchange="NSE", tradingsymbol="INFY", instrument_token=1, exchange_token=1
    )
    assert (feed.status().connected, feed.status().reason) == (False, NOT_CONNECTED), "unasked"
    feed.subscribe("page", [stranger])
    feed.step()
    assert feed.quotes([stranger]) == {}
    assert (feed.status().connected, feed.status().reason) == (False, NOT_CONNECTED)
    assert source.why_unpriced("NSE:INFY") == NOT_CONNECTED


def test_another_users_broker_takes_over_when_one_signs_out(
    connections: Connections, masters: BrokerMasters, source: ExchangeSource, feed: Feed,
    hosts: Hosts,
) -> None:  # fmt: skip
    accounts = {
        name: connections.connect(user, SANDBOX, signed_in(name, hosts)).account
        for user, name in enumerate(("kite", "upstox"), start=1)
    }
    masters.refresh()
    infy = listed(masters, "NSE:INFY")
    feed.subscribe("page", [infy], Mode.FULL)
    until(lambda: feed.step() and all(one.is_live for one in source.feeds()))
    until(lambda: feed.step() and feed.latest(infy.instrument_token))
    before = feed.latest(infy.instrument_token)
    assert before is not None
    first = source.broker_of(infy.instrument_token)  # whichever was live first
    (second,) = accounts.keys() - {first}

    connections.disconnect(accounts[first], "signed out")
    until(lambda: feed.step() and source.broker_of(infy.instrument_token) == second)

    after = feed.latest(infy.instrument_token)
    assert after is not None
    assert after.seq > before.seq
    assert after.instrument_token == infy.instrument_token  # ours, whatever the broker's is
    assert [one.broker for one in feed.status().feeds] == [second]


def test_a_new_session_renews_the_feed_without_a_restart(
    running: Running, connections: Connections, masters: BrokerMasters, source: ExchangeSource,
    feed: Feed, hosts: Hosts,
) -> None:  # fmt: skip
    connections.connect(1, SANDBOX, signed_in("kite", hosts))
    masters.refresh()
    infy = listed(masters, "NSE:INFY")
    feed.subscribe("page", [infy], Mode.FULL)
    until(lambda: feed.step() and feed.latest(infy.instrument_token))
    ours = next(iter(source._feeds.values())).source

    running.sandbox.sessions["kite"].close_all()
    running.sandbox.app.cut(None)
    until(lambda: not feed.step() and feed.status().feeds[0].condition == "signed_out")
    assert not feed.status().connected
    assert not source.is_streamed(infy.instrument_token)

    connections.connect(1, SANDBOX, signed_in("kite", hosts))
    until(lambda: feed.step() and feed.status().connected)
    assert next(iter(source._feeds.values())).source is ours


def test_a_silent_feed_is_told_within_ten_seconds_and_heals(
    running: Running, connections: Connections, masters: BrokerMasters, source: ExchangeSource,
    feed: Feed, hosts: Hosts,
) -> None:  # fmt: skip
    connections.connect(1, SANDBOX, signed_in("kite", hosts))
    masters.refresh()
    infy = listed(masters, "NSE:INFY")
    feed.subscribe("page", [infy], Mode.FULL)
    until(lambda: feed.step() and source.is_streamed(infy.instrument_token))
    running.sandbox.faults.add(FaultPlan(kind=FaultKind.SILENT_FEED))
    began = time.monotonic()

    until(lambda: not feed.step() and not feed.status().connected)

    assert time.monotonic() - began < 10
    assert not source.is_streamed(infy.instrument_token)
    running.sandbox.faults.remove()
    until(lambda: feed.step() and feed.status().connected)


def test_daily_candles_become_files_for_an_import_and_are_not_asked_for_again(
    connections: Connections, masters: BrokerMasters, hosts: Hosts, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="nobody is signed in at Upstox"):
        connection_of(connections, "upstox")
    connections.connect(1, SANDBOX, signed_in("upstox", hosts))
    masters.refresh()
    end = CLOCK.now().date() - timedelta(days=2)
    start = end - timedelta(days=20)
    connected, names = connection_of(connections, "upstox"), ("INFY", "NOSUCH")

    first, again = (FetchReport("upstox", start, end) for _ in range(2))
    (file,) = download_daily(connected, masters, names, first, tmp_path)
    assert download_daily(connected, masters, names, again, tmp_path) == [file]

    rows = file.read_text().splitlines()
    assert rows[0] == "date,symbol,open,high,low,close,volume"
    assert len(rows) > 10
    assert (first.downloaded, first.absent, again.kept) == (1, ["NOSUCH"], 1)


def test_a_full_feed_gives_the_rest_to_the_next_account(
    connections: Connections, masters: BrokerMasters, source: ExchangeSource, hosts: Hosts
) -> None:
    connections.connect(1, SANDBOX, signed_in("kite", hosts))
    connections.connect(2, SANDBOX, signed_in("upstox", hosts))
    masters.refresh()
    until(lambda: not told(source) and all(one.is_live for one in source.feeds()))
    for one in source._feeds.values():
        one.capacity = 1
    names = ("NSE:INFY", "NSE:TCS", "NSE:ITC")
    three = [Subscription(listed(masters, name), Mode.LTP) for name in names]

    source.poll(three, CLOCK.now())

    routes = [source.broker_of(one.instrument.instrument_token) for one in three]
    assert routes == ["kite", "upstox", ""]
    assert source.why_unpriced("NSE:ITC") == "every broker's feed is full"


def test_candles_of_former_days_are_asked_for_once_a_day_and_kept_on_disk(
    connections: Connections, masters: BrokerMasters, source: ExchangeSource, hosts: Hosts,
    tmp_path: Path,
) -> None:  # fmt: skip
    connected = connections.connect(1, SANDBOX, signed_in("kite", hosts))
    masters.refresh()
    infy, today = listed(masters, "NSE:INFY"), CLOCK.now().date()
    start, end = today - timedelta(days=20), today - timedelta(days=2)
    found = source.past_candles(infy, Interval.DAY, start, end)

    connections.disconnect(connected.account, "signed out")

    again = ExchangeSource(
        TradedMarket.SANDBOX, connections, masters, nse_calendar(), CLOCK, tmp_path / "candles"
    )
    assert again.past_candles(infy, Interval.DAY, start, end) == found
    part = again.past_candles(infy, Interval.DAY, start + timedelta(days=7), end)
    assert part == [one for one in found if one in part]
    assert 0 < len(part) < len(found)


def test_the_list_of_instruments_outlives_the_session_and_finds_other_brokers_rows(
    connections: Connections, masters: BrokerMasters, hosts: Hosts, tmp_path: Path
) -> None:
    connected = connections.connect(1, SANDBOX, signed_in("kite", hosts))
    connections.connect(1, SANDBOX, signed_in("upstox", hosts))
    masters.refresh()
    connections.disconnect(connected.account, "signed out")

    restarted = BrokerMasters(connections, SANDBOX, tmp_path / "instruments", CLOCK)

    listing = restarted.listing()
    assert listing is not None
    assert listing.broker == "kite"
    theirs = restarted.find("upstox", "NSE:INFY")
    assert theirs is not None
    assert theirs.exchange_token == listed(restarted, "NSE:INFY").exchange_token
    assert restarted.find("upstox", "NSE:NOSUCH") is None
    assert [one.broker for one in restarted.states()] == ["kite", "upstox"]
